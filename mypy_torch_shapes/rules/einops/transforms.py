"""einops.rearrange, reduce and repeat (einops docs: API reference)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...shapes.dims import Size
from ...shapes.dtypes import DType
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown
from ..inputs import operand
from ..mismatch import DTYPE, Mismatch
from ..registry import apply, rule
from ..sizes import quotient
from ..vocabulary import divides, equal, is_size, product, require, show
from .patterns import Axis, Group, Number, Side, check_name, listed, parse

_METHODS = {"min": "amin", "max": "amax", "sum": "sum", "mean": "mean"}
_ONE_BY_ONE = ("any", "all", "prod")
REDUCTIONS = (*_METHODS, *_ONE_BY_ONE)


@rule("einops.rearrange")
def rearrange(tensor: Any, pattern: Any, **axes_lengths: Any) -> TensorType:
    return transformed(tensor, pattern, "rearrange", axes_lengths)


@rule("einops.repeat")
def repeat(tensor: Any, pattern: Any, **axes_lengths: Any) -> TensorType:
    return transformed(tensor, pattern, "repeat", axes_lengths)


@rule("einops.reduce")
def reduce(tensor: Any, pattern: Any, reduction: Any, **axes_lengths: Any) -> TensorType:
    return transformed(tensor, pattern, reduction, axes_lengths)


@dataclass(frozen=True)
class Plan:
    """A pattern as it applies to tensors of one rank: the groups of axes before and behind."""

    left: tuple[Group, ...]
    right: tuple[Group, ...]


def transformed(tensor: Any, pattern: Any, operation: Any, lengths: Mapping[str, Any]) -> TensorType:
    """The result of one of the three operations. Raises Mismatch with einops' message, or Undecided."""
    if isinstance(tensor, tuple):
        raise Undecided("einops takes a tensor, or a list of them")
    stacked = apply("torch.stack", tensor) if isinstance(tensor, list) and tensor else operand(tensor, "tensor")
    if not isinstance(pattern, str) or not isinstance(operation, str):
        raise Undecided("the pattern or the reduction is not known")
    try:
        return _transformed(stacked, pattern, operation, lengths)
    except Mismatch as mismatch:
        if mismatch.operation is None:
            mismatch.message += f" (pattern {pattern!r}, input {show(stacked)})"
        raise


def _transformed(tensor: TensorType, pattern: str, operation: str, lengths: Mapping[str, Any]) -> TensorType:
    left, _ = sides(pattern, operation, tuple(lengths))
    rank = len(tensor.dims) if tensor.dims is not None else None if left.has_ellipsis else len(left.groups)
    if rank is None:
        return TensorType(tensor.dtype if _keeps_dtype(tensor.dtype, operation) else None, None)
    plan = planned(pattern, operation, tuple(lengths), rank)
    dims = tensor.dims if tensor.dims is not None else tuple(fresh() for _ in range(rank))
    sizes = _sizes(plan, dims, lengths)
    kept = {axis for group in plan.right for axis in group}
    reduced = [axis for group in plan.left for axis in group if axis not in kept]
    dtype = tensor.dtype
    if reduced:
        rest = [sizes[axis] for group in plan.left for axis in group if axis in kept]
        dtype = _reduced(dtype, rest, [sizes[axis] for axis in reduced], operation)
    return TensorType(dtype, tuple(product([sizes[axis] for axis in group]) for group in plan.right))


@lru_cache(256)
def sides(pattern: str, operation: str, given: tuple[str, ...]) -> tuple[Side, Side]:
    """Both sides of a pattern that is one of the operation. Raises Mismatch."""
    parts = pattern.split("->")
    if len(parts) != 2:
        raise Mismatch("the pattern needs one '->'")
    left, right = map(parse, parts)
    if right.has_ellipsis and not left.has_ellipsis:
        raise Mismatch("Ellipsis found in right side, but not left side of a pattern")
    if left.has_ellipsis and left.inside:
        raise Mismatch("Ellipsis inside parenthesis in the left side is not allowed")
    _check_axes(left, right, operation, given)
    return left, right


def _check_axes(left: Side, right: Side, operation: str, given: tuple[str, ...]) -> None:
    """New axes appear in repeat alone, and disappear in reductions alone."""
    if operation == "rearrange":
        if left.has_numbers or right.has_numbers:
            raise Mismatch("Non-unitary anonymous axes are not supported in rearrange (exception is length 1)")
        if left.names ^ right.names:
            different = listed(left.names ^ right.names)
            raise Mismatch(f"Identifiers only on one side of expression (should be on both): {different}")
    elif operation == "repeat":
        if left.names - right.names:
            raise Mismatch(f"Unexpected identifiers on the left side of repeat: {listed(left.names - right.names)}")
        unsized = {axis for axis in right.names if isinstance(axis, str)} - {*left.names, *given}
        if unsized:
            raise Mismatch(f"Specify sizes for new axes in repeat: {listed(unsized)}")
    elif operation in REDUCTIONS:
        if right.names - left.names:
            unexpected = listed(right.names - left.names)
            raise Mismatch(f"Unexpected identifiers on the right side of reduce {operation}: {unexpected}")
    else:
        raise Mismatch(f"Unknown reduction {operation}. Expect one of {REDUCTIONS}")


@lru_cache(1024)
def planned(pattern: str, operation: str, given: tuple[str, ...], rank: int) -> Plan:
    """The pattern for tensors of a rank. Raises Mismatch where it does not apply."""
    left, right = sides(pattern, operation, given)
    covered = rank - len(left.groups) + left.has_ellipsis
    if covered < 0 or (covered and not left.has_ellipsis):
        expected = f">={len(left.groups) - 1}" if left.has_ellipsis else len(left.groups)
        raise Mismatch(f"Wrong shape: expected {expected} dims. Received {rank}-dim tensor")
    plan = Plan(left.expanded(covered), right.expanded(covered))
    for name in given:
        check_name(name)
        if name not in left.names | right.names:
            raise Mismatch(f"Axis {name} is not used in transform")
    for group in plan.left:
        unsized = {axis for axis in group if isinstance(axis, str) and axis not in given}
        if len(unsized) > 1:
            raise Mismatch(f"Could not infer sizes for {listed(unsized)}")
    return plan


def _sizes(plan: Plan, dims: Sequence[Size], lengths: Mapping[str, Any]) -> dict[Axis, Size]:
    """The size of every axis: given, in the pattern, or what is left of the tensor's."""
    sizes: dict[Axis, Size] = {name: _length(value) for name, value in lengths.items()}
    for axis in (axis for group in (*plan.left, *plan.right) for axis in group):
        if isinstance(axis, Number):
            sizes[axis] = axis.value
    for group, size in zip(plan.left, dims, strict=True):
        unsized = [axis for axis in group if axis not in sizes]
        known = [sizes[axis] for axis in group if axis in sizes]
        if not unsized:
            require(equal(size, product(known)), f"Shape mismatch, {show(size)} != {show(product(known))}")
        elif not known:
            sizes[unsized[0]] = size
        else:
            message = f"Shape mismatch, can't divide axis of length {show(size)} in chunks of {show(product(known))}"
            require(divides(product(known), size), message)
            sizes[unsized[0]] = quotient([size], known)[1]
    return sizes


def _length(value: Any) -> Size:
    if isinstance(value, Unknown | TensorType):
        return fresh()
    if not is_size(value) or (isinstance(value, int) and value < 0):
        raise Undecided(f"{value!r} is no size of an axis")
    return value  # type: ignore[no-any-return]


def _keeps_dtype(dtype: DType | None, operation: str) -> bool:
    """Whether the result has the input's dtype, whatever is reduced."""
    always = operation in ("rearrange", "repeat", "min", "max")
    return always or (dtype is not None and dtype.is_floating_point and operation not in ("any", "all"))


def _reduced(dtype: DType | None, kept: list[Size], reduced: list[Size], operation: str) -> DType | None:
    """The dtype of a reduction, as torch's own gives it. Raises Mismatch where that fails."""
    if operation == "mean" and dtype is not None and (not dtype.is_floating_point or dtype.is_complex):
        raise Mismatch("reduce_mean is not available for non-floating tensors", DTYPE)
    result = TensorType(dtype, (*kept, *reduced))
    last = len(kept) + len(reduced) - 1
    if operation in _METHODS:
        named = apply(f"torch.Tensor.{_METHODS[operation]}", result, tuple(range(len(kept), last + 1)))
    else:
        named = result
        for at in range(last, len(kept) - 1, -1):
            named = apply(f"torch.Tensor.{operation}", named, at)
    return named.dtype  # type: ignore[no-any-return]
