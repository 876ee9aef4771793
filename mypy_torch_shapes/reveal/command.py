"""`mypy-torch-shapes reveal`: a source file with the tensor types inferred in it, for people or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mypy_torch_shapes import messages
from mypy_torch_shapes.config import Config, default_root
from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.reveal.as_html import write_pages
from mypy_torch_shapes.reveal.as_json import as_json
from mypy_torch_shapes.reveal.as_text import as_text, wants_colour
from mypy_torch_shapes.reveal.summary import read_source
from mypy_torch_shapes.seeds.store import profile_path

if TYPE_CHECKING:
    from mypy_torch_shapes.evaluation.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "mypy-torch-shapes reveal [options] (FILE ... | --explain FILE:LINE)"
    parser.add_argument("files", nargs="*", metavar="FILE", help="source files to show the tensor types of")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="write one JSON object for all files")
    how.add_argument("--html", type=Path, metavar="DIR", help="write a page for each file, to open in a browser")
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
    session = session_for(Config(root), explain=bool(file) or args.unknown)
    reports: dict[str, FileReport] = {}
    for name, fault in evaluate(session, files, reports):
        messages.say(messages.cannot_reveal(name, fault))
    if args.json:
        json.dump(as_json(reports), sys.stdout, indent=1)
        sys.stdout.write("\n")
    elif args.html:
        try:
            index = write_pages(args.html, reports, {name: read_source(Path(name)) for name in reports})
        except OSError as fault:
            messages.say(messages.cannot_write(args.html, fault.strerror or str(fault)))
            return 1
        sys.stdout.write(f"{index}\n")
    elif args.unknown or file:
        sys.stdout.writelines(f"{each}\n" for each in explained(session, reports, int(line) if file else None))
    else:
        coloured = wants_colour()
        texts = (as_text(name, report, read_source(Path(name)), coloured) for name, report in reports.items())
        sys.stdout.write("\n".join(texts))
    return 0 if len(reports) == len(set(files)) else 1


def explained(session: Session, reports: dict[str, FileReport], line: int | None) -> Iterator[str]:
    """Where the types on a line came from; without one, what is unknown in each file."""
    from mypy_torch_shapes.evaluation.drift import drift_of
    from mypy_torch_shapes.reveal.explain import Explainer

    drift = drift_of(session.profile, session.root)
    for name, report in reports.items():
        explainer = Explainer(name, report, session.profile, drift, session.root)
        yield from explainer.unknown() if line is None else explainer.line(line)


def evaluate(session: Session, files: list[str], reports: dict[str, FileReport]) -> Iterable[tuple[str, str]]:
    """Fill `reports`; yields what could not be evaluated, and why."""
    for name in files:
        try:
            compile(Path(name).read_bytes(), name, "exec", dont_inherit=True)
            read_source(Path(name))  # Python takes some texts that are not in their encoding
            reports[name] = session.report(Path(os.path.abspath(name)))
        except OSError as fault:
            yield name, fault.strerror or str(fault)
        except (SyntaxError, ValueError) as fault:
            yield name, str(fault)
