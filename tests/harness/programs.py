"""Which programs are measured, and how each is laid out in a directory of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
OWN = TESTS / "programs"
NETWORKS = TESTS / "networks"


@dataclass(frozen=True)
class Program:
    """Files to measure, the driver that runs them, and its settings: the first is profiled, the others check."""

    name: str
    files: tuple[str, ...]
    driver: str
    sizes: tuple[str, ...]
    directory: Path | None = None  # copied whole
    library: str | None = None  # an installed package, whose Python files are copied
    examples: tuple[tuple[str, str], ...] = ()  # path in a checkout of pytorch/examples -> path in the project
    floor: float = 0.0  # the coverage that is required
    nets: tuple[str, ...] = ("",)  # the functions that are the network itself, by the start of their names

    def lay_out(self, project: Path, checkout: Path | None) -> None:
        """Copy everything the program needs into `project`."""
        project.mkdir(parents=True)
        skipped = shutil.ignore_patterns("__pycache__", "*.json")
        if self.directory is not None:
            shutil.copytree(self.directory, project, dirs_exist_ok=True, ignore=skipped)
        if self.library is not None:
            copy_library(self.library, project / self.library)
        for source, target in self.examples:
            assert checkout is not None, "this program needs a checkout of pytorch/examples: --examples DIR"
            (project / target).parent.mkdir(parents=True, exist_ok=True)
            (project / target).write_bytes(read_example(checkout, source))

    def sources(self, project: Path) -> dict[str, str]:
        return {file: (project / file).read_text(encoding="utf-8") for file in self.files}


def copy_library(name: str, target: Path) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.submodule_search_locations, f"{name} is not installed"
    origin = Path(next(iter(spec.submodule_search_locations)))
    for file in origin.rglob("*.py"):
        copy = target / file.relative_to(origin)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def read_example(checkout: Path, path: str) -> bytes:
    """From a work tree, or from a bare repository."""
    if (checkout / path).exists():
        return (checkout / path).read_bytes()
    shown = subprocess.run(["git", "-C", str(checkout), "show", f"HEAD:{path}"], capture_output=True, check=True)
    return shown.stdout


def own() -> list[Program]:
    """The programs of `tests/programs`."""
    table = json.loads((OWN / "programs.json").read_text())
    return [
        Program(
            name,
            tuple(row["files"]),
            row.get("driver", "driver.py"),
            tuple(row["sizes"]),
            OWN / name,
            floor=row["floor"],
        )
        for name, row in table.items()
    ]


def networks() -> list[Program]:
    """The real networks of `tests/networks/networks.json`."""
    table = json.loads((NETWORKS / "networks.json").read_text())
    return [
        Program(
            name,
            tuple(row["files"]),
            row["driver"],
            tuple(row["sizes"]),
            NETWORKS / "drivers",
            row.get("library"),
            tuple(row.get("examples", {}).items()),
            nets=tuple(row.get("nets", [""])),
        )
        for name, row in table.items()
    ]


def examples_checkout(given: str | None) -> Path | None:
    path = given or os.environ.get("PYTORCH_EXAMPLES")
    return Path(path) if path else None
