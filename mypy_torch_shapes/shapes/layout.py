"""How a tensor lies in memory: its axes from the outermost to the innermost, and whether neighbours join.

Strides themselves are not kept: in which shapes a tensor can be viewed depends on what joins only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class Joint(IntEnum):
    """Whether a stride is just what the axis inside of it fills: it is, that cannot be told, or it is larger."""

    JOINED = 0
    OPEN = 1
    GAP = 2


@dataclass(frozen=True)
class Layout:
    """`order`: the axes from the outermost in memory; an axis that is not in it is expanded, with stride 0.

    `joints[k]` says how order[k] joins what is outside of it (nothing is outside of the first), the last one whether
    the innermost stride is 1.
    """

    order: tuple[int, ...]
    joints: tuple[Joint, ...]

    def is_dense(self, rank: int) -> bool:
        """Whether its elements fill a piece of memory, each place once."""
        return len(self.order) == rank and not any(self.joints)

    def permuted(self, axes: Sequence[int]) -> Layout:
        """Of the tensor whose axis i is this one's `axes[i]`."""
        places = {axis: place for place, axis in enumerate(axes)}
        return Layout(tuple(places[axis] for axis in self.order), self.joints)

    def cut(self, axis: int, joint: Joint) -> Layout:
        """Of a part along an axis; JOINED where the part is the whole."""
        if axis not in self.order:
            return self
        at = self.order.index(axis)
        return _made(self.order, [*self.joints[:at], max(self.joints[at], joint), *self.joints[at + 1 :]])

    def selected(self, axis: int, joint: Joint) -> Layout:
        """Of what one index selects along an axis; JOINED where that has size 1."""
        return self.expanded(axis, joint)._renumbered(lambda other: other - (other > axis))

    def expanded(self, axis: int, joint: Joint = Joint.JOINED) -> Layout:
        """Of the tensor with an axis of size 1 made larger."""
        if axis not in self.order:
            return self
        at = self.order.index(axis)
        both = max(self.joints[at], self.joints[at + 1], joint)
        return _made((*self.order[:at], *self.order[at + 1 :]), [*self.joints[:at], both, *self.joints[at + 2 :]])

    def with_one(self, axis: int) -> Layout:
        """Of the tensor with one more axis, of size 1."""
        moved = self.with_repeated(axis)
        at = moved.order.index(axis + 1) if axis + 1 in moved.order else len(moved.order)
        joints = [*moved.joints[: at + 1], Joint.JOINED, *moved.joints[at + 1 :]]
        return _made((*moved.order[:at], axis, *moved.order[at:]), joints)

    def with_repeated(self, axis: int) -> Layout:
        """Of the tensor with one more axis, along which it is repeated."""
        return self._renumbered(lambda other: other + (other >= axis))

    def joins(self, first: int, last: int) -> bool:
        """Whether these axes follow each other in memory without a gap, as they do in the tensor."""
        if first not in self.order:
            return False
        at, count = self.order.index(first), last - first
        following = self.order[at : at + count + 1]
        return following == tuple(range(first, last + 1)) and not any(self.joints[at + 1 : at + count + 1])

    def replaced(self, axes: range, count: int) -> Layout:
        """Of the tensor with axes that join, or one, seen as so many others."""
        more = count - len(axes)
        order = tuple(axis + more if axis >= axes.stop else axis for axis in self.order)
        if axes.start not in self.order:
            return Layout(order, self.joints)
        at, new = self.order.index(axes.start), range(axes.start, axes.start + count)
        joined = (Joint.JOINED,) * (count - 1)
        joints = (*self.joints[: at + 1], *joined, *self.joints[at + len(axes) :])
        return Layout((*order[:at], *new, *order[at + len(axes) :]), joints)

    def strides(self, sizes: Sequence[int]) -> list[int]:
        """Strides of a tensor of these sizes that lies like this, and whose open joints are joined."""
        found, stride = [0] * len(sizes), 1
        for axis, inside in zip(reversed(self.order), reversed(self.joints), strict=False):
            stride *= 2 if inside is Joint.GAP else 1
            found[axis] = stride
            stride *= sizes[axis]
        return found

    def _renumbered(self, number: Callable[[int], int]) -> Layout:
        return Layout(tuple(map(number, self.order)), self.joints)


def _made(order: tuple[int, ...], joints: Sequence[Joint]) -> Layout:
    return Layout(order, (Joint.JOINED, *joints[1:]))


@lru_cache(maxsize=64)
def contiguous(rank: int) -> Layout:
    """Of a new tensor: one axis inside of the other."""
    return Layout(tuple(range(rank)), (Joint.JOINED,) * (rank + 1))


@lru_cache(maxsize=256)
def ordered(order: tuple[int, ...]) -> Layout:
    """Of a tensor without gaps whose axes have this order in memory."""
    return (
        contiguous(len(order))
        if order == tuple(range(len(order)))
        else Layout(order, (Joint.JOINED,) * (len(order) + 1))
    )


def viewable(sizes: Sequence[int], strides: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether a tensor can be viewed in a shape with as many elements (torch: computeStride)."""
    if 0 in sizes:
        return True
    runs: list[int] = []  # sizes of the pieces of memory that are filled
    inner: tuple[int, int] | None = None  # stride and size of the axis before
    for size, stride in zip(reversed(sizes), reversed(strides), strict=True):
        if size == 1:
            continue
        if inner is not None and stride == inner[0] * inner[1]:
            runs[-1] *= size
        else:
            runs.append(size)
        inner = stride, size
    filled = 1
    for size in reversed(wanted):
        filled *= size
        if runs and runs[0] == filled:
            runs.pop(0)
            filled = 1
        elif runs and filled > runs[0]:
            return False
    return not runs
