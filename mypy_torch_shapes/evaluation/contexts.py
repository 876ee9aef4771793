"""From recorded calls to contexts: equal calls at several sizes become one call with symbolic sizes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from ..seeds.model import (
    CallRecord,
    IterableSeed,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    ObjectSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
    Variation,
)
from ..shapes.dims import Dim, Size, Symbol

MOST_WORLDS = 24

Axis = tuple[str, int]


@dataclass(frozen=True)
class Call:
    """A function with arguments whose sizes may be symbolic: `sizes` are they, in the order of `slots`."""

    function: str
    receiver: int | None
    arguments: tuple[tuple[str, Seed], ...]
    sizes: tuple[Size, ...]
    fixed: tuple[Size, ...]  # the same with integers that never varied as they were
    records: tuple[CallRecord, ...]

    @property
    def varied(self) -> set[str]:
        """The arguments with an integer that was not the same in every call."""
        sizes = iter(self.fixed)
        slots = {name: [(next(sizes), is_axis) for is_axis in kinds_of(seed)] for name, seed in self.arguments}
        return {name for name, found in slots.items() if any(isinstance(s, Dim) and not axis for s, axis in found)}

    @property
    def root(self) -> bool:
        return any(record.root for record in self.records)


def calls_of(profile: Profile, usable: Iterable[CallRecord]) -> list[Call]:
    """The distinct calls among the records, each with the sizes that were seen to vary as symbols."""
    tried: dict[str, set[Axis]] = {}  # by function: what one call has shown, the probe does not try again
    for call in dict.fromkeys(variation.call for variation in profile.variations):
        record = profile.calls[call]
        tried.setdefault(record.function, set()).update(
            _settled(record, [each for each in profile.variations if each.call == call])
        )
    groups: dict[object, list[CallRecord]] = {}
    for record in usable:
        key = (record.function, _receiver_key(profile, record.receiver), record.autocast, _structure(record))
        groups.setdefault(key, []).append(record)
    observed = [records for records in groups.values() if any(record.probe is None for record in records)]
    return [_generalise(records, tried) for records in observed]


def _settled(record: CallRecord, variations: list[Variation]) -> set[Axis]:
    """The axes of which the probe found out whether they may have another size.

    Not those that failed alone, and were not tried together with the axes of equal size, because time was up.
    """
    free = {axis for each in variations if each.ok for axis in each.axes}
    together = {axis for each in variations if len(each.axes) > 1 for axis in each.axes}
    bound: dict[int, set[Axis]] = {}
    for name, seed in record.arguments:
        for axis, size in enumerate(seed.shape if isinstance(seed, TensorSeed) else ()):
            if (name, axis) not in free:
                bound.setdefault(size, set()).add((name, axis))
    unknown = {axis for group in bound.values() if len(group) > 1 for axis in group - together}
    return {axis for each in variations for axis in each.axes} - unknown


def _receiver_key(profile: Profile, receiver: int | None) -> object:
    """Two live modules of equal construction are the same receiver."""
    if receiver is None or receiver not in profile.modules:
        return receiver
    record = profile.modules[receiver]
    root = profile.modules.get(record.root, record)
    return (record.cls, record.path, origin(profile, record), root.training, record.training)


def origin(profile: Profile, record: ModuleRecord) -> Hashable:
    """What the root of a module was built of."""
    root = profile.modules.get(record.root, record)
    return (root.cls, root.init)


def _generalise(records: list[CallRecord], tried: dict[str, set[Axis]]) -> Call:
    """What varied is a symbol, and what varied together is one symbol.

    An axis that the probe did not try at another size (`tried`, by function) may be free. An integer argument may
    always be; `fixed` is the reading in which those that never varied are configuration.
    """
    real = [record for record in records if record.probe is None]
    base = real[0]
    probed = [record for record in records if record.probe is not None]
    worlds = [base, *probed, *real[1:]][:MOST_WORLDS]
    rows = list(dict.fromkeys(tuple(_slots(record.arguments)) for record in worlds))
    kinds = [is_axis for _, seed in base.arguments for is_axis in kinds_of(seed)]
    untried = list(_untried(base, tried.get(base.function, set())))
    symbols: dict[tuple[int, ...], Size] = {}
    sizes: list[Size] = []
    fixed: list[Size] = []
    for column, is_axis, open_ in zip(zip(*rows, strict=True), kinds, untried, strict=True):
        varied = len(set(column)) > 1
        symbol = symbols.setdefault(column, Dim.of(Symbol("", column))) if varied else Dim.of(Symbol("", column))
        free = varied or (column[0] > 1 and (not is_axis or not probed or open_))
        sizes.append(symbol if free else column[0])
        fixed.append(symbol if varied or (free and is_axis) else column[0])
    return Call(base.function, base.receiver, base.arguments, tuple(sizes), tuple(fixed), tuple(records))


def _untried(base: CallRecord, tried: set[Axis]) -> Iterator[bool]:
    """For each slot of a root call's arguments, whether the probe left it out."""
    inside = {path.partition("[")[0].partition(".")[0] for path, _ in tried}
    for name, seed in base.arguments:
        if isinstance(seed, TensorSeed):
            yield from (base.root and (name, axis) not in tried for axis in range(len(seed.shape)))
        else:
            yield from (base.root and name not in inside for _ in slots_of(seed))


def kinds_of(seed: Seed) -> list[bool]:
    """For each slot of a seed, whether it is an axis of a tensor (else an integer)."""
    if isinstance(seed, TensorSeed):
        return [True] * len(seed.shape)
    if isinstance(seed, int) and not isinstance(seed, bool):
        return [False]
    return [kind for part in parts_of(seed) for kind in kinds_of(part)]


def _structure(record: CallRecord) -> object:
    return tuple((name, shape_of(seed)) for name, seed in record.arguments)


def shape_of(seed: Seed) -> object:
    """A seed without its sizes: what must agree for two calls to be the same call at other sizes."""
    if isinstance(seed, TensorSeed):
        return ("tensor", seed.dtype, len(seed.shape), tuple(size == 1 for size in seed.shape) if _ones(seed) else ())
    if isinstance(seed, bool) or not isinstance(seed, int | SequenceSeed | MappingSeed | ObjectSeed | IterableSeed):
        return ("value", type(seed).__name__, _hashable(seed))
    if isinstance(seed, int):
        return "int"
    if isinstance(seed, SequenceSeed):
        return (seed.cls, tuple(map(shape_of, seed.items)))
    if isinstance(seed, MappingSeed):
        return (seed.cls, tuple((_hashable(key), shape_of(value)) for key, value in seed.items))
    if isinstance(seed, IterableSeed):
        return (seed.cls, shape_of(seed.element))
    return (seed.cls, tuple((name, shape_of(value)) for name, value in seed.attrs))


def _ones(seed: TensorSeed) -> bool:
    """A size of 1 broadcasts: a call with it is not the same call at another size."""
    return 1 in seed.shape


def _hashable(seed: Seed) -> object:
    return seed.id if isinstance(seed, ModuleSeed) else repr(seed)


def _slots(arguments: Iterable[tuple[str, Seed]]) -> Iterator[int]:
    """Every size and integer in the arguments, in a fixed order."""
    for _, seed in arguments:
        yield from slots_of(seed)


def slots_of(seed: Seed) -> Iterator[int]:
    """Every size and integer in a seed, in the order in which `seeding.Seeding.value` asks for them."""
    if isinstance(seed, TensorSeed):
        yield from seed.shape
    elif isinstance(seed, int) and not isinstance(seed, bool):
        yield seed
    else:
        for part in parts_of(seed):
            yield from slots_of(part)


def parts_of(seed: Seed) -> Iterator[Seed]:
    """The seeds inside a seed."""
    if isinstance(seed, SequenceSeed):
        yield from seed.items
    elif isinstance(seed, MappingSeed):
        yield from (value for _, value in seed.items)
    elif isinstance(seed, ObjectSeed):
        yield from (value for _, value in seed.attrs)
    elif isinstance(seed, IterableSeed):
        yield seed.element
