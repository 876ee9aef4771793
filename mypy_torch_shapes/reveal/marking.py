"""Source as HTML: expressions in nested marks, Python's own words in colours, line by line."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from mypy_torch_shapes.evaluation.facts import Span
from mypy_torch_shapes.reveal.spans import end, start
from mypy_torch_shapes.reveal.summary import lines_of

Position = tuple[int, int]  # line from 1, column from 0 in UTF-8 bytes
COLOURED = {tokenize.STRING: "s", tokenize.NUMBER: "d", tokenize.COMMENT: "c"}
FSTRING = {getattr(tokenize, f"FSTRING_{part}", None) for part in ("START", "MIDDLE", "END")}  # from Python 3.12 on


@dataclass(frozen=True)
class Mark:
    """An expression's number on the page, and its class: "ok", "un"known, or "er"roneous."""

    number: int
    kind: str


def marked_lines(source: str, marks: Mapping[Span, Mark]) -> list[str]:
    """Each line as HTML. A mark over several lines is closed at the end of each and opened again."""
    lines = [line.encode() for line in lines_of(source)]
    words = coloured_words(source)
    nested = list(nesting(marks))
    opening: dict[int, list[Span]] = {}
    for span in nested:
        for number in range(span.line, span.end_line + 1):
            opening.setdefault(number, []).append(span)
    return [
        "".join(_line(line, number, opening.get(number, []), marks, words.get(number, [])))
        for number, line in enumerate(lines, 1)
    ]


def nesting(spans: Mapping[Span, object]) -> Iterator[Span]:
    """The spans, outer ones first, without those that cross another: `ast` misplaces what is inside f-strings."""
    stack: list[Span] = []
    for span in sorted(spans, key=lambda each: (start(each), (-each.end_line, -each.end_column))):
        while stack and end(stack[-1]) <= start(span):
            stack.pop()
        if start(span) < end(span) and (not stack or end(span) <= end(stack[-1])):
            stack.append(span)
            yield span


def coloured_words(source: str) -> dict[int, list[tuple[int, int, str]]]:
    """By line: first column, last column and class of keywords, strings, numbers and comments."""
    lines = lines_of(source)
    found: dict[int, list[tuple[int, int, str]]] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        style = COLOURED.get(token.type, "s" if token.type in FSTRING else "")
        if token.type == tokenize.NAME and keyword.iskeyword(token.string):
            style = "k"
        for number in range(token.start[0], token.end[0] + 1) if style else ():
            line = lines[number - 1]
            first = token.start[1] if number == token.start[0] else 0
            last = token.end[1] if number == token.end[0] else len(line)
            found.setdefault(number, []).append((len(line[:first].encode()), len(line[:last].encode()), style))
    return found


def _line(
    line: bytes, number: int, spans: list[Span], marks: Mapping[Span, Mark], words: list[tuple[int, int, str]]
) -> Iterator[str]:
    """One line: at each column what is closed, and what is opened there; a word's colour ends where a mark does."""
    opened: dict[int, list[str]] = {}
    closed: dict[int, int] = {}
    for span in spans:
        first = span.column if span.line == number else len(line) - len(line.lstrip())
        last = span.end_column if span.end_line == number else len(line)
        if first < last:
            mark = marks[span]
            opened.setdefault(first, []).append(f'<span class="e {mark.kind}" data-x="{mark.number}">')
            closed[last] = closed.get(last, 0) + 1
    edges = {0, len(line), *opened, *closed, *(edge for word in words for edge in word[:2])}
    columns = sorted(edges)
    for column, following in zip(columns, [*columns[1:], len(line)], strict=True):
        yield "</span>" * closed.get(column, 0)
        yield from opened.get(column, ())
        text = escape(line[column:following].decode(errors="replace"))
        style = next((style for first, last, style in words if first <= column < last), None)
        yield f'<span class="{style}">{text}</span>' if style and text else text
