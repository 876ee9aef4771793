"""Where expressions begin and end, and which are inside which."""

from __future__ import annotations

from mypy_torch_shapes.evaluation.facts import Span


def start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def invert(position: tuple[int, int]) -> tuple[int, int]:
    return -position[0], -position[1]


def contains(outer: Span, inner: Span) -> bool:
    return start(outer) <= start(inner) and end(inner) <= end(outer)
