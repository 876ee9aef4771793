"""What an editor shows: hints behind names that are bound, and the text of a hover."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import Fact, FileReport, Span
from mypy_torch_shapes.reveal.details import Position, place_of, readings_of, span_at, symbols_of
from mypy_torch_shapes.reveal.summary import by_span, compact, lines_of, text_at

MOST_PLACES = 6  # contexts that are named for one type


@dataclass(frozen=True)
class Hint:
    """A type to be shown behind a position; `span` is what it is the type of."""

    line: int
    column: int
    label: str
    span: Span


def hints_of(report: FileReport, source: str) -> list[Hint]:
    """The type of every parameter and assigned name, where it is bound."""
    annotated = {
        _span(node.target): node.annotation
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign)
    }
    lines = lines_of(source)
    return [
        _hint(span, facts, annotated.get(span), text_at(lines, span))
        for span, facts in sorted(by_span(report.bindings).items())
    ]


def _hint(span: Span, facts: Sequence[Fact], annotation: ast.expr | None, text: str) -> Hint:
    """Behind the name; behind the annotation, where there is one."""
    if annotation is not None:
        return Hint(annotation.end_lineno or 0, annotation.end_col_offset or 0, f" {compact(facts)}", span)
    return Hint(span.end_line, span.end_column, f" {compact(facts)}" if ":" in text else f": {compact(facts)}", span)


def hover_of(report: FileReport, source: str, position: Position) -> tuple[Span, str] | None:
    """The innermost expression at a position, and in Markdown what it is in each context."""
    span = span_at(report, source, position)
    return None if span is None else (span, described(report, source, span))


def described(report: FileReport, source: str, span: Span) -> str:
    """In Markdown: the source, each type with the contexts it holds in, and what the symbols stand for."""
    readings = readings_of(report, source, span)
    parts = [f"```python\n{text_at(lines_of(source), span)}\n```"]
    for reading in readings:
        text = messages.unknown(reading.text) if reading.unknown else f"`{reading.text}`"
        places = list(dict.fromkeys(f"`{place_of(context)}`" for context in reading.contexts))
        more = [messages.and_more(len(places) - MOST_PLACES)] if len(places) > MOST_PLACES else []
        parts.append(f"- {text}" if len(readings) == 1 else f"- {text} in {', '.join([*places[:MOST_PLACES], *more])}")
    if len(readings) == 1 and len(places) == 1:
        parts.append(f"\nin {places[0]}")
    symbols = symbols_of(readings)
    if symbols:
        parts.append("\n" + ", ".join(f"`{name} = {meaning}`" for name, meaning in symbols.items()))
    return "\n".join(parts)


def moved(hints: Sequence[Hint], before: str, after: str) -> list[Hint]:
    """Hints of an older text for a newer one: only those on lines that are the same, above and below what changed."""
    if before == after:
        return list(hints)
    old, new = lines_of(before), lines_of(after)
    above = _common(old, new)
    below = min(_common(old[::-1], new[::-1]), len(old) - above, len(new) - above)
    shift = len(new) - len(old)
    kept = [hint for hint in hints if hint.line <= above]
    return kept + [replace(hint, line=hint.line + shift) for hint in hints if hint.line > len(old) - below]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(old), len(new)))


def _span(node: ast.expr) -> Span:
    return Span(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
