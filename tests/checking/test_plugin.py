"""The plugin as it is installed, over the real evaluator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checking.conftest import Project

SCRIPT = """
    def f(x):
        return x + 1

    value: int = ""
"""


@pytest.fixture
def real(tmp_path: Path) -> Project:
    made = Project(tmp_path, "mypy_torch_shapes")
    made.configure("error_summary = false\nhide_error_codes = true")
    made.write("a.py", SCRIPT)
    return made


def imported(project: Project) -> set[str]:
    """Every module that a run of mypy imports."""
    command = [sys.executable, "-X", "importtime", "-m", "mypy", "a.py"]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_a_warm_run_imports_no_evaluator_and_no_library(real: Project) -> None:
    assert "mypy_torch_shapes.evaluation.session" in imported(real)
    names = imported(real)
    assert "mypy_torch_shapes.mypy_plugin" in names
    for each in ("torch", "sympy", "mypy_torch_shapes.evaluation", "mypy_torch_shapes.rules", "importlib.metadata"):
        assert each not in names


def test_a_cold_run_without_tensors_imports_neither_torch_nor_sympy(real: Project) -> None:
    assert not {"torch", "sympy"} & imported(real)


@pytest.mark.parametrize("profile", [b"", b"{", b"[]", b'{"schema": 10000}', b"\xff\x00", b'{"schema": 1}'])
def test_a_profile_that_cannot_be_read_costs_a_sentence(real: Project, profile: bytes) -> None:
    alone = real.mypy("a.py")
    (real.root / ".mypy_torch_shapes").mkdir(exist_ok=True)
    (real.root / ".mypy_torch_shapes" / "profile.json").write_bytes(profile)
    lines, said = real.run("mypy", "a.py")
    assert lines == alone
    assert said.startswith("mypy_torch_shapes: ")
    assert said.count("\n") == 1


def test_a_file_that_does_not_parse_is_mypys_to_report(real: Project) -> None:
    real.write("a.py", "def f(:\n")
    command = [sys.executable, "-m", "mypy", "a.py"]
    done = subprocess.run(command, cwd=real.root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("a.py:1: error: ")
    assert "mypy_torch_shapes" not in done.stdout + done.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_costs_a_sentence(real: Project) -> None:
    alone = real.mypy("a.py")
    cache = real.root / ".mypy_torch_shapes"
    subprocess.run(["rm", "-r", str(cache)], check=True)
    real.root.chmod(0o500)
    try:
        lines, said = real.run("mypy", "--cache-dir", os.devnull, "a.py")
    finally:
        real.root.chmod(0o700)
    assert lines == alone
    assert said.startswith("mypy_torch_shapes: cannot write ")
