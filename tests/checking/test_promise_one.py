"""Promise 1 on every program of the suite: with the plugin, mypy's output is its own plus lines of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.gradual import difference

TESTS = Path(__file__).parents[1]
PROGRAMS = sorted(each for each in (TESTS / "programs").iterdir() if each.is_dir() and each.name != "__pycache__")
PROGRAMS.append(TESTS.parent / "demo" / "program")
# One group: a cold run over torch takes long, so all programs share mypy's caches, one with the plugin, one without.
pytestmark = [pytest.mark.xdist_group("mypy over torch"), pytest.mark.slow]


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caches")


@pytest.mark.parametrize("mode", ["plain", "strict"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_without_our_lines_mypys_output_is_its_own(program: Path, mode: str, caches: Path, tmp_path: Path) -> None:
    project = tmp_path / program.name
    shutil.copytree(program, project, ignore=shutil.ignore_patterns("__pycache__", ".mypy*"))
    record(project)
    assert difference(project, mode, caches) is None


def record(project: Path) -> None:
    """One run, as programs.json says; the demo's is train.py."""
    about = json.loads((TESTS / "programs" / "programs.json").read_text()).get(project.name, {"driver": "train.py"})
    script, sizes = about.get("driver", "driver.py"), about.get("sizes", [""])[0].split()
    command = [sys.executable, "-m", "mypy_torch_shapes", "profile", script, *sizes]
    subprocess.run(command, cwd=project, capture_output=True, check=True, timeout=300)
