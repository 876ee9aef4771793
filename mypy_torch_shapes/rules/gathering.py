"""Reading and writing by index tensors (torch docs: torch, Indexing, Slicing, Joining, Mutating Ops)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType, bool_, int32, int64
from ..shapes.relations import Truth, at_most, nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .indexing import selection
from .inputs import common_dtype, dtype_in, operand, rank_is
from .mismatch import Mismatch
from .registry import known_dims, rule
from .sizes import size_of
from .vocabulary import axis, broadcast, equal, is_size, product, require, show

_LONG = (int64,)
_INDEX = (int32, int64)


def _row(dims: tuple[Size, ...]) -> tuple[Size, ...]:
    """A scalar counts as a vector of one."""
    return dims or (1,)


def _require_same_rank(index: TensorType, other: TensorType, name: str) -> None:
    if index.dims is None or other.dims is None:
        return
    if len(_row(index.dims)) != len(_row(other.dims)):
        raise Mismatch(f"index has rank {len(index.dims)}, {name} has rank {len(other.dims)}: {show(other)}")


def _require_within(index: TensorType, other: TensorType, but: int | None, name: str) -> None:
    """No axis of index may be longer than that of the other, but for one."""
    if index.dims is None or other.dims is None:
        return
    for at, (size, bound) in enumerate(zip(_row(index.dims), _row(other.dims), strict=True)):
        if at != but:
            require(at_most(size, bound), f"index has size {show(size)} in dim {at}, {name} has {show(bound)}")


def _has_items(tensor: TensorType) -> bool:
    """Whether it is known that a tensor is not empty; with an empty index nothing is checked."""
    return tensor.dims is not None and nonzero(product(tensor.dims)).holds


def _axis_of(input: TensorType, dim: Any) -> int | None:
    """The axis; None where it is unknown."""
    return None if input.dims is None or not isinstance(dim, int) else axis(dim, len(input.dims))


@rule("gather")
def gather(input: TensorType, dim: Any, index: Any, *, sparse_grad: Any = False) -> TensorType:
    input, index = operand(input), operand(index, "index")
    at = _axis_of(input, dim)
    if _has_items(index):
        dtype_in(index, _INDEX, "index")
        _require_same_rank(index, input, "input")
        if at is not None:
            _require_within(index, input, at, "input")
    return TensorType(input.dtype, index.dims)


def _scatter(input: TensorType, dim: Any, index: Any, src: Any, name: str) -> TensorType:
    input, index = operand(input), operand(index, "index")
    at = _axis_of(input, dim)
    if isinstance(src, TensorType):
        common_dtype(input=input, **{name: src})
    if _has_items(index):
        dtype_in(index, _INDEX, "index")
        _require_same_rank(index, input, "input")
        if isinstance(src, TensorType):
            _require_same_rank(index, src, name)
            _require_within(index, src, None, name)
        if at is not None:
            _require_within(index, input, at, "input")
    return input.with_dtype(input.dtype)


@rule("scatter")
def scatter(
    input: TensorType, dim: Any, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None
) -> TensorType:
    # a zero-dim tensor that stands for `value` is taken as a number
    number = isinstance(src, TensorType) and src.dims == () and reduce is not None
    return _scatter(input, dim, index, None if number else src, "src")


@rule("scatter_add")
def scatter_add(input: TensorType, dim: Any, index: Any, src: Any) -> TensorType:
    return _scatter(input, dim, index, src, "src")


@rule("scatter_reduce")
def scatter_reduce(
    input: TensorType, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = True
) -> TensorType:
    return _scatter(input, dim, index, src, "src")


@rule("index_select", "torch.index_select_copy")
def index_select(input: TensorType, dim: Any, index: Any) -> TensorType:
    input, index = operand(input), operand(index, "index")
    dtype_in(index, _INDEX, "index")
    rank_is(index, (0, 1), "index")
    if input.dims is None:
        return input.with_dtype(input.dtype)
    if not isinstance(dim, int):
        return input.with_dims(*(fresh() for _ in input.dims))
    at = axis(dim, len(input.dims))
    length = fresh() if index.dims is None else product(index.dims)
    if not input.dims:
        require(equal(length, 1), f"index has {show(length)} items, a scalar has one")
        return input.with_dims()
    return input.with_dims(*input.dims[:at], length, *input.dims[at + 1 :])


def _written(input: TensorType, dim: Any, index: Any, source: Any, dtypes: Sequence[DType], exact: bool) -> TensorType:
    """Slices of source written to where index says: it has a slice for each item of index, of input's shape.

    Unless `exact`, a scalar counts as a vector of one.
    """
    input, index, source = operand(input), operand(index, "index"), operand(source, "source")
    dtype_in(index, dtypes, "index")
    rank_is(index, (0, 1), "index")
    common_dtype(input=input, source=source)
    at = _axis_of(input, dim)
    if at is None or input.dims is None or source.dims is None or index.dims is None:
        return input.with_dtype(input.dtype)
    into, given = _row(input.dims), _row(source.dims)
    if exact or (input.dims and source.dims):
        into, given = input.dims, source.dims
    if len(into) != len(given):
        raise Mismatch(f"source has rank {len(source.dims)}, input has {len(input.dims)}: {show(source)}")
    length, slices = product(index.dims), given[at] if at < len(given) else 1
    require(equal(length, slices), f"index has {show(length)} items, source has {show(slices)}")
    for place, (size, expected) in enumerate(zip(given, into, strict=True)):
        if place != at:
            require(equal(size, expected), f"source has size {show(size)} in dim {place}, input has {show(expected)}")
    return input.with_dtype(input.dtype)


@rule("index_add")
def index_add(input: TensorType, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> TensorType:
    return _written(input, dim, index, source, _INDEX, exact=True)


@rule("index_copy")
def index_copy(input: TensorType, dim: Any, index: Any, source: Any) -> TensorType:
    return _written(input, dim, index, source, _LONG, exact=False)


@rule("index_reduce")
def index_reduce(
    input: TensorType, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = True
) -> TensorType:
    return _written(input, dim, index, source, _INDEX, exact=True)


@rule("index_fill")
def index_fill(input: TensorType, dim: Any, index: Any, value: Any) -> TensorType:
    input, index = operand(input), operand(index, "index")
    dtype_in(index, _LONG, "index")
    rank_is(index, (0, 1), "index")
    _axis_of(input, dim)
    if isinstance(value, TensorType):
        rank_is(value, (0,), "value")
    return input.with_dtype(input.dtype)


@rule("index_put")
def index_put(input: TensorType, indices: Any, values: Any, accumulate: Any = False) -> TensorType:
    input, values = operand(input), operand(values, "values")
    chosen = None if isinstance(indices, Unknown) else selection(input.dims, tuple(indices))
    by_number = isinstance(indices, tuple | list) and any(
        isinstance(index, TensorType) and index.dtype in _INDEX for index in indices
    )
    if by_number or (values.dims is not None and equal(product(values.dims), 1) is Truth.NO):
        common_dtype(input=input, values=values)  # one item may be filled into a mask, whatever its dtype
    if chosen is not None and values.dims is not None:
        message = f"values {show(values)} does not broadcast to the selection {show(chosen)}"
        if len(values.dims) > len(chosen):
            raise Mismatch(message)
        for size, expected in zip(values.dims[::-1], chosen[::-1], strict=False):
            if equal(size, 1) is Truth.NO:
                require(equal(size, expected), message)
    return input.with_dtype(input.dtype)


@rule("take")
def take(input: TensorType, index: Any) -> TensorType:
    index = operand(index, "index")
    dtype_in(index, _LONG, "index")
    return TensorType(operand(input).dtype, index.dims)


@rule("put")
def put(input: TensorType, index: Any, source: Any, accumulate: Any = False) -> TensorType:
    input, index, source = operand(input), operand(index, "index"), operand(source, "source")
    dtype_in(index, _LONG, "index")
    common_dtype(input=input, source=source)
    if index.dims is not None and source.dims is not None:
        given, needed = product(source.dims), product(index.dims)
        require(equal(given, needed), f"source has {show(given)} elements, index has {show(needed)}")
    return input.with_dtype(input.dtype)


@rule("take_along_dim")
def take_along_dim(input: TensorType, indices: Any, dim: Any = None) -> TensorType:
    input, indices = operand(input), operand(indices, "indices")
    dtype_in(indices, _INDEX if dim is None else _LONG, "indices")
    if dim is None:
        return input.with_dims(fresh() if indices.dims is None else product(indices.dims))
    if input.dims is None or indices.dims is None or not isinstance(dim, int):
        rank = input.rank if indices.dims is None else indices.rank
        return TensorType(input.dtype, None if rank is None else tuple(fresh() for _ in range(rank)))
    if len(input.dims) != len(indices.dims):
        raise Mismatch(f"indices has rank {len(indices.dims)}, input has rank {len(input.dims)}")
    at = axis(dim, len(input.dims), wrap=False)
    rest = broadcast(*(dims[:at] + dims[at + 1 :] for dims in (input.dims, indices.dims)))
    assert rest is not None
    return input.with_dims(*rest[:at], indices.dims[at], *rest[at:])


@rule("masked_select")
def masked_select(input: TensorType, mask: Any) -> TensorType:
    input, mask = operand(input), operand(mask, "mask")
    dtype_in(mask, (bool_,), "mask")
    broadcast(input.dims, mask.dims)
    return input.with_dims(fresh())


@rule("masked_scatter")
def masked_scatter(input: TensorType, mask: Any, source: Any) -> TensorType:
    input, mask, source = operand(input), operand(mask, "mask"), operand(source, "source")
    dtype_in(mask, (bool_,), "mask")
    common_dtype(input=input, source=source)
    return TensorType(input.dtype, broadcast(input.dims, mask.dims))


@rule("nonzero")
def nonzero_(input: TensorType, *, as_tuple: Any = False) -> Any:
    input = operand(input)
    if as_tuple:
        return true_places(input)
    rank = fresh() if input.dims is None else len(input.dims)
    return TensorType(int64, (fresh(), rank))


@rule("argwhere")
def argwhere(input: TensorType) -> Any:
    return nonzero_(input)


def true_places(condition: TensorType) -> tuple[TensorType, ...]:
    """`where(condition)`: a vector of indices for each axis, all of one unknown length."""
    vector = TensorType(int64, (fresh(),))
    return (vector,) * max(len(known_dims(condition)), 1)


@rule("nonzero_static")
def nonzero_static(input: TensorType, *, size: Any, fill_value: Any = -1) -> TensorType:
    input = operand(input)
    return TensorType(int64, (size_of(size), fresh() if input.dims is None else len(input.dims)))


@rule("torch.unravel_index")
def unravel_index(indices: Any, shape: Any) -> tuple[TensorType, ...]:
    tensor = operand(indices, "indices")
    if is_size(shape):
        shape = (shape,)
    if not isinstance(shape, tuple | list):
        raise Undecided("the shape is unknown")
    return (TensorType(int64, tensor.dims),) * len(shape)
