"""Diagonals and triangles of matrices (torch docs: torch, Other operations)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Dim, Size, extreme
from ..shapes.dtypes import BOOL, INTEGER, int64
from ..shapes.relations import Truth, at_most, less
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import operand, rank_from, rank_is
from .mismatch import Mismatch
from .registry import rule
from .sizes import slice_length
from .vocabulary import axis, equal, product, require, show


@rule("tril", "triu")
def tril(input: TensorType, diagonal: Any = 0) -> TensorType:
    input = operand(input)
    rank_from(input, 2)
    return input.with_dtype(input.dtype)


@rule("trace")
def trace(input: TensorType) -> TensorType:
    input = operand(input)
    rank_is(input, (2,))
    whole = input.dtype is not None and input.dtype.category in (BOOL, INTEGER)
    return TensorType(int64 if whole else input.dtype, ())


@rule("diagonal", "torch.diagonal_copy")
def diagonal(input: TensorType, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> TensorType:
    return _diagonal(operand(input), offset, dim1, dim2)


@rule("torch.linalg.diagonal")
def linalg_diagonal(A: TensorType, *, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> TensorType:
    return _diagonal(operand(A), offset, dim1, dim2)


def _diagonal(input: TensorType, offset: Any, dim1: Any, dim2: Any) -> TensorType:
    if input.dims is None:
        return input.with_dtype(input.dtype)
    if isinstance(dim1, Unknown) or isinstance(dim2, Unknown):
        return input.with_dims(*(fresh() for _ in input.dims[1:]))
    first, second = _two_axes(dim1, dim2, len(input.dims))
    rest = [size for at, size in enumerate(input.dims) if at not in (first, second)]
    return input.with_dims(*rest, _diagonal_length(input.dims[first], input.dims[second], offset))


def _two_axes(dim1: Any, dim2: Any, rank: int) -> tuple[int, int]:
    first, second = axis(dim1, rank), axis(dim2, rank)
    if first == second:
        raise Mismatch(f"dim1 = {dim1} and dim2 = {dim2} are the same axis")
    return first, second


def _diagonal_length(rows: Size, columns: Size, offset: Any) -> Size:
    if not isinstance(offset, int):
        return fresh()
    if offset < 0:
        rows = rows + offset
    else:
        columns = columns - offset
    same = equal(rows, columns)
    length = rows if same.holds else _smaller(rows, columns)
    nonnegative = at_most(0, length)
    if nonnegative.holds:
        return length
    return 0 if nonnegative is Truth.NO else extreme("max", 0, length)


def _smaller(a: Size, b: Size) -> Size:
    return extreme("min", a, b)


@rule("diag")
def diag(input: TensorType, diagonal: Any = 0) -> TensorType:
    input = operand(input)
    if not rank_is(input, (1, 2)):
        return TensorType(input.dtype, None)
    return _embedded(input, diagonal, -2, -1) if len(input.dims or ()) == 1 else _diagonal(input, diagonal, 0, 1)


@rule("diagflat")
def diagflat(input: TensorType, offset: Any = 0) -> TensorType:
    input = operand(input)
    return _embedded(input.with_dims(fresh() if input.dims is None else product(input.dims)), offset, -2, -1)


@rule("diag_embed")
def diag_embed(input: TensorType, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> TensorType:
    return _embedded(operand(input), offset, dim1, dim2)


def _embedded(input: TensorType, offset: Any, dim1: Any, dim2: Any) -> TensorType:
    if input.dims is None:
        return input.with_dtype(input.dtype)
    rank = len(input.dims) + 1
    if isinstance(dim1, Unknown) or isinstance(dim2, Unknown):
        return input.with_dims(*(fresh() for _ in range(rank)))
    if not input.dims:
        raise Mismatch("input is a scalar, expected at least rank 1")
    places = _two_axes(dim1, dim2, rank)
    side = input.dims[-1] + abs(offset) if isinstance(offset, int) else fresh()
    rest = iter(input.dims[:-1])
    return input.with_dims(*(side if at in places else next(rest) for at in range(rank)))


def _scattered(input: TensorType, src: Any, part: TensorType) -> TensorType:
    """A copy of input with src written to a part of it, whose shape it must have."""
    src = operand(src, "src")
    if src.dims is not None and part.dims is not None:
        message = f"src {show(src)} has not the shape of the part it is written to: {show(part.dims)}"
        if len(src.dims) != len(part.dims):
            raise Mismatch(message)
        for given, size in zip(src.dims, part.dims, strict=True):
            require(equal(given, size), message)
    return input.with_dtype(input.dtype)


@rule("diagonal_scatter")
def diagonal_scatter(input: TensorType, src: Any, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> TensorType:
    input = operand(input)
    return _scattered(input, src, _diagonal(input, offset, dim1, dim2))


@rule("select_scatter")
def select_scatter(input: TensorType, src: Any, dim: Any, index: Any) -> TensorType:
    input = operand(input)
    part = input.with_dtype(input.dtype)
    if input.dims is not None and isinstance(dim, int):
        at = axis(dim, len(input.dims))
        if isinstance(index, int | Dim):
            require(less(index, input.dims[at]), f"index {show(index)} is out of range for size {show(input.dims[at])}")
        part = input.with_dims(*input.dims[:at], *input.dims[at + 1 :])
    elif input.dims is not None:
        part = input.with_dims(*(fresh() for _ in input.dims[1:]))
    return _scattered(input, src, part)


@rule("slice_scatter")
def slice_scatter(
    input: TensorType, src: Any, dim: Any = 0, start: Any = None, end: Any = None, step: Any = 1
) -> TensorType:
    input = operand(input)
    if input.dims is None or not isinstance(dim, int):
        return input.with_dtype(input.dtype)
    at = axis(dim, len(input.dims))
    length = slice_length(start, end, step, input.dims[at])
    return _scattered(input, src, input.with_dims(*input.dims[:at], length, *input.dims[at + 1 :]))


@rule("as_strided_scatter")
def as_strided_scatter(input: TensorType, src: Any, size: Any, stride: Any, storage_offset: Any = None) -> TensorType:
    input = operand(input)
    known = isinstance(size, tuple | list)
    return _scattered(input, src, TensorType(input.dtype, tuple(size) if known else None))
