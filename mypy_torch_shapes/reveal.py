"""`mypy-torch-shapes reveal`: a source file with the tensor types inferred in it, for people or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mypy_torch_shapes import messages
from mypy_torch_shapes.config import Config, default_root
from mypy_torch_shapes.evaluation.facts import Fact, FileReport, Span
from mypy_torch_shapes.seeds.store import profile_path

if TYPE_CHECKING:
    from mypy_torch_shapes.evaluation.session import Session

VERSION = 1  # of the JSON
WIDEST = 100  # columns of source before the types are no longer aligned


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "mypy-torch-shapes reveal [options] (FILE ... | --explain FILE:LINE)"
    parser.add_argument("files", nargs="*", metavar="FILE", help="source files to show the tensor types of")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="write one JSON object for all files")
    how.add_argument("--unknown", action="store_true", help="list the expressions of unknown type, and why they are")
    how.add_argument("--explain", metavar="FILE:LINE", help="say where each type on this line came from")
    parser.add_argument("--root", type=Path, help="where .mypy_torch_shapes is (default: here)")


def run(args: argparse.Namespace) -> int:
    """Show every file that can be shown; 1 if one could not."""
    root = (args.root or default_root(None, Path.cwd())).resolve()
    if not profile_path(root).exists():
        messages.say(messages.no_profile(root))
    file, _, line = (args.explain or "").rpartition(":")
    if (not args.files) == (args.explain is None) or (args.explain is not None and not (file and line.isdecimal())):
        messages.say(messages.WHICH_FILE)
        return 2
    from mypy_torch_shapes.opening import session_for

    files = [file] if file else args.files
    session = session_for(Config(root), explain=bool(file))
    reports: dict[str, FileReport] = {}
    for name, fault in evaluate(session, files, reports):
        messages.say(messages.cannot_reveal(name, fault))
    if args.json:
        json.dump(as_json(reports), sys.stdout, indent=1)
        sys.stdout.write("\n")
    elif args.unknown or file:
        sys.stdout.writelines(f"{each}\n" for each in explained(session, reports, int(line) if file else None))
    else:
        sys.stdout.write("\n".join(as_text(name, report) for name, report in reports.items()))
    return 0 if len(reports) == len(set(files)) else 1


def explained(session: Session, reports: dict[str, FileReport], line: int | None) -> Iterator[str]:
    """Where the types on a line came from; without one, what is unknown in each file."""
    from mypy_torch_shapes.evaluation.drift import drift_of
    from mypy_torch_shapes.explaining import Explainer

    drift = drift_of(session.profile, session.root)
    for name, report in reports.items():
        explainer = Explainer(name, report, session.profile, drift, session.root)
        yield from explainer.unknown() if line is None else explainer.line(line)


def evaluate(session: Session, files: list[str], reports: dict[str, FileReport]) -> Iterable[tuple[str, str]]:
    """Fill `reports`; yields what could not be evaluated, and why."""
    for name in files:
        try:
            compile(Path(name).read_bytes(), name, "exec", dont_inherit=True)
            reports[name] = session.report(Path(os.path.abspath(name)))
        except OSError as fault:
            yield name, fault.strerror or str(fault)
        except (SyntaxError, ValueError) as fault:
            yield name, str(fault)


def as_json(reports: dict[str, FileReport]) -> dict[str, object]:
    """The contract of docs/reveal.md. Contexts are numbered through all files."""
    contexts: list[dict[str, object]] = []
    expressions: list[dict[str, object]] = []
    for name, report in reports.items():
        ids = {context.id: len(contexts) + index for index, context in enumerate(report.contexts)}
        contexts += (
            {
                "id": ids[context.id],
                "function": context.function,
                "instance": context.instance,
                "symbols": dict(context.symbols),
            }
            for context in report.contexts
        )
        expressions += (expression_json(fact, name, ids[fact.context]) for fact in report.facts)
    return {"version": VERSION, "contexts": contexts, "expressions": expressions}


def expression_json(fact: Fact, file: str, context: int) -> dict[str, object]:
    span = fact.span
    return {
        "context": context,
        "file": file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "type": {
            "dtype": fact.dtype,
            "dims": None if fact.dims is None else list(fact.dims),
            "text": fact.text,
        },
    }


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


def start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def invert(position: tuple[int, int]) -> tuple[int, int]:
    return -position[0], -position[1]


def contains(outer: Span, inner: Span) -> bool:
    return start(outer) <= start(inner) and end(inner) <= end(outer)
