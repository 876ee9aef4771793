"""Which sizes of one root call are free: each axis alone, then those that only change together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mypy_torch_shapes.profiling.paths import tensors
from mypy_torch_shapes.profiling.trial import Axis, Mode, Trials
from mypy_torch_shapes.seeds.model import Variation

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall

MAX_TRIALS = 200
ENOUGH = 2  # successful sizes, so that what is accidentally true of one shows
QUICK = 2  # sizes tried before others get their turn


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
        self._left = MAX_TRIALS
        self._tried: set[tuple[frozenset[Axis], int]] = set()
        self._mode, self._confirms = trials.mode(call) if self._tensors else (None, False)

    def quick(self) -> None:
        """What is found with few trials."""
        self._search(QUICK)

    def thorough(self) -> None:
        """The rest: other sizes, where those tried did not work."""
        self._search(len(other_sizes(2)) + QUICK)

    def like(self, other: CallProbe) -> None:
        """Only what is free in a call of the same module in another state."""
        for axes in other.free:
            self._vary(axes, QUICK)

    def _search(self, most: int) -> None:
        if self._mode is None:
            return
        for axis in self._bound():
            self._vary((axis,), most)
        while bound := self._bound():
            if not any(self._vary(axes, most) for axes in self._groups(bound)):
                break

    def _bound(self) -> list[Axis]:
        free = {axis for axes in self.free for axis in axes}
        axes = [(path, axis) for path, tensor in self._tensors.items() for axis in range(len(tensor.shape))]
        return [axis for axis in axes if axis not in free]

    def _groups(self, bound: list[Axis]) -> Iterator[tuple[Axis, ...]]:
        """Sets of axes of equal size that may have to change together, the likeliest first."""
        yield from self._by_size([axis for axis in bound if axis[1] == 0])
        yield from self._by_size(bound)
        for position in range(1, 1 + max(axis for _, axis in bound)):
            yield from self._by_size([axis for axis in bound if axis[1] == position])
        for path in self._tensors:
            yield from self._by_size([axis for axis in bound if axis[0] == path])
        for group in self._by_size(bound):
            if len(group) <= 6:
                yield from ((a, b) for i, a in enumerate(group) for b in group[i + 1 :])

    def _by_size(self, axes: Iterable[Axis]) -> Iterator[tuple[Axis, ...]]:
        sizes: dict[int, list[Axis]] = {}
        for axis in axes:
            sizes.setdefault(self._size(axis), []).append(axis)
        return (tuple(group) for group in sizes.values() if len(group) > 1)

    def _size(self, axis: Axis) -> int:
        return self._tensors[axis[0]].shape[axis[1]]

    def _vary(self, axes: tuple[Axis, ...], most: int) -> bool:
        """Try up to `most` other sizes for these axes at once, and after a success more; whether one worked now."""
        worked = 0
        for i, size in enumerate(other_sizes(self._size(axes[0]))):
            if self._mode is None or self._left <= 0 or worked >= ENOUGH or (i >= most and not worked):
                break
            key = (frozenset(axes), size)
            if key not in self._tried:
                self._tried.add(key)
                self._left -= 1
                worked += self._try(axes, size, confirm=not worked)
        if worked:
            self.free.append(axes)
        return worked > 0

    def _try(self, axes: tuple[Axis, ...], size: int, confirm: bool) -> bool:
        recorder, call, sizes = self._recorder, self.call, dict.fromkeys(axes, size)
        assert self._mode is not None and call.call is not None
        scope = self._trials.run(call, sizes, self._mode)
        # A few operations do not check on the meta device what they check elsewhere (transposed convolutions do not).
        if scope is not None and confirm and self._confirms:
            scope = scope if self._trials.run(call, sizes, Mode.FAKE, watched=False) is not None else None
        if scope is not None:
            number = len(recorder.variations)
            recorder.scope.calls += [replace(inner, probe=number) for inner in scope.calls]
            recorder.scope.receivers += scope.receivers
        recorder.variations.append(Variation(call.call, axes, size, scope is not None))
        return scope is not None
