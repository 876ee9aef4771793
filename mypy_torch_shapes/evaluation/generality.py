"""Which contexts are worth saying: not those of which another one says all there is."""

from __future__ import annotations

from collections.abc import Iterable

from ..shapes import relations
from ..shapes.dims import Size, Symbol, substitute
from ..shapes.tensor_type import TensorType
from .entries import Entry, wording, written_size
from .naming import Parameters, plain


def most_general(entries: list[Entry]) -> list[Entry]:
    """Leave out what was only seen with the literals of a script where a profile says more."""
    for entry in entries:
        if entry.general and not entry.parameters:
            for other in entries:
                if not other.general and not other.parameters:
                    _adopt(entry, other)
    general = {(entry.function, entry.instance) for entry in entries if entry.general}
    kept = [entry for entry in entries if entry.general or (entry.function, entry.instance) not in general]
    known = {(entry.function, entry.instance) for entry in kept if not entry.vague}
    known |= {(function, None) for function, _ in known}  # objects without a place
    kept = [entry for entry in kept if not entry.vague or (entry.function, entry.instance) not in known]
    rows: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in kept:
        rows.setdefault((entry.function, entry.instance), []).append(entry)
    said = {id(entry) for row in rows.values() for entry in _not_repeated(row)}
    return [entry for entry in kept if id(entry) in said]


def _not_repeated(row: list[Entry]) -> list[Entry]:
    """Of the contexts of one function and instance those that say something no other one says."""
    spoken_for = {id(entry) for entry in row for other in row if other is not entry and _speaks_for(other, entry)}
    distinct: list[Entry] = []
    for entry in row:
        if id(entry) not in spoken_for and not any(_says_the_same(other, entry) for other in distinct):
            distinct.append(entry)
    return distinct


def _says_the_same(one: Entry, other: Entry) -> bool:
    """Whether the same call of a module built otherwise (with another dropout) comes to the same."""
    if one.origin == other.origin or (other.plain | other.gaps.keys()) & one.facts.keys():
        return False
    return _written(one.parameters, one) == _written(other.parameters, other) and (
        _written(other.facts.items(), other) <= _written(one.facts.items(), one)
    )


def _written(typed: Iterable[tuple[object, TensorType | Size]], entry: Entry) -> set[tuple[object, str]]:
    return {(key, wording(type, entry.names)) for key, type in typed}


def _adopt(entry: Entry, other: Entry) -> None:
    """Take over what a script shows of the same call: it was made while the script's variables were what they were."""
    if (entry.function, entry.instance) != (other.function, other.instance):
        return
    entry.plain |= other.plain
    entry.take_locals(other)
    for at, type in other.facts.items():
        if at in entry.gaps:
            entry.facts.setdefault(at, type)


def _speaks_for(general: Entry, special: Entry) -> bool:
    """Whether a context says all that another one says; what is no tensor there is not always one here."""
    sizes = _covers(general, special)
    if sizes is None or not _holds_in(special, general, sizes):
        return False
    general.plain |= special.plain
    return special.facts.keys() <= general.facts.keys()


def _holds_in(special: Entry, general: Entry, sizes: dict[Symbol, Size]) -> bool:
    """Whether a context's types are those of the special one: flags and caches that came along are no parameters."""
    if special.gaps.keys() & general.facts.keys():
        return False
    claims = [(general.facts[at], type) for at, type in special.facts.items() if at in general.facts]
    return all(_same(claim, type, general, sizes) for claim, type in claims)


def _same(claim: TensorType, type: TensorType, general: Entry, sizes: dict[Symbol, Size]) -> bool:
    if claim.dtype not in (None, type.dtype):
        return False
    if claim.dims is None or type.dims is None:
        return claim.dims is None
    return len(claim.dims) == len(type.dims) and all(
        written_size(claimed, general.naming) is None or relations.equal(substitute(claimed, sizes), size).holds
        for claimed, size in zip(claim.dims, type.dims, strict=True)
    )


def _covers(general: Entry, special: Entry) -> dict[Symbol, Size] | None:
    """The sizes of the special context by the general one's symbols, if every call of the one is one of the other, and
    not the reverse."""
    if general.origin != special.origin:
        return None
    if [p for p, _ in general.parameters] != [p for p, _ in special.parameters]:
        return None
    forward: dict[Symbol, Size] = {}
    backward: dict[Symbol, Size] = {}
    pairs = list(zip(general.parameters, special.parameters, strict=True))
    if not all(_matches(a, b, forward) for (_, a), (_, b) in pairs):
        return None
    return None if all(_matches(b, a, backward) for (_, a), (_, b) in pairs) else forward


def like(pattern: Parameters, value: Parameters) -> bool:
    """Whether parameters are an instance of a pattern, its symbols standing for any size."""
    binding: dict[Symbol, Size] = {}
    named = dict(value)
    return all(path in named and _matches(type, named[path], binding) for path, type in pattern)


def describes(context: Parameters, call: Parameters) -> bool:
    """Whether a context describes a call, of which the defaults that it left out are not known."""
    binding: dict[Symbol, Size] = {}
    named, given = dict(context), {path for path, _ in call}
    return all(path in named and _matches(named[path], type, binding) for path, type in call) and not any(
        isinstance(type, TensorType) and path not in given for path, type in context
    )


def _matches(pattern: TensorType | Size, value: TensorType | Size, binding: dict[Symbol, Size]) -> bool:
    if isinstance(pattern, TensorType) != isinstance(value, TensorType):
        return False
    if isinstance(pattern, TensorType) and isinstance(value, TensorType):
        if pattern.dtype != value.dtype or pattern.dims is None or value.dims is None:
            return False
        return len(pattern.dims) == len(value.dims) and all(
            _matches(p, v, binding) for p, v in zip(pattern.dims, value.dims, strict=True)
        )
    symbol = plain(pattern)
    if symbol is None:
        return pattern == value
    return binding.setdefault(symbol, value) == value  # type: ignore[arg-type]
