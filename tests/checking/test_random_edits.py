"""Promises 5 and 6 over time: whatever was edited, cache, workers and daemon say what a cold run says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mypy_torch_shapes.checking.outcomes import Outcomes
from mypy_torch_shapes.config import Config
from tests.checking.edits import COMMAND, Edits

REPOSITORY = Path(__file__).parents[2]
CONFIGURATION = "[mypy]\nplugins = mypy_torch_shapes\nerror_summary = false\nfiles = .\n"
RECORD_EVERY = 17  # edits, if the program runs
pytestmark = [pytest.mark.xdist_group("mypy over torch")]


def run(root: Path, *command: str, allowed: tuple[int, ...] = (0, 1, 2)) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode in allowed, done.stdout + done.stderr
    assert command[0].startswith("mypy_torch_shapes") or "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


class Twins:
    """Copies of one project, each with a history of its own."""

    def __init__(self, root: Path, base_cache: Path) -> None:
        self.root = root
        self.base_cache = base_cache
        self.source = root / "source"

    def of(self, name: str) -> Path:
        """The copy, brought up to date."""
        copy = self.root / name
        new = not copy.exists()
        wanted = {p.relative_to(self.source): p.read_bytes() for p in self.source.rglob("*.py")}
        wanted[Path(".mypy_torch_shapes/profile.json")] = (
            self.source / ".mypy_torch_shapes/profile.json"
        ).read_bytes()
        wanted[Path("mypy.ini")] = CONFIGURATION.encode()
        for path in [] if new else list(copy.rglob("*.py")):
            if path.relative_to(copy) not in wanted:
                path.unlink()
        for path, content in wanted.items():
            if not (copy / path).exists() or (copy / path).read_bytes() != content:
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                (copy / path).write_bytes(content)
        if new:
            shutil.copytree(self.base_cache, copy / ".mypy_cache")
        return copy

    def cold(self) -> list[str]:
        """Nothing is known but of torch."""
        shutil.rmtree(self.root / "cold", ignore_errors=True)
        return sorted(run(self.of("cold"), "mypy"))

    def warm(self) -> list[str]:
        return sorted(run(self.of("warm"), "mypy"))

    def workers(self) -> list[str]:
        return sorted(run(self.of("workers"), "mypy", "-n", "2"))

    def daemon(self) -> list[str]:
        lines = run(self.of("daemon"), "mypy.dmypy", "run", "--", ".")
        return sorted(line for line in lines if "[tensor-" in line)


@pytest.fixture(scope="module")
def base_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mypy's cache of torch."""
    root = tmp_path_factory.mktemp("base")
    (root / "mypy.ini").write_text(CONFIGURATION)
    (root / "first.py").write_text("import torch\nfrom torch import nn\nfrom torch.nn import functional\n")
    run(root, "mypy", allowed=(0,))
    (root / "first.py").unlink()
    return root / ".mypy_cache"


@pytest.fixture
def twins(tmp_path: Path, base_cache: Path) -> Iterator[Twins]:
    made = Twins(tmp_path, base_cache)
    yield made
    run(made.of("daemon"), "mypy.dmypy", "stop")


def edited(twins: Twins, edits: int, seed: int, others: bool) -> int:
    """Edit so often, and compare each time; how many of our errors were seen."""
    project = Edits(twins.source, seed)
    run(twins.source, "mypy_torch_shapes", "profile", *COMMAND, allowed=(0,))
    seen = 0
    history: list[str] = []
    for number in range(edits):
        history.append(project.one())
        if number % RECORD_EVERY == RECORD_EVERY - 1:
            run(twins.source, "mypy_torch_shapes", "profile", *COMMAND)
        cold = twins.cold()
        seen += sum(": error: " in line and "[tensor-" in line for line in cold)
        assert twins.warm() == cold, history
        if others:
            assert twins.workers() == cold, history
            daemon = twins.daemon()
            if "deleted" not in history[-1]:  # docs/limits.md
                assert daemon == [line for line in cold if "[tensor-" in line], history
    return seen


def outcomes_of(outcomes: Outcomes, source: Path) -> dict[str, str]:
    """What mypy would be handed for each file."""
    return {str(path): json.dumps(outcomes.of(str(path)).json()) for path in sorted(source.rglob("*.py"))}


def test_outcomes_after_a_hundred_edits(tmp_path: Path) -> None:
    """The part of it that is ours, without mypy: the outcomes of records, of a daemon's memory and of nothing."""
    source, aside = tmp_path / "source", tmp_path / "aside"
    project, settings = Edits(source, seed=5), Config(source)
    cache = settings.data / "cache"
    daemon, found, history = Outcomes(settings), 0, list[str]()
    for number in range(100):
        if number % 50 == 0:
            run(source, "mypy_torch_shapes", "profile", *COMMAND)
            daemon = Outcomes(settings)  # it restarts for a new profile
        history.append(project.one())
        daemon.look_again()
        known = outcomes_of(Outcomes(settings), source), outcomes_of(daemon, source)
        cache.rename(aside)
        cold = outcomes_of(Outcomes(settings), source)
        shutil.rmtree(cache)
        aside.rename(cache)
        assert known == (cold, cold), history
        found += sum('"code"' in each for each in cold.values())
    assert found > 10


def test_twenty_edits(twins: Twins) -> None:
    assert edited(twins, 20, seed=3, others=False) > 0


@pytest.mark.slow
def test_two_hundred_edits(twins: Twins) -> None:
    assert edited(twins, 200, seed=5, others=True) > 10
