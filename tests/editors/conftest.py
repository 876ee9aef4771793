"""The residual network of tests/programs, recorded once; a bug to put in it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.tools.support import record

NETWORK = Path(__file__).parents[1] / "programs" / "small_resnet"
INI = "[mypy]\nplugins = mypy_torch_shapes\nfiles = resnet.py\ncache_dir = {cache}\n"
RIGHT = "self.conv2 = conv3x3(planes, planes)"
WRONG = "self.conv2 = conv3x3(planes + 1, planes)"
PLACE = "self.conv2(out)"  # where it fails
MESSAGE = "conv2d: input has 8 channels, expected in_channels = 9"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("network").resolve() / "network"
    shutil.copytree(NETWORK, root)
    (root / "mypy.ini").write_text(INI.format(cache=root.parent / "cache"))
    done = record(root, "driver.py", "N=4", "H=32", "W=40")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def network(recorded: Path, tmp_path: Path) -> Path:
    """A copy to be edited."""
    return Path(shutil.copytree(recorded, tmp_path.resolve() / "network"))


@pytest.fixture
def environment() -> dict[str, str]:
    """As where this interpreter's environment is activated."""
    return {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def broken(text: str) -> str:
    assert RIGHT in text
    return text.replace(RIGHT, WRONG)


def line_of(text: str, words: str) -> int:
    """The number of the line that words first stand in, from 0."""
    return text[: text.index(words)].count("\n")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all of these: they share a recording and a cache."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("editors"))
