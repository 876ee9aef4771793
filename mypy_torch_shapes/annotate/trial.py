"""What mypy would say of annotated files: it looks into the bodies of annotated functions, and into no others."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

Said = tuple[str, int, str]  # file, line, message

_ELSEWHERE = re.compile(r" on line \d+")  # "already defined on line 66": an import that is added moves all lines


class CannotCheck(Exception):
    """mypy did not get to checking; its own words."""


def faulty(before: dict[str, str], after: dict[str, str]) -> dict[str, set[str]]:
    """By file, the functions in which mypy finds something once they are annotated. Raises CannotCheck."""
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return {}
    known = Counter((file, message) for file, _, message in _mypy(changed, {}))
    found: dict[str, set[str]] = {}
    for file, line, message in _mypy(changed, {name: after[name] for name in changed}):
        known[file, message] -= 1
        if known[file, message] < 0 and file in changed:
            found.setdefault(file, set()).update(_around(after[file], line))
    return found


def _mypy(files: list[str], shadows: dict[str, str]) -> list[Said]:
    """The errors in files, some of them read from elsewhere; configured as mypy is in this directory."""
    with tempfile.TemporaryDirectory() as directory:
        options: list[str] = []
        for number, (name, source) in enumerate(shadows.items()):
            shadow = Path(directory) / f"{number}.py"
            shadow.write_bytes(source.encode("utf-8"))
            options += ["--shadow-file", name, str(shadow)]
        command = [sys.executable, "-m", "mypy", "--output", "json", *options, "--", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise CannotCheck((done.stderr or done.stdout).strip().partition("\n")[0])
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    names = {os.path.abspath(name): name for name in files}
    return [
        (names.get(os.path.abspath(each["file"]), each["file"]), each["line"], _ELSEWHERE.sub("", each["message"]))
        for each in said
        if each["severity"] == "error"
    ]


def _around(source: str, line: int) -> Iterator[str]:
    """The qualified names of the functions that a line is in."""
    yield from _functions(ast.parse(source), "", line)


def _functions(node: ast.AST, prefix: str, line: int) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if named and child.lineno <= line <= (child.end_lineno or line):  # type: ignore[attr-defined]
            name = f"{prefix}{child.name}"  # type: ignore[attr-defined]
            if not isinstance(child, ast.ClassDef):
                yield name
            yield from _functions(child, f"{name}." if isinstance(child, ast.ClassDef) else f"{name}.<locals>.", line)
