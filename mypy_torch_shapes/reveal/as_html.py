"""The inferred types as static pages: one for each file, and an index; nothing is loaded from anywhere."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import Context, FileReport, Finding, Span
from mypy_torch_shapes.reveal.marking import Mark, marked_lines
from mypy_torch_shapes.reveal.noise import gaps_worth_saying
from mypy_torch_shapes.reveal.summary import Remark, beside, by_span, compact, lines_of, remarks_by_line

ASSETS = {"style": "style.css", "script": "script.js"}
WIDEST = 100  # columns of source; longer lines are wrapped


def write_pages(directory: Path, reports: Mapping[str, FileReport], sources: Mapping[str, str]) -> Path:
    """A page for each file, and `index.html`, which is returned. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    names = page_names(list(reports))
    rows = []
    for name, report in reports.items():
        page = Page(name, report, sources[name])
        (directory / names[name]).write_text(page.html(), encoding="utf-8")
        rows.append(page.index_row(names[name]))
    index = directory / "index.html"
    index.write_text(filled("index.html", title="Tensor types", rows="\n".join(rows)), encoding="utf-8")
    return index


def page_names(files: Sequence[str]) -> dict[str, str]:
    """A file name for each page: the path below what all have in common; never that of the index."""
    paths = {name: os.path.abspath(name) for name in files}
    common = os.path.dirname(os.path.commonpath(list(paths.values()))) if len(paths) == 1 else ""
    base = common or os.path.commonpath(list(paths.values()))
    return {
        name: f"{os.path.relpath(path, base).replace('_', '__').replace(os.sep, '_-')}.html"
        for name, path in paths.items()
    }


def filled(template: str, **parts: str) -> str:
    """A template with `{{name}}`s replaced; style and script are part of every page."""
    page = files(__package__) / "page"
    parts |= {name: (page / file).read_text(encoding="utf-8") for name, file in ASSETS.items()}
    text = (page / template).read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


class Page:
    """The page of one file."""

    def __init__(self, name: str, report: FileReport, source: str) -> None:
        self.name = name
        self.report = report
        self.source = source
        self.lines = lines_of(source)
        self.contexts = {context.id: context for context in report.contexts}
        self.known = by_span([*report.facts, *report.bindings])
        self.unknown: dict[Span, dict[int, str]] = {}
        for gap in gaps_worth_saying(report, source):
            self.unknown.setdefault(gap.span, {}).setdefault(gap.context, gap.reason)

    def html(self) -> str:
        spans = sorted(self.known.keys() | self.unknown.keys())
        marks = {span: self._mark(number, span) for number, span in enumerate(spans)}
        rows = marked_lines(self.source, marks)
        remarks = remarks_by_line(self.report, self.source)
        below: dict[int, list[Finding]] = {}
        for finding in self.report.findings:
            below.setdefault(finding.span.end_line, []).append(finding)
        selectors = self._selectors()
        body = [
            self._row(number, row, beside(remarks.get(number, ()), self.lines[number - 1]), selectors.get(number, ""))
            + "".join(self._finding(each) for each in below.get(number, ()))
            for number, row in enumerate(rows, 1)
        ]
        return filled(
            "page.html",
            title=escape(self.name),
            counts=self._counts(),
            columns=str(min(WIDEST, max(map(len, self.lines), default=0))),
            lines="\n".join(body),
            data=json.dumps(self._data(spans), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
        )

    def index_row(self, page: str) -> str:
        counts = "".join(f"<td>{count}</td>" for count in self._numbers())
        return f'<tr><td><a href="{escape(page)}">{escape(self.name)}</a></td>{counts}</tr>'

    def _numbers(self) -> tuple[int, int, int]:
        """Expressions and names with a type, without one, and findings."""
        return len(self.known), len(self.unknown.keys() - self.known.keys()), len(self.report.findings)

    def _counts(self) -> str:
        known, unknown, findings = self._numbers()
        return (
            f'<span class="count">{known} typed</span>'
            f'<button id="next-unknown" class="count un"{"" if unknown else " disabled"}>{unknown} unknown</button>'
            f'<button id="next-error" class="count er"{"" if findings else " disabled"}>'
            f"{messages.counted(findings, 'error')}</button>"
        )

    def _mark(self, number: int, span: Span) -> Mark:
        wrong = any(finding.span == span for finding in self.report.findings)
        return Mark(number, "er" if wrong else "ok" if span in self.known else "un")

    def _row(self, number: int, code: str, remarks: Sequence[Remark], selector: str) -> str:
        said = "; ".join(self._said(remark) for remark in remarks)
        return (
            f'<div class="l" id="L{number}"><a class="n" href="#L{number}" tabindex="-1">{number}</a>'
            f'<code>{code}</code><span class="t">{selector}{said}</span></div>'
        )

    def _said(self, remark: Remark) -> str:
        """What stands beside a line; the script finds it by its expression when another context is chosen."""
        if remark.unknown:
            return f'<span class="un">{escape(remark.text)}</span>'
        name = f"<i>{escape(remark.name)}</i> " if remark.name else ""
        span = remark.span
        place = f"{span.line}:{span.column}:{span.end_line}:{span.end_column}"
        return f'{name}<b data-at="{place}">{escape(compact(self.known[span]))}</b>'

    def _finding(self, finding: Finding) -> str:
        notes = "".join(f"<small>{escape(note)}</small>" for note in finding.notes)
        return f'<div class="f" role="note"><p>{escape(finding.message)} <em>[{finding.code}]</em></p>{notes}</div>'

    def _selectors(self) -> dict[int, str]:
        """By the line of the `def`: where the function has several contexts, a choice between them."""
        functions: dict[str, list[Context]] = {}
        for context in self.report.contexts:
            functions.setdefault(context.function, []).append(context)
        first: dict[int, int] = {}
        for fact in (*self.report.bindings, *self.report.facts):
            first[fact.context] = min(first.get(fact.context, fact.span.line), fact.span.line)
        found: dict[int, str] = {}
        for function, contexts in functions.items():
            said = [context for context in contexts if context.id in first]
            if len(said) > 1:
                found[self._def_line(min(first[context.id] for context in said))] = selector(function, said)
        return found

    def _def_line(self, line: int) -> int:
        """The line of the `def` around the first thing known of a function."""
        for number in range(line, max(line - 40, 0), -1):
            if self.lines[number - 1].lstrip().startswith(("def ", "async def ")):
                return number
        return line

    def _data(self, spans: Sequence[Span]) -> dict[str, object]:
        """What the script needs: by the number of the expression, its type in each context."""
        texts: dict[str, int] = {}
        wrong = {finding.span: finding.message for finding in self.report.findings}

        def number(text: str) -> int:
            return texts.setdefault(text, len(texts))

        expressions = [
            {
                "p": f"{span.line}:{span.column}:{span.end_line}:{span.end_column}",
                "k": [[f.context, number(f.text), number(compact([f]))] for f in self.known.get(span, ())],
                "u": [[context, number(reason)] for context, reason in self.unknown.get(span, {}).items()],
                **({"c": compact(self.known[span])} if span in self.known else {}),
                **({"e": wrong[span]} if span in wrong else {}),
            }
            for span in spans
        ]
        contexts = {
            context.id: [label_of(context), context.function, dict(context.symbols + context.local)]
            for context in self.report.contexts
        }
        return {"texts": list(texts), "contexts": contexts, "expressions": expressions}


def selector(function: str, contexts: Sequence[Context]) -> str:
    """A list to choose one context from, or all of them."""
    labels = labels_of(contexts)
    options = "".join(f'<option value="{c.id}">{escape(labels[c.id])}</option>' for c in contexts)
    name = escape(function)
    return (
        f'<select data-function="{name}" aria-label="context of {name}">'
        f'<option value="">all {len(contexts)} contexts</option>{options}</select>'
    )


def labels_of(contexts: Sequence[Context]) -> dict[int, str]:
    """What tells contexts of one function apart: the instance, and a number where that is not enough."""
    times = Counter(label_of(context) for context in contexts)
    seen: Counter[str] = Counter()
    found = {}
    for context in contexts:
        label = label_of(context)
        seen[label] += 1
        found[context.id] = f"{label} #{seen[label]}" if times[label] > 1 else label
    return found


def label_of(context: Context) -> str:
    if context.instance is None:
        return "call"
    return context.instance or "the root module"
