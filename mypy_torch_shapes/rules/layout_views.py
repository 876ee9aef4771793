"""How views lie in memory: the axes of the tensor they look at, moved, cut, split, joined or repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..shapes.dims import Dim, Size, values
from ..shapes.layout import Joint, Layout, contiguous, viewable
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from .mismatch import Mismatch
from .signature import list_of
from .sizes import listed
from .vocabulary import show

Arguments = Mapping[str, Any]


def source(arguments: Arguments) -> tuple[Layout, tuple[Size, ...]] | None:
    """The layout and the dims of what is looked at, where both are known."""
    tensor = arguments.get("input")
    if not isinstance(tensor, TensorType) or tensor.layout is None or tensor.dims is None:
        return None
    return tensor.layout, tensor.dims


def _axis(value: Any, rank: int) -> int | None:
    return value % rank if isinstance(value, int) and rank and -rank <= value < rank else None


def _joint(part: Size, whole: Size) -> Joint:
    if isinstance(part, int) and isinstance(whole, Dim) and whole.values and part not in whole.values:
        return Joint.GAP  # as `equal` would say, only faster
    same = equal(part, whole)
    return Joint.JOINED if same.holds else Joint.GAP if same is Truth.NO else Joint.OPEN


# --- the same elements in another shape ---


def view(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """Raises Mismatch where memory cannot be viewed in the shape, at any observed size."""
    found = source(arguments)
    if found is None or result.dims is None or result.dtype != arguments["input"].dtype:
        return None
    layout, dims = found
    if refused(layout, dims, result.dims):
        raise Mismatch(
            f"input{list_of(dims)} was transposed, sliced or expanded, and does not lie in memory as shape "
            f"{show(result.dims)} needs it: use reshape, or contiguous() first"
        )
    return reshaped(layout, dims, result.dims)


def reshape(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """A view where there can be one, else a copy."""
    found = source(arguments)
    if found is None or result.dims is None:
        return None
    layout, dims = found
    return contiguous(len(result.dims)) if refused(layout, dims, result.dims) else reshaped(layout, dims, result.dims)


def refused(layout: Layout, dims: tuple[Size, ...], wanted: tuple[Size, ...]) -> bool:
    """Whether there is no view in a shape, whatever the sizes observed."""
    if layout == contiguous(len(dims)) or not (dims and wanted):
        return False
    worlds = max((len(size.values or ()) for size in (*dims, *wanted) if isinstance(size, Dim)), default=1)
    columns = [values(size, worlds) for size in (*dims, *wanted)]
    known = [column for column in columns if column is not None and len(column) == worlds]
    if len(known) < len(columns) or not worlds:
        return False
    rank = len(dims)
    return not any(viewable(row[:rank], layout.strides(row[:rank]), row[rank:]) for row in zip(*known, strict=True))


def reshaped(layout: Layout, dims: tuple[Size, ...], wanted: tuple[Size, ...]) -> Layout | None:
    """The layout of a view in another shape, where axes are seen to be split, or joined, one by one."""
    if layout == contiguous(len(dims)):
        return contiguous(len(wanted))
    for axis in reversed([axis for axis, size in enumerate(dims) if size == 1]):
        layout, dims = layout.selected(axis, Joint.JOINED), (*dims[:axis], *dims[axis + 1 :])
    pieces = _pieces(dims, tuple(size for size in wanted if size != 1))
    if pieces is None:
        return None
    for old, new in reversed(pieces):
        if len(old) > 1 and not layout.joins(old.start, old.stop - 1):
            return None
        layout = layout.replaced(old, len(new))
    for axis in (axis for axis, size in enumerate(wanted) if size == 1):
        layout = layout.with_one(axis)
    return layout


def _pieces(old: Sequence[Size], new: Sequence[Size]) -> list[tuple[range, range]] | None:
    """Axes of two shapes that hold the same elements; None where that is not seen of all of them."""
    ends: dict[Size, int] = {}
    elements: Size = 1
    for axis, size in enumerate(old):
        elements = elements * size
        ends[elements] = axis + 1
    pieces: list[tuple[range, range]] = []
    start, begin, elements = 0, 0, 1
    for axis, size in enumerate(new):
        elements = elements * size
        end = ends.get(elements)
        if end is not None and end > start:
            pieces.append((range(start, end), range(begin, axis + 1)))
            start, begin = end, axis + 1
    return pieces if start == len(old) and begin == len(new) else None


# --- the axes moved ---


def permute(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found, order = source(arguments), arguments.get("order") or ()
    wanted = listed(order if arguments.get("dims") is None else (arguments["dims"],))
    if found is None or wanted is None:
        return None
    rank = len(found[1])
    axes = [_axis(each, rank) for each in wanted]
    known = [axis for axis in axes if axis is not None]
    return found[0].permuted(known) if sorted(known) == list(range(rank)) and len(axes) == rank else None


def transpose(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    names = (("dim0", "axis0"), ("dim1", "axis1"))
    return _swapped(
        arguments, *(next((arguments[n] for n in pair if arguments[n] is not None), None) for pair in names)
    )


def last_two(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    return _swapped(arguments, -2, -1)


def reversed_axes(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found = source(arguments)
    return None if found is None else found[0].permuted(range(len(found[1]))[::-1])


def _swapped(arguments: Arguments, first: Any, second: Any) -> Layout | None:
    found = source(arguments)
    if found is None:
        return None
    axes = list(range(len(found[1])))
    one, other = _axis(first, len(axes)), _axis(second, len(axes))
    if one is None or other is None:
        return None
    axes[one], axes[other] = axes[other], axes[one]
    return found[0].permuted(axes)


def movedim(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found = source(arguments)
    if found is None:
        return None
    layout, dims = found
    moved, places = (
        [_axis(each, len(dims)) for each in (given if isinstance(given, tuple | list) else (given,))]
        for given in (arguments["source"], arguments["destination"])
    )
    if None in moved or None in places or len(moved) != len(places):
        return None
    taken = dict(zip(places, moved, strict=True))
    rest = (axis for axis in range(len(dims)) if axis not in moved)
    return layout.permuted([taken[at] if at in taken else next(rest) for at in range(len(dims))])  # type: ignore[misc]


# --- axes of size 1, and repeated ones ---


def squeeze(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found = source(arguments)
    if found is None or result.dims is None:
        return None
    layout, dims = found
    given: tuple[Any, ...] = arguments.get("dims") or ()
    chosen = given[0] if len(given) == 1 else given or arguments.get("dim")
    among = (
        range(len(dims))
        if chosen is None
        else [_axis(each, len(dims)) for each in (chosen if isinstance(chosen, tuple | list) else (chosen,))]
    )
    gone = [axis for axis, size in enumerate(dims) if axis in among and equal(size, 1).holds]
    if len(dims) - len(gone) != len(result.dims):
        return None
    for axis in reversed(gone):
        layout = layout.selected(axis, Joint.JOINED)
    return layout


def unsqueeze(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found = source(arguments)
    axis = _axis(arguments["dim"], len(found[1]) + 1) if found is not None else None
    return None if found is None or axis is None else found[0].with_one(axis)


def expand(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    found = source(arguments)
    if found is None or result.dims is None:
        return None
    layout, dims = found
    new = len(result.dims) - len(dims)
    for axis, (size, wanted) in enumerate(zip(dims, result.dims[new:], strict=True)):
        if equal(size, wanted).holds:
            continue
        if not equal(size, 1).holds:
            return None
        layout = layout.expanded(axis)
    for _ in range(new):
        layout = layout.with_repeated(0)
    return layout


# --- parts ---


def part(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """One of several, or one, cut along an axis."""
    found = source(arguments)
    if found is None or result.dims is None or len(result.dims) != len(found[1]):
        return None
    axis = _axis(arguments.get("dim", 0), len(found[1]))
    return None if axis is None else found[0].cut(axis, _joint(result.dims[axis], found[1][axis]))


def select(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """What one index chooses along an axis."""
    found = source(arguments)
    axis = _axis(arguments.get("dim", 0), len(found[1])) if found is not None else None
    return None if found is None or axis is None else found[0].selected(axis, _joint(1, found[1][axis]))


def getitem(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """Indices, slices, None and `...` look at the tensor; what an index tensor picks from a contiguous one is new."""
    found, key = source(arguments), arguments["key"]
    if found is None or result.dims is None:
        return None
    layout, dims = found
    if isinstance(key, TensorType):
        flat = key.dims is not None and (len(key.dims) == 1 or key.layout == contiguous(len(key.dims)))
        return contiguous(len(result.dims)) if flat and layout == contiguous(len(dims)) else None
    parts = list(key) if isinstance(key, tuple) else [key]
    if not all(part is None or part is Ellipsis or _is_plain(part) for part in parts):
        return None
    at = next((at for at, part in enumerate(parts) if part is Ellipsis), len(parts))
    given = sum(part is not None and part is not Ellipsis for part in parts)
    return _walked(layout, dims, [*parts[:at], *[slice(None)] * (len(dims) - given), *parts[at + 1 :]], result.dims)


def _is_plain(part: Any) -> bool:
    """An index, or a slice without steps."""
    if isinstance(part, slice):
        return part.step is None or (isinstance(part.step, int) and part.step == 1)
    return isinstance(part, int | Dim) and not isinstance(part, bool)


def _walked(layout: Layout, dims: tuple[Size, ...], parts: list[Any], result: tuple[Size, ...]) -> Layout:
    sizes, axis = iter(dims), 0
    for part in parts:
        if part is None:
            layout = layout.with_one(axis)
        elif isinstance(part, slice):
            layout = layout.cut(axis, _joint(result[axis], next(sizes)))
        else:
            layout = layout.selected(axis, _joint(1, next(sizes)))
            continue
        axis += 1
    return layout


VIEWS = {
    view: ".view .view_as",
    reshape: "reshape .reshape_as flatten",
    permute: "permute",
    transpose: "transpose swapaxes swapdims",
    last_two: "torch.Tensor.mT torch.Tensor.mH adjoint",
    reversed_axes: "t torch.Tensor.T torch.Tensor.H",
    movedim: "movedim moveaxis",
    squeeze: "squeeze",
    unsqueeze: "unsqueeze",
    expand: ".expand .expand_as broadcast_to",
    part: "chunk split split_with_sizes tensor_split narrow",
    select: "select unbind",
    getitem: ".__getitem__",
}
