"""All that is known of one expression, contexts that agree said together: for hovers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mypy_torch_shapes.evaluation.facts import Context, Fact, FileReport, Gap, Span
from mypy_torch_shapes.reveal.noise import gaps_worth_saying
from mypy_torch_shapes.reveal.spans import end, start

Position = tuple[int, int]  # line from 1, column from 0 in UTF-8 bytes


@dataclass(frozen=True)
class Reading:
    """A type, or a reason why there is none, and the contexts it holds in."""

    text: str
    unknown: bool
    contexts: tuple[Context, ...]


def span_at(report: FileReport, source: str, position: Position) -> Span | None:
    """The innermost expression at a position that anything is said of."""
    said: list[Fact | Gap] = [*report.facts, *report.bindings, *gaps_worth_saying(report, source)]
    around = {each.span for each in said if start(each.span) <= position <= end(each.span)}
    return max(around, key=lambda span: (start(span), (-span.end_line, -span.end_column)), default=None)


def readings_of(report: FileReport, source: str, span: Span) -> list[Reading]:
    """What an expression is, type by type, then why it is unknown elsewhere."""
    contexts = {context.id: context for context in report.contexts}
    found: dict[tuple[bool, str], list[Context]] = {}
    for fact in (*report.facts, *report.bindings):
        if fact.span == span:
            found.setdefault((False, fact.text), []).append(contexts[fact.context])
    for gap in gaps_worth_saying(report, source):
        if gap.span == span:
            found.setdefault((True, gap.reason), []).append(contexts[gap.context])
    return [Reading(text, unknown, tuple(those)) for (unknown, text), those in found.items()]


def symbols_of(readings: Sequence[Reading]) -> dict[str, str]:
    """The symbols that the types mention, each as the first context that has it defines it."""
    found: dict[str, str] = {}
    for reading in readings:
        for context in reading.contexts if not reading.unknown else ():
            for name, meaning in (*context.symbols, *context.local):
                if mentions(reading.text, (name,)):
                    found.setdefault(name, meaning)
    return found


def mentions(text: object, names: Collection[str]) -> bool:
    """Whether any of the names stands in an expression or a type."""
    return isinstance(text, str) and not set(re.findall(r"\w+", text)).isdisjoint(names)


def place_of(context: Context) -> str:
    """Where a context is: an instance and the function, or the function alone."""
    return f"{context.instance}: {context.function}" if context.instance else context.function
