"""What evaluations leave behind: contexts, facts, findings and gaps, gathered by source file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..rules.mismatch import ANNOTATION, Mismatch
from ..shapes.dims import Size, symbols, text
from ..shapes.tensor_type import TensorType, fresh
from .entries import Entry, is_complete, wording, written_size
from .facts import Context, Fact, FileReport, Finding, Gap, Span
from .generality import most_general
from .joins import join_types
from .modules import SourceModule
from .naming import Parameters, name_symbols, plain
from .origins import Origin, Source
from .values import Instance, Tensor, Value

if TYPE_CHECKING:
    from .run import Frame


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
        _raise_axes(parameters)
        shown = tuple((path, wording(value, names)) for path, value in parameters)
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
        notes = [f"in {inner.module.name}, line {span(node).line}, called from here"] if place is not inner else []
        if not notes and mismatch.code != ANNOTATION:  # whose message says what it is
            notes = [_operands(operands, naming)]
        notes += [f"in layer {mismatch.layer} of the Sequential"] if mismatch.layer else []
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

    def give_up_differing(self, other: Recording) -> None:
        """Sizes that are not the same in the same contexts of another recording are unknown from now on."""
        ours, theirs = _by_place(self.entries), _by_place(other.entries)
        pairs = [pair for place, row in ours.items() for pair in zip(row, theirs.get(place, ()), strict=False)]
        for entry, counterpart in pairs:
            for at in entry.facts.keys() & counterpart.facts.keys():
                entry.facts[at] = _agreed(entry.facts[at], entry, counterpart.facts[at], counterpart)

    def _complete_facts(self) -> int:
        return sum(is_complete(type, entry) for entry in self.entries for type in entry.facts.values())

    def where(self, context: int) -> str:
        """Which instance a finding was made in."""
        entry = self.entries[context]
        if not entry.function:
            return ""
        return f"in {entry.instance}: {entry.function}" if entry.instance else f"in {entry.function}"

    def report(self, module: SourceModule) -> FileReport:
        """All that was gathered for one source file."""
        report = FileReport()
        for entry in most_general(_with_content(self.entries_of(module.path))):
            number = len(report.contexts)
            function = f"{module.name}.{entry.function}" if entry.function else module.name
            local = tuple((name, meaning) for meaning, name in entry.local_definitions.items())
            report.contexts.append(Context(number, function, entry.instance, tuple(entry.definitions.items()), local))
            mixed = entry.plain.intersection(entry.facts)
            mixed |= entry.gaps.keys() & entry.facts.keys()  # what was not known at times may have been anything then
            bare = {at for at, type in entry.facts.items() if type.dtype is None and type.dims is None}
            for at, type in sorted(entry.facts.items()):
                if at not in mixed and at not in bare:
                    (report.bindings if at in entry.bound else report.facts).append(_fact(number, at, type, entry))
            gaps = {at: reason for at, reason in entry.gaps.items() if at not in entry.facts}
            gaps |= dict.fromkeys(bare, "a tensor of unknown dtype and rank")
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
    found: Span | None = getattr(node, "_span", None)
    if found is None:
        found = node._span = Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return found


def _raise_axes(parameters: Parameters) -> None:
    """An unknown size that is an axis of a parameter is a size like any other there: at least one."""
    for _, value in parameters:
        for size in (value.dims or ()) if isinstance(value, TensorType) else ():
            symbol = plain(size)
            if symbol is not None and symbol.least == 0 and not (symbol.values and min(symbol.values) < 1):
                symbol.least = 1


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


def _by_place(entries: list[Entry]) -> dict[object, list[Entry]]:
    """Contexts by function and module, each with the others of its kind in the order in which they were met."""
    found: dict[object, list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.module.name, entry.function, entry.instance, entry.origin), []).append(entry)
    return found


def _agreed(type: TensorType, entry: Entry, other: TensorType, counterpart: Entry) -> TensorType:
    """A type without what is written otherwise in another entry for the same context."""
    if type.dims is None or other.dims is None:
        return type
    if len(type.dims) != len(other.dims):
        return TensorType(type.dtype, None)
    written = [(text(a, entry.shown), text(b, counterpart.shown)) for a, b in zip(type.dims, other.dims, strict=True)]
    differs = [None not in pair and pair[0] != pair[1] for pair in written]
    if not any(differs):
        return type
    dims = (fresh() if differing else size for size, differing in zip(type.dims, differs, strict=True))
    return TensorType(type.dtype, tuple(dims))


def _fact(context: int, at: Span, type: TensorType, entry: Entry) -> Fact:
    dims = None if type.dims is None else tuple(written_size(size, entry.shown) for size in type.dims)
    return Fact(context, at, type.dtype.name if type.dtype else None, dims, type.text(entry.shown))


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


def _with_content(entries: list[Entry]) -> list[Entry]:
    """The contexts of functions of which anything is said; also calls without tensors, which others do not describe."""
    places = {(each.function, each.instance) for each in entries if each.facts or each.gaps or each.reveals}
    return [each for each in entries if (each.function, each.instance) in places]
