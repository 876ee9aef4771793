"""Modules that hold the very same list or dict: what one writes to it, the others read."""

from __future__ import annotations

import importlib

import torch

from mypy_torch_shapes.evaluation.session import Options, Session
from tests.profiling.support import Bench

NET = """
import json
import torch
from torch import nn
def connected(level, heads):
    level.heads = heads
    return level
class Level(nn.Module):
    def __init__(self, kept):
        super().__init__()
        self.head = nn.Conv2d(4, 2, 1)
        self.kept = kept
    def forward(self, x):
        self.kept["last"] = self.heads[0] = self.head(x)
        return x
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = [torch.rand(1)]
        self.kept = {"last": torch.rand(1)}
        self.level = json.loads("null") or connected(Level(self.kept), self.heads)  # which nobody can follow
    def forward(self, x):
        self.level(x)
        return torch.cat((x, self.heads[0], self.kept["last"]), 1)
"""


def test_one_list_for_all_that_hold_it(bench: Bench) -> None:
    module = bench.write(NET)
    profile = bench.record(lambda: module.Net()(torch.zeros(2, 4, 5, 6)), probe=False).profile
    assert sorted(name for record in profile.modules.values() for name, _ in record.shared) == [
        "heads", "heads", "kept", "kept",
    ]  # fmt: skip
    report = Session(bench.directory, profile, Options()).report(bench.directory / "net.py")
    assert report.findings == []
    path = bench.directory / "net.py"
    path.write_text(NET.replace("torch.cat((x, ", "torch.cat((x[:, :, 1:], "))
    importlib.invalidate_caches()
    findings = Session(bench.directory, profile, Options()).report(path).findings
    assert [finding.message.partition(":")[0] for finding in findings] == ["cat"]
