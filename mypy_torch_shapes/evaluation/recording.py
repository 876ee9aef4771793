"""What evaluations leave behind: contexts, facts, findings and gaps, gathered by source file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from ..rules.mismatch import ANNOTATION, Mismatch
from ..shapes.dims import Dim, Naming, Size, Symbol, symbols, text
from ..shapes.dtypes import INTEGER
from ..shapes.tensor_type import TensorType
from .facts import Context, Fact, FileReport, Finding, Gap, Span
from .joins import join_types
from .modules import SourceModule
from .origins import Origin, Source
from .values import Instance, Tensor, Value

if TYPE_CHECKING:
    from .run import Frame

Parameters = tuple[tuple[str, TensorType | Size], ...]  # path from the parameters -> what it is


@dataclass(frozen=True)
class SeenCall:
    """One call in a context: its arguments and its result, as annotations see values."""

    arguments: dict[str, object]
    result: object


@dataclass(eq=False)
class Entry:
    """A context while it is being gathered."""

    function: str
    receiver: Instance | None
    module: SourceModule
    parameters: Parameters
    names: dict[Symbol, str]
    definitions: dict[str, str]
    vague: bool  # some argument is unknown
    general: bool  # seeded by a profile or an annotation; not from the literals of module-level code
    written: Mapping[str, Size] = field(default_factory=dict)  # names that annotations give to sizes
    local_names: dict[Symbol, str] = field(default_factory=dict)  # of sizes that come in elsewhere: a loop's batches
    local_definitions: dict[str, str] = field(default_factory=dict)  # what such a name stands for -> the name
    calls: list[SeenCall] = field(default_factory=list)  # only where signatures are kept
    facts: dict[Span, TensorType] = field(default_factory=dict)
    gaps: dict[Span, str] = field(default_factory=dict)
    reveals: dict[Span, str] = field(default_factory=dict)
    plain: set[Span] = field(default_factory=set)  # expressions that were None or a number at times
    bound: set[Span] = field(default_factory=set)  # names where they are bound: no expressions, so not among the facts
    origins: dict[Span, Origin | None] = field(default_factory=dict)
    sources: set[Source] = field(default_factory=set)

    @property
    def origin(self) -> Hashable:
        """What tells the receiver from others at the same place below roots of their own."""
        return None if self.receiver is None else self.receiver.origin

    @property
    def instance(self) -> str | None:
        """The receiver's place below its root; a module under construction learns it later."""
        return None if self.receiver is None else self.receiver.path

    def naming(self, symbol: Symbol) -> str | None:
        """What a symbol is called that the parameters define."""
        return self.names.get(symbol)

    def shown(self, symbol: Symbol) -> str | None:
        """What a symbol is called for people: also one that only a variable brings, as far as a run saw its size."""
        return self.names.get(symbol) or self.local_names.get(symbol)

    def name_locals(self, node: ast.AST, type: TensorType) -> None:
        """Sizes that nothing has named yet are named after the variable that is bound to them here."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return
        path = ast.unparse(node)
        for axis, size in enumerate(type.dims or ()):
            symbol = plain(size)
            if symbol is not None and symbol.values and self.shown(symbol) is None:
                self._name_local(symbol, axis_name(path, axis, type), f"{path}.shape[{axis}] in line {node.lineno}")

    def take_locals(self, other: Entry) -> None:
        """The same names for what another entry of the same context has named."""
        meanings = {name: meaning for meaning, name in other.local_definitions.items()}
        for symbol, name in other.local_names.items():
            if self.shown(symbol) is None:
                self._name_local(symbol, name, meanings[name])

    def _name_local(self, symbol: Symbol, wanted: str, meaning: str) -> None:
        if meaning not in self.local_definitions:
            taken = {*self.definitions, *self.local_definitions.values()}
            self.local_definitions[meaning] = unused(wanted, taken)
        self.local_names[symbol] = self.local_definitions[meaning]


class Recording:
    """Gathers what is learned, context by context."""

    def __init__(
        self,
        wanted: Callable[[SourceModule], bool],
        explaining: bool = False,
        source: Source | None = None,
        home: SourceModule | None = None,
    ) -> None:
        self.wanted = wanted  # which modules' facts are kept
        self.explaining = explaining  # whether origins are kept
        self.signatures = False  # whether arguments and results are kept
        self.source = source  # what led to all this
        self.home = home  # where every mistake is reported, at what led to it; else where it is made
        self._by_path: dict[Path, list[Entry]] = {}
        self.entries: list[Entry] = []
        self._by_key: dict[object, int] = {}
        self._findings: dict[SourceModule, dict[tuple[Span, str], tuple[bool, Finding]]] = {}

    def context(
        self,
        function: str,
        receiver: Instance | None,
        module: SourceModule,
        parameters: Parameters,
        general: bool,
        vague: bool = False,
        written: Mapping[str, Size] | None = None,
    ) -> int:
        """The context of a function entered with these parameters; equal ones are the same context.

        `written` are names that the function's annotations give to sizes.
        """
        names, definitions = name_symbols(parameters, written or {})
        shown = tuple((path, _shown(value, names)) for path, value in parameters)
        place = None if receiver is None else (id(receiver) if receiver.path is None else receiver.path)
        key = (module.name, function, place, getattr(receiver, "origin", None), shown, general, vague)
        if key not in self._by_key:
            self._by_key[key] = len(self.entries)
            entry = Entry(function, receiver, module, parameters, names, definitions, vague, general)
            entry.written = written or {}
            self.entries.append(entry)
            self._by_path.setdefault(module.path, []).append(entry)
        entry = self.entries[self._by_key[key]]
        if self.source is not None:
            entry.sources.add(self.source)
        for symbol, name in names.items():
            entry.names.setdefault(symbol, name)
            symbol.name = symbol.name or name
        return self._by_key[key]

    def fact(self, context: int, module: SourceModule, node: ast.AST, type: TensorType) -> None:
        """An expression's tensor type; seen again in the same context, what both share."""
        entry = self.entries[context]
        at = span(node)
        before = entry.facts.get(at)
        entry.facts[at] = type if before is None else _common(before, type, entry)

    def origin(self, context: int, node: ast.AST, origin: Origin | None) -> None:
        """Where an expression's tensor came from, the first time it was evaluated."""
        self.entries[context].origins.setdefault(span(node), origin)

    def gap(self, context: int, module: SourceModule, node: ast.AST, reason: str) -> None:
        """An expression nothing is known of; the first reason stands."""
        self.entries[context].gaps.setdefault(span(node), reason)

    def binding(self, context: int, node: ast.AST, type: TensorType | None) -> None:
        """What is said of this node is said of a name that is bound there, to a tensor of this type if it is one."""
        entry = self.entries[context]
        entry.bound.add(span(node))
        if type is not None:
            entry.name_locals(node, type)

    def other(self, context: int, node: ast.AST) -> None:
        """An expression that was no tensor: what was or will be seen of it as a tensor is not always so."""
        self.entries[context].plain.add(span(node))

    def reveal(self, context: int, node: ast.AST, type: TensorType) -> None:
        """The argument of reveal_type(...)."""
        entry = self.entries[context]
        entry.reveals[span(node)] = type.text(entry.shown)

    def finding(self, frames: Sequence[Frame], node: ast.AST, mismatch: Mismatch, operands: Sequence[Value]) -> None:
        """A proven mistake, reported at the innermost expression of the project's own code."""
        at_home = (lambda module: module is self.home) if self.home else (lambda module: module.project)
        place = next((frame for frame in reversed(frames) if at_home(frame.module)), None)
        if place is None:
            return
        inner = frames[-1]
        at = node if place is inner else (place.call or node)
        naming = self.entries[place.context].shown if place.context is not None else (lambda symbol: symbol.name)
        notes = [f"in {inner.module.name}, called from here"] if place is not inner else []
        if not notes and mismatch.code != ANNOTATION:  # whose message says what it is
            notes = [_operands(operands, naming)]
        notes += _world(operands, naming)
        if place.context is not None:
            notes.append(self.where(place.context))
        found = Finding(
            span(at), mismatch.code, f"{mismatch.operation}: {mismatch.message}", tuple(filter(None, notes))
        )
        general = place.context is not None and self.entries[place.context].general
        self._keep(place.module, general, found)

    def _keep(self, module: SourceModule, general: bool, found: Finding) -> None:
        """One finding for each place: the first, but one with symbolic sizes before one with a script's literals."""
        kept = self._findings.setdefault(module, {})
        before = kept.get((found.span, found.code))
        if before is None or (general and not before[0]):
            kept[found.span, found.code] = (general, found)

    def absorb(self, other: Recording, only: SourceModule | None = None) -> None:
        """Take over what another recording gathered, in all modules or in one."""
        for entry in other.entries if only is None else other.entries_of(only.path):
            number = self.context(
                entry.function,
                entry.receiver,
                entry.module,
                entry.parameters,
                entry.general,
                entry.vague,
                entry.written,
            )
            mine = self.entries[number]
            mine.names = {**entry.names, **mine.names}  # of equal calls, each with symbols of its own
            mine.take_locals(entry)
            for at, type in entry.facts.items():
                before = mine.facts.get(at)
                mine.facts[at] = type if before is None else _common(before, type, mine)
            for at, reason in entry.gaps.items():
                mine.gaps.setdefault(at, reason)
            mine.calls += entry.calls
            mine.reveals.update(entry.reveals)
            mine.plain |= entry.plain
            mine.bound |= entry.bound
            mine.sources |= entry.sources
            mine.origins = {**entry.origins, **mine.origins}
        self.absorb_findings(other, only)

    def absorb_findings(self, other: Recording, only: SourceModule | None = None) -> None:
        """Take over the mistakes alone."""
        for module, found in other._findings.items():
            for general, finding in found.values():
                if only is None or module.path == only.path:
                    self._keep(module, general, finding)

    @property
    def failed(self) -> bool:
        """Whether a mistake was found."""
        return any(self._findings.values())

    def entries_of(self, path: Path) -> list[Entry]:
        """The contexts of one source file."""
        return self._by_path.get(path, [])

    def add(self, module: SourceModule, finding: Finding) -> None:
        """A mistake that was found without evaluating anything."""
        self._keep(module, True, finding)

    def knows_more_than(self, other: Recording) -> bool:
        """Whether more expressions have a complete type here."""
        return self._complete_facts() > other._complete_facts()

    def _complete_facts(self) -> int:
        return sum(_is_complete(type, entry) for entry in self.entries for type in entry.facts.values())

    def where(self, context: int) -> str:
        """Which instance a finding was made in."""
        entry = self.entries[context]
        if not entry.function:
            return ""
        return f"in {entry.instance}: {entry.function}" if entry.instance else f"in {entry.function}"

    def report(self, module: SourceModule) -> FileReport:
        """All that was gathered for one source file."""
        report = FileReport()
        entries = [entry for entry in self.entries_of(module.path) if _has_content(entry)]
        for entry in _most_general(entries):
            number = len(report.contexts)
            function = f"{module.name}.{entry.function}" if entry.function else module.name
            local = tuple((name, meaning) for meaning, name in entry.local_definitions.items())
            report.contexts.append(Context(number, function, entry.instance, tuple(entry.definitions.items()), local))
            mixed = entry.plain.intersection(entry.facts)
            mixed |= entry.gaps.keys() & entry.facts.keys()  # what was not known at times may have been anything then
            for at, type in sorted(entry.facts.items()):
                if at not in mixed:
                    (report.bindings if at in entry.bound else report.facts).append(_fact(number, at, type, entry))
            gaps = {at: reason for at, reason in entry.gaps.items() if at not in entry.facts}
            gaps |= dict.fromkeys(mixed, "not always a tensor")
            report.gaps += [Gap(number, at, gaps[at]) for at in sorted(gaps.keys() - entry.bound)]
            report.reveals += sorted(entry.reveals.items())
            if self.explaining:
                report.origins.update(((number, at), origin) for at, origin in entry.origins.items() if origin)
                report.sources[number] = sorted(entry.sources)
        report.findings = sorted(
            (f for m, found in self._findings.items() if m.path == module.path for _, f in found.values()),
            key=lambda finding: (finding.span, finding.code),
        )
        return report


def span(node: ast.AST) -> Span:
    """Where a node stands."""
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


_CONVENTIONAL = {1: "N", 2: "ND", 3: "NTD", 4: "NCHW", 5: "NCDHW"}


def name_symbols(parameters: Parameters, written: Mapping[str, Size]) -> tuple[dict[Symbol, str], dict[str, str]]:
    """Names for the symbols a function's parameters bring, and what each stands for in terms of them."""
    wished = {symbol: name for name, size in written.items() if (symbol := plain(size)) is not None and name}
    names: dict[Symbol, str] = {}
    definitions: dict[str, str] = {}
    for path, value in parameters:
        sizes = value.dims or () if isinstance(value, TensorType) else (value,)
        for axis, size in enumerate(sizes):
            symbol = plain(size)
            if symbol is None or symbol in names:
                continue
            name = unused(wished.get(symbol) or symbol.name or axis_name(path, axis, value), definitions)
            names[symbol] = name
            definitions[name] = f"{path}.shape[{axis}]" if isinstance(value, TensorType) else path
    return names, definitions


def unused(wanted: str, taken: Container[str]) -> str:
    """The name, or the name with the first number that makes it another one."""
    return next(name for name in chain([wanted], (f"{wanted}{n}" for n in count(2))) if name not in taken)


def plain(size: object) -> Symbol | None:
    """The symbol a size consists of, if it is just that."""
    if not isinstance(size, Dim) or len(size.terms) != 1:
        return None
    ((monomial, coefficient),) = size.terms.items()
    if coefficient != 1 or len(monomial) != 1:
        return None
    ((atom, power),) = monomial
    return atom if power == 1 and isinstance(atom, Symbol) else None


def axis_name(path: str, axis: int, value: TensorType | Size) -> str:
    """What an axis of a parameter is called that nothing else names: by convention, else after the parameter."""
    if not isinstance(value, TensorType):
        return path if path.isidentifier() else "n"
    letters = _CONVENTIONAL.get(value.rank or 0, "")
    if value.rank == 2 and value.dtype is not None and value.dtype.category == INTEGER:
        letters = "NT"  # indices
    return letters[axis] if axis < len(letters) else f"{path.split('.')[0].split('[')[0]}_{axis}"


def _is_complete(type: TensorType, entry: Entry) -> bool:
    return (
        type.dtype is not None
        and type.dims is not None
        and None not in (_written_size(d, entry.naming) for d in type.dims)
    )


def _shown(value: TensorType | Size, names: dict[Symbol, str]) -> str:
    if isinstance(value, TensorType):
        return value.text(names.get)
    return text(value, names.get) or "_"


def _common(a: TensorType, b: TensorType, entry: Entry) -> TensorType:
    """What both types say; a size is the same in both where it is written alike in terms of the entry's names."""
    if a == b:
        return a
    if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
        return join_types(a, b)
    written = [(text(x, entry.shown), text(y, entry.shown)) for x, y in zip(a.dims, b.dims, strict=True)]
    if a.dtype == b.dtype and all(t is not None and t == u for t, u in written):
        return a  # mostly so, and sizes need not be compared
    joined = join_types(a, b)
    if joined.dims is None:
        return joined
    dims = [x if t is not None and t == u else z for x, z, (t, u) in zip(a.dims, joined.dims, written, strict=True)]
    return a if joined.dtype == a.dtype and tuple(dims) == a.dims else joined.with_dims(*dims)


def _fact(context: int, at: Span, type: TensorType, entry: Entry) -> Fact:
    dims = None if type.dims is None else tuple(_written_size(size, entry.shown) for size in type.dims)
    return Fact(context, at, type.dtype.name if type.dtype else None, dims, type.text(entry.shown))


def _written_size(size: Size, naming: Naming) -> int | str | None:
    return size if isinstance(size, int) else text(size, naming)


def _operands(operands: Sequence[Value], naming: object) -> str:
    tensors = [value.type.text(naming) for value in operands if isinstance(value, Tensor)]  # type: ignore[arg-type]
    if not tensors:
        return ""
    return f"input is {tensors[0]}" if len(tensors) == 1 else "operands are " + " and ".join(tensors)


def _world(operands: Sequence[Value], naming: object) -> list[str]:
    """The first recorded size of every symbol the operands mention."""
    seen: dict[str, int] = {}
    for value in operands:
        for size in (value.type.dims or ()) if isinstance(value, Tensor) else ():
            for symbol in symbols(size):
                name = naming(symbol)  # type: ignore[operator]
                if name and symbol.values:
                    seen.setdefault(name, symbol.values[0])
    return [f"{', '.join(f'{name} = {value}' for name, value in seen.items())} in the recorded run"] if seen else []


def _has_content(entry: Entry) -> bool:
    return bool(entry.facts or entry.gaps or entry.reveals)


def _most_general(entries: list[Entry]) -> list[Entry]:
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
    if one.origin == other.origin:
        return False
    return _written(one.parameters, one) == _written(other.parameters, other) and (
        _written(other.facts.items(), other) <= _written(one.facts.items(), one)
    )


def _written(typed: Iterable[tuple[object, TensorType | Size]], entry: Entry) -> set[tuple[object, str]]:
    return {(key, _shown(type, entry.names)) for key, type in typed}


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
    if not _covers(general, special):
        return False
    general.plain |= special.plain
    return special.facts.keys() <= general.facts.keys()


def _covers(general: Entry, special: Entry) -> bool:
    """Whether every call the special context describes is one the general context describes, and not the reverse."""
    if general.origin != special.origin:
        return False
    if [p for p, _ in general.parameters] != [p for p, _ in special.parameters]:
        return False
    forward: dict[Symbol, Size] = {}
    backward: dict[Symbol, Size] = {}
    pairs = list(zip(general.parameters, special.parameters, strict=True))
    if not all(_matches(a, b, forward) for (_, a), (_, b) in pairs):
        return False
    return not all(_matches(b, a, backward) for (_, a), (_, b) in pairs)


def like(pattern: Parameters, value: Parameters) -> bool:
    """Whether parameters are an instance of a pattern, its symbols standing for any size."""
    binding: dict[Symbol, Size] = {}
    named = dict(value)
    return all(path in named and _matches(type, named[path], binding) for path, type in pattern)


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
