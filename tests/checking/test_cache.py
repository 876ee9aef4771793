"""mypy's cache, daemon and workers say what a cold run says, and an unchanged run evaluates nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.checking.conftest import Project

ERROR = ["a.py:2: error: linear: no fit  [tensor-shape]", "a.py:2: note: a note on linear: no fit  [tensor-shape]"]


@pytest.fixture
def failing(project: Project) -> Project:
    project.write("a.py", "def f(x):\n    return x + 1  # BAD linear: no fit\n")
    return project


def test_a_warm_run_replays_the_errors_and_evaluates_nothing(failing: Project) -> None:
    assert failing.mypy("a.py") == ERROR
    assert failing.evaluated() == ["a.py"]
    assert failing.mypy("a.py") == ERROR
    assert failing.evaluated() == []


def test_a_shadow_file_is_what_is_checked(failing: Project) -> None:
    """Editors have mypy check a buffer that is not saved: `--shadow-file FILE BUFFER`."""
    assert failing.mypy("a.py") == ERROR
    failing.write("buffer", "# one\n# two\ndef f(x):\n    return x  # BAD relu: none\n")
    shadow = ("--shadow-file", "a.py", "buffer", "a.py")
    expected = ["a.py:4: error: relu: none  [tensor-shape]", "a.py:4: note: a note on relu: none  [tensor-shape]"]
    assert failing.mypy(*shadow) == expected
    failing.write("buffer", "def f(x):\n    return x\n")
    assert failing.mypy(*shadow) == []
    assert failing.mypy("a.py") == ERROR


def test_a_warm_run_checks_no_module_again(failing: Project) -> None:
    failing.mypy("a.py")
    lines, log = failing.run("mypy", "-v", "a.py")
    assert lines == ERROR
    assert "Metadata abandoned" not in log
    assert "Processing SCC" not in log


def test_without_the_record_a_warm_run_evaluates_once_and_mypy_stays_warm(failing: Project) -> None:
    failing.mypy("a.py")
    shutil.rmtree(failing.root / ".mypy_torch_shapes")
    failing.evaluated()
    lines, log = failing.run("mypy", "-v", "a.py")
    assert (lines, failing.evaluated()) == (ERROR, ["a.py"])
    assert "Metadata abandoned" not in log


def test_without_mypys_cache_nothing_is_evaluated_again(failing: Project) -> None:
    failing.mypy("a.py")
    shutil.rmtree(failing.root / ".mypy_cache")
    failing.evaluated()
    assert (failing.mypy("a.py"), failing.evaluated()) == (ERROR, [])


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": 99}', "null"])
def test_a_damaged_record_counts_as_none(failing: Project, damage: str) -> None:
    failing.mypy("a.py")
    for record in (failing.root / ".mypy_torch_shapes" / "cache" / "checked").iterdir():
        record.write_text(damage)
    assert failing.mypy("a.py") == ERROR


def test_an_edit_of_a_file_that_is_not_imported_is_seen(project: Project) -> None:
    project.write("a.py", "def f(x):\n    return x + 1  # BAD-IF b.py broken linear: no fit\n")
    project.write("b.py", "x = 1\n")
    assert project.mypy("a.py") == []
    assert project.mypy("a.py") == []
    project.evaluated()
    project.write("b.py", "broken = 1\n")
    assert project.mypy("a.py") == ERROR
    assert project.mypy("a.py") == ERROR
    assert project.evaluated() == ["a.py"]
    (project.root / "b.py").unlink()
    assert project.mypy("a.py") == []


def test_an_edit_that_changes_no_outcome_leaves_mypys_cache_fresh(project: Project) -> None:
    project.write("a.py", "def f(x):\n    return x + 1  # BAD-IF b.py broken linear: no fit\n")
    project.write("b.py", "x = 1\n")
    project.mypy("a.py")
    project.write("b.py", "x = 2\n")
    _, log = project.run("mypy", "-v", "a.py")
    assert "Metadata abandoned" not in log


def test_a_new_profile_is_a_reason_to_evaluate_again(failing: Project) -> None:
    failing.mypy("a.py")
    failing.evaluated()
    failing.write(".mypy_torch_shapes/profile.json", "{}")
    assert (failing.mypy("a.py"), failing.evaluated()) == (ERROR, ["a.py"])
    assert (failing.mypy("a.py"), failing.evaluated()) == (ERROR, [])


def test_workers_say_the_same_cold_and_warm(failing: Project) -> None:
    for name in "bcd":
        failing.write(f"{name}.py", f"import a\n\ndef f(x):\n    return x  # BAD {name}\n")
    files = ["a.py", "b.py", "c.py", "d.py"]
    alone = sorted(failing.mypy("--cache-dir=other", *files))
    assert len(alone) == 8
    assert sorted(failing.mypy("-n", "2", *files)) == alone  # files are printed as workers finish them
    assert sorted(failing.mypy("-n", "2", *files)) == alone


def test_a_directory_that_cannot_be_written_costs_a_sentence(failing: Project) -> None:
    (failing.root / ".mypy_torch_shapes").write_text("a file where the directory should be")
    lines, said = failing.run("mypy", "a.py")
    assert lines == ERROR
    assert said.startswith("mypy_torch_shapes: cannot write ")
    assert said.endswith("so the next run will evaluate everything again.\n")
    assert said.count("\n") == 1


class Daemon:
    def __init__(self, project: Project) -> None:
        self.project = project

    def check(self) -> list[str]:
        lines, _ = self.project.run("mypy.dmypy", "run", "--", "a.py", "b.py")
        return [line for line in lines if line != "Daemon started"]

    def stop(self) -> None:
        self.project.run("mypy.dmypy", "stop")


@pytest.fixture
def daemon(project: Project) -> Iterator[Daemon]:
    running = Daemon(project)
    yield running
    running.stop()


def test_the_daemon_sees_edits_here_and_elsewhere(daemon: Daemon, project: Project) -> None:
    project.write("a.py", "def f(x):\n    return x + 1  # BAD-IF b.py broken linear: no fit\n")
    project.write("b.py", "x = 1\n")
    assert daemon.check() == []
    project.write("b.py", "broken = 1  # BAD b\n")
    both = daemon.check()
    assert sorted(both) == [*ERROR, "b.py:1: error: b  [tensor-shape]", "b.py:1: note: a note on b  [tensor-shape]"]
    assert daemon.check() == both
    project.write("a.py", "\n\ndef f(x):\n    return x + 1\n")
    assert daemon.check() == both[2:] if both[0].startswith("a") else both[:2]
    project.write("b.py", "x = ''\n")
    assert daemon.check() == []


def test_the_daemon_keeps_errors_beside_mypys_own(daemon: Daemon, project: Project) -> None:
    project.write("a.py", "import b\ndef f() -> int:\n    return b.x\n\ndef g(x):\n    return x  # BAD linear\n")
    project.write("b.py", "x = 1\n")
    ours = ["a.py:6: error: linear  [tensor-shape]", "a.py:6: note: a note on linear  [tensor-shape]"]
    assert daemon.check() == ours
    project.write("b.py", "x = ''\n")
    mypys = 'a.py:3: error: Incompatible return value type (got "str", expected "int")  [return-value]'
    assert daemon.check() == [mypys, *ours]
    project.write("b.py", "x = 2\n")
    assert daemon.check() == ours


def test_the_daemon_restarts_for_a_new_profile(daemon: Daemon, project: Project) -> None:
    project.write("a.py", "x = 1  # BAD-IF .mypy_torch_shapes/profile.json broken linear\n")
    project.write("b.py", "")
    assert daemon.check() == []
    project.write(".mypy_torch_shapes/profile.json", "broken")
    lines = daemon.check()
    assert lines[:2] == ["Restarting: plugins changed", "Daemon stopped"]
    assert lines[-2:] == ["a.py:1: error: linear  [tensor-shape]", "a.py:1: note: a note on linear  [tensor-shape]"]


def test_the_daemon_sees_that_a_forward_is_called_otherwise(daemon: Daemon, project: Project) -> None:
    project.configure("error_summary = false", "module_calls = true")
    for package in ("torch", "torch/nn", "torch/nn/modules"):
        project.write(f"{package}/__init__.py", "")
    module = "from typing import Any, Callable\nclass Module:\n    __call__: Callable[..., Any]\n"
    project.write("torch/nn/modules/module.py", module)
    head = "from torch.nn.modules.module import Module\nclass Net(Module):\n"
    net = head + "    def forward(self, {}: int) -> None: ...\n"
    project.write("a.py", net.format("x"))
    project.write("b.py", "from a import Net\ndef f() -> None:\n    Net()(1)\n")
    error = 'b.py:3: error: Missing positional argument "{}" in call to "forward" of "Net"  [call-arg]'
    assert daemon.check() == []
    project.write("a.py", net.format("x: int, y"))  # a change of the size, too: mypy looks at whole seconds
    assert daemon.check() == [error.format("y")]
    project.write("a.py", net.format("x: int, third"))
    assert daemon.check() == [error.format("third")]
