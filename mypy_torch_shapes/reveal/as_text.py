"""The inferred types beside the source, for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import FileReport, Span
from mypy_torch_shapes.reveal.spans import contains, end, invert, start

WIDEST = 100  # columns of source before the types are no longer aligned


@dataclass(frozen=True)
class Remark:
    """What is said of one expression: its type in the first context that has one, and how many others differ."""

    span: Span
    text: str


def as_text(name: str, report: FileReport) -> str:
    """The source, and beside the line each outermost expression ends in, its type."""
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    remarks = outermost_by_line(remarks_of(report))
    width = min(WIDEST, max((len(line) for line in lines), default=0))
    shown = [f"{name}:"]
    for number, line in enumerate(lines, 1):
        beside = "; ".join(dict.fromkeys(remark.text for remark in remarks.get(number, ())))
        shown.append(f"{line:<{width}}  | {beside}".rstrip())
    return "\n".join(shown) + "\n"


def remarks_of(report: FileReport) -> list[Remark]:
    texts: dict[Span, list[str]] = {}
    for fact in report.facts:
        texts.setdefault(fact.span, []).append(fact.text)
    remarks = [Remark(span, summary(found)) for span, found in texts.items()]
    return remarks + [Remark(gap.span, f"unknown: {gap.reason}") for gap in report.gaps if gap.span not in texts]


def summary(texts: list[str]) -> str:
    """The first type, and in how many contexts there is another."""
    others = sum(text != texts[0] for text in texts)
    return f"{texts[0]} {messages.more_contexts(others)}" if others else texts[0]


def outermost_by_line(remarks: list[Remark]) -> dict[int, list[Remark]]:
    """By the line they end in, the expressions that are not part of another one ending there."""
    found: dict[int, list[Remark]] = {}
    for remark in sorted(remarks, key=lambda each: (each.span.end_line, start(each.span), invert(end(each.span)))):
        beside = found.setdefault(remark.span.end_line, [])
        if not (beside and contains(beside[-1].span, remark.span)):
            beside.append(remark)
    return found
