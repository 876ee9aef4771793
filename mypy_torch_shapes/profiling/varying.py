"""Which sizes of one root call are free: each axis alone, then those that only change together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice
from typing import TYPE_CHECKING

from mypy_torch_shapes.profiling.paths import inner_lists, lists, numbers, tensors
from mypy_torch_shapes.profiling.trial import Axis, Mode, Trials
from mypy_torch_shapes.seeds.model import LENGTH, NUMBER, Variation

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall

MAX_TRIALS = 200
ENOUGH = 2  # successful sizes, so that what is accidentally true of one shows
QUICK = 2  # sizes tried before others get their turn
MAX_SPLIT = 4  # axes that change together of which pairs are tried as well
MAX_SCALED = 24  # sets of axes tried at sizes that keep their proportion
MAX_EXPLAINED = 24  # sizes tried because an error named them
_LEADING = (0, LENGTH)


def other_sizes(size: int) -> list[int]:
    """What to try instead of `size`: any size, then those that keep divisibility and evenness."""
    tried = [size + 1, 2 * size, size + 2, 3 * size, size // 2, size + 32, size * 3 // 2, size - 1]
    return [s for s in dict.fromkeys(tried) if s > 0 and s != size]


class CallProbe:
    """Varies one root call."""

    def __init__(self, recorder: Recorder, trials: Trials, call: RootCall) -> None:
        self.call = call
        self.free: list[tuple[Axis, ...]] = []  # each alone, or those that change together
        self._recorder = recorder
        self._trials = trials
        self._tensors = dict(tensors(call))
        self._lengths = {path: len(value) for path, value in lists(call)}
        self._said = {(name, NUMBER): number for name, number in numbers(call)}
        self._said |= {(path, LENGTH): len(value) for path, value in inner_lists(call)}
        self._structured = {path for path, value in lists(call) if type(value[0]) is not int}
        self._left = MAX_TRIALS
        self._tried: dict[frozenset[tuple[Axis, int]], bool] = {}
        self._errors: list[tuple[dict[Axis, int], str]] = []  # sizes that did not work, and what was said
        self._mode, self._confirms = trials.mode(call) if self._tensors else (None, False)

    def quick(self) -> None:
        """What is found with few trials."""
        self._search(QUICK, scaled=False)

    def thorough(self) -> None:
        """The rest: other sizes, where those tried did not work."""
        self._search(len(other_sizes(2)) + QUICK, scaled=True)

    def like(self, other: CallProbe) -> None:
        """Only what is free in a call of the same module in another state."""
        for axes in other.free:
            self._vary(axes, QUICK)

    def _search(self, most: int, scaled: bool) -> None:
        if self._mode is None:
            return
        single = tuple(axis for axis in self._bound() if axis[1] == 0 and self._size(axis) == 1)
        if len(single) > 1:  # batches of one: each alone might broadcast
            self._vary(single, most)
        for axis in self._bound():
            self._vary((axis,), most)
        while bound := self._bound():
            if any(self._vary(axes, most) for axes in self._groups(bound)):
                continue
            if not scaled or not (
                any(self._vary(axes, QUICK) for axes in self._scaled(bound))
                or self._find(self._summed(bound))
                or self._find(islice(self._explained(bound), MAX_EXPLAINED))
            ):
                break

    def _axes(self) -> list[Axis]:
        axes = [(path, axis) for path, tensor in self._tensors.items() for axis in range(len(tensor.shape))]
        return axes + [(path, LENGTH) for path in self._lengths]

    def _bound(self) -> list[Axis]:
        free = {axis for axes in self.free for axis in axes}
        return [axis for axis in self._axes() if axis not in free]

    def _groups(self, bound: list[Axis]) -> Iterator[tuple[Axis, ...]]:
        """Sets of axes of equal size that may have to change together, the likeliest first."""
        for path in self._structured:
            for i in range(self._lengths[path]):  # of one item: its boxes and their labels
                yield from self._by_size([axis for axis in bound if axis[0].startswith(f"{path}[{i}]")])
        yield from self._by_size([axis for axis in bound if axis[1] in _LEADING])
        yield from self._by_size(bound)
        for position in range(1, 1 + max(axis for _, axis in bound)):  # a list of numbers has but a length
            yield from self._by_size([axis for axis in bound if axis[1] == position])
        for path in self._tensors:
            yield from self._by_size([axis for axis in bound if axis[0] == path])
        for group in self._by_size(bound):
            if len(group) <= 6:
                yield from ((a, b) for i, a in enumerate(group) for b in group[i + 1 :])
        yield from self._with_said(bound)
        yield from self._with_free(bound)

    def _with_said(self, bound: list[Axis]) -> Iterator[tuple[Axis, ...]]:
        """Axes of the size that a number among the arguments says, or a list inside one has."""
        for size in dict.fromkeys(self._said.values()):
            said = tuple(each for each, number in self._said.items() if number == size)
            alike = [axis for axis in bound if self._size(axis) == size]
            yield from dict.fromkeys((*group, *said) for group in (alike, *([axis] for axis in alike)) if group)

    def _with_free(self, bound: list[Axis]) -> Iterator[tuple[Axis, ...]]:
        """An axis that may not outgrow a free one (a batch its targets), with the leading axes of its size."""
        for axis in bound:
            alike = [each for each in self._axes() if each[1] in _LEADING and self._size(each) == self._size(axis)]
            if axis[1] in _LEADING and len(alike) > 1:
                yield tuple(alike)

    def _scaled(self, bound: list[Axis]) -> Iterator[tuple[Axis, ...]]:
        """Axes that are multiples of others: sound and its spectrum, an image and a larger one, a pyramid of them."""
        for position in sorted({axis for _, axis in bound if axis > 0}):
            level = sorted((axis for axis in bound if axis[1] == position), key=self._size)
            if len(level) > 2 and all(self._size(axis) % self._size(level[0]) == 0 for axis in level):
                yield tuple(level)
        pairs = [
            (small, large)
            for small in bound
            for large in bound
            if small[0] != large[0] and 1 < self._size(small) < self._size(large)
            and self._size(large) % self._size(small) == 0
        ]  # fmt: skip
        alike = [(small, *self._like(large, bound, small)) for small, large in pairs]
        yield from list(dict.fromkeys([*alike, *pairs]))[:MAX_SCALED]

    def _summed(self, bound: list[Axis]) -> Iterator[dict[Axis, int]]:
        """Axes as long as the items of a list are together (the nodes of several graphs): longer items, or more."""
        for path in self._structured:
            items = [(f"{path}[{i}]", 0) for i in range(self._lengths[path])]
            if len(items) < 2 or not set(items) <= set(bound):
                continue
            total, last = sum(map(self._size, items)), self._size(items[-1])
            whole = [axis for axis in bound if axis not in items and self._size(axis) == total]
            for more in (1, last) if whole else ():
                longer = {axis: self._size(axis) + more for axis in items}
                yield longer | dict.fromkeys(whole, total + more * len(items))
            for more in (1, 2) if whole else ():
                yield {(path, LENGTH): len(items) + more} | dict.fromkeys(whole, total + more * last)

    def _explained(self, bound: list[Axis]) -> Iterator[dict[Axis, int]]:
        """Sizes an error asks for: it names one of another axis, and another size (sound, and frames with margins)."""
        told = [(sizes, {int(word) for word in re.findall(r"\d+", said)} - {0, 1}) for sizes, said in self._errors]
        for sizes, named in sorted(told, key=lambda each: len(each[1])):
            if set(sizes) <= set(bound):
                others = [axis for axis in bound if axis not in sizes and self._size(axis) in named]
                for size in dict.fromkeys(map(self._size, others)):
                    alike = [axis for axis in others if self._size(axis) == size]
                    yield from (sizes | dict.fromkeys(alike, number) for number in sorted(named - {size}))

    def _find(self, wanted: Iterable[dict[Axis, int]]) -> bool:
        """Try sizes; whether any of them worked. Their axes are free then, together."""
        found = [tuple(sizes) for sizes in wanted if self._left > 0 and self._run(sizes, confirm=True)]
        self.free += [axes for axes in dict.fromkeys(found) if axes not in self.free]
        return bool(found)

    def _like(self, axis: Axis, bound: list[Axis], other: Axis) -> list[Axis]:
        return [each for each in bound if self._size(each) == self._size(axis) and each[0] != other[0]]

    def _by_size(self, axes: Iterable[Axis]) -> Iterator[tuple[Axis, ...]]:
        sizes: dict[int, list[Axis]] = {}
        for axis in axes:
            sizes.setdefault(self._size(axis), []).append(axis)
        return (tuple(group) for group in sizes.values() if len(group) > 1)

    def _size(self, axis: Axis) -> int:
        path, place = axis
        if axis in self._said:
            return self._said[axis]
        return self._lengths[path] if place == LENGTH else self._tensors[path].shape[place]

    def _vary(self, axes: tuple[Axis, ...], most: int) -> bool:
        """Try up to `most` other sizes for these axes at once, and after a success more; whether one worked now.

        That a size of 1 works shows nothing of an axis of several: it may be broadcast, or cut short.
        """
        if not self._may_be_longer(axes):
            return False
        worked, several = 0, self._size(axes[0]) == 1
        for i, size in enumerate(other_sizes(self._size(axes[0]))):
            if self._mode is None or self._left <= 0 or worked >= ENOUGH or (i >= most and not worked):
                break
            if self._works(axes, size, confirm=not worked):
                worked, several = worked + 1, several or size > 1
                self._split(axes, size)
        if worked and several:
            self.free.append(axes)
        return worked > 0 and several

    def _split(self, axes: tuple[Axis, ...], size: int) -> None:
        """Sizes that are equal by chance: of several that changed together, two may do so without the others."""
        if 3 <= len(axes) <= MAX_SPLIT and any(place not in _LEADING for _, place in axes):
            for pair in combinations(axes, 2):
                if self._left > 0:
                    self._works(pair, size)

    def _may_be_longer(self, axes: tuple[Axis, ...]) -> bool:
        """Not if a list among them holds one thing for each layer: it works shorter, and its items differ freely."""
        free = {axis for group in self.free for axis in group}
        longer = [path for path, place in axes if place == LENGTH and path in self._structured]
        for path in longer:
            rows: dict[str, list[Axis]] = {}
            for inside, tensor in self._tensors.items():
                if inside.startswith(f"{path}["):
                    rest = inside[len(path) :].partition("]")[2]
                    for axis in range(len(tensor.shape)):
                        rows.setdefault(f"{rest}:{axis}", []).append((inside, axis))
            if any(len(set(map(self._size, row))) > 1 and not free.issuperset(row) for row in rows.values()):
                return False
        shorter = self._size(axes[0]) - 1
        return not longer or (shorter > 0 and self._works(axes, shorter))

    def _works(self, axes: tuple[Axis, ...], size: int, confirm: bool = False) -> bool:
        """Whether a size works for these axes, those that are multiples of the first in proportion."""
        first = self._size(axes[0])
        return self._run({axis: self._size(axis) // first * size for axis in axes}, confirm)

    def _run(self, sizes: dict[Axis, int], confirm: bool) -> bool:
        """Whether sizes work; each is tried once."""
        key = frozenset(sizes.items())
        if key not in self._tried:
            self._left -= 1
            self._tried[key] = self._try(sizes, confirm)
        return self._tried[key]

    def _try(self, sizes: dict[Axis, int], confirm: bool) -> bool:
        recorder, call = self._recorder, self.call
        assert self._mode is not None and call.call is not None
        scope = self._trials.run(call, sizes, self._mode)
        if scope is None:
            self._errors.append((sizes, self._trials.error))
        # A few operations do not check on the meta device what they check elsewhere (transposed convolutions do not).
        if scope is not None and confirm and self._confirms:
            scope = scope if self._trials.run(call, sizes, Mode.FAKE, watched=False) is not None else None
        if scope is not None:
            number = len(recorder.variations)
            recorder.scope.calls += [replace(inner, probe=number) for inner in scope.calls]
            recorder.scope.receivers += scope.receivers
        tried = tuple(sizes.values())
        several = tried if len(set(tried)) > 1 else ()
        recorder.variations.append(Variation(call.call, tuple(sizes), tried[0], scope is not None, several))
        return scope is not None
