"""Which programs are measured, and how each is laid out in a directory of its own."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
OWN = TESTS / "programs"
NETWORKS = TESTS / "networks"
REAL_CODE = TESTS / "real_code"
RELATIVE = re.compile(r"^(\s*from )(\.+)(\w*)", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """Files to measure, the driver that runs them, and its settings: the first is profiled, the others check."""

    name: str
    files: tuple[str, ...]
    driver: str
    sizes: tuple[str, ...]
    directory: Path | None = None  # copied whole
    drivers: Path | None = None  # of which the driver and what the drivers share are copied
    library: str | None = None  # an installed package, whose Python and text files are copied
    installed: tuple[tuple[str, str], ...] = ()  # a file of an installed package -> path in the project
    examples: tuple[tuple[str, str], ...] = ()  # path in a checkout of pytorch/examples -> path in the project
    floor: float = 0.0  # the coverage that is required
    nets: tuple[str, ...] = ("",)  # the functions that are the network itself, by the start of their names

    def lay_out(self, project: Path, checkout: Path | None) -> None:
        """Copy everything the program needs into `project`."""
        project.mkdir(parents=True)
        skipped = shutil.ignore_patterns("__pycache__", "*.json")
        if self.directory is not None:
            shutil.copytree(self.directory, project, dirs_exist_ok=True, ignore=skipped)
        if self.drivers is not None:
            for name in (self.driver, "support.py"):
                shutil.copyfile(self.drivers / name, project / name)
        if self.library is not None:
            copy_library(self.library, project / self.library)
        for source, target in self.installed:
            (project / target).parent.mkdir(parents=True, exist_ok=True)
            (project / target).write_text(standing_alone(source), encoding="utf-8")
        for source, target in self.examples:
            assert checkout is not None, "this program needs a checkout of pytorch/examples: --examples DIR"
            (project / target).parent.mkdir(parents=True, exist_ok=True)
            (project / target).write_bytes(read_example(checkout, source))

    def as_json(self) -> dict[str, Any]:
        """The arguments of `given` that make this program again."""
        return {"directory": str(self.directory), "driver": self.driver, "files": self.files, "sizes": self.sizes}

    def sources(self, project: Path) -> dict[str, str]:
        return {file: (project / file).read_text(encoding="utf-8") for file in self.files}


def package_directory(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.submodule_search_locations, f"{name} is not installed"
    return Path(next(iter(spec.submodule_search_locations)))


def standing_alone(path: str) -> str:
    """A file of an installed package as people copy it into a project: its relative imports made absolute."""
    package, *inner = Path(path).parts
    source = package_directory(package).joinpath(*inner).read_text(encoding="utf-8")
    home = Path(path).parts[:-1]

    def absolute(found: re.Match[str]) -> str:
        start, dots, name = found.groups()
        return start + ".".join([*home[: len(home) - len(dots) + 1], *([name] if name else [])])

    return RELATIVE.sub(absolute, source)


def copy_library(name: str, target: Path) -> None:
    origin = package_directory(name)
    for file in [*origin.rglob("*.py"), *origin.rglob("*.txt")]:  # a package may read its version from one
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
    return driven(NETWORKS / "networks.json")


def real_code() -> list[Program]:
    """The model files of public libraries of `tests/real_code/real_code.json`."""
    return driven(REAL_CODE / "real_code.json")


def driven(table: Path) -> list[Program]:
    """Other people's code, run by drivers of ours beside the table."""
    return [
        Program(
            name,
            tuple(row["files"]),
            row["driver"],
            tuple(row["sizes"]),
            directory=table.parent / row["directory"] if "directory" in row else None,
            drivers=table.parent / "drivers",
            library=row.get("library"),
            installed=tuple(row.get("installed", {}).items()),
            examples=tuple(row.get("examples", {}).items()),
            nets=tuple(row.get("nets", [""])),
        )
        for name, row in json.loads(table.read_text()).items()
    ]


def given(directory: Path, driver: str, files: Sequence[str], sizes: Sequence[str]) -> Program:
    """Any directory with a driver. Without `files`, all its Python files but the driver are the program's."""
    directory = directory.resolve()
    named = files or [str(path.relative_to(directory)) for path in directory.rglob("*.py") if path.name != driver]
    return Program(directory.name, tuple(named), driver, tuple(sizes), directory)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that name a program of no suite."""
    parser.add_argument("--program", type=Path, help="any directory with a driver")
    parser.add_argument("--driver", default="driver.py")
    parser.add_argument("--files", nargs="*", default=[], help="the program's files (default: all but the driver)")
    parser.add_argument("--sizes", nargs="*", default=[""], help='settings such as "N=4 H=64"; the first is profiled')


def chosen(suites: Sequence[str], only: Sequence[str], checkout: Path | None) -> list[Program]:
    """Programs of suites, some by name; where there is no checkout of pytorch/examples, not its own, which is said."""
    wanted = [each for name in suites for each in SUITES[name]() if not only or each.name in only]
    missing = [each.name for each in wanted if each.examples and checkout is None]
    if missing:
        print(f"left out for want of a checkout of pytorch/examples: {', '.join(missing)}", file=sys.stderr)
    return [each for each in wanted if each.name not in missing]


SUITES: dict[str, Callable[[], list[Program]]] = {"programs": own, "networks": networks, "real": real_code}


def examples_checkout(given: str | None) -> Path | None:
    path = given or os.environ.get("PYTORCH_EXAMPLES")
    return Path(path) if path else None
