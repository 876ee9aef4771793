"""The same elements in another shape: view, reshape, flatten, squeeze (torch docs: Tensor views)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType
from ..shapes.relations import Truth, nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from . import suspicion
from .inputs import operand
from .mismatch import Mismatch
from .registry import rule
from .sizes import cancel, listed, quotient, size_of
from .vocabulary import axes, axis, divides, equal, product, require, show


@rule(".view", "torch.view_copy")
def view(input: TensorType, *sizes: Any, size: Any = None, dtype: Any = None) -> TensorType:
    input = operand(input, "input")
    given = sizes[0] if len(sizes) == 1 else size if size is not None else dtype
    if isinstance(given, DType):
        return _reinterpreted(input, given)
    return _shaped(input, sizes if size is None else (size,))


@rule("reshape")
def reshape(input: TensorType, *sizes: Any, shape: Any = None) -> TensorType:
    return _shaped(operand(input, "input"), sizes if shape is None else (shape,))


@rule(".view_as", ".reshape_as")
def view_as(input: TensorType, other: Any) -> TensorType:
    dims = operand(other, "other").dims
    return TensorType(input.dtype, None) if dims is None else input.with_dims(*fit(input.dims, dims))


def _shaped(input: TensorType, sizes: tuple[Any, ...]) -> TensorType:
    wanted = listed(sizes)
    if wanted is None:
        return TensorType(input.dtype, None)
    result = input.with_dims(*fit(input.dims, wanted))
    suspicion.of_view(input.dims, result.dims)
    return result


def fit(dims: tuple[Size, ...] | None, wanted: Sequence[Any]) -> tuple[Size, ...]:
    """The sizes that `wanted` (one of them may be -1) gives to the elements of a shape. Raises Mismatch."""
    if any(isinstance(size, int) and size < -1 for size in wanted):
        raise Mismatch(f"shape {show(tuple(wanted))} has a negative size")
    inferred = [isinstance(size, int) and size == -1 for size in wanted]
    if sum(inferred) > 1:
        raise Mismatch(f"shape {show(tuple(wanted))} has more than one -1")
    open_ = [place for place, size in enumerate(wanted) if inferred[place] or isinstance(size, Unknown)]
    sizes = [fresh() if place in open_ else size_of(size) for place, size in enumerate(wanted)]
    if dims is None:
        return tuple(sizes)
    if not open_:
        _require_as_many(dims, sizes)
    elif len(open_) == 1:
        place = open_[0]
        sizes[place] = _missing(dims, sizes[:place] + sizes[place + 1 :], wanted, inferred[place])
    return tuple(sizes)


def _require_as_many(dims: tuple[Size, ...], sizes: list[Size]) -> None:
    left, right = cancel(dims, sizes)
    common = list(dims)
    for size in left:
        common.remove(size)
    # Where a common factor may be 0, the rest need not agree.
    if not all(nonzero(size).holds for size in common):
        left, right = list(dims), sizes
    agree = equal(product(left), product(right))
    require(agree, f"{show(product(dims))} elements do not fit shape {show(tuple(sizes))}")


def _missing(dims: tuple[Size, ...], others: list[Size], wanted: Sequence[Any], inferred: bool) -> Size:
    message = f"{show(product(dims))} elements do not fit shape {show(tuple(wanted))}"
    if any(isinstance(size, int) and size == 0 for size in others):
        if inferred:
            raise Mismatch(f"shape {show(tuple(wanted))} is ambiguous: -1 cannot be told beside a size of 0")
        require(equal(product(dims), 0), message)
        return fresh()
    goes, result = quotient(dims, others)
    require(goes, message)
    return result


def _reinterpreted(input: TensorType, dtype: DType) -> TensorType:
    """view(dtype): the same bytes, so the last size scales with the item sizes."""
    if input.dtype is None or input.dims is None:
        dims = None if input.dims is None else (*input.dims[:-1], *([fresh()] if input.dims else []))
        return TensorType(dtype, dims)
    old, new = input.dtype.itemsize, dtype.itemsize
    if old == new:
        return input.with_dtype(dtype)
    if not input.dims:
        raise Mismatch(f"a scalar {input.dtype.name} cannot be viewed as {dtype.name}: their item sizes differ")
    *lead, last = input.dims
    if new < old:
        return TensorType(dtype, (*lead, last * (old // new)))
    require(
        divides(new // old, last),
        f"the last size {show(last)} of {input.dtype.name} items is not divisible by {new // old}, "
        f"as {dtype.name} needs",
    )
    return TensorType(dtype, (*lead, last // (new // old)))


@rule("flatten")
def flatten(input: TensorType, start_dim: Any = 0, end_dim: Any = -1) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(start_dim, Unknown) or isinstance(end_dim, Unknown):
        return TensorType(input.dtype, None)
    start, end = axis(start_dim, len(input.dims)), axis(end_dim, len(input.dims))
    if not input.dims:
        return input.with_dims(1)
    if start > end:
        raise Mismatch(f"start_dim = {start_dim} comes after end_dim = {end_dim}")
    return input.with_dims(*input.dims[:start], product(input.dims[start : end + 1]), *input.dims[end + 1 :])


@rule("ravel")
def ravel(input: TensorType) -> TensorType:
    input = operand(input, "input")
    return input.with_dims(fresh() if input.dims is None else product(input.dims))


@rule("unflatten")
def unflatten(input: TensorType, dim: Any, sizes: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(dim, Unknown) or isinstance(sizes, Unknown):
        return TensorType(input.dtype, None)
    at = axis(dim, len(input.dims), wrap=False)
    if not sizes:
        raise Mismatch("sizes must be non-empty")
    return input.with_dims(*input.dims[:at], *fit((input.dims[at],), tuple(sizes)), *input.dims[at + 1 :])


@rule("squeeze", "torch.squeeze_copy")
def squeeze(input: TensorType, *dims: Any, dim: Any = None) -> TensorType:
    input = operand(input, "input")
    chosen = dims[0] if len(dims) == 1 else dims if dims else dim
    if input.dims is None or isinstance(chosen, Unknown):
        return TensorType(input.dtype, None)
    among = axes(chosen, len(input.dims))
    kept = []
    for at, size in enumerate(input.dims):
        one = equal(size, 1) if at in among else Truth.NO
        if one is Truth.UNKNOWN:
            return TensorType(input.dtype, None)
        if not one.holds:
            kept.append(size)
    return input.with_dims(*kept)


@rule("unsqueeze", "torch.unsqueeze_copy")
def unsqueeze(input: TensorType, dim: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None:
        return input.with_dtype(input.dtype)
    if isinstance(dim, Unknown):
        return input.with_dims(*(fresh() for _ in range(len(input.dims) + 1)))
    at = new_axis(dim, len(input.dims))
    return input.with_dims(*input.dims[:at], 1, *input.dims[at:])


def new_axis(dim: Any, rank: int) -> int:
    """Where an axis is put in, counted from 0. Raises Mismatch out of range."""
    if isinstance(dim, int) and not -rank - 1 <= dim <= rank:
        raise Mismatch(f"dim {dim} is out of range for a tensor of rank {rank} (expected {-rank - 1} to {rank})")
    return axis(dim, rank + 1)


@rule("as_strided", "torch.as_strided_copy")
def as_strided(input: TensorType, size: Any, stride: Any, storage_offset: Any = None) -> TensorType:
    input = operand(input, "input")
    if isinstance(size, Unknown):
        return TensorType(input.dtype, None)
    if not isinstance(stride, Unknown) and len(size) != len(stride):
        raise Mismatch(f"size {show(tuple(size))} and stride {show(tuple(stride))} differ in length")
    return input.with_dims(*map(size_of, size))


@rule("atleast_1d")
def atleast_1d(*tensors: Any) -> Any:
    return _each_at_least(1, tensors)


@rule("atleast_2d")
def atleast_2d(*tensors: Any) -> Any:
    return _each_at_least(2, tensors)


@rule("atleast_3d")
def atleast_3d(*tensors: Any) -> Any:
    return _each_at_least(3, tensors)


def _each_at_least(rank: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        return tuple(at_least(rank, operand(item, "an item")) for item in tensors[0])
    results = tuple(at_least(rank, operand(item, "an item")) for item in tensors)
    return results[0] if len(results) == 1 else results


def at_least(rank: int, tensor: TensorType) -> TensorType:
    """A tensor with ones added so that it has a rank: a vector becomes a row [1 n], and [1 n 1] in three."""
    if tensor.dims is None or len(tensor.dims) >= rank:
        return tensor
    missing = rank - len(tensor.dims)
    if rank == 3 and tensor.dims:
        return tensor.with_dims(*((1, *tensor.dims, 1) if missing == 2 else (*tensor.dims, 1)))
    return tensor.with_dims(*(1,) * missing, *tensor.dims)
