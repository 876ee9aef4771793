"""Which functions of a program its driver enters: of a long file, most edits elsewhere would tell nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.harness.measure import observed
from tests.harness.programs import Program
from tests.mutants.edits import Edit


def entered(program: Program, project: Path) -> dict[str, list[tuple[int, int]]]:
    """By file, the lines of the functions that the run at the first setting enters, each without the nested ones."""
    log = observed(program, project, program.sizes[0])
    names = {(row["file"], row["function"]) for row in log["invocations"]}
    found = {}
    for file, source in program.sources(project).items():
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found[file] = [span for name, span in functions(ast.parse(source), module) if (file, name) in names]
    return found


def functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each function's full name, and its first and last line."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            name = f"{prefix}.{child.name}"
            yield name, (child.lineno, child.end_lineno or child.lineno)
            yield from functions(child, f"{name}.<locals>")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}.{child.name}")
        else:
            yield from functions(child, prefix)


def reaches(edit: Edit, source: str, entered: dict[str, list[tuple[int, int]]]) -> bool:
    """Whether all of an edit is in functions that are entered."""
    lines = [source.count("\n", 0, start) + 1 for start, _, _ in edit.replacements]
    return all(any(first <= line <= last for first, last in entered[edit.file]) for line in lines)
