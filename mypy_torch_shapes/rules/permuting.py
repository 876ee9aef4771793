"""Axes in another order (torch docs: Tensor views)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.relations import equal, nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import operand
from .mismatch import Mismatch
from .registry import rule
from .sizes import listed
from .vocabulary import axes, axis, product, show


@rule("permute", "torch.permute_copy")
def permute(input: TensorType, *order: Any, dims: Any = None) -> TensorType:
    input = operand(input, "input")
    wanted = listed(order if dims is None else (dims,))
    if wanted is None:
        return _shuffled(input)
    if input.dims is None or any(isinstance(dim, Unknown) for dim in wanted):
        return TensorType(input.dtype, tuple(fresh() for _ in wanted))
    if len(wanted) != len(input.dims):
        raise Mismatch(f"dims {show(wanted)} names {len(wanted)} axes, input has rank {len(input.dims)}")
    return input.with_dims(*(input.dims[at] for at in axes(wanted, len(input.dims))))


@rule("transpose", "swapaxes", "swapdims", "torch.transpose_copy")
def transpose(
    input: TensorType, dim0: Any = None, dim1: Any = None, *, axis0: Any = None, axis1: Any = None
) -> TensorType:
    input = operand(input, "input")
    first, second = (dim0 if axis0 is None else axis0), (dim1 if axis1 is None else axis1)
    if input.dims is None or isinstance(first, Unknown) or isinstance(second, Unknown):
        return _shuffled(input)
    rank = len(input.dims)
    return _swapped(input, axis(first, rank), axis(second, rank))


def _swapped(input: TensorType, first: int, second: int) -> TensorType:
    if not input.dims:
        return input.with_dtype(input.dtype)
    dims = list(input.dims)
    dims[first], dims[second] = dims[second], dims[first]
    return input.with_dims(*dims)


def _shuffled(input: TensorType) -> TensorType:
    """The axes in an unknown order."""
    return TensorType(input.dtype, None if input.dims is None else tuple(fresh() for _ in input.dims))


@rule("t", "torch.t_copy")
def t(input: TensorType) -> TensorType:
    input = operand(input, "input")
    if input.dims is not None and len(input.dims) > 2:
        raise Mismatch(f"input has rank {len(input.dims)}, expected at most 2: {show(input)}")
    return TensorType(input.dtype, None if input.dims is None else input.dims[::-1])


@rule("torch.Tensor.T", attribute=True)
def numpy_t(input: TensorType) -> TensorType:
    return TensorType(input.dtype, None if input.dims is None else input.dims[::-1])


@rule("torch.Tensor.H", attribute=True)
def matrix_h(input: TensorType) -> TensorType:
    if input.dims is not None and len(input.dims) not in (0, 2):
        raise Mismatch(f"input has rank {len(input.dims)}, expected a matrix: {show(input)}")
    return numpy_t(input)


@rule("torch.Tensor.mT", "torch.Tensor.mH", attribute=True)
def matrix_transposed(input: TensorType) -> TensorType:
    return _last_two_swapped(input)


@rule("adjoint")
def adjoint(input: TensorType) -> TensorType:
    return _last_two_swapped(operand(input, "input"))


def _last_two_swapped(input: TensorType) -> TensorType:
    if input.dims is None:
        return input.with_dtype(input.dtype)
    if len(input.dims) == 1:
        raise Mismatch(f"input has rank 1, expected matrices: {show(input)}")
    return _swapped(input, -2, -1)


@rule("movedim", "moveaxis")
def movedim(input: TensorType, source: Any, destination: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(source, Unknown) or isinstance(destination, Unknown):
        return _shuffled(input)
    rank = len(input.dims)
    moved, places = axes(source, rank), axes(destination, rank)
    if len(moved) != len(places):
        raise Mismatch(f"source {show(source)} and destination {show(destination)} differ in length")
    if not input.dims:
        return input.with_dtype(input.dtype)
    rest = (size for at, size in enumerate(input.dims) if at not in moved)
    taken = {place: input.dims[at] for at, place in zip(moved, places, strict=True)}
    return input.with_dims(*(taken[place] if place in taken else next(rest) for place in range(rank)))


@rule("roll")
def roll(input: TensorType, shifts: Any, dims: Any = None) -> TensorType:
    input = operand(input, "input")
    # Of an empty tensor torch asks nothing.
    if input.dims is not None and isinstance(dims, int | tuple | list) and nonzero(product(input.dims)).holds:
        named = (dims,) if isinstance(dims, int) else dims
        if named and not input.dims:
            raise Mismatch(f"input is a scalar, which has no dim {show(dims)}")
        if isinstance(shifts, tuple | list) and len(shifts) != len(named) and named:
            raise Mismatch(f"shifts {show(shifts)} and dims {show(named)} differ in length")
        for dim in named:
            axis(dim, len(input.dims))
    return input.with_dtype(input.dtype)


@rule("flip")
def flip(input: TensorType, *order: Any, dims: Any = None) -> TensorType:
    input = operand(input, "input")
    named = listed(order if dims is None else (dims,))
    if input.dims is not None and named is not None and not any(isinstance(dim, Unknown) for dim in named):
        axes(named, len(input.dims))
    return input.with_dtype(input.dtype)


@rule("flipud")
def flipud(input: TensorType) -> TensorType:
    return _of_rank_at_least(1, operand(input, "input"))


@rule("fliplr")
def fliplr(input: TensorType) -> TensorType:
    return _of_rank_at_least(2, operand(input, "input"))


def _of_rank_at_least(rank: int, input: TensorType) -> TensorType:
    if input.dims is not None and len(input.dims) < rank:
        raise Mismatch(f"input has rank {len(input.dims)}, expected at least {rank}")
    return input.with_dtype(input.dtype)


@rule("rot90")
def rot90(input: TensorType, k: Any = 1, dims: Sequence[Any] | Unknown = (0, 1)) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(dims, Unknown):
        return _shuffled(input)
    rank = len(input.dims)
    if rank < 2 or len(dims) != 2:
        raise Mismatch(f"input has rank {rank} and dims = {show(tuple(dims))}, expected two axes of at least rank 2")
    first, second = axes(tuple(dims), rank)
    turned = _swapped(input, first, second)
    if isinstance(k, int):
        return turned if k % 2 else input.with_dtype(input.dtype)
    if equal(input.dims[first], input.dims[second]).holds:
        return turned
    both = {first, second}
    return input.with_dims(*(fresh() if at in both else size for at, size in enumerate(input.dims)))
