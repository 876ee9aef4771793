"""`reveal --explain FILE:LINE` and `reveal --unknown`: where types come from, and why there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypy_torch_shapes.rules import registry
from tests.tools.support import Project, record

RUN = "`mypy-torch-shapes profile train.py --batch 4`"
LED = f"led to by the call of model.Net.forward that was recorded in the run {RUN}:"


def columns(line: str) -> list[str]:
    return [each.strip() for each in line.split("  ") if each.strip()]


def test_a_seed_a_layer_and_a_callee(project: Project) -> None:
    place, context, symbol, *rows = project.ours("reveal", "--explain", "model.py:26")
    assert place == "model.py:26: x = scale(self.first(x), 2.0)"
    assert context == f"  in model.Net.forward, {LED}"
    assert symbol == "    N = x.shape[0]"
    assert list(map(columns, rows)) == [
        ["scale(self.first(x), 2.0)", "Tensor[float32, N, 32]", "rule: torch.mul (model.py:6)"],
        ["self.first(x)", "Tensor[float32, N, 32]", "rule: torch.nn.Linear (model.py:26)"],
        ["x", "Tensor[float32, N, 16]", "seed: the argument x, as it was recorded"],
    ]


def test_an_instance_is_named(project: Project) -> None:
    lines = project.ours("reveal", "--explain", "model.py:15")
    assert lines[1] == f"  in model.Block.forward [block], {LED}"


def test_what_is_not_used_any_more_is_said(project: Project) -> None:
    project.edit("model.py", "nn.Linear(width, classes)", "nn.Linear(width, classes + 1)")
    lines = project.ours("reveal", "--explain", "model.py:27")
    stale = lines[lines.index("  recorded, and not used any more:") + 1 :]
    assert stale == [
        "    model.py:19: Net.__init__ has changed: it is checked as it is now",
        "    1 object built by changed code: what only the run knew is used where its own code is unchanged (Net)",
    ]
    assert not [line for line in project.ours("reveal", "--explain", "model.py:6") if "not used" in line]


def test_a_mistake_and_a_line_without_tensors(project: Project) -> None:
    project.edit("model.py", "nn.Linear(width, classes)", "nn.Linear(width + 1, classes)")
    _, error, operand, *_ = project.ours("reveal", "--explain", "model.py:28")
    assert error == "  error: linear: input has 32 features, expected in_features = 33"
    assert operand == "    input is Tensor[float32, N, 32]"
    assert project.ours("reveal", "--explain", "model.py:2")[1:] == ["  no tensor is known here, and none is missed"]


OPAQUE = """\
import os

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.zeros(int(os.environ.get("TABLE_SIZE", "7")), 3)
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        y = torch.convolution(x, torch.ones(7, 7, 1), None, [1], [0], [1], False, [0], 1) + self.table
        return self.fc(y) + torch.load(os.environ["NOWHERE"]) if "NOWHERE" in os.environ else self.fc.weight


Net()(torch.randn(5, 7, 3))
"""


@pytest.fixture(scope="module")
def opaque(tmp_path_factory: pytest.TempPathFactory, mypy_cache: Path) -> Project:
    project = Project(tmp_path_factory.mktemp("opaque"), mypy_cache)
    project.write("net.py", OPAQUE)
    done = record(project.root, "net.py")
    assert done.returncode == 0, done.stderr
    return project


def test_the_oracle_a_live_attribute_and_a_constructor(opaque: Project) -> None:
    assert registry.find("torch.convolution") is None
    origins = {row[0]: row[-1] for row in map(columns, opaque.ours("reveal", "--explain", "net.py:14"))}
    (asked,) = (origin for text, origin in origins.items() if text.startswith("torch.convolution(") and "+" not in text)
    assert asked == "oracle: torch was asked for torch.convolution (net.py:14)"
    assert origins["self.table"] == "live attribute: net.Net.table, as it was recorded"
    origins = {row[0]: row[-1] for row in map(columns, opaque.ours("reveal", "--explain", "net.py:15"))}
    assert origins["self.fc.weight"] == "constructor: torch.nn.Linear, as the source calls it today"


def test_every_unknown_is_listed_with_its_first_reason(opaque: Project) -> None:
    lines = opaque.ours("reveal", "--unknown", "net.py")
    assert any(line.startswith('net.py:15:29: torch.load(os.environ["NOWHERE"]): ') for line in lines)
    unknown = [line for line in opaque.ours("reveal", "--explain", "net.py:15") if "torch.load" in line]
    assert any(line.strip().startswith('torch.load(os.environ["NOWHERE"])  ') for line in unknown)


@pytest.mark.parametrize(
    "arguments", [[], ["--explain", "net.py"], ["--explain", "net.py:x"], ["net.py", "--explain", "net.py:1"]]
)
def test_what_cannot_be_asked(opaque: Project, arguments: list[str]) -> None:
    assert opaque.ours("reveal", *arguments, status=2) == []
