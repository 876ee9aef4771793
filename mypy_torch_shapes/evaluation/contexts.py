"""From recorded calls to contexts: equal calls at several sizes become one call with symbolic sizes."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..seeds.model import (
    LENGTH,
    CallRecord,
    ItemsSeed,
    MappingSeed,
    ModuleRecord,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
    Variation,
)
from ..shapes.dims import Dim, Size, Symbol, values
from . import seed_parts
from .seed_parts import Axis

MOST_WORLDS = 24
ANY_FLOAT = "builtins:float"


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
    def root(self) -> bool:
        return any(record.root for record in self.records)


def calls_of(profile: Profile, usable: Iterable[CallRecord], grown: Container[str] = ()) -> list[Call]:
    """The distinct calls among the records, each with the sizes that were seen to vary as symbols.

    Lists that objects keep under a name in `grown` are of any length.
    """
    measured = _measured(profile)
    profile = replace(profile, calls=[_opened_up(record, grown, measured) for record in profile.calls])
    usable = [_opened_up(record, grown, measured) for record in usable]
    tried: dict[str, set[Axis]] = {}  # by function: what one call has shown, the probe does not try again
    free: dict[str, set[Axis]] = {}
    here: dict[object, set[Axis]] = {}  # what was tried, by the calls that differ in sizes only
    for call in dict.fromkeys(variation.call for variation in profile.variations):
        record = profile.calls[call]
        variations = [each for each in profile.variations if each.call == call]
        settled = _settled(record, variations)
        tried.setdefault(record.function, set()).update(settled)
        free.setdefault(record.function, set()).update(axis for each in variations if each.ok for axis in each.axes)
        here.setdefault(_loosely(profile, record), set()).update(settled)
    groups: dict[tuple[object, frozenset[str], frozenset[Axis]], list[CallRecord]] = {}
    counted, opened = _counted(profile), _opened(profile)
    probed = {profile.calls[each.call].receiver for each in profile.variations}
    for record in usable:
        lists = counted.get(_loosely(profile, record), frozenset())
        lists |= _batches(profile, record, tried.get(record.function, set()), probed)
        ones = opened.get(_strictly(profile, _base(profile, record)), frozenset())
        groups.setdefault((_kind(profile, record, lists, ones), lists, ones), []).append(record)
    observed = [
        (lists, _with_lengths(rows))
        for (_, lists, _), rows in groups.items()
        if any(each.probe is None for each in rows)
    ]

    def bound(record: CallRecord) -> set[Axis]:
        """Not what is free in another call, and was not tried in such calls, because time was up."""
        elsewhere = free.get(record.function, set()) - here.get(_loosely(profile, record), set())
        return tried.get(record.function, set()) - elsewhere

    return [_generalise(records, bound(records[0]), lists) for lists, records in observed]


def _kind(profile: Profile, record: CallRecord, lists: frozenset[str], ones: frozenset[Axis]) -> object:
    """Equal for calls that differ in sizes, in the lengths of these lists, and in whether these axes are of size 1."""
    receiver = _receiver_key(profile, record.receiver)
    return (record.function, receiver, record.autocast, _structure(record, lists, ones))


def _counted(profile: Profile) -> dict[object, frozenset[str]]:
    """The lists whose length the probe changed, by the calls they are arguments of; in calls it led to as well."""
    found: dict[object, frozenset[str]] = {}
    for each in profile.variations:
        names = frozenset(name for name, axis in each.axes if axis == LENGTH)
        if each.ok and names:
            key = _loosely(profile, profile.calls[each.call])
            found[key] = found.get(key, frozenset()) | names
    lengths: dict[tuple[object, str], tuple[set[int], set[int]]] = {}  # those of the run, and those of the probe
    for record in profile.calls:
        for name, seed in record.arguments:
            if isinstance(seed, SequenceSeed) and seed_parts.is_items(seed):
                seen = lengths.setdefault((_loosely(profile, record), name), (set(), set()))
                seen[record.probe is not None].add(len(seed.items))
    for (key, name), (of_run, of_probe) in lengths.items():
        if of_run and not of_probe <= of_run:
            found[key] = found.get(key, frozenset()) | {name}
    return found


def _opened(profile: Profile) -> dict[object, frozenset[Axis]]:
    """The axes of size 1 that the probe made larger, to several sizes, by the calls they are arguments of."""
    sizes: dict[tuple[object, Axis], set[int]] = {}
    for each in profile.variations:
        base = profile.calls[each.call]
        for (name, axis), size in zip(each.axes, each.sizes or (each.size,) * len(each.axes), strict=True):
            seed = dict(base.arguments).get(name)
            if each.ok and isinstance(seed, TensorSeed) and axis != LENGTH and seed.shape[axis] == 1:
                sizes.setdefault((_strictly(profile, base), (name, axis)), set()).add(size)
    found: dict[object, frozenset[Axis]] = {}
    for (key, at), worked in sizes.items():
        if len(worked) > 1:
            found[key] = found.get(key, frozenset()) | {at}
    return found


def _base(profile: Profile, record: CallRecord) -> CallRecord:
    """The call of the real run that a probed call repeats at another size."""
    if record.probe is None or record.probe >= len(profile.variations):
        return record
    base = profile.calls[profile.variations[record.probe].call]
    return base if base.function == record.function and record.root else record


def _strictly(profile: Profile, record: CallRecord) -> object:
    return _kind(profile, record, frozenset(), frozenset())


def _loosely(profile: Profile, record: CallRecord) -> object:
    """Equal for calls that differ in sizes and in the lengths of lists of numbers."""
    return _kind(profile, record, seed_parts.paths_in(record.arguments, seed_parts.is_items), frozenset())


def _batches(profile: Profile, record: CallRecord, tried: set[Axis], probed: set[int | None]) -> frozenset[str]:
    """The lists of which nobody has tried whether they may be longer: of tensors, and a module's of numbers.

    Not a module's tensors of different sizes, one for each layer: what is made of two of them tells these apart.
    `probed` are the roots that were called again at other sizes: the lists in them have the lengths these make.
    """
    module = profile.modules.get(record.receiver) if record.receiver is not None else None
    if module is not None and not record.root and module.root in probed:
        return frozenset()
    kinds = (TensorSeed,) if module is None else (TensorSeed, int)
    return frozenset(
        name
        for name, seed in record.arguments
        if (name, LENGTH) not in tried
        and seed_parts.is_items(seed)
        and isinstance(seed, SequenceSeed)
        and isinstance(seed.items[0], kinds)
        and not (module is not None and seed_parts.items_of(seed).ragged)
    )


def _arguments(record: CallRecord, lists: frozenset[str]) -> tuple[tuple[str, Seed], ...]:
    return tuple((name, seed_parts.with_items(name, seed, lists)) for name, seed in record.arguments)


def _measured(profile: Profile) -> set[tuple[str, str]]:
    """The arguments, by function and name, that are numbers computed from sizes: the probe's are none of the run's."""
    seen: dict[tuple[str, str], tuple[set[float], set[float]]] = {}
    for record in profile.calls:
        for name, seed in record.arguments:
            if isinstance(seed, float):
                seen.setdefault((record.function, name), (set(), set()))[record.probe is not None].add(seed)
    return {place for place, (of_run, of_probe) in seen.items() if of_run and not of_probe <= of_run}


def _opened_up(record: CallRecord, grown: Container[str], measured: set[tuple[str, str]]) -> CallRecord:
    """A call in which lists that grow are of any length, and numbers computed from sizes are any number."""
    return replace(
        record,
        arguments=tuple(
            (name, OpaqueSeed(ANY_FLOAT) if (record.function, name) in measured else _freed(seed, grown))
            for name, seed in record.arguments
        ),
    )


def _freed(seed: Seed, grown: Container[str]) -> Seed:
    """An object with the lists in it that grow from call to call as lists of any length."""
    if not isinstance(seed, ObjectSeed):
        return seed
    attrs = (
        (
            name,
            seed_parts.items_of(value)
            if name in grown and isinstance(value, SequenceSeed) and seed_parts.is_items(value)
            else value,
        )
        for name, value in seed.attrs
    )
    return replace(seed, attrs=tuple((name, _freed(value, grown)) for name, value in attrs))


def _with_lengths(records: list[CallRecord]) -> list[CallRecord]:
    """Calls that differ in sizes: what lengths reach is known of all of them, or of none."""
    columns = zip(*(record.arguments for record in records), strict=True)
    unknown = {column[0][0] for column in columns if any(_reaches(seed) is None for _, seed in column)}
    return [
        replace(
            record,
            arguments=tuple(
                (name, replace(seed, largest=None) if isinstance(seed, TensorSeed) and name in unknown else seed)
                for name, seed in record.arguments
            ),
        )
        for record in records
    ]


def _reaches(seed: Seed) -> int | None:
    return seed.largest if isinstance(seed, TensorSeed) else None


def _together(seeds: Sequence[Seed]) -> Seed:
    """The first of seeds of one structure; what is ragged in any of them is ragged."""
    first = seeds[0]
    if isinstance(first, ItemsSeed):
        return replace(first, ragged=frozenset(i for each in seeds if isinstance(each, ItemsSeed) for i in each.ragged))
    if not isinstance(first, ObjectSeed):
        return first
    columns = zip(*(each.attrs for each in seeds if isinstance(each, ObjectSeed)), strict=True)
    return replace(first, attrs=tuple((row[0][0], _together([value for _, value in row])) for row in columns))


def _settled(record: CallRecord, variations: list[Variation]) -> set[Axis]:
    """The axes of which the probe found out whether they may have another size.

    Not those that failed alone, and were not tried together with the axes of equal size, because time was up; nor
    those as long as an array (the lengths of a batch), which the probe leaves as it is.
    """
    free = {axis for each in variations if each.ok for axis in each.axes}
    together = {axis for each in variations if len(each.axes) > 1 for axis in each.axes}
    bound: dict[int, set[Axis]] = {}
    for name, seed in record.arguments:
        for axis, size in zip(seed_parts.axes_of(name, seed), seed_parts.slots_of(seed), strict=True):
            if axis is not None and axis not in free:
                bound.setdefault(size, set()).add(axis)
    arrays = {size for _, seed in record.arguments for size in seed_parts.array_sizes(seed)}
    unknown = {axis for size, group in bound.items() if len(group) > 1 or size in arrays for axis in group - together}
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


def _generalise(records: list[CallRecord], tried: set[Axis], lists: frozenset[str]) -> Call:
    """What varied is a symbol, and what varied together is one symbol.

    An axis that the probe did not try at another size (`tried`) may be free. An integer argument may
    always be, and the first axes that are 1 in a plain function (a batch of one, all by the same symbol, as what
    broadcasts is seldom first); `fixed` is the reading in which those that never varied are configuration.
    """
    real = [record for record in records if record.probe is None]
    base = real[0]
    probed = [record for record in records if record.probe is not None]
    worlds = [base, *probed, *real[1:]]
    rows = _telling([tuple(_slots(_arguments(record, lists))) for record in worlds])
    columns = zip(*(_arguments(record, lists) for record in worlds), strict=True)
    arguments = tuple((column[0][0], _together([seed for _, seed in column])) for column in columns)
    kinds = [is_axis for _, seed in arguments for is_axis in seed_parts.kinds_of(seed)]
    untried = list(_untried(base, arguments, tried))
    one = Dim.of(Symbol("", (1,) * len(rows))) if base.receiver is None and not probed else 1
    rows_of_one = [axis is not None and axis[1] == 0 for axis in _axes(arguments)]
    symbols: dict[tuple[int, ...], Size] = {}
    sizes: list[Size] = []
    fixed: list[Size] = []
    for column, is_axis, open_ in zip(zip(*rows, strict=True), kinds, untried, strict=True):
        varied = len(set(column)) > 1
        symbol = symbols.setdefault(column, Dim.of(Symbol("", column))) if varied else Dim.of(Symbol("", column))
        free = varied or (column[0] > is_axis and (not is_axis or not probed or open_))
        sizes.append(symbol if free else column[0])
        fixed.append(symbol if varied or (free and is_axis) else column[0])
    sizes = [one if size == 1 and first else size for size, first in zip(sizes, rows_of_one, strict=True)]
    for longest, axis in _of_axes(arguments, rows):
        sizes[longest] = sizes[axis]
        fixed[longest] = fixed[axis]
    return Call(base.function, base.receiver, arguments, tuple(sizes), tuple(fixed), tuple(records))


def _telling(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Few of the worlds, all different: first those that show that a size varies, or that two sizes differ."""
    distinct = list(dict.fromkeys(rows))
    chosen, told = distinct[:1], 0
    for row in distinct[1:]:
        columns = set(zip(*chosen, row, strict=True))
        tells = len(columns) + sum(len(set(column)) > 1 for column in columns)
        if tells > told:
            chosen, told = [*chosen, row], tells
    rest = [row for row in distinct if row not in chosen]
    return (chosen + rest)[:MOST_WORLDS]


def _of_axes(arguments: tuple[tuple[str, Seed], ...], rows: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """The slots of what lengths reach, each with that of an axis which is always of this size."""
    slot = 0
    axes: list[int] = []
    longest: list[int] = []
    for _, seed in arguments:
        count = len(list(seed_parts.slots_of(seed)))
        if isinstance(seed, TensorSeed):
            axes += range(slot, slot + len(seed.shape))
            longest += [slot + len(seed.shape)] * (seed.largest is not None)
        slot += count
    for place in longest:
        equal = [axis for axis in axes if all(row[axis] == row[place] for row in rows)]
        yield from [(place, equal[0])] * bool(equal)


def with_texts_of_any_length(call: Call, given: tuple[Size, ...]) -> Call:
    """The call at these sizes with lists of strings that are as long as a batch of their length, or of any length."""
    worlds = max((len(size.values) for size in given if isinstance(size, Dim) and size.values), default=1)
    at = zip(given, _axes(call.arguments), strict=True)
    batches = {values(size, worlds): size for size, axis in at if axis and axis[1] == 0}
    left = iter(given)

    def sizes_of(seed: Seed) -> Iterator[Size]:
        if isinstance(seed, SequenceSeed) and seed_parts.is_texts(seed):
            length = (len(seed.items),) * worlds
            yield batches.setdefault(length, Dim.of(Symbol("", length)))
        elif isinstance(seed, MappingSeed):
            for part in seed_parts.parts_of(seed):
                yield from sizes_of(part)
        else:
            yield from (next(left) for _ in seed_parts.slots_of(seed))

    sizes = tuple(size for _, seed in call.arguments for size in sizes_of(seed))
    arguments = tuple((name, seed_parts.with_texts_of_any_length(seed)) for name, seed in call.arguments)
    return replace(call, arguments=arguments, sizes=sizes)


def with_another_text(call: Call, given: tuple[Size, ...]) -> Call:
    """The call at these sizes with one more string in its lists of strings, and batches as long as these larger by one.

    Prompts are a batch, names are configuration: nobody can tell which, and the probe leaves strings as they are.
    """
    arguments = tuple((name, seed_parts.with_another_text(seed)) for name, seed in call.arguments)
    return replace(with_larger_batches(call, given), arguments=arguments)


def with_larger_batches(call: Call, given: tuple[Size, ...]) -> Call:
    """The call at these sizes, but for batches that are as long as its lists of strings: these are larger by one."""
    lengths = {len(texts.items) for _, seed in call.arguments for texts in seed_parts.texts_in(seed)}
    larger: dict[Size, Size] = {}
    sizes: list[Size] = []
    for size, axis in zip(given, _axes(call.arguments), strict=True):
        seen = values(size) or ()
        if axis is not None and axis[1] == 0 and seen and lengths.issuperset(seen):
            symbol = Symbol("", tuple(each + 1 for each in seen))
            size = larger.setdefault(size, Dim.of(symbol) if isinstance(size, Dim) else size + 1)
        sizes.append(size)
    return replace(call, sizes=tuple(sizes))


def as_run(call: Call) -> Call | None:
    """The call at the sizes the program itself had, without those only the probe tried; None where there are none."""
    real = [record for record in call.records if record.probe is None]
    if len(real) == len(call.records):
        return None
    lists = seed_parts.paths_in(call.arguments, seed_parts.has_any_length)
    rows = dict.fromkeys(tuple(_slots(_arguments(record, lists))) for record in real[:MOST_WORLDS])
    columns = zip(*rows, strict=True)
    symbols: dict[Size, Size] = {}
    sizes = [
        symbols.setdefault(size, Dim.of(Symbol("", column))) if isinstance(size, Dim) else size
        for size, column in zip(call.sizes, columns, strict=True)
    ]
    return replace(call, sizes=tuple(sizes), records=tuple(real))


def _untried(base: CallRecord, arguments: tuple[tuple[str, Seed], ...], tried: set[Axis]) -> Iterator[bool]:
    """For each slot of a root call's arguments, whether the probe left it out."""
    return (base.root and axis not in tried for axis in _axes(arguments))


def _structure(record: CallRecord, lists: frozenset[str], ones: frozenset[Axis]) -> object:
    return tuple(
        (name, seed_parts.shape_of(seed, frozenset(axis for path, axis in ones if path == name)))
        for name, seed in _arguments(record, lists)
    )


def _axes(arguments: Iterable[tuple[str, Seed]]) -> Iterator[Axis | None]:
    """For each of `_slots` its axis; None for a number."""
    for name, seed in arguments:
        yield from seed_parts.axes_of(name, seed)


def _slots(arguments: Iterable[tuple[str, Seed]]) -> Iterator[int]:
    """Every size and integer in the arguments, in a fixed order."""
    for _, seed in arguments:
        yield from seed_parts.slots_of(seed)
