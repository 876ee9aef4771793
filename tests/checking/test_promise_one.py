"""Promise 1 on every program of the suite: with the plugin, mypy's output is its own plus lines of ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROGRAMS = sorted(each for each in (TESTS / "programs").iterdir() if each.is_dir() and each.name != "__pycache__")
PROGRAMS.append(TESTS.parent / "demo" / "program")
OURS = re.compile(r"  \[tensor-[a-z]+\]$")
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
    alone = mypy(project, "", mode, caches / f"{mode}-alone")
    cold = mypy(project, "plugins = mypy_torch_shapes", mode, caches / f"{mode}-plugin")
    warm = mypy(project, "plugins = mypy_torch_shapes", mode, caches / f"{mode}-plugin")
    assert [line for line in cold if not OURS.search(line)] == alone
    assert warm == cold
    assert not [line for line in cold if "tensor-internal" in line]


def record(project: Path) -> None:
    """One run, as programs.json says; the demo's is train.py."""
    about = json.loads((TESTS / "programs" / "programs.json").read_text()).get(project.name, {"driver": "train.py"})
    script, sizes = about.get("driver", "driver.py"), about.get("sizes", [""])[0].split()
    command = [sys.executable, "-m", "mypy_torch_shapes", "profile", script, *sizes]
    subprocess.run(command, cwd=project, capture_output=True, check=True, timeout=300)


def mypy(project: Path, plugins: str, mode: str, cache: Path) -> list[str]:
    (project / "mypy.ini").write_text(f"[mypy]\n{plugins}\nerror_summary = false\nignore_missing_imports = true\n")
    options = ["--strict"] if mode == "strict" else []
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), *options, "."]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout.splitlines()
