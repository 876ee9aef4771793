"""From recorded calls to contexts: equal calls at several sizes become one call with symbolic sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..seeds.model import (
    CallRecord,
    IterableSeed,
    MappingSeed,
    ModuleSeed,
    ObjectSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
)
from ..shapes.dims import Dim, Size, Symbol

MOST_WORLDS = 24


@dataclass(frozen=True)
class Call:
    """A function with arguments whose sizes may be symbolic: `sizes` are they, in the order of `slots`."""

    function: str
    receiver: int | None
    arguments: tuple[tuple[str, Seed], ...]
    sizes: tuple[Size, ...]
    records: tuple[CallRecord, ...]

    @property
    def root(self) -> bool:
        return any(record.root for record in self.records)


def calls_of(profile: Profile, usable: Iterable[CallRecord]) -> list[Call]:
    """The distinct calls among the records, each with the sizes that were seen to vary as symbols."""
    groups: dict[object, list[CallRecord]] = {}
    for record in usable:
        key = (record.function, _receiver_key(profile, record.receiver), _structure(record))
        groups.setdefault(key, []).append(record)
    return [_generalise(records) for records in groups.values() if any(record.probe is None for record in records)]


def _receiver_key(profile: Profile, receiver: int | None) -> object:
    """Two live modules of equal construction are the same receiver."""
    if receiver is None or receiver not in profile.modules:
        return receiver
    record = profile.modules[receiver]
    root = profile.modules.get(record.root, record)
    return (record.cls, record.path, root.cls, root.init, root.training, record.training)


def _generalise(records: list[CallRecord]) -> Call:
    real = [record for record in records if record.probe is None]
    base = real[0]
    probed = [record for record in records if record.probe is not None]
    worlds = [base, *probed, *real[1:]][:MOST_WORLDS]
    rows = list(dict.fromkeys(tuple(_slots(record.arguments)) for record in worlds))
    columns = list(zip(*rows, strict=True))
    symbols: dict[tuple[int, ...], Size] = {}
    sizes: list[Size] = []
    for column in columns:
        if len(set(column)) == 1:
            sizes.append(column[0])
        else:
            sizes.append(symbols.setdefault(column, Dim.of(Symbol("", column))))
    return Call(base.function, base.receiver, base.arguments, tuple(sizes), tuple(records))


def _structure(record: CallRecord) -> object:
    return tuple((name, _shape_of(seed)) for name, seed in record.arguments)


def _shape_of(seed: Seed) -> object:
    """A seed without its sizes: what must agree for two calls to be the same call at other sizes."""
    if isinstance(seed, TensorSeed):
        return ("tensor", seed.dtype, len(seed.shape), tuple(size == 1 for size in seed.shape) if _ones(seed) else ())
    if isinstance(seed, bool) or not isinstance(seed, int | SequenceSeed | MappingSeed | ObjectSeed | IterableSeed):
        return ("value", type(seed).__name__, _hashable(seed))
    if isinstance(seed, int):
        return "int"
    if isinstance(seed, SequenceSeed):
        return (seed.cls, tuple(map(_shape_of, seed.items)))
    if isinstance(seed, MappingSeed):
        return (seed.cls, tuple((_hashable(key), _shape_of(value)) for key, value in seed.items))
    if isinstance(seed, IterableSeed):
        return (seed.cls, _shape_of(seed.element))
    return (seed.cls, tuple((name, _shape_of(value)) for name, value in seed.attrs))


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
    """Every size and integer in a seed, in the order in which `values.SeedReader` asks for them."""
    if isinstance(seed, TensorSeed):
        yield from seed.shape
    elif isinstance(seed, int) and not isinstance(seed, bool):
        yield seed
    elif isinstance(seed, SequenceSeed):
        for item in seed.items:
            yield from slots_of(item)
    elif isinstance(seed, MappingSeed):
        for _, value in seed.items:
            yield from slots_of(value)
    elif isinstance(seed, ObjectSeed):
        for _, value in seed.attrs:
            yield from slots_of(value)
    elif isinstance(seed, IterableSeed):
        yield from slots_of(seed.element)
