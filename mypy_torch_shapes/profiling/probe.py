"""The probe: repeats observed root calls with other sizes, on copies without data, to learn which sizes are free."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.profiling.hollow import Hollow
from mypy_torch_shapes.profiling.names import class_name, raw_dict
from mypy_torch_shapes.profiling.trial import Axis, CutShort, Trials
from mypy_torch_shapes.seeds.model import Variation

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall

MAX_CALLS = 8
MAX_SECONDS = 30.0
MAX_TRIALS = 150  # of one call
ENOUGH = 2  # successful sizes, so that what is accidentally true of one shows


def other_sizes(size: int) -> list[int]:
    """What to try instead of `size`: any size, then those that keep divisibility and evenness."""
    tried = [size + 1, 2 * size, size + 2, 3 * size, size // 2, size + 32, size * 3 // 2, size - 1]
    return [s for s in dict.fromkeys(tried) if s > 0 and s != size]


@dataclass
class Probe:
    """Varies the root calls of one recording."""

    recorder: Recorder
    max_seconds: float = MAX_SECONDS
    _probed: list[tuple[object, dict[str, tuple[int, ...]], set[Axis]]] = field(default_factory=list)

    def run(self) -> None:
        """Probe what there is time for; add the variations, and the calls made in the successful ones."""
        deadline = time.monotonic() + self.max_seconds
        try:
            with Trials(self.recorder, deadline) as trials:
                for call in self._chosen():
                    if not self._is_known(call):
                        free = _CallProbe(self.recorder, trials, call).run()
                        self._probed.append((_kind(call), _shapes(call), free))
        except CutShort:
            messages.say(messages.PROBE_CUT, seconds=self.max_seconds)

    def _is_known(self, call: RootCall) -> bool:
        """Whether a call differs from one that was probed only in sizes that are known to be free."""
        kind, shapes = _kind(call), _shapes(call)
        return any(
            kind == probed and all(axis in free for axis in _differing(shapes, other))
            for probed, other, free in self._probed
        )

    def _chosen(self) -> list[RootCall]:
        """The calls worth probing: first one of each module and state, of the project's modules before libraries'."""
        returned = [call for call in self.recorder.root_calls if call.call is not None and _is_composed(call.module)]
        ranks: dict[object, int] = {}
        ranked = []
        for place, call in enumerate(returned):
            rank = ranks[call.state] = ranks.get(call.state, -1) + 1
            ranked.append((rank, class_name(type(call.module)).startswith("torch."), place, call))
        return [call for *_, call in sorted(ranked, key=lambda item: item[:3])[:MAX_CALLS]]


def _kind(call: RootCall) -> object:
    """Equal for calls that differ in sizes only."""
    parts = [(path, tensor.dtype, len(tensor.shape)) for path, tensor in tensors(call)]
    scalars = [value for _, value in bound_arguments(call) if value is None or type(value) in (bool, int, float, str)]
    return (call.state, call.grad, parts, scalars)


def _shapes(call: RootCall) -> dict[str, tuple[int, ...]]:
    return {path: tensor.shape for path, tensor in tensors(call)}


def _differing(shapes: dict[str, tuple[int, ...]], other: dict[str, tuple[int, ...]]) -> Iterator[Axis]:
    for path, shape in shapes.items():
        yield from ((path, i) for i, size in enumerate(shape) if size != other[path][i])


def _is_composed(module: Any) -> bool:
    """Whether a module is more than one of torch's own operations."""
    has_children = bool((raw_dict(module) or {}).get("_modules"))
    return has_children or not class_name(type(module)).startswith("torch.nn.")


class _CallProbe:
    """Varies one root call."""

    def __init__(self, recorder: Recorder, trials: Trials, call: RootCall) -> None:
        self._recorder = recorder
        self._trials = trials
        self._call = call
        self._tensors = dict(tensors(call))
        self._left = MAX_TRIALS
        self._done: set[frozenset[Axis]] = set()

    def run(self) -> set[Axis]:
        """Each axis alone, then those that only change together; the axes that are free on their own."""
        if not self._tensors or not self._trials.works(self._call):
            return set()
        axes = [(path, axis) for path, tensor in self._tensors.items() for axis in range(len(tensor.shape))]
        free = {axis for axis in axes if self._vary([axis])}
        bound = [axis for axis in axes if axis not in free]
        while bound and (freed := self._first_free(bound)):
            bound = [axis for axis in bound if axis not in freed]
        return free

    def _first_free(self, bound: list[Axis]) -> list[Axis]:
        return next((group for group in self._groups(bound) if self._vary(group)), [])

    def _groups(self, bound: list[Axis]) -> Iterator[list[Axis]]:
        """Sets of axes of equal size that may have to change together, the likeliest first."""
        leading = [axis for axis in bound if axis[1] == 0]
        yield from self._by_size(leading)
        yield from self._by_size(bound)
        for position in range(1, 1 + max(axis for _, axis in bound)):
            yield from self._by_size([axis for axis in bound if axis[1] == position])
        for path in self._tensors:
            yield from self._by_size([axis for axis in bound if axis[0] == path])
        for group in self._by_size(bound):
            if len(group) <= 6:
                yield from ([a, b] for i, a in enumerate(group) for b in group[i + 1 :])

    def _by_size(self, axes: Iterable[Axis]) -> Iterator[list[Axis]]:
        sizes: dict[int, list[Axis]] = {}
        for axis in axes:
            sizes.setdefault(self._size(axis), []).append(axis)
        return (group for group in sizes.values() if len(group) > 1)

    def _size(self, axis: Axis) -> int:
        return self._tensors[axis[0]].shape[axis[1]]

    def _vary(self, axes: list[Axis]) -> bool:
        """Try other sizes for these axes at once; whether one worked."""
        if frozenset(axes) in self._done:
            return False
        self._done.add(frozenset(axes))
        worked = 0
        for size in other_sizes(self._size(axes[0])):
            if worked >= ENOUGH or self._left <= 0:
                break
            self._left -= 1
            worked += self._try(axes, size)
        return worked > 0

    def _try(self, axes: list[Axis], size: int) -> bool:
        recorder, call = self._recorder, self._call
        assert call.call is not None
        scope = self._trials.run(call, dict.fromkeys(axes, size))
        if scope is not None:
            number = len(recorder.variations)
            recorder.scope.calls += [replace(inner, probe=number) for inner in scope.calls]
            recorder.scope.receivers += scope.receivers
        recorder.variations.append(Variation(call.call, tuple(axes), size, scope is not None))
        return scope is not None


def tensors(call: RootCall) -> Iterator[tuple[str, Hollow]]:
    """Every tensor among the arguments of a call, by its path: `x`, `batch['ids']`, `xs[0]`, `batch.ids`."""
    for name, value in bound_arguments(call):
        yield from _inside(name, value, set())


def bound_arguments(call: RootCall) -> Iterator[tuple[str, Any]]:
    """The arguments by the names of forward's parameters."""
    plain = [name for name in call.names if name not in call.variadic]
    for i, value in enumerate(call.args):
        if i < call.positional:
            yield call.names[i], value
        else:
            yield f"{call.names[call.positional]}[{i - call.positional}]", value
    for name, value in call.kwargs.items():
        yield (name if name in plain else f"{call.names[-1]}[{name!r}]"), value


def _inside(path: str, value: Any, above: set[int]) -> Iterator[tuple[str, Hollow]]:
    if isinstance(value, Hollow):
        yield path, value
    elif id(value) in above or len(above) > 6:
        return
    else:
        for step, part in _steps(value):
            yield from _inside(path + step, part, above | {id(value)})


def _steps(value: Any) -> Iterable[tuple[str, Any]]:
    if type(value) in (list, tuple) or isinstance(value, tuple):
        return ((f"[{i}]", part) for i, part in enumerate(tuple(value)[:64]))
    if isinstance(value, dict):
        return ((f"[{key!r}]", part) for key, part in list(value.items())[:64] if isinstance(key, (str, int)))
    return ((f".{name}", part) for name, part in (raw_dict(value) or {}).items() if isinstance(part, Hollow))
