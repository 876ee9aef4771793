"""The plugin over a session that reads its report off comments in the source, and writes down what it was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import mypy_torch_shapes
from mypy_torch_shapes.checking import outcomes
from mypy_torch_shapes.config import Config
from mypy_torch_shapes.evaluation.facts import FileReport, Finding, Span

DIRECTIVE = re.compile(r"# (BAD-IF|BAD|REVEAL|CRASH)\b ?(.*)$")
plugin = mypy_torch_shapes.plugin


def __getattr__(name: str) -> object:
    return getattr(mypy_torch_shapes, name)


class CommentSession:
    """`# BAD text` is an error, `# BAD-IF file word text` one if `word` is in that file, `# REVEAL text`, `# CRASH`."""

    def __init__(self, config: Config) -> None:
        self.root = config.root
        self.unsaved: Mapping[Path, bytes] = {}

    def refresh(self, unsaved: Mapping[Path, bytes] | None = None) -> None:
        self.unsaved = unsaved or {}

    def report(self, file: Path) -> FileReport:
        with open(self.root / "evaluated.log", "a") as log:
            log.write(file.name + "\n")
        report = FileReport(depends_on={str(file): ""})
        source = self.unsaved.get(file) or file.read_bytes()
        for number, line in enumerate(source.decode().splitlines(), 1):
            if found := DIRECTIVE.search(line):
                start = len(line) - len(line.lstrip())
                self.obey(report, found[1], found[2], Span(number, start, number, found.start()))
        return report

    def obey(self, report: FileReport, directive: str, text: str, span: Span) -> None:
        if directive == "CRASH":
            raise KeyError("provoked")
        if directive == "REVEAL":
            argument = Span(span.line, span.column + len("reveal_type("), span.line, span.end_column)
            report.reveals.append((argument, text))
            return
        if directive == "BAD-IF":
            name, word, text = text.split(" ", 2)
            other = self.root / name
            report.depends_on[name] = ""
            if not (other.exists() and word in other.read_text()):
                return
        report.findings.append(Finding(span, "tensor-shape", text, ("a note on " + text,)))


outcomes.open_session = CommentSession  # type: ignore[assignment]
