"""A project on disk, and our commands run in it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def ours(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command `mypy-torch-shapes`."""
    return run(root, sys.executable, "-m", "mypy_torch_shapes", *arguments)


def record(root: Path, *program: str) -> subprocess.CompletedProcess[str]:
    return ours(root, "profile", *program)


@dataclass
class Project:
    root: Path
    cache: Path  # mypy's, for all tests: a cold run over torch takes long

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text, f"{old!r} is not in {name}"
        (self.root / name).write_text(text.replace(old, new))

    def ours(self, *arguments: str, status: int = 0) -> list[str]:
        """The lines that a command of ours prints."""
        done = ours(self.root, *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout.splitlines()

    def mypy(self, *arguments: str) -> list[str]:
        done = run(self.root, sys.executable, "-m", "mypy", "--cache-dir", str(self.cache), *arguments)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout.splitlines()
