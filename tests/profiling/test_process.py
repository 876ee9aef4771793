"""A profiled program does what it does without: output, errors, exit status, random numbers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mypy_torch_shapes.seeds.store import load, profile_path
from tests.profiling.support import PROFILE, of_the_program, run, said

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(4, width)
        self.drop = nn.Dropout()
    def forward(self, x):
        return self.drop(self.first(x)).sum(1)
"""

TALKATIVE = """
'''A program that shows all it can see of how it runs.'''
import atexit, os, random, sys, threading
import numpy, torch
from net import Net

def work(n):
    return random.random(), numpy.random.rand(), torch.rand(n)

def main():
    torch.manual_seed(1); random.seed(2); numpy.random.seed(3)
    net = Net(3)
    print(net(torch.randn(5, 4)), work(2))
    thread = threading.Thread(target=lambda: print("thread", work(1)))
    thread.start(); thread.join()
    print(sys.argv, __name__, __file__, __doc__, __spec__ and __spec__.name, __package__)
    print(sys.path[0], sorted(globals()))
    print(sys.modules["__main__"].main is main, main.__module__, sys.getrecursionlimit(), sys.stdin.read())
    atexit.register(lambda: print("rolled", work(1), net(torch.randn(5, 4))))

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def both(project: Path, *command: str) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    """What a program does plainly, and profiled."""
    plain = run(project, sys.executable, *command)
    profiled = run(project, *PROFILE, *command)
    assert any(line.startswith("mypy-torch-shapes: recorded ") for line in said(profiled)), profiled.stderr
    return of_the_program(plain), of_the_program(profiled)


def test_a_program_sees_no_difference(project: Path) -> None:
    (project / "talk.py").write_text(TALKATIVE)
    plain, profiled = both(project, "talk.py", "--root", "-x", "3")
    assert plain == profiled
    assert plain[0] == 0
    profile = load(project)
    assert {"net:Net.forward", "talk:main", "talk:work"} <= {call.function for call in profile.calls}
    assert any(variation.ok for variation in profile.variations)


def test_a_module_sees_no_difference(project: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg/__init__.py").write_text("")
    (project / "pkg/__main__.py").write_text("from pkg.run import main\nmain()\n")
    (project / "pkg/run.py").write_text(TALKATIVE)
    assert len(set(both(project, "-m", "pkg.run", "-m", "x"))) == 1
    assert len(set(both(project, "-m", "pkg"))) == 1
    assert "pkg.run:main" in load(project).functions


CRASHES = {
    "raises": "def go():\n    net(torch.zeros(2, 5))\ngo()",
    "exits": "def go():\n    sys.exit(3)\ngo()",
    "exits_with_text": "sys.exit('enough')",
    "exits_in_silence": "raise SystemExit",
    "own_hook": "sys.excepthook = lambda *error: print('caught', error[0].__name__)\n1 / 0",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
    "interrupted": "raise KeyboardInterrupt",
    "syntax": "def (",
}


@pytest.mark.parametrize("end", CRASHES.values(), ids=CRASHES.keys())
def test_a_program_that_ends_early_leaves_what_was_seen(project: Path, end: str) -> None:
    (project / "train.py").write_text(
        f"import sys, torch\nfrom net import Net\nnet = Net(3)\nnet(torch.zeros(2, 4))\n{end}\n"
    )
    plain = run(project, sys.executable, "train.py")
    profiled = run(project, *PROFILE, "--no-probe", "train.py")
    assert of_the_program(plain) == of_the_program(profiled)
    if end != CRASHES["syntax"]:
        calls = [call for call in load(project).calls if call.function == "net:Net.forward"]
        assert calls[0].raised is None
        assert [call.raised for call in calls[1:]] == (["RuntimeError"] if "5" in end else [])


def test_a_program_that_leaves_without_cleaning_up(project: Path) -> None:
    (project / "train.py").write_text(
        "import os, torch\nfrom net import Net\nprint(Net(3)(torch.zeros(2, 4)).shape)\nos._exit(3)\n"
    )
    plain, profiled = both(project, "train.py")
    assert plain == profiled
    assert plain[0] == 3
    assert "net:Net.forward" in load(project).functions


def test_an_interrupt_ends_a_training_and_what_it_showed_is_probed(project: Path) -> None:
    (project / "train.py").write_text(
        "import torch\nfrom net import Net\nNet(3)(torch.zeros(2, 4))\nraise KeyboardInterrupt\n"
    )
    plain, profiled = both(project, "train.py")
    assert plain == profiled
    assert any(variation.ok for variation in load(project).variations)


def test_a_script_of_a_package_is_told_how_to_run(project: Path) -> None:
    (project / "pkg").mkdir()
    (project / "pkg/__init__.py").write_text("")
    (project / "pkg/train.py").write_text("from . import net\n")
    result = run(project, *PROFILE, "pkg/train.py", "--epochs", "1")
    assert result.returncode == 1
    assert said(result)[-1].endswith(
        "pkg/train.py is part of a package: run it as one, with mypy-torch-shapes profile -m pkg.train --epochs 1"
    )


def test_workers_neither_write_nor_break(project: Path) -> None:
    (project / "train.py").write_text("""
import os, torch
import torch.multiprocessing as multiprocessing
from torch.utils.data import DataLoader, Dataset
from net import Net

class Data(Dataset):
    def __len__(self): return 6
    def __getitem__(self, i): return torch.full((4,), float(i))

def work(net, i):
    print("worker", i, net.eval()(torch.ones(2, 4)).shape)

if __name__ == "__main__":
    net = Net(3)
    for x in DataLoader(Data(), batch_size=3, num_workers=2):
        print(x.sum(), net(x).shape)
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method).Process(target=work, args=(net, 1))
        process.start(); process.join(); print(process.exitcode)
    child = os.fork()
    if child == 0:
        net(torch.zeros(9, 4)); raise SystemExit(5)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")
    plain, profiled = both(project, "train.py")
    assert plain == profiled
    calls = [call for call in load(project).calls if call.function == "net:Net.forward" and call.probe is None]
    assert {str(dict(call.arguments)["x"]) for call in calls} == {str(dict(calls[0].arguments)["x"])}


def test_where_nothing_can_be_written(project: Path) -> None:
    (project / ".mypy_torch_shapes").write_text("in the way")
    (project / "train.py").write_text(
        "import torch\nfrom net import Net\nNet(3)(torch.zeros(2, 4))\nraise SystemExit(4)"
    )
    result = run(project, *PROFILE, "--no-probe", "train.py")
    assert result.returncode == 4
    (sentence,) = said(result)
    assert sentence.endswith("File exists; nothing of this run was kept")


def test_a_damaged_store_is_kept_aside(project: Path) -> None:
    path = profile_path(project)
    path.parent.mkdir()
    path.write_text('{"schema": 1, ')
    (project / "train.py").write_text("import torch\nfrom net import Net\nNet(3)(torch.zeros(2, 4))\n")
    assert run(project, *PROFILE, "--no-probe", "train.py").returncode == 0
    assert path.with_name("profile.json.damaged").read_text() == '{"schema": 1, '
    assert json.loads(path.read_text())["schema"] == 1


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (("nowhere.py",), 2, "cannot open nowhere.py: No such file or directory"),
        (("empty",), 2, "cannot open empty/__main__.py: No such file or directory"),
        (("-m", "nowhere"), 1, "no module named nowhere"),
        (("-m", "empty"), 1, "empty is a package without a __main__ module, so it cannot be run"),
        (("--root", "nowhere", "x.py"), 2, "cannot open nowhere: it is not a directory"),
        ((), 2, "which program? Say profile SCRIPT or profile -m MODULE"),
    ],
)
def test_what_cannot_run_costs_one_sentence(project: Path, command: tuple[str, ...], status: int, words: str) -> None:
    (project / "empty").mkdir()
    (project / "empty/__init__.py").write_text("")
    result = run(project, *PROFILE, *command)
    assert (result.returncode, result.stdout, result.stderr) == (status, "", f"mypy-torch-shapes: {words}\n")


def test_an_unknown_option_is_refused(project: Path) -> None:
    result = run(project, *PROFILE, "--fast", "train.py")
    assert result.returncode == 2
    assert result.stderr.startswith("usage: mypy-torch-shapes profile ")
    assert result.stderr.splitlines()[-1] == "mypy-torch-shapes profile: error: unrecognized arguments: --fast"


def test_without_torch_one_sentence_says_so(project: Path) -> None:
    (project / "x.py").write_text("")
    code = "import sys; sys.modules['torch'] = None; from mypy_torch_shapes.cli import main; sys.exit(main())"
    result = run(project, sys.executable, "-c", code, "profile", "x.py")
    assert result.returncode == 2
    assert result.stderr.startswith("mypy-torch-shapes: torch is not installed")
