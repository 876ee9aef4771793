"""`reveal --explain FILE:LINE` and `reveal --unknown`: where each type came from, and why there is none."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation import origins
from mypy_torch_shapes.evaluation.drift import Drift
from mypy_torch_shapes.evaluation.facts import Context, FileReport, Gap, Span
from mypy_torch_shapes.evaluation.origins import Origin, Source
from mypy_torch_shapes.evaluation.staleness import file_of
from mypy_torch_shapes.reveal.details import mentions
from mypy_torch_shapes.reveal.noise import gaps_worth_saying
from mypy_torch_shapes.reveal.summary import lines_of, read_source
from mypy_torch_shapes.rules import modules, service
from mypy_torch_shapes.seeds.digests import MODULE, walk_functions
from mypy_torch_shapes.seeds.model import Profile
from mypy_torch_shapes.status import command_line, stale_lines

WIDEST = 60  # columns of an expression's source


class Explainer:
    """Explains one file."""

    def __init__(self, name: str, report: FileReport, profile: Profile, drift: Drift, root: Path) -> None:
        self.name = name
        self.report = report
        self.profile = profile
        self.drift = drift
        self.root = root
        self.source = read_source(Path(name))

    def line(self, number: int) -> Iterator[str]:
        """All that is known, and all that is not, of the expressions that begin on a line."""
        text = lines_of(self.source)
        yield f"{self.name}:{number}: {text[number - 1].strip() if 0 < number <= len(text) else ''}"
        said = list(self._said(number))
        yield from said or [f"  {messages.NO_TENSOR_HERE}"]

    def _said(self, number: int) -> Iterator[str]:
        for finding in self.report.findings:
            if finding.span.line == number:
                yield f"  {messages.error(finding.message)}"
                yield from (f"    {note}" for note in finding.notes)
        for context in self.report.contexts:
            facts = [each for each in self.report.facts if each.context == context.id and each.span.line == number]
            if facts:
                yield f"  {self._entered(context)}"
                local = [each for each in context.local if any(mentions(fact.text, each[:1]) for fact in facts)]
                yield from (f"    {name} = {meaning}" for name, meaning in (*context.symbols, *local))
                rows = [(self._text(f.span), f.text, self._origin(context, f.span)) for f in sorted(facts, key=_place)]
                yield from aligned(rows)
        gaps = [gap for gap in self._gaps() if gap.span.line == number]
        if gaps:
            yield f"  {messages.NOT_KNOWN}"
            yield from (f"    {self._text(gap.span)}  {gap.reason}" for gap in gaps)
        yield from self._dropped(number)

    def unknown(self) -> Iterator[str]:
        """Every expression of the file that nothing is claimed of, and the first reason."""
        for gap in self._gaps():
            place = f"{self.name}:{gap.span.line}:{gap.span.column + 1}"
            yield f"{place}: {self._text(gap.span)}: {gap.reason}"

    def _gaps(self) -> list[Gap]:
        """What is unknown, each reason once for all contexts."""
        distinct = {(gap.span, gap.reason): gap for gap in gaps_worth_saying(self.report, self.source)}
        return sorted(distinct.values(), key=_place)

    def _entered(self, context: Context) -> str:
        where = f"{context.function} [{context.instance}]" if context.instance else context.function
        led = [self._source(each) for each in self.report.sources.get(context.id, [])]
        return messages.context(where, list(dict.fromkeys(led)))

    def _source(self, source: Source) -> str:
        if ":" not in source.function:
            return messages.from_script(source.function)
        commands = [command_line(self.profile.runs[run], self.root) for run in source.runs]
        return messages.from_call(source.function.replace(":", "."), commands)

    def _origin(self, context: Context, span: Span) -> str:
        origin = self.report.origins.get((context.id, span))
        if origin is None:
            return messages.EVALUATED
        place = f" ({self._place(origin)})" if origin.path is not None else ""
        return said(origin) + place

    def _place(self, origin: Origin) -> str:
        return f"{os.path.relpath(origin.path or '', self.root)}:{origin.line}"

    def _text(self, span: Span) -> str:
        lines = self.source.encode().split(b"\n")[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        text = " ".join(b" ".join(lines).decode(errors="replace").split())
        return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"

    def _dropped(self, number: int) -> Iterator[str]:
        """What of the recording is not used, of the function and the class that the line stands in."""
        path = Path(self.name).resolve()
        modules = {r.module for r in self.profile.functions.values() if file_of(r, self.root).resolve() == path}
        around = list(enclosing(ast.parse(self.source), number))
        keys = {f"{module}:{qualname}" for module in modules for qualname in around}
        stale = list(stale_lines(self.drift.of(keys)))
        if stale:
            yield f"  {messages.STALE}"
            yield from (f"    {line}" for line in stale)


def said(origin: Origin) -> str:
    """An origin in words."""
    name = origin.name.replace(":", ".")
    if origin.kind == origins.OPERATION:
        return messages.by_oracle(name) if service.served_by(name) == service.ORACLE else messages.by_rule(name)
    if origin.kind == origins.LAYER:
        return messages.by_rule(name) if modules.known(name) else messages.by_oracle(name)
    return messages.from_seed(origin.kind, name)


def enclosing(tree: ast.Module, line: int) -> Iterator[str]:
    """The qualnames of the functions around a line, and of all methods of the classes around it."""
    yield MODULE
    for qualname, node, owner in walk_functions(tree):
        for each in (node, owner):
            if each is not None and each.lineno <= line <= (each.end_lineno or line):
                yield qualname


def aligned(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    """Columns."""
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for expression, type, origin in dict.fromkeys(rows):
        yield f"    {expression:<{widths[0]}}  {type:<{widths[1]}}  {origin}".rstrip()


def _place(found: object) -> tuple[int, int, int, int]:
    span: Span = found.span  # type: ignore[attr-defined]
    return span.line, span.column, -span.end_line, -span.end_column
