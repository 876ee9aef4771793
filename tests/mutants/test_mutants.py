"""The edits are what they say, their choice depends on the seed alone, and the score reads lines as torch does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import edits, harmless
from tests.mutants.edits import Edit
from tests.mutants.generate import run_all, select, verdict
from tests.mutants.judge import score, statement
from tests.mutants.reached import functions, reaches
from tests.mutants.realrun import Outcome

NET = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 8)
        self.fc2 = nn.Linear(8, 2)

    def forward(self, x):
        x = torch.flatten(x, 1)
        hidden = torch.relu(self.fc1(x))
        return self.fc2(
            hidden,
        )
"""
DRIVER = "import sys, torch, net\nnet.Net()(torch.ones(int(sys.argv[1][2:]), 2, 3))\n"


def test_breaking_edits() -> None:
    found = {(each.kind, each.apply(NET)) for each in edits.candidates("net.py", NET)}
    assert ("width", NET.replace("Linear(6, 8)", "Linear(6, 9)")) in found
    assert ("dropped-reshape", NET.replace("torch.flatten(x, 1)", "x")) in found
    assert ("axis", NET.replace("flatten(x, 1)", "flatten(x, 0)")) in found
    assert ("dtype", NET.replace("self.fc1(x)", "self.fc1(x.long())")) in found
    assert ("dropped-layer", NET.replace("self.fc1(x)", "x")) in found
    assert all(text.count("\n") == NET.count("\n") for _, text in found)


def test_harmless_edits() -> None:
    found = {(each.kind, each.apply(NET)) for each in harmless.candidates("net.py", NET)}
    assert ("hidden-size", NET.replace("8", "16")) in found
    assert ("rename-attribute", NET.replace("fc1", "fc1_renamed")) in found
    assert ("rename", NET.replace("hidden", "hidden_renamed")) in found
    assert any(kind == "extract" and "extracted = self.fc1(x)\n" in text for kind, text in found)


def test_the_seed_decides() -> None:
    every = edits.candidates("net.py", NET)
    sources = {"net.py": NET}
    chosen = select(every, sources, 10, "1")
    assert chosen == select(every, sources, 10, "1") != select(every, sources, 10, "2")
    assert all(edits.parses(each.apply(NET)) for each in chosen)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project").resolve()
    (directory / "net.py").write_text(NET)
    (directory / "driver.py").write_text(DRIVER)
    return directory


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # from Python 3.12; the pool's threads only wait
@pytest.mark.parametrize(
    ("old", "new", "kind", "line"),
    [
        ("8, 2", "8, 3", "runs", None),
        ("8, 2", "9, 2", "shape", 14),
        ("torch.flatten(x, 1)", "x", "shape", 13),
        ("torch.flatten(x, 1)", "torch.flatten(y, 1)", "other", 12),
        ("self.fc1(x)", "self.fc1(x.long())", "shape", 13),
        ("self.fc1(x)", "self.fc1(x.gather(1, torch.full((4, 6), 9)))", "other", 13),
    ],
)
def test_real_runs(project: Path, old: str, new: str, kind: str, line: int | None) -> None:
    task = ("key", project, "driver.py", "N=4", ("net.py",), "net.py", NET.replace(old, new))
    outcome = run_all([task], 1)["key"]
    assert (outcome.kind, outcome.line) == (kind, line), outcome


def test_verdicts() -> None:
    first, second = Outcome("shape", "", "net.py", 3), Outcome("shape", "", "net.py", 4)
    assert verdict([first, first]) == "crash" and verdict([first, second]) == "moving-crash"
    assert verdict([Outcome("runs"), first]) == "some-sizes" and verdict([Outcome("runs")]) == "runs"


def test_scores() -> None:
    crash = {"verdict": "crash", "blamed": ["net.py", 15]}
    assert statement(NET, 15) == (14, 16) and statement(NET, 11) == (11, 11)
    assert score(crash, [("net.py", 14, 16, "…")], {"net.py": NET}) == "reported"
    assert score(crash, [("net.py", 13, 13, "…")], {"net.py": NET}) == "elsewhere"
    assert score(crash, [], {"net.py": NET}) == "missed"
    assert score({"verdict": "runs"}, [("net.py", 13, 13, "…")], {"net.py": NET}) == "false-error"


def test_edits_are_made_where_the_driver_goes() -> None:
    inner = "    def f(self):\n        def g():\n            return 1\n        return g\n"
    source = f"class A:\n{inner}\ndef h():\n    return 2\n"
    spans = dict(functions(ast.parse(source), "net"))
    assert spans == {"net.A.f": (2, 5), "net.A.f.<locals>.g": (3, 4), "net.h": (7, 8)}
    ran = {"net.py": [spans["net.A.f"]]}
    at = {number: source.index(f"return {number}") for number in (1, 2)}
    inside, outside = (Edit("net.py", "any", ((at[number], at[number] + 6, "pass"),)) for number in (1, 2))
    assert reaches(inside, source, ran) and not reaches(outside, source, ran)
