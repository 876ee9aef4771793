"""Tensors made larger by repeating: expand, repeat, tile, meshgrid (torch docs: torch.Tensor)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import BOOL, INTEGER, DType, int64
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .registry import rule
from .sizes import listed, operands, size_of
from .vocabulary import at_most, axis, broadcast, equal, product, require, require_equal, show


@rule(".expand", "torch.expand_copy")
def expand(input: TensorType, *sizes: Any, size: Any = None, implicit: bool = False) -> TensorType:
    return _expanded(operand(input, "input"), listed(sizes if size is None else (size,)))


@rule("broadcast_to")
def broadcast_to(input: TensorType, *sizes: Any, size: Any = None) -> TensorType:
    return _expanded(operand(input, "input"), listed(sizes if size is None else (size,)))


@rule(".expand_as")
def expand_as(input: TensorType, other: Any) -> TensorType:
    return _expanded(operand(input, "input"), operand(other, "other").dims)


def _expanded(input: TensorType, wanted: tuple[Any, ...] | None) -> TensorType:
    if wanted is None:
        return TensorType(input.dtype, None)
    if input.dims is None:
        return input.with_dims(*(fresh() if _kept(size) else size_of(size) for size in wanted))
    missing = len(wanted) - len(input.dims)
    if missing < 0:
        raise Mismatch(f"{show(input)} has more axes than the {len(wanted)} sizes {show(wanted)}")
    if any(_kept(size) for size in wanted[:missing]):
        if any(isinstance(size, int) and size == 0 for size in wanted):
            raise Undecided("torch makes something of -1 for a new axis beside a size of 0")
        raise Mismatch(f"-1 is not allowed for a new axis: sizes {show(wanted)} for {show(input)}")
    new = [size_of(size) for size in wanted[:missing]]
    old = [_stretched(input, at, size, wanted) for at, size in enumerate(wanted[missing:])]
    return input.with_dims(*new, *old)


def _kept(size: Any) -> bool:
    return isinstance(size, int) and size == -1


def _stretched(input: TensorType, at: int, wanted: Any, sizes: tuple[Any, ...]) -> Size:
    assert input.dims is not None
    size = input.dims[at]
    if _kept(wanted):
        return size
    single = equal(size, 1)
    if isinstance(wanted, Unknown):  # either what was there, or -1 for the same
        return size if single is Truth.NO else fresh()
    new = size_of(wanted)
    if single is Truth.NO:
        return require_equal(size, new, f"size {show(size)} of {show(input)} does not expand to {show(sizes)}")
    return new


@rule(".sum_to_size")
def sum_to_size(input: TensorType, *size: Any) -> TensorType:
    """The opposite of expand: what was stretched is summed up again."""
    input, wanted = operand(input), listed(size)
    if wanted is None:
        return TensorType(input.dtype, None)
    result = TensorType(_summed_dtype(input, tuple(map(size_of, wanted))), tuple(map(size_of, wanted)))
    if input.dims is not None and len(wanted) <= len(input.dims):
        for own, target in zip(input.dims[::-1], (result.dims or ())[::-1], strict=False):
            if equal(target, 1) is Truth.NO:
                require(equal(own, target), f"size {show(wanted)} does not expand to {show(input)}")
    elif input.dims is not None:
        raise Mismatch(f"size {show(wanted)} has more axes than {show(input)}")
    return result


def _summed_dtype(input: TensorType, wanted: tuple[Size, ...]) -> DType | None:
    """What is summed up is int64 for integers and bool; a tensor of the shape already is returned as it is."""
    if input.dtype is None or input.dtype == int64 or input.dtype.category not in (BOOL, INTEGER):
        return input.dtype
    if input.dims is None:
        return None
    if not wanted or len(input.dims) != len(wanted):
        return int64
    same = [equal(own, target) for own, target in zip(input.dims, wanted, strict=True)]
    if Truth.NO in same:
        return int64
    return None if Truth.UNKNOWN in same else input.dtype


@rule("broadcast_tensors")
def broadcast_tensors(*tensors: Any) -> tuple[TensorType, ...]:
    given = _tensors(tensors)
    dims = broadcast(*(tensor.dims for tensor in given))
    return tuple(TensorType(tensor.dtype, dims) for tensor in given)


def _tensors(given: tuple[Any, ...]) -> tuple[TensorType, ...]:
    found = operands(given[0] if len(given) == 1 and isinstance(given[0], tuple | list | Unknown) else given)
    if found is None:
        raise Undecided("it is unknown which tensors")
    return found


@rule("torch.broadcast_shapes")
def broadcast_shapes(*shapes: Any) -> tuple[Size, ...]:
    if any(isinstance(shape, Unknown) for shape in shapes):
        raise Undecided("a shape is unknown")
    rows = ((shape,) if isinstance(shape, int | Dim) else shape for shape in shapes)
    result = broadcast(*(tuple(map(size_of, row)) for row in rows))
    assert result is not None
    return result


@rule("torch.meshgrid")
def meshgrid(*tensors: Any, indexing: Any = "ij") -> tuple[TensorType, ...]:
    given = _tensors(tensors)
    dtypes: list[DType] = [tensor.dtype for tensor in given if tensor.dtype is not None]
    if len(set(dtypes)) > 1:
        raise Mismatch(f"tensors have dtypes {', '.join(dtype.name for dtype in dtypes)}, expected one", DTYPE)
    for tensor in given:
        if tensor.dims is not None and len(tensor.dims) > 1:
            raise Mismatch(f"{show(tensor)} has rank {len(tensor.dims)}, expected 0 or 1")
    sizes = [fresh() if tensor.dims is None else product(tensor.dims) for tensor in given]
    if len(sizes) > 1 and isinstance(indexing, Unknown):
        sizes[:2] = sizes[:2] if equal(sizes[0], sizes[1]).holds else [fresh(), fresh()]
    elif len(sizes) > 1 and indexing == "xy":
        sizes[:2] = sizes[1::-1]
    return tuple(TensorType(tensor.dtype, tuple(sizes)) for tensor in given)


@rule(".repeat")
def repeat(input: TensorType, *repeats: Any, sizes: Any = None) -> TensorType:
    input = operand(input, "input")
    times = listed(repeats if sizes is None else (sizes,))
    if times is None:
        return TensorType(input.dtype, None)
    if input.dims is not None and len(times) < len(input.dims):
        raise Mismatch(f"repeats {show(times)} are fewer than the axes of {show(input)}")
    return _repeated(input, times)


@rule("tile")
def tile(input: TensorType, *repeats: Any, dims: Any = None) -> TensorType:
    input = operand(input, "input")
    times = listed(repeats if dims is None else (dims,))
    if times is None or input.dims is None:
        return TensorType(input.dtype, None)
    return _repeated(input, (1,) * (len(input.dims) - len(times)) + times)


def _repeated(input: TensorType, times: tuple[Any, ...]) -> TensorType:
    if input.dims is None:
        return input.with_dims(*(fresh() for _ in times))
    dims = (1,) * (len(times) - len(input.dims)) + input.dims
    result = [size * size_of(n) for size, n in zip(dims, times, strict=True)]
    for size in result:
        require(at_most(0, size), f"repeats {show(times)} of {show(input)} are negative")
    return input.with_dims(*result)


@rule("repeat_interleave")
def repeat_interleave(
    input: TensorType, repeats: Any = None, dim: Any = None, *, output_size: Any = None
) -> TensorType:
    input = operand(input, "input")
    if repeats is None:  # the one-tensor form: how often each index is repeated
        return input.with_dims(fresh() if output_size is None else size_of(output_size))
    dims = input.dims
    if dim is None:
        dims = (fresh(),) if dims is None else (product(dims),)
    if dims is None or isinstance(dim, Unknown):
        return TensorType(input.dtype, None if dims is None else tuple(fresh() for _ in dims))
    if not dims:
        raise Mismatch(f"input is a scalar, which has no dim {dim}")
    at = axis(dim or 0, len(dims))
    size = dims[at]
    if isinstance(repeats, TensorType):
        longer = _repeats_of(repeats, size)
    elif isinstance(repeats, int) and repeats < 0:
        raise Mismatch(f"repeats = {repeats} is negative")
    else:
        longer = fresh() if isinstance(repeats, Unknown | tuple | list) else size * size_of(repeats)
    if output_size is not None and isinstance(longer, Dim) and isinstance(repeats, TensorType):
        longer = size_of(output_size)
    return input.with_dims(*dims[:at], longer, *dims[at + 1 :])


def _repeats_of(repeats: TensorType, size: Size) -> Size:
    if repeats.dims is not None:
        if len(repeats.dims) > 1:
            raise Mismatch(f"repeats has rank {len(repeats.dims)}, expected 0 or 1")
        number = product(repeats.dims)
        if equal(number, 1) is Truth.NO:
            require(equal(number, size), f"repeats has {show(number)} items, the axis has {show(size)}")
    return fresh()
