"""The probe: repeats observed root calls with other sizes, on copies without data, to learn which sizes are free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.profiling.names import class_name, raw_dict
from mypy_torch_shapes.profiling.paths import bound_arguments, tensors
from mypy_torch_shapes.profiling.progress import ProbeProgress
from mypy_torch_shapes.profiling.trial import Axis, CutShort, Trials
from mypy_torch_shapes.profiling.varying import CallProbe

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall

MAX_CALLS = 32
MAX_SECONDS = 30.0


@dataclass
class Probe:
    """Varies the root calls of one recording."""

    recorder: Recorder
    max_seconds: float = MAX_SECONDS
    talks: bool = False  # about how it is getting on

    def run(self) -> None:
        """Probe what there is time for; add the variations, and the calls made in the successful ones."""
        probes: list[CallProbe] = []
        trials = Trials(self.recorder, self.max_seconds, ProbeProgress(self.max_seconds) if self.talks else None)
        try:
            with trials:
                for call in self._chosen():
                    if not any(_is_known(call, probe) for probe in probes):
                        probes.append(self._begin(trials, call, probes))
                for probe in probes:
                    if _like(probe.call, probes).call is probe.call:
                        probe.thorough()
        except CutShort:
            cut = messages.PROBE_INTERRUPTED if trials.interrupted else messages.PROBE_CUT
            messages.say(cut, seconds=self.max_seconds)

    def _begin(self, trials: Trials, call: RootCall, probes: list[CallProbe]) -> CallProbe:
        probe = CallProbe(self.recorder, trials, call)
        other = _like(call, [*probes, probe])
        if other is probe:
            probe.quick()
        else:
            probe.like(other)
        return probe

    def _chosen(self) -> list[RootCall]:
        """The calls worth probing: first one of each module and state, of the project's modules before libraries'."""
        returned = [call for call in self.recorder.root_calls if call.call is not None and _is_composed(call.module)]
        ranks: dict[object, int] = {}
        ranked = []
        for place, call in enumerate(returned):
            rank = ranks[call.state] = ranks.get(call.state, -1) + 1
            ranked.append((rank, class_name(type(call.module)).startswith("torch."), place, call))
        return [call for *_, call in sorted(ranked, key=lambda item: item[:3])[:MAX_CALLS]]


def _like(call: RootCall, probes: list[CallProbe]) -> CallProbe:
    """The first probe of the same module, whatever its state, with arguments of the same kind."""
    kind = _kind(call)
    return next(probe for probe in probes if probe.call.token == call.token and _kind(probe.call) == kind)


def _is_known(call: RootCall, probe: CallProbe) -> bool:
    """Whether a call differs from one that was probed only in sizes that are known to be free on their own."""
    other = probe.call
    if call.state != other.state or call.settings != other.settings or _kind(call) != _kind(other):
        return False
    return all((axis,) in probe.free for axis in _differing(call, other))


def _kind(call: RootCall) -> object:
    """Equal for calls that differ in sizes only."""
    parts = [(path, tensor.dtype, len(tensor.shape)) for path, tensor in tensors(call)]
    scalars = [value for _, value in bound_arguments(call) if value is None or type(value) in (bool, int, str)]
    return (parts, scalars, call.settings.autocast)


def _differing(call: RootCall, other: RootCall) -> Iterator[Axis]:
    for (path, tensor), (_, same) in zip(tensors(call), tensors(other), strict=True):
        yield from ((path, i) for i, size in enumerate(tensor.shape) if size != same.shape[i])


def _is_composed(module: Any) -> bool:
    """Whether a module is more than one of torch's own operations."""
    has_children = bool((raw_dict(module) or {}).get("_modules"))
    return has_children or not class_name(type(module)).startswith("torch.nn.")
