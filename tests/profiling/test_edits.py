"""What is found of a program that was edited after its run, from the record alone."""

from __future__ import annotations

import importlib
import sys

import pytest
import torch

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.model import Profile
from tests.profiling.support import Bench

SETTINGS = """
from dataclasses import dataclass, field
HEADS = 4
def width_of(config): return config.width
@dataclass
class Config:
    width: int = 16
    hidden: int = field(default=32)
    depth: int = 2
class Options:
    def __init__(self, classes=10, drop=0.1):
        self.classes = classes
        self.drop = drop
"""
NET = """
import torch
from torch import nn
from settings import HEADS, width_of
class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.up = nn.Linear(width_of(config), config.hidden)
        self.down = nn.Linear(32, width_of(config))
        self.heads = HEADS
    def forward(self, x):
        b, t, c = x.shape
        return x + self.down(torch.relu(self.up(x.view(b, t, self.heads, 4).flatten(2))))
class Net(nn.Module):
    def __init__(self, config, options):
        super().__init__()
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.head = nn.Linear(16, options.classes)
        self.scale = nn.Parameter(torch.ones(10))
    def forward(self, x, times=2):
        for block in self.blocks:
            x = block(x)
        return self.head(x) * self.scale + torch.ones(2).repeat(5 * times // 2)
"""
RUN = """
import torch
from net import Net
from settings import Config, Options
def run(which):
    configs = {"a": Config(depth=2), "b": Config(depth=1)}
    options = {"a": Options(), "b": Options()}
    Net(configs[which], options[which])(torch.randn(3, 5, 16))
"""


@pytest.fixture
def recorded(bench: Bench) -> Profile:
    bench.write(SETTINGS, "settings")
    bench.write(NET)
    start = bench.write(RUN, "start")
    which = "".join(["a"])
    return bench.record(lambda: start.run(which), probe=True).profile


def found(bench: Bench, profile: Profile) -> list[str]:
    report = Session(bench.directory, profile, Options()).report(bench.directory / "net.py")
    return [each.message for each in report.findings]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the place of a call in its source is not known")
@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("settings", "default=32", "default=40", "input has 40 features, expected in_features = 32"),
        ("settings", "width: int = 16", "width: int = 24", "input has 16 features, expected in_features = 24"),
        ("settings", "classes=10", "classes=12", "do not broadcast: 12 against 10"),
        ("net", "times=2", "times=4", "do not broadcast: 10 against 20"),
    ],
)
def test_an_edit_is_seen(bench: Bench, recorded: Profile, file: str, before: str, after: str, message: str) -> None:
    assert found(bench, recorded) == []
    path = bench.directory / f"{file}.py"
    path.write_text(path.read_text().replace(before, after))
    importlib.invalidate_caches()
    assert any(message in each for each in found(bench, recorded))


def test_an_edit_of_what_was_given_is_none(bench: Bench, recorded: Profile) -> None:
    path = bench.directory / "settings.py"
    path.write_text(path.read_text().replace("depth: int = 2", "depth: int = 0").replace("drop=0.1", "drop=0.2"))
    assert found(bench, recorded) == []


TARGETS = """
import copy, torch
from torch import nn
class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(6, 32)
        self.down = nn.Linear(32, 1)
    def forward(self, x):
        return self.down(self.up(x))
class Agent:
    def __init__(self):
        self.critic = Critic()
        self.target = copy.deepcopy(self.critic)
    def train(self, x):
        for ours, theirs in zip(self.critic.parameters(), self.target.parameters()):
            theirs.data.copy_(0.9 * theirs.data + 0.1 * ours.data)
        return self.critic(x) - self.target(x)
"""


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("32", "40", ""),
        (
            "self.up = nn.Linear(6, 32)",
            "self.bias = nn.Parameter(torch.zeros(7))\n        self.up = nn.Linear(6, 32)",
            "",
        ),
        ("nn.Linear(32, 1)", "nn.Linear(40, 1)", "input has 32 features, expected in_features = 40"),
    ],
)
def test_an_edit_of_a_constructor_counts_for_copies(bench: Bench, before: str, after: str, message: str) -> None:
    net = bench.write(TARGETS)
    profile = bench.record(lambda: net.Agent().train(torch.zeros(4, 6))).profile
    assert found(bench, profile) == []
    (bench.directory / "net.py").write_text(TARGETS.replace(before, after))
    messages = found(bench, profile)
    assert all(message in each for each in messages) and bool(messages) == bool(message)
