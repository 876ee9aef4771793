"""A small project on disk, and mypy, dmypy and workers run over it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

# pytest-mypy-plugins looks for mypy on the path; it is the one of this interpreter that is tested.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
FAKE_PLUGIN = Path(__file__).parent / "fake_plugin.py"


@dataclass
class Project:
    """A directory with a mypy.ini."""

    root: Path
    plugin: str

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))

    def configure(self, mypy: str = "", ours: str = "", plugin: bool = True) -> None:
        plugins = f"plugins = {self.plugin}\n" if plugin else ""
        self.write("mypy.ini", f"[mypy]\n{plugins}{dedent(mypy)}\n[mypy_torch_shapes]\n{dedent(ours)}\n")

    def mypy(self, *arguments: str) -> list[str]:
        """The lines of output; a crash fails the test."""
        return self.run("mypy", *arguments)[0]

    def run(self, program: str, *arguments: str) -> tuple[list[str], str]:
        command = [sys.executable, "-m", program, *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout.splitlines(), done.stderr

    def evaluated(self) -> list[str]:
        """Which files were evaluated since this was last asked."""
        log = self.root / "evaluated.log"
        names = sorted(log.read_text().split()) if log.exists() else []
        log.unlink(missing_ok=True)
        return names


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path, str(FAKE_PLUGIN))
    made.configure("error_summary = false")
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The cases in YAML share a cache of torch, so one worker runs them all."""
    for item in items:
        if item.path.suffix == ".yml":
            item.add_marker(pytest.mark.xdist_group("mypy over torch"))
