"""Several runs as one profile: equal modules and calls are one, observations of changed code make way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mypy_torch_shapes.seeds.digests import MODULE
from mypy_torch_shapes.seeds.encode import encode_call, encode_module
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    FunctionRecord,
    ModuleRecord,
    Profile,
    ScopeRecord,
    Variation,
)
from mypy_torch_shapes.seeds.references import (
    module_references,
    modules_of,
    renumbered,
    renumbered_call,
    renumbered_module,
)
from mypy_torch_shapes.seeds.runs import merged_runs, with_common_runs, without_unmentioned_runs

MAX_CALLS = 64  # kept for one function and receiver: of the real runs, and as many again of the probe
MAX_CALLS_IN_ALL = 20_000
MAX_RUNS = 8  # of which command lines and variables are kept


@dataclass
class Merged:
    """The merged profile, and the functions of which not every distinct call was kept."""

    profile: Profile
    capped: tuple[str, ...] = ()


def merge_profiles(old: Profile, new: Profile) -> Merged:
    """`old` with what `new` saw; where a function has changed since, what the new run saw of it replaces the old."""
    old, new, runs = with_common_runs(without_stale(old, new), new)
    shift = max(old.modules, default=-1) + 1
    new = renumbered(new, {id: id + shift for id in new.modules})
    modules = {**old.modules, **new.modules}
    same = _equal_modules(modules)
    merge = _Merge()
    for profile in (old, new):
        merge.add(replace(profile, modules={}, calls=[renumbered_call(call, same) for call in profile.calls]))
    calls, variations = merge.sorted()
    kept = {id: modules[id] for id in sorted(set(same.values()))}
    merged = Profile(
        functions=_merged_functions(old.functions, new.functions),
        modules={id: renumbered_module(record, same) for id, record in kept.items()},
        calls=calls,
        variations=variations,
        torch_version=new.torch_version or old.torch_version,
        distributed=_ever([each.distributed for each in (old, new) if each.functions]),
        scopes=_merged_scopes(old.scopes, new.scopes),
        runs=runs,
    )
    return Merged(compacted(merged), tuple(sorted(merge.capped)))


def _ever(seen: list[bool | None]) -> bool | None:
    """Whether something was so in any run; None where that is not known of each."""
    return True if True in seen else None if None in seen or not seen else False


def _merged_functions(
    old: Mapping[str, FunctionRecord], new: Mapping[str, FunctionRecord]
) -> dict[str, FunctionRecord]:
    """Of every function what it is in the new run; the runs in which it was the same are all kept."""
    merged = {**old, **new}
    for key in old.keys() & new.keys():
        if old[key].digest == new[key].digest:
            merged[key] = replace(new[key], runs=merged_runs(old[key].runs, new[key].runs))
    return dict(sorted(merged.items()))


def _merged_scopes(old: Mapping[str, ScopeRecord], new: Mapping[str, ScopeRecord]) -> dict[str, ScopeRecord]:
    """Of every scope what several runs saw; a variable that other code makes today is what the new run saw."""
    merged = {**old, **new}
    for key in old.keys() & new.keys():
        lines = dict.fromkeys((*old[key].command_lines, *new[key].command_lines))
        before = {(each.name, each.digest): each.seeds for each in old[key].sightings}
        names = {each.name: each for each in old[key].sightings}
        for each in new[key].sightings:
            seeds = dict.fromkeys((*before.get((each.name, each.digest), ()), *each.seeds))
            names[each.name] = replace(each, seeds=tuple(seeds)[-MAX_RUNS:])
        merged[key] = ScopeRecord(tuple(lines)[-MAX_RUNS:], tuple(names.values()))
    return dict(sorted(merged.items()))


def without_stale(old: Profile, new: Profile) -> Profile:
    """`old` without what was observed of, from, or on objects built by, functions that `new` saw changed."""
    changed = {
        key
        for key, function in new.functions.items()
        if key in old.functions and old.functions[key].digest != function.digest
    }
    if not changed:
        return old
    if any(key.endswith(f":{MODULE}") for key in changed):
        return replace(old, calls=[], variations=[])  # module-level code is behind every call
    stale_modules = {id for id, record in old.modules.items() if not changed.isdisjoint(record.builders)}

    def is_stale(call: CallRecord) -> bool:
        return call.function in changed or call.caller in changed or not stale_modules.isdisjoint(modules_of(call))

    kept = with_calls(old, [index for index, call in enumerate(old.calls) if not is_stale(call)])
    return _without_order(kept, min((order_of(call) for call in old.calls if call.function in changed), default=0))


def _without_order(profile: Profile, since: int) -> Profile:
    """What came after code that is another today no longer says that it came before anything."""
    calls = [replace(call, order=None) if order_of(call) > since else call for call in profile.calls]
    return replace(profile, calls=calls)


def order_of(call: CallRecord) -> int:
    """When a call was left, at the earliest."""
    return 0 if call.order is None else call.order


def with_calls(profile: Profile, kept: Iterable[int]) -> Profile:
    """`profile` with only these calls, the variations of these calls, and no call seen in another variation."""
    position = {index: i for i, index in enumerate(kept)}
    variations = {i: v for i, v in enumerate(profile.variations) if v.call in position}
    probes = {i: position for position, i in enumerate(variations)}
    calls = [profile.calls[index] for index in position]
    if any(call.probe is not None and call.probe not in probes for call in calls):
        return with_calls(profile, [i for i in position if (p := profile.calls[i].probe) is None or p in probes])
    return replace(
        profile,
        calls=[call if call.probe is None else replace(call, probe=probes[call.probe]) for call in calls],
        variations=[replace(variation, call=position[variation.call]) for variation in variations.values()],
    )


class _Merge:
    """The calls and variations of several profiles, whose module ids already agree."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []
        self.variations: list[Variation] = []
        self.capped: set[str] = set()
        self._calls_by_key: dict[str, int] = {}
        self._variations_by_key: dict[object, int] = {}
        self._count: Counter[object] = Counter()
        self._first: dict[str, int] = {}  # by function, the place of a call

    def add(self, profile: Profile) -> None:
        """Real calls first: the probe varied some of them, and its own calls refer to the variations."""
        places: dict[int, int] = {}
        for i, call in enumerate(profile.calls):
            if call.probe is None and (place := self._add_call(call)) is not None:
                places[i] = place
        probes = {}
        for i, variation in enumerate(profile.variations):
            if variation.call in places:
                probes[i] = self._add_variation(replace(variation, call=places[variation.call]))
        for call in profile.calls:
            if call.probe in probes:
                self._add_call(replace(call, probe=probes[call.probe]))

    def _add_call(self, call: CallRecord) -> int | None:
        key = call_key(call)
        if key not in self._calls_by_key:
            group = (call.function, call.receiver, call.probe is None)
            if self._count[group] >= MAX_CALLS or len(self.calls) >= MAX_CALLS_IN_ALL:
                self.capped.add(call.function)
                self._note_order(self._first.get(call.function), call)
                return None
            self._count[group] += 1
            self._calls_by_key[key] = len(self.calls)
            self._first.setdefault(call.function, len(self.calls))
            self.calls.append(call)
        place = self._calls_by_key[key]
        before = self.calls[place]
        if call.runs != before.runs:
            self.calls[place] = replace(before, runs=merged_runs(before.runs, call.runs))
        self._note_order(place, call)
        return place

    def _note_order(self, place: int | None, call: CallRecord) -> None:
        """The function of the call at this place was left as early as this call was."""
        before = None if place is None else self.calls[place].order
        if place is not None and before is not None and call.probe is None:
            self.calls[place] = replace(self.calls[place], order=min(before, order_of(call)))

    def _add_variation(self, variation: Variation) -> int:
        key = (variation.call, variation.axes, variation.size, variation.sizes)
        place = self._variations_by_key.setdefault(key, len(self.variations))
        self.variations[place : place + 1] = [variation]
        return place

    def sorted(self) -> tuple[list[CallRecord], list[Variation]]:
        """Calls by function, otherwise in the order they were first seen in."""
        order = sorted(range(len(self.calls)), key=lambda i: self.calls[i].function)
        position = {index: i for i, index in enumerate(order)}
        return [self.calls[i] for i in order], [replace(v, call=position[v.call]) for v in self.variations]


def call_key(call: CallRecord) -> str:
    """Equal for equal observations, whether the real run or a probe made them."""
    return json.dumps(encode_call(replace(call, probe=None, runs=(), order=None)))


def _equal_modules(modules: dict[int, ModuleRecord]) -> dict[int, int]:
    """The first of the equal records, for each record."""
    # Records may refer to each other in circles: start from what they say themselves, refine until nothing changes.
    local = {id: (_local_key(record), tuple(module_references(record))) for id, record in modules.items()}
    group = _numbered({id: key for id, (key, _) in local.items()})
    while True:
        refined = _numbered({id: (group[id], tuple(group.get(r) for r in refs)) for id, (_, refs) in local.items()})
        if len(set(refined.values())) == len(set(group.values())):
            break
        group = refined
    first: dict[int, int] = {}
    return {id: first.setdefault(group[id], id) for id in sorted(modules)}


def _numbered(keys: Mapping[int, object]) -> dict[int, int]:
    numbers: dict[object, int] = {}
    return {id: numbers.setdefault(key, len(numbers)) for id, key in keys.items()}


def _local_key(record: ModuleRecord) -> str:
    masked = renumbered_module(record, dict.fromkeys((record.id, *module_references(record)), 0))
    return json.dumps(encode_module(masked))


def compacted(profile: Profile) -> Profile:
    """`profile` without the module records nothing mentions, ids from 0 in the same order."""
    reached: set[int] = set()
    waiting = [id for call in profile.calls for id in modules_of(call)]
    while waiting:
        id = waiting.pop()
        if id not in reached and id in profile.modules:
            reached.add(id)
            waiting.extend(module_references(profile.modules[id]))
    kept = replace(profile, modules={id: r for id, r in profile.modules.items() if id in reached})
    kept = without_unmentioned_runs(kept)
    return renumbered(kept, {id: position for position, id in enumerate(sorted(reached))})
