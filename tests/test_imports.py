"""Imports point one way, and what a run does not need is not imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mypy_torch_shapes"
SELF = PACKAGE.name
BASE = {"_version", "messages", "config"}  # options and sentences: everyone's

# Each part, and the parts it may import.
MAY_IMPORT: dict[str, set[str]] = {
    "shapes": set(),
    "annotations": {"shapes"},
    "rules": {"shapes"},
    "seeds": {"shapes"},
    "profiling": {"seeds", "shapes"},
    "evaluation": {"annotations", "rules", "seeds", "shapes"},
    "opening": {"evaluation", "rules", "seeds"},
    "checking": {"evaluation", "seeds", "shapes", "opening"},
    "reveal": {"evaluation", "rules", "seeds", "opening", "status"},
    "status": {"evaluation", "seeds"},
    "starting": {"evaluation", "opening", "seeds"},
    "pytest_plugin": {"profiling"},
    "mypy_plugin": {"checking"},
    "annotate": {"annotations", "evaluation", "opening", "seeds", "shapes"},
    "lsp": {"evaluation", "opening", "reveal", "seeds"},
    "cli": {"annotate", "lsp", "profiling", "seeds", "reveal", "starting", "status"},
    "__main__": {"cli"},
    "__init__": {"mypy_plugin", "profiling"},
}
ONLY = {
    "mypy": {"mypy_plugin", "checking", "__init__"},
    "torch": {"profiling", "rules.oracle"},
    "sympy": {"shapes"},
    "libcst": {"annotate"},
    "pygls": {"lsp.server"},
    "lsprotocol": {"lsp.server"},
}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = [SELF, *path.relative_to(PACKAGE).parent.parts]
            base = [".".join(package[: len(package) - node.level + 1])] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            if module == SELF:
                yield from (f"{SELF}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    ours = {name.split(".")[1] for name in imports(path) if name.startswith(SELF + ".")}
    parts = {each.name.removesuffix(".py") for each in PACKAGE.iterdir()}
    used = (ours & parts) - {part} - BASE
    assert used <= MAY_IMPORT.get(part, set()), f"{part} imports {sorted(used - MAY_IMPORT.get(part, set()))}"


@pytest.mark.parametrize("library", ONLY)
def test_only_the_parts_that_must_import_a_library(library: str) -> None:
    users = [path for path in SOURCES if any(name.split(".")[0] == library for name in imports(path))]
    names = {".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in users}
    assert not {name for name in names if not f"{name}.".startswith(tuple(f"{each}." for each in ONLY[library]))}


@pytest.mark.parametrize("module", ["", ".mypy_plugin", ".shapes", ".rules", ".seeds.store"])
def test_importing_costs_neither_torch_nor_sympy(module: str) -> None:
    code = f"import sys, {SELF}{module}; print(sorted({{'torch', 'sympy'}} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
