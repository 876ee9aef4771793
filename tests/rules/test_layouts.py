"""How results lie in memory is how torch's own do, and a view that is reported is one that torch refuses."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules import registry
from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.shapes.layout import Joint, contiguous
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided

from .memory import holds, layout_of, moved, type_of

SIZES = st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4)


def _axis(draw: st.DrawFn, rank: int) -> int:
    return draw(st.integers(-rank, rank - 1)) if rank else 0


def _shape(draw: st.DrawFn, numel: int) -> list[int]:
    """A shape with so many elements."""
    shape = []
    while numel > 1 and len(shape) < 4:
        factor = draw(st.sampled_from([size for size in range(1, numel + 1) if numel % size == 0]))
        shape.append(factor)
        numel //= factor
    return [*shape, numel]


def _moved(draw: st.DrawFn, x: torch.Tensor) -> tuple[str, tuple[Any, ...]]:
    rank = x.dim()
    name = draw(st.sampled_from(["transpose", "permute", "movedim", "swapaxes", "t", "mT", "T", "adjoint"]))
    if name == "permute":
        return name, tuple(draw(st.permutations(range(rank))))
    if name in ("transpose", "swapaxes"):
        return name, (_axis(draw, rank), _axis(draw, rank))
    if name == "movedim":
        return name, (_axis(draw, rank), _axis(draw, rank))
    return name, ()


def _cut(draw: st.DrawFn, x: torch.Tensor) -> tuple[str, tuple[Any, ...]]:
    axis = _axis(draw, x.dim())
    name = draw(st.sampled_from(["select", "narrow", "chunk", "split", "unbind", "__getitem__", "__getitem__"]))
    if name == "__getitem__":
        parts = [draw(st.sampled_from([0, -1, None, ..., slice(None), slice(1, None), slice(None, -1), slice(0, 2)]))
                 for _ in range(draw(st.integers(1, x.dim() or 1)))]  # fmt: skip
        return name, (tuple(parts),)
    if name == "narrow":
        return name, (axis, 0, draw(st.integers(1, max(x.shape[axis], 1) if x.dim() else 1)))
    if name == "unbind":
        return name, (axis,)
    return name, (draw(st.integers(1, 2)), axis) if name != "select" else (axis, 0)


def _reshaped(draw: st.DrawFn, x: torch.Tensor) -> tuple[str, tuple[Any, ...]]:
    rank = x.dim()
    name = draw(st.sampled_from(["view", "view", "view", "reshape", "flatten", "unsqueeze", "squeeze", "expand"]))
    if name in ("view", "reshape"):
        return name, (_shape(draw, x.numel()),)
    if name == "flatten":
        return name, tuple(sorted((draw(st.integers(0, max(rank - 1, 0))), draw(st.integers(0, max(rank - 1, 0))))))
    if name == "unsqueeze":
        return name, (draw(st.integers(-rank - 1, rank)),)
    if name == "squeeze":
        return name, () if draw(st.booleans()) else (_axis(draw, rank),)
    new = draw(st.lists(st.sampled_from([1, 2]), max_size=1))
    return name, (*new, *(draw(st.sampled_from([1, 3])) if size == 1 else size for size in x.shape))


_MADE = (
    "relu", "add", "mul", "clone", "contiguous", "double", "softmax", "cumsum", "sum", "repeat", "flip", "tril", "exp",
    "gt", "sub", "index", "conv", "conv", "group_norm", "adaptive_avg_pool2d", "mean", "matmul", "masked_fill", "roll",
    "clamp",
)  # fmt: skip


def _made(draw: st.DrawFn, x: torch.Tensor) -> tuple[str, tuple[Any, ...]]:
    axis = _axis(draw, x.dim())
    name = draw(st.sampled_from(_MADE))
    if name in ("add", "mul"):
        other = torch.ones(x.shape if draw(st.booleans()) else [draw(st.sampled_from([1, n])) for n in x.shape])
        return name, (moved(other) if draw(st.booleans()) else other,)
    if name in ("gt", "sub"):
        return name, (1,)
    if name == "clamp":
        return name, (0, 1)
    if name == "masked_fill":
        return name, (torch.ones(x.shape, dtype=torch.bool), 0.0)
    if name == "conv" and x.dim() in (3, 4):
        return f"conv{x.dim() - 2}d", (torch.ones(2, x.shape[1], *(1,) * (x.dim() - 2)),)
    if name in ("conv", "group_norm"):
        return "group_norm", (1,)
    if name == "adaptive_avg_pool2d":
        return name, (1,)
    if name == "matmul" and x.dim():
        return name, (torch.ones(x.shape[-1], 3),)
    if name == "index":
        return "__getitem__", (torch.zeros(2, dtype=torch.int64),)
    if name in ("softmax", "cumsum", "sum", "mean"):
        return name, (axis,)
    if name == "repeat":
        return name, (1,) * x.dim() if draw(st.booleans()) else (2,) * x.dim()
    if name == "flip":
        return name, (axis,)
    return name, (1, axis) if name == "roll" else ()


def _apply(x: torch.Tensor, name: str, args: tuple[Any, ...]) -> Any:
    if not hasattr(x, name):
        return getattr(torch.nn.functional, name)(x, *args)
    return getattr(x, name) if name in ("mT", "T") else getattr(x, name)(*args)


def _said(type_: TensorType, name: str, args: tuple[Any, ...]) -> Any:
    given_ = tuple(type_of(arg) if isinstance(arg, torch.Tensor) else arg for arg in args)
    owner = "torch.Tensor" if hasattr(torch.Tensor, name) else "torch.nn.functional"
    return registry.apply(f"{owner}.{name}", type_, *given_)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_layouts_are_those_of_torch() -> None:
    counts: Counter[str] = Counter()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(st.data(), SIZES)
    def check(data: st.DataObject, sizes: list[int]) -> None:
        x = torch.ones(sizes)
        said = type_of(x)
        for _ in range(data.draw(st.integers(1, 6))):
            step = data.draw(st.sampled_from([_moved, _moved, _cut, _reshaped, _reshaped, _made]))
            name, args = data.draw(st.composite(lambda draw, step=step, x=x: step(draw, x))())
            whole = said.layout is not None and Joint.OPEN not in said.layout.joints
            try:
                result = _apply(x, name, args)
            except (RuntimeError, IndexError, TypeError, ValueError):
                result = None
            try:
                claimed = _said(said, name, args)
            except Mismatch:
                assert result is None, f"{name}{args} of {said} {said.layout} runs"
                counts["refused"] += name == "view"
                return
            except Undecided:
                return
            if result is None:
                counts["missed"] += name == "view"
                assert not (name == "view" and whole), f"{name}{args} of {said} {said.layout} fails"
                return
            if isinstance(result, tuple):
                if not result:
                    return
                result, claimed = result[-1], claimed[-1]
            if not isinstance(claimed, TensorType) or claimed.dims != tuple(result.shape):
                return
            said_of = f"{name}{args} of {said} {said.layout}: {claimed.layout}, {result.stride()}"
            assert claimed.layout is None or holds(claimed.layout, result), said_of
            counts["known" if claimed.layout is not None else "unknown"] += 1
            x, said = result, claimed

    check()
    assert counts["known"] > 5 * counts["unknown"] and counts["refused"] > 4, counts


def test_strides_are_read_back() -> None:
    x = torch.zeros(2, 3, 4)
    assert layout_of(x) == contiguous(3)
    assert holds(layout_of(x.transpose(0, 2)[1:]), x.transpose(0, 2)[1:])
    assert not holds(contiguous(2), x[:, 0]) and holds(layout_of(x[:, 0]), x[:, 0])
    assert layout_of(torch.zeros(())) == contiguous(0)
