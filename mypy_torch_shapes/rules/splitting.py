"""Parts of a tensor along an axis: chunk, split, unbind, narrow (torch docs: torch, Indexing, Slicing)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import bool_
from ..shapes.relations import Truth, at_most, divides, less
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand
from .mismatch import Mismatch
from .registry import known_dims, rule
from .sizes import count, in_each_world, size_of, slice_length
from .vocabulary import axis, equal, require, show


def _parts(input: TensorType, at: int, sizes: Sequence[Size]) -> tuple[TensorType, ...]:
    dims = known_dims(input)
    return tuple(input.with_dims(*dims[:at], size, *dims[at + 1 :]) for size in sizes)


def _along(input: TensorType, dim: Any) -> tuple[int, Size]:
    """The axis and its size; a scalar has none to be cut."""
    dims = known_dims(input)
    if not dims:
        raise Mismatch("input is a scalar, expected at least rank 1")
    at = axis(dim, len(dims))
    return at, dims[at]


@rule("chunk", "torch.unsafe_chunk", ".unsafe_chunk")
def chunk(input: TensorType, chunks: Any, dim: Any = 0) -> tuple[TensorType, ...]:
    input = operand(input, "input")
    at, size = _along(input, dim)
    if isinstance(chunks, Unknown | Dim):
        raise Undecided("the number of chunks is unknown")
    if chunks <= 0:
        raise Mismatch(f"chunks = {chunks}, expected at least 1")
    if isinstance(size, int) and size == 0:
        return _parts(input, at, [0] * chunks)
    return _parts(input, at, _equal_parts(size, (size + chunks - 1) // chunks))


@rule("split", "torch.unsafe_split", ".unsafe_split")
def split(input: TensorType, split_size_or_sections: Any = None, dim: Any = 0, *, split_size: Any = None) -> Any:
    input = operand(input, "input")
    at, size = _along(input, dim)
    by = split_size if split_size_or_sections is None else split_size_or_sections
    if isinstance(by, tuple | list):
        return _parts(input, at, _sections(size, by))
    by = size_of(by)
    if less(by, 0) is Truth.NO and isinstance(by, int) and by == 0:
        require(equal(size, 0), f"split_size is 0, the axis has {show(size)}")
        return _parts(input, at, [0])
    require(less(0, by), f"split_size = {show(by)}, expected at least 1")
    return _parts(input, at, [0] if isinstance(size, int) and size == 0 else _equal_parts(size, by))


@rule("split_with_sizes", "torch.unsafe_split_with_sizes", ".unsafe_split_with_sizes", "torch.split_with_sizes_copy")
def split_with_sizes(input: TensorType, split_sizes: Any, dim: Any = 0) -> tuple[TensorType, ...]:
    input = operand(input, "input")
    at, size = _along(input, dim)
    if isinstance(split_sizes, Unknown):
        raise Undecided("the number of sections is unknown")
    return _parts(input, at, _sections(size, split_sizes))


def _equal_parts(size: Size, each: Size) -> list[Size]:
    """Parts of one size, and what is left; how many must be the same in every world."""
    if divides(each, size) is Truth.YES and isinstance(size // each, int):
        return [each] * count(size // each, "the number of parts")
    parts = -(-size // each)
    if not isinstance(parts, int):
        # Parts of a constant size are as many as the size makes them, whatever was seen.
        seen = set() if isinstance(each, int) else set(in_each_world(lambda n, k: -(-n // k), size, each) or ())
        if len(seen) != 1:
            raise Undecided(f"{show(size)} is split into parts of {show(each)}: how many is not known")
        parts = seen.pop()
    return [each] * (parts - 1) + [size - each * (parts - 1)]


def _sections(size: Size, sections: Sequence[Any]) -> list[Size]:
    unknown = [at for at, section in enumerate(sections) if isinstance(section, Unknown)]
    sizes = [size_of(section) for section in sections]
    if any(isinstance(section, int) and section < 0 for section in sizes):
        raise Mismatch(f"split sizes {show(tuple(sizes))} are negative")
    total: Size = sum(sizes)
    if len(unknown) == 1:
        sizes[unknown[0]] = size - (total - sizes[unknown[0]])
        return sizes
    if not unknown:
        message = f"split sizes {show(tuple(sizes))} add up to {show(total)}, the axis has {show(size)}"
        require(equal(total, size), message)
    return sizes


@rule("tensor_split")
def tensor_split(
    input: TensorType, indices_or_sections: Any = None, dim: Any = 0, *, indices: Any = None, sections: Any = None
) -> tuple[TensorType, ...]:
    input = operand(input, "input")
    at, size = _along(input, dim)
    by = next((value for value in (indices_or_sections, indices, sections) if value is not None), None)
    if isinstance(by, int):
        if by <= 0:
            raise Mismatch(f"sections = {by}, expected at least 1")
        return _parts(input, at, [(size + by - 1 - part) // by for part in range(by)])
    if isinstance(by, tuple | list):
        ends = [*by, None]
        return _parts(input, at, [slice_length(a, b, None, size) for a, b in zip([0, *by], ends, strict=True)])
    if isinstance(by, TensorType) and by.dims is not None and len(by.dims) == 1:
        return _parts(input, at, [fresh() for _ in range(count(by.dims[0], "the number of indices") + 1)])
    raise Undecided("the number of sections is unknown")


@rule("hsplit")
def hsplit(input: TensorType, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    input = operand(input, "input")
    dims = known_dims(input)
    return _split_numpy(input, 0 if len(dims) == 1 else 1, 1, indices_or_sections, indices, sections)


@rule("vsplit")
def vsplit(input: TensorType, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    return _split_numpy(operand(input, "input"), 0, 2, indices_or_sections, indices, sections)


@rule("dsplit")
def dsplit(input: TensorType, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None) -> Any:
    return _split_numpy(operand(input, "input"), 2, 3, indices_or_sections, indices, sections)


def _split_numpy(input: TensorType, at: int, rank: int, *given: Any) -> Any:
    dims = known_dims(input)
    if len(dims) < rank:
        raise Mismatch(f"input has rank {len(dims)}, expected at least {rank}")
    by = next((value for value in given if value is not None), None)
    if isinstance(by, int):
        require(divides(by, dims[at]), f"axis {at} has size {show(dims[at])}, not divisible by {by} sections")
    return tensor_split(input, by, at)


@rule("unbind", "torch.unbind_copy")
def unbind(input: TensorType, dim: Any = 0) -> tuple[TensorType, ...]:
    input = operand(input, "input")
    at, size = _along(input, dim)
    dims = known_dims(input)
    return (input.with_dims(*dims[:at], *dims[at + 1 :]),) * count(size, "the axis")


@rule("narrow", "torch.narrow_copy", ".narrow_copy")
def narrow(input: TensorType, dim: Any, start: Any, length: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(dim, Unknown):
        return TensorType(input.dtype, None if input.dims is None else tuple(fresh() for _ in input.dims))
    at, size = _along(input, dim)
    new = size_of(length)
    require(at_most(0, new), f"length = {show(new)} is negative")
    if isinstance(start, TensorType) and (start.dims or start.dtype == bool_):
        raise Mismatch(f"start is {show(start)}, expected a scalar of an integer dtype")
    if isinstance(start, int | Dim):
        require(at_most(-start, size), f"start = {show(start)} is out of range for size {show(size)}")
        negative = less(start, 0)
        if negative is not Truth.UNKNOWN:
            end = (start + size if negative.holds else start) + new
            require(at_most(end, size), f"start = {show(start)} and length = {show(new)} exceed size {show(size)}")
    return _parts(input, at, [new])[0]


@rule("select", "torch.select_copy")
def select(input: TensorType, dim: Any, index: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(dim, Unknown):
        return TensorType(input.dtype, None if input.dims is None else tuple(fresh() for _ in input.dims[1:]))
    at, size = _along(input, dim)
    require_index(index, size)
    return input.with_dims(*input.dims[:at], *input.dims[at + 1 :])


def require_index(index: Any, size: Size, where: str = "") -> None:
    """An index that an axis of this size has. Raises Mismatch."""
    if not isinstance(index, int | Dim):
        return
    message = f"index {show(index)} is out of range for size {show(size)}{where}"
    require(less(index, size), message)
    require(at_most(-index, size), message)


@rule(".unfold", "torch.unfold_copy")
def unfold(input: TensorType, dimension: Any, size: Any, step: Any) -> TensorType:
    input = operand(input, "input")
    if input.dims is None or isinstance(dimension, Unknown):
        return TensorType(input.dtype, None if input.dims is None else tuple(fresh() for _ in (*input.dims, 0)))
    at = axis(dimension, len(input.dims))
    window, stride = size_of(size), size_of(step)
    if not input.dims:
        require(at_most(window, 1), f"size = {show(window)} exceeds the one element of a scalar")
        return input.with_dims(window)
    require(at_most(window, input.dims[at]), f"size = {show(window)} exceeds the axis of {show(input.dims[at])}")
    require(less(0, stride), f"step = {show(stride)}, expected at least 1")
    windows = (input.dims[at] - window) // stride + 1
    return input.with_dims(*input.dims[:at], windows, *input.dims[at + 1 :], window)




@rule("torch.slice_copy")
def slice_copy(input: TensorType, dim: Any = 0, start: Any = None, end: Any = None, step: Any = 1) -> TensorType:
    input = operand(input)
    if input.dims is None or isinstance(dim, Unknown):
        return TensorType(input.dtype, None if input.dims is None else tuple(fresh() for _ in input.dims))
    at, size = _along(input, dim)
    return _parts(input, at, [slice_length(start, end, step, size)])[0]
