"""The inferred types beside the source, for a terminal."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TextIO

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import FileReport, Finding
from mypy_torch_shapes.reveal.summary import Remark, beside, lines_of, remarks_by_line

WIDEST = 100  # columns of source before the types are no longer aligned
NOTHING = "Tensor[_, ...]"  # a tensor, and not more than that
STYLES = {"frame": "2", "type": "36", "unknown": "33", "error": "1;31", "title": "1"}  # as terminals number them


def as_text(name: str, report: FileReport, source: str, coloured: bool = False) -> str:
    """The source, and beside each line what is known of what ends in it, or what is wrong with it."""

    def styled(text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if coloured and text else text

    def shown(remark: Remark) -> str:
        words = styled(remark.text, "unknown" if remark.unknown else "type")
        return f"{remark.name}: {words}" if remark.name else words

    lines = [line.expandtabs() for line in lines_of(source)]
    remarks = remarks_by_line(report, source)
    findings: dict[int, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.span.end_line, []).append(finding)
    width = min(WIDEST, max(map(columns, lines), default=0))
    text = [styled(f"{name}:", "title")]
    for number, line in enumerate(lines, 1):
        said = [styled(messages.error(each.message), "error") for each in findings.get(number, ())]
        said += [
            shown(remark)
            for remark in beside(remarks.get(number, ()), line)
            if not (_says_nothing(remark) and any(each.span == remark.span for each in findings.get(number, ())))
        ]
        padding = " " * (width - columns(line))
        text.append(f"{line}{padding}  {styled('|', 'frame')} {'; '.join(said)}".rstrip())
    return "\n".join(text) + "\n"


def _says_nothing(remark: Remark) -> bool:
    """Beside the error, which is why nothing more is known."""
    return remark.unknown or remark.text == NOTHING


def columns(line: str) -> int:
    """How many columns a terminal needs for a line."""
    return len(line) if line.isascii() and line.isprintable() else sum(_columns_of(character) for character in line)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cc":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wants_colour(stream: TextIO | None = None) -> bool:
    """Whether to write colours: to a terminal that has them, unless the user says not to (https://no-color.org)."""
    stream = sys.stdout if stream is None else stream
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
