"""Padding (torch docs: torch.nn.functional.pad)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand, size_or_fresh
from .mismatch import Mismatch
from .registry import rule
from .signature import list_of
from .vocabulary import at_most, less, require, show

_MODES = ("constant", "reflect", "replicate", "circular")


@rule("F.pad")
def pad(input: Any, pad: Any, mode: Any = "constant", value: Any = None) -> TensorType:
    tensor = operand(input)
    if isinstance(mode, str) and mode not in _MODES:
        raise Mismatch(f"mode = {mode!r}, expected one of {', '.join(_MODES)}")
    return padded(tensor, pad, mode)


@rule("torch.constant_pad_nd")
def constant_pad_nd(input: Any, pad: Any, value: Any = 0) -> TensorType:
    return padded(operand(input), pad, "constant")


def padded(input: TensorType, pad: Any, mode: Any) -> TensorType:
    """The input with sizes added before and after its last axes; the last axis comes first in `pad`."""
    if input.dims is None:
        return TensorType(input.dtype, None)
    if isinstance(pad, Unknown):
        return input.with_dims(*(fresh() for _ in input.dims))
    if not isinstance(pad, tuple | list):
        raise Undecided("pad is no sequence")
    if len(pad) % 2:
        raise Mismatch(f"pad = {show(tuple(pad))} has {len(pad)} values, expected an even number")
    axes, rank = len(pad) // 2, len(input.dims)
    if axes > rank:
        raise Mismatch(f"pad = {show(tuple(pad))} pads {axes} axes, input{list_of(input.dims)} has rank {rank}")
    if isinstance(mode, str) and mode != "constant" and (axes not in (1, 2, 3) or rank not in (axes + 1, axes + 2)):
        raise Mismatch(f"mode = {mode!r} cannot pad the last {axes} axes of an input of rank {rank}")
    dims = list(input.dims)
    for at in range(axes):
        before, after = size_or_fresh(pad[2 * at]), size_or_fresh(pad[2 * at + 1])
        dims[-1 - at] = _axis(dims[-1 - at], before, after, mode)
    return input.with_dims(*dims)


def _axis(size: Size, before: Size, after: Size, mode: Any) -> Size:
    out = size + before + after
    for amount in (before, after):
        if mode == "reflect":
            require(
                less(amount, size), f"padding of {show(amount)} must be smaller than the size {show(size)} it reflects"
            )
        elif mode == "circular":
            require(
                at_most(amount, size), f"padding of {show(amount)} wraps around the size {show(size)} more than once"
            )
    least = 1 if mode in ("reflect", "replicate") else 0
    require(at_most(least, out), f"the output would have size {show(out)}")
    return out
