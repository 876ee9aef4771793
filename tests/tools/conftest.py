"""A small program that is recorded once, and copies of it to be edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tools.support import Project, record

MODEL = """\
import torch
from torch import nn


def scale(x, factor):
    return x * factor


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.fc(x))


class Net(nn.Module):
    def __init__(self, inputs, width, classes):
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.block = Block(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = scale(self.first(x), 2.0)
        x = self.block(x)
        return self.head(x)
"""
TRAIN = """\
import argparse

import torch

from model import Net


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    net = Net(16, 32, 10)
    out = net(torch.randn(options.batch, 16))
    print(out.shape)


if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded") / "program"
    root.mkdir()
    (root / "model.py").write_text(MODEL)
    (root / "train.py").write_text(TRAIN)
    (root / "mypy.ini").write_text("[mypy]\nplugins = mypy_torch_shapes\nfiles = model.py, train.py\n")
    done = record(root, "train.py", "--batch", "4")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy_cache")


@pytest.fixture
def project(recorded: Path, tmp_path: Path, mypy_cache: Path) -> Project:
    root = tmp_path / "program"
    shutil.copytree(recorded, root)
    return Project(root, mypy_cache)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all of these: they share a recording, and mypy's cache of torch."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("tools"))
