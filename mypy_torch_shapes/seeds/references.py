"""The module records that seeds and records mention: finding them, and giving them other ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from mypy_torch_shapes.seeds.model import (
    CallRecord,
    IterableSeed,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    ObjectSeed,
    Profile,
    Seed,
    SequenceSeed,
)


def module_references(record: ModuleRecord) -> Iterator[int]:
    """The ids of all modules a record mentions."""
    yield record.root
    yield from (child for _, child in record.children)
    for _, seed in (*(record.init or ()), *record.attrs):
        yield from modules_in(seed)


def modules_of(call: CallRecord) -> Iterator[int]:
    """The ids of all modules a call mentions."""
    if call.receiver is not None:
        yield call.receiver
    for _, seed in call.arguments:
        yield from modules_in(seed)
    yield from modules_in(call.returned)


def modules_in(seed: Seed) -> Iterator[int]:
    """The ids of all modules inside a seed."""
    if isinstance(seed, ModuleSeed):
        yield seed.id
    for part in parts(seed):
        yield from modules_in(part)


def classes_of(profile: Profile) -> set[str]:
    """The classes ("module:qualname") of the modules, and of the objects that modules and functions were given."""
    given = [seed for record in profile.modules.values() for _, seed in record.init or ()]
    given += [seed for call in profile.calls for _, seed in call.arguments]
    return {record.cls for record in profile.modules.values()} | {s.cls for s in given if isinstance(s, ObjectSeed)}


def parts(seed: Seed) -> Iterator[Seed]:
    """The seeds directly inside a seed."""
    if isinstance(seed, SequenceSeed):
        yield from seed.items
    elif isinstance(seed, MappingSeed):
        for item in seed.items:
            yield from item
    elif isinstance(seed, ObjectSeed):
        yield from (value for _, value in seed.attrs)
    elif isinstance(seed, IterableSeed):
        yield seed.element


def renumbered(profile: Profile, ids: Mapping[int, int]) -> Profile:
    """`profile` with every module id replaced."""
    return replace(
        profile,
        modules={ids[id]: renumbered_module(record, ids) for id, record in profile.modules.items()},
        calls=[renumbered_call(call, ids) for call in profile.calls],
    )


def renumbered_call(call: CallRecord, ids: Mapping[int, int]) -> CallRecord:
    """A call with every module id in it replaced."""
    return replace(
        call,
        arguments=_renumbered_named(call.arguments, ids),
        returned=renumbered_seed(call.returned, ids),
        receiver=None if call.receiver is None else ids[call.receiver],
    )


def renumbered_module(record: ModuleRecord, ids: Mapping[int, int]) -> ModuleRecord:
    """A record with every module id in it replaced."""
    return replace(
        record,
        id=ids[record.id],
        root=ids[record.root],
        init=None if record.init is None else _renumbered_named(record.init, ids),
        attrs=_renumbered_named(record.attrs, ids),
        children=tuple((name, ids[child]) for name, child in record.children),
    )


def _renumbered_named(pairs: tuple[tuple[str, Seed], ...], ids: Mapping[int, int]) -> tuple[tuple[str, Seed], ...]:
    return tuple((name, renumbered_seed(value, ids)) for name, value in pairs)


def renumbered_seed(seed: Seed, ids: Mapping[int, int]) -> Seed:
    """A seed with every module id in it replaced."""
    return replaced(seed, lambda part: ModuleSeed(ids[part.id]) if isinstance(part, ModuleSeed) else part)


def replaced(seed: Seed, replacement: Callable[[Seed], Seed]) -> Seed:
    """A seed with itself, or else every seed inside it, replaced."""
    new = replacement(seed)
    if new is not seed:
        return new
    if isinstance(seed, SequenceSeed):
        return replace(seed, items=tuple(replaced(item, replacement) for item in seed.items))
    if isinstance(seed, MappingSeed):
        items = tuple((replaced(key, replacement), replaced(value, replacement)) for key, value in seed.items)
        return replace(seed, items=items)
    if isinstance(seed, ObjectSeed):
        return replace(seed, attrs=tuple((name, replaced(value, replacement)) for name, value in seed.attrs))
    if isinstance(seed, IterableSeed):
        return replace(seed, element=replaced(seed.element, replacement))
    return seed
