"""`record()`, and what `show` and `--help` print."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import mypy_torch_shapes
from mypy_torch_shapes.cli import main
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.seeds.store import load, profile_path
from tests.profiling.support import Bench

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(4, width)
    def forward(self, x, *, scale=1.0): return self.fc(x) * scale
"""


def test_record_keeps_what_runs_inside(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    net = bench.write(NET)
    with mypy_torch_shapes.record(bench.directory), mypy_torch_shapes.record(bench.directory / "nowhere"):
        net.Net(3)(torch.zeros(2, 4))
    net.Net(5)(torch.zeros(2, 4))
    profile = load(bench.directory)
    assert {dict(call.arguments).get("width") for call in profile.calls} == {3, None}
    assert any(variation.ok for variation in profile.variations)
    assert sys.getprofile() is None
    assert capsys.readouterr() == ("", "")


def test_record_keeps_what_ran_before_an_error(bench: Bench) -> None:
    net = bench.write(NET)
    with pytest.raises(RuntimeError, match="mat1 and mat2"), mypy_torch_shapes.record(bench.directory, probe=False):
        net.Net(3)(torch.zeros(2, 5))
    (call,) = (call for call in load(bench.directory).calls if call.function == "net:Net.forward")
    assert call.raised == "RuntimeError"


def test_a_profiler_of_the_program_comes_back(bench: Bench) -> None:
    def own(*args: object) -> None:
        pass

    sys.setprofile(own)
    try:
        recorder = Recorder(bench.directory)
        recorder.start()
        recorder.stop()
        assert sys.getprofile() is own
    finally:
        sys.setprofile(None)


def test_show_lists_what_was_recorded(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    net = bench.write(NET)
    with mypy_torch_shapes.record(bench.directory):
        net.Net(3)(torch.zeros(2, 4))
    assert main(["show", "--root", str(bench.directory)]) == 0
    assert capsys.readouterr().out == (
        "net.Net.__init__  net.py:5\n"
        "    (width=3) -> None  [Net]\n"
        "\n"
        "net.Net.forward  net.py:8\n"
        "    (x: float32[2, 4]) -> float32[2, 3]  [Net]\n"
        "        free: x.shape[0] (also ran at 3, 4)\n"
        "    and 2 calls at other sizes\n"
        "\n"
        "net.Net(width=3)\n"
    )
    for name in ("Net.forward", "net.Net.forward", "forward", "net:Net.forward"):
        assert main(["show", name, "--root", str(bench.directory)]) == 0
        assert capsys.readouterr().out.splitlines()[0] == "net.Net.forward  net.py:8"
    for name in ("net.py", "Net", "net"):
        assert main(["show", name, "--root", str(bench.directory)]) == 0
        assert "Net.__init__" in capsys.readouterr().out


def test_show_says_why_it_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["show", "--root", str(tmp_path)]
    assert main(arguments) == 1
    assert "nothing is recorded below" in capsys.readouterr().err
    profile_path(tmp_path).parent.mkdir()
    profile_path(tmp_path).write_text("{")
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("mypy-torch-shapes: ")


@pytest.mark.parametrize("command", [[], ["profile"], ["show"]])
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: mypy-torch-shapes")
