"""Tensor.__getitem__ and __setitem__ (torch docs: Tensor indexing, after NumPy's)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import BOOL, FLOATING, DType, bool_, int32, int64, uint8
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Repeated, Undecided, Unknown, UnknownNumber
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .registry import rule
from .signature import list_of
from .sizes import slice_length
from .splitting import require_index
from .vocabulary import broadcast, equal, product, require, show


@dataclass(frozen=True)
class Kept:
    """An axis of the selection: its size, or the shape of the index tensor that chooses from it."""

    size: Size
    index: tuple[Size, ...] | None = None


class _Anything(Exception):
    """The selection may be of any rank."""


@rule(".__getitem__")
def getitem(input: TensorType, key: Any) -> TensorType:
    input = operand(input)
    return TensorType(input.dtype, selection(input.dims, key))


def selection(dims: tuple[Size, ...] | None, key: Any) -> tuple[Size, ...] | None:
    """The dims of what a key selects; None where their number is unknown. Raises Mismatch."""
    parts = _parts(key)
    if dims is None or any(map(_is_anything, parts)):
        return None
    try:
        return _gathered(_walk(dims, parts))
    except _Anything:
        return None


def _is_anything(part: Any) -> bool:
    return isinstance(part, Unknown) and not (isinstance(part, UnknownNumber) and part.kind is int)


def _parts(key: Any) -> list[Any]:
    if isinstance(key, range):
        key = list(key)
    if isinstance(key, tuple) or (isinstance(key, list) and _is_tuple_like(key)):
        return [list(part) if isinstance(part, tuple | range) else _counted(part) for part in key]
    return [_counted(key)]


def _counted(part: Any) -> Any:
    """A list of as many numbers as a symbol says is read as the vector of them."""
    if isinstance(part, Repeated) and isinstance(part.element, int | Dim) and not isinstance(part.element, bool):
        return TensorType(int64, (part.length,))
    return part


def _is_tuple_like(key: list[Any]) -> bool:
    """torch reads a short list that holds more than numbers as a tuple (deprecated, still so)."""
    special = (TensorType, tuple, list, slice)
    return len(key) < 32 and any(isinstance(part, special) or part is None or part is Ellipsis for part in key)


def _consumed(part: Any) -> int:
    """How many axes one part of a key is about."""
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    if isinstance(part, TensorType):
        if part.dtype not in (None, bool_, uint8):
            return 1
        if part.dims is None or (part.dtype is None and len(part.dims) != 1):
            raise _Anything
        return 1 if part.dtype is None else len(part.dims)
    return 1


def _walk(dims: tuple[Size, ...], parts: Sequence[Any]) -> list[Kept]:
    """Ints, slices, None and ... applied one after the other; index tensors noted at their axes."""
    if sum(part is Ellipsis for part in parts) > 1:
        raise Undecided("an index with more than one ...")
    consumed = sum(map(_consumed, parts))
    if consumed > len(dims):
        raise Mismatch(f"too many indices: {consumed} for a tensor of rank {len(dims)}")
    kept: list[Kept] = []
    at = 0
    for part in parts:
        width = len(dims) - consumed if part is Ellipsis else _consumed(part)
        kept.extend(_kept(part, dims[at : at + width], at))
        at += width
    return [*kept, *map(Kept, dims[at:])]


def _kept(part: Any, dims: tuple[Size, ...], at: int) -> list[Kept]:
    """What one part of a key leaves of the axes it is about."""
    if part is Ellipsis:
        return [Kept(size) for size in dims]
    if part is None:
        return [Kept(1)]
    if isinstance(part, bool):
        return [Kept(1, (int(part),))]
    if isinstance(part, int | Dim | UnknownNumber):
        require_index(part, dims[0], f" of dim {at}")
        return []
    if isinstance(part, slice):
        return [Kept(_sliced(part, dims[0]))]
    if isinstance(part, list):
        return [Kept(dims[0], _list_shape(part, dims[0]))]
    if isinstance(part, TensorType):
        return _by_tensor(part, dims, at)
    raise Undecided(f"an index of type {type(part).__name__}")


def _sliced(part: slice, size: Size) -> Size:
    if isinstance(part.step, int) and part.step <= 0:
        raise Mismatch(f"slice step {part.step}, expected at least 1")
    return slice_length(part.start, part.stop, part.step, size)


def _by_tensor(index: TensorType, dims: tuple[Size, ...], at: int) -> list[Kept]:
    if index.dims is None:
        raise _Anything
    _require_index_dtype(index.dtype, scalar=not index.dims)
    if index.dtype is None:  # a vector: of numbers, or a mask
        return [Kept(dims[0], (fresh(),))]
    if index.dtype not in (bool_, uint8):
        return [Kept(dims[0], index.dims)] if index.dims else []
    for place, (size, expected) in enumerate(zip(index.dims, dims, strict=True)):
        message = f"the mask has {show(size)} in dim {place}, input has {show(expected)} in dim {at + place}"
        require(equal(size, expected), message)
    chosen = (fresh(),)
    return [Kept(size, chosen) for size in dims] if index.dims else [Kept(1, chosen)]


def _require_index_dtype(dtype: DType | None, scalar: bool) -> None:
    if dtype is None or dtype in (int64, int32, bool_, uint8) or (scalar and dtype.category < FLOATING):
        return
    raise Mismatch(f"an index has dtype {dtype.name}, expected int64, int32, uint8 or bool", DTYPE)


def _list_shape(items: list[Any], size: Size) -> tuple[Size, ...]:
    """The shape of the index tensor that a list stands for."""
    if items and all(isinstance(item, bool) for item in items):
        require(equal(len(items), size), f"the mask has {len(items)} items, the axis has size {show(size)}")
        return (sum(items),)
    for item in items:
        if isinstance(item, bool):
            continue
        if isinstance(item, int | Dim):
            require_index(item, size)
    shapes = {_nested_shape(item) for item in items}
    if len(shapes) > 1 or None in shapes:
        raise _Anything
    return (len(items), *(shapes.pop() or () if shapes else ()))


def _nested_shape(item: Any) -> tuple[int, ...] | None:
    if isinstance(item, list | tuple):
        inner = {_nested_shape(part) for part in item}
        if len(inner) > 1 or None in inner:
            return None
        return (len(item), *(inner.pop() or () if inner else ()))
    if isinstance(item, TensorType):
        return () if item.dims == () else None
    return () if isinstance(item, int | float | Dim) else None


def _gathered(kept: list[Kept]) -> tuple[Size, ...] | None:
    """Index tensors broadcast together stand where they are adjacent, else in front."""
    places = [at for at, axis in enumerate(kept) if axis.index is not None]
    plain = [axis.size for axis in kept if axis.index is None]
    if not places:
        return tuple(plain)
    chosen = broadcast(*(axis.index for axis in kept if axis.index is not None))
    assert chosen is not None
    front = places[0] if places[-1] - places[0] == len(places) - 1 else 0
    return (*plain[:front], *chosen, *plain[front:])


@rule(".__setitem__")
def setitem(input: TensorType, key: Any, value: Any) -> None:
    input = operand(input)
    chosen = selection(input.dims, key)
    if not isinstance(value, TensorType):
        return
    _require_storable(input, key, value)
    if chosen is None or value.dims is None:
        return
    dims = value.dims
    while dims and equal(dims[0], 1).holds:  # leading ones are dropped, whatever the rank
        dims = dims[1:]
    fits = [Truth.YES if equal(a, 1).holds else equal(a, b) for a, b in zip(dims[::-1], chosen[::-1], strict=False)]
    ones = [equal(size, 1) for size in dims]
    longer = len(dims) > len(chosen) and all(one is Truth.NO for one in ones[: len(dims) - len(chosen)])
    if longer or any(fit is Truth.NO and ones[-1 - at] is Truth.NO for at, fit in enumerate(fits)):
        raise Mismatch(f"value {list_of(value.dims)} does not broadcast to the selection {list_of(chosen)}")


def _require_storable(input: TensorType, key: Any, value: TensorType) -> None:
    """Where index tensors choose, torch does not convert; but one item may be filled into a mask."""
    if input.dtype is None or value.dtype is None or input.dtype == value.dtype:
        return
    tensors = [part for part in _parts(key) if isinstance(part, TensorType)]
    indices = [part for part in tensors if part.dims and part.dtype is not None and part.dtype.category != BOOL]
    several = value.dims is not None and equal(product(value.dims), 1) is Truth.NO
    if indices or (several and any(part.dtype == bool_ for part in tensors)):
        raise Mismatch(f"input has dtype {input.dtype.name}, value has {value.dtype.name}", DTYPE)
