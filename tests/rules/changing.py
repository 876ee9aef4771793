"""Calls that change a tensor there is: in-place variants, and results written to `out=`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from mypy_torch_shapes.rules import service
from mypy_torch_shapes.rules.oracle.errors import classify

from .op_calls import Call, index
from .outcomes import FALSE, OTHER, REPORTED, SILENT, asked_of
from .samples import OK, compare, map_tensors

OUT_DTYPES = (torch.float32, torch.float64, torch.int64, torch.complex64, torch.bool)


def in_place(op: Any, sample: Any) -> Iterator[Call]:
    """The in-place variant under its name; the tensor changed is a copy."""
    variant = op.inplace_variant
    paths = [path for path in index().get(id(variant), ()) if path.startswith("torch.Tensor.")]
    if variant is None or not paths or not isinstance(sample.input, torch.Tensor):
        return
    args = map_tensors(torch.clone, (sample.input, *sample.args))
    yield Call.of(paths[0], args, dict(sample.kwargs), variant)


def with_out(op: Any, sample: Any) -> Iterator[Call]:
    """The function with `out=` as the result is, and with `out=` of every other dtype."""
    paths = index().get(id(op.op), ())
    if not op.supports_out or not paths:
        return
    args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
    try:
        result = op.op(*args, **kwargs)
    except Exception:  # noqa: BLE001 - a sample torch itself cannot run on this build
        return
    for dtype in (None, *OUT_DTYPES):
        out = map_tensors(lambda made, dtype=dtype: torch.empty_like(made, dtype=dtype or made.dtype), result)
        yield Call.of(paths[0], args, {**kwargs, "out": tuple(out) if isinstance(out, tuple) else out}, op.op)


def judge(call: Call) -> tuple[str, str]:
    """How the answer fits to what torch does with the call."""
    outcome, claim = asked_of(lambda *args, **kwargs: service.answer(call.path, args, kwargs), call.given)
    try:
        real = call.run()
    except Exception as error:  # noqa: BLE001 - whatever torch refuses
        if classify(error) is None and "result type" not in str(error):
            return OTHER, ""
        kind = {OK: SILENT, FALSE: REPORTED}.get(outcome, outcome)
        return kind, f"{call}: {claim!r}, torch: {str(error)[:120]}"
    if outcome != OK:
        return outcome, f"{call}: {claim}"
    kind, detail = compare(claim, real)
    return kind, f"{call}: {detail}"



