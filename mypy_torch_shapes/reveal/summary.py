"""What is said of one place in few words: over all contexts, and line by line."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import Fact, FileReport, Span
from mypy_torch_shapes.reveal.noise import gaps_worth_saying
from mypy_torch_shapes.reveal.spans import contains, end, invert, start

MOST_ALTERNATIVES = 4  # sizes of one axis, over the contexts


@dataclass(frozen=True)
class Remark:
    """What is said of an expression, or of a name where it is bound; `unknown`: that nothing is known."""

    span: Span
    text: str
    name: str = ""
    unknown: bool = False


def read_source(path: Path) -> str:
    """The text of a Python file, in the encoding it declares. Raises OSError, SyntaxError or UnicodeDecodeError."""
    return decoded(path.read_bytes())


def decoded(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return io.TextIOWrapper(io.BytesIO(source), encoding).read()


def lines_of(source: str) -> list[str]:
    """The lines as `ast` counts them: a form feed ends none."""
    lines = source.split("\n")
    return lines if lines[-1] else lines[:-1]


def remarks_by_line(report: FileReport, source: str) -> dict[int, list[Remark]]:
    """By the line they end in: the names bound there; where there are none, the outermost expressions."""
    lines = lines_of(source)
    bound: dict[int, list[Remark]] = {}
    for span, facts in by_span(report.bindings).items():
        name = text_at(lines, span).partition(":")[0].strip()
        bound.setdefault(span.end_line, []).append(Remark(span, in_all_contexts(facts), name))
    known = by_span(report.facts)
    remarks = [Remark(span, in_all_contexts(facts)) for span, facts in known.items()]
    gaps = {gap.span: messages.unknown(gap.reason) for gap in reversed(gaps_worth_saying(report, source))}
    remarks += [Remark(span, text, unknown=True) for span, text in gaps.items() if span not in known]
    found = outermost_by_line(remarks)
    for number, names in bound.items():
        found[number] = [*names, *(remark for remark in found.get(number, ()) if remark.unknown)]
    return found


def beside(remarks: Sequence[Remark], line: str) -> list[Remark]:
    """Each type once, with the names that have it; without, where the line begins with its only name."""
    names: dict[str, list[str]] = {}
    for remark in remarks:
        names.setdefault(remark.text, [])
        if remark.name and remark.name not in names[remark.text]:
            names[remark.text].append(remark.name)
    if len(names) == 1:
        ((text, those),) = names.items()
        if len(those) == 1 and line.strip().startswith(those[0]):
            names = {text: []}
    first = {remark.text: remark for remark in reversed(remarks)}
    return [Remark(first[text].span, text, ", ".join(those), first[text].unknown) for text, those in names.items()]


def by_span(facts: Iterable[Fact]) -> dict[Span, list[Fact]]:
    found: dict[Span, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.span, []).append(fact)
    return found


def in_all_contexts(facts: Sequence[Fact]) -> str:
    """The first type, and in how many contexts there is another."""
    others = sum(fact.text != facts[0].text for fact in facts)
    return f"{facts[0].text} {messages.more_contexts(others)}" if others else facts[0].text


def compact(facts: Sequence[Fact]) -> str:
    """The type in as few words as there are, axes that differ between contexts as alternatives: `N, 64|128, H, W`."""
    dtypes = list(dict.fromkeys(fact.dtype or "_" for fact in facts))
    ranked = [fact for fact in facts if fact.dims is not None]
    if not ranked:
        return f"{'|'.join(dtypes)}[...]"
    if len(ranked) < len(facts):
        return f"{compact(ranked)}|[...]"
    ranks = {len(fact.dims or ()) for fact in facts}
    if len(ranks) > 1:
        return f"{compact(facts[:1])} {messages.more_contexts(sum(fact.text != facts[0].text for fact in facts))}"
    axes = zip(*(fact.dims or () for fact in facts), strict=True)
    return f"{'|'.join(dtypes)}[{', '.join(map(alternatives, axes))}]"


def alternatives(sizes: Sequence[int | str | None]) -> str:
    """The sizes that an axis has in several contexts."""
    distinct = list(dict.fromkeys("_" if size is None else str(size) for size in sizes))
    if len(distinct) > MOST_ALTERNATIVES:
        return "|".join([*distinct[: MOST_ALTERNATIVES - 1], "…"])
    return "|".join(distinct)


def outermost_by_line(remarks: Iterable[Remark]) -> dict[int, list[Remark]]:
    """By the line they end in, the expressions that are not part of another one ending there."""
    found: dict[int, list[Remark]] = {}
    for remark in sorted(remarks, key=lambda each: (each.span.end_line, start(each.span), invert(end(each.span)))):
        those = found.setdefault(remark.span.end_line, [])
        if not (those and contains(those[-1].span, remark.span)):
            those.append(remark)
    return found


def text_at(lines: Sequence[str], span: Span) -> str:
    """The source of an expression, its lines joined."""
    if not 0 < span.line <= span.end_line <= len(lines):
        return ""
    taken = [line.encode() for line in lines[span.line - 1 : span.end_line]]
    taken[-1] = taken[-1][: span.end_column]
    taken[0] = taken[0][span.column :]
    return " ".join(b" ".join(taken).decode(errors="replace").split())
