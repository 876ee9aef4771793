"""Autocast regions: our lists are those of torch's dispatcher, and what follows from them is what torch computes.

CUDA's are tried without a GPU: on fake tensors, which have dtypes and sizes and say they are on one.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch._subclasses import FakeTensorMode
from torch.testing._internal.common_methods_invocations import op_db

from mypy_torch_shapes.rules import autocast, registry
from mypy_torch_shapes.rules.autocast import Region
from mypy_torch_shapes.shapes.dtypes import BY_NAME
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided

from .op_calls import calls
from .outcomes import CRASH, FALSE, OK, UNDECIDED, asked_of, judge
from .samples import PARTIAL, WRONG, map_tensors

SAMPLES = int(os.environ.get("AUTOCAST_SAMPLES", "3"))  # of each operation and dtype
# Kernels that disagree with each other; a division that Python never asks for (tensors swapped).
_OTHERWISE = ("native_batch_norm", "__rdiv__")
LOWER = {"cpu": torch.bfloat16, "cuda": torch.float16}


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_lists_are_those_of_the_dispatcher(device: str) -> None:
    registered = torch._C._dispatch_get_registrations_for_dispatch_key(f"Autocast{device.upper()}")
    names = {name.removeprefix("aten::").partition(".")[0] for name in registered}
    ours = set(itertools.chain.from_iterable(listed.split() for listed in autocast.LISTS[device].values()))
    assert ours - names == set()
    assert names - ours <= {"binary_cross_entropy"}  # refused on CUDA


def region(device: str) -> Region:
    return Region(device, BY_NAME[str(LOWER[device]).removeprefix("torch.")])


def run(device: str, call: Any) -> Any:
    """What torch gives inside the region; on CUDA of tensors without data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if device == "cpu":
            with torch.autocast("cpu", LOWER["cpu"]):
                return call.run()
        torch.set_autocast_enabled("cuda", True)
        torch.set_autocast_dtype("cuda", LOWER["cuda"])
        try:
            with FakeTensorMode(allow_non_fake_inputs=True):
                args, kwargs = map_tensors(_on_cuda, (call.args, dict(call.kwargs)))
                return map_tensors(_bare, call.function(*args, **kwargs))
        finally:
            torch.set_autocast_enabled("cuda", False)


def _on_cuda(tensor: torch.Tensor) -> torch.Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="cuda")


def _bare(tensor: torch.Tensor) -> torch.Tensor:
    if any(not isinstance(size, int) for size in tensor.shape):
        raise TypeError("a size that depends on data")
    return tensor


def sampled(dtype: torch.dtype) -> Iterator[tuple[Any, Any]]:
    for op in op_db:
        if dtype not in op.supported_dtypes("cpu") or op.name in _OTHERWISE:
            continue
        try:
            torch.default_generator.manual_seed(0)
            for sample in itertools.islice(op.sample_inputs_func(op, "cpu", dtype, False), SAMPLES):
                yield from ((call, registry.find(call.path)) for call in calls(op, sample))
        except Exception:  # noqa: BLE001 - torch's own generator fails, or the operation on this build
            continue


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_results_inside_a_region_are_torch_s(device: str, dtype: torch.dtype) -> None:
    if dtype in (torch.bfloat16, torch.float16) and dtype != LOWER[device]:
        pytest.skip("each device with its own dtype of lower precision")
    wrong: list[str] = []
    counts = {OK: 0, PARTIAL: 0}
    for call, rule in sampled(dtype):
        if rule is None:
            continue
        try:
            real = run(device, call)
        except Exception:  # noqa: BLE001 - what torch refuses is not asked here
            continue
        given = placed(call.given, device)
        with autocast.within(region(device)):
            kind, detail = judge(rule, given, real)
        if kind in (OK, PARTIAL):
            counts[kind] += 1
        elif kind != UNDECIDED:
            wrong.append(f"{kind} {call}: {detail}")
        kind, detail = certainly(device, rule, given, real)
        if kind in (WRONG, FALSE, CRASH):
            wrong.append(f"certain {kind} {call}: {detail}")
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong)
    assert counts[OK] > 800, counts


def placed(value: Any, device: str) -> Any:
    """The same arguments, the tensors on a device."""
    if isinstance(value, TensorType):
        return value.placed(device)
    if isinstance(value, dict):
        return {key: placed(item, device) for key, item in value.items()}
    return type(value)(placed(item, device) for item in value) if type(value) in (list, tuple) else value


def certainly(device: str, rule: Any, given: Any, real: Any) -> tuple[str, str]:
    """The same where the region is known to hold for the tensors."""

    def asked(*args: Any, **kwargs: Any) -> Any:
        with autocast.within():
            return autocast.in_region(region(device), rule.path, args, kwargs, rule)

    return judge(asked, given, real)


def test_what_may_be_switched_off_leaves_the_dtype_open() -> None:
    x = TensorType(BY_NAME["float32"], (2, 3))
    with autocast.within(region("cuda")):
        assert registry.apply("torch.matmul", x, TensorType(x.dtype, (3, 4))) == TensorType(None, (2, 4))
        assert registry.apply("torch.relu", x) == x
        outcome, _ = asked_of(registry.find("torch.matmul"), ((x, x), {}))
    assert outcome == "false"  # a mismatch of shapes is one in any dtype


def test_a_number_divided_by_a_tensor_is_a_reciprocal() -> None:
    half = TensorType(BY_NAME["float16"], (3, 3))
    with autocast.within(region("cuda")):
        assert registry.apply("torch.div", 1.0, half).dtype is None
        assert registry.apply("torch.div", half, 2.0).dtype == half.dtype


def test_a_mismatch_of_dtypes_that_a_cast_would_mend_is_not_certain() -> None:
    half, single = (TensorType(BY_NAME[name], (3, 3)) for name in ("float16", "float32"))
    with autocast.within(region("cuda")), pytest.raises(Undecided):
        registry.apply("torch.matmul", half, single)
