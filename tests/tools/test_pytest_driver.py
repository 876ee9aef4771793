"""`pytest --torch-shapes`: a suite is recorded, and runs as it does without."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from mypy_torch_shapes.seeds import store
from tests.tools.support import REPOSITORY, Project, run

SUITE = """\
import pytest
import torch
from model import Net


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net(16, 32, 10)


@pytest.mark.parametrize("batch", [1, 4])
def test_forward(net, batch, capsys):
    print(net(torch.randn(batch, 16)).sum().item())
    assert capsys.readouterr().out


def test_a_wrong_dtype_is_refused(net):
    with pytest.raises(RuntimeError):
        net(torch.ones(4, 16, dtype=torch.int64))


@pytest.mark.xfail(raises=RuntimeError, strict=True)
def test_expected_to_fail(net):
    net(torch.ones(4, 16, dtype=torch.int32))


def test_that_fails():
    assert int(torch.rand(1).item()) == 2
"""
COMMAND = (sys.executable, "-m", "pytest", "-p", "mypy_torch_shapes.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def suite(project: Project) -> Project:
    store.profile_path(project.root).unlink()
    project.write("test_model.py", SUITE)
    project.write("pytest.ini", "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    return project


def test_a_suite_is_recorded_and_runs_as_it_does_without(suite: Project) -> None:
    plain, recorded = (run(suite.root, *COMMAND, "-q", *options) for options in ([], ["--torch-shapes"]))
    assert plain.returncode == recorded.returncode == 1
    assert untimed(plain.stdout) == untimed(recorded.stdout)
    assert plain.stderr == ""
    assert recorded.stderr.startswith("mypy-torch-shapes: recorded ")
    profile = store.load(suite.root)
    assert [each.command for each in profile.runs] == [
        ("pytest", "-p", "mypy_torch_shapes.pytest_plugin", "-p", "no:cacheprovider", "-q", "--torch-shapes")
    ]
    calls = [call for call in profile.calls if call.function == "model:Net.forward"]
    assert {call.raised for call in calls} == {None}, "what a test expects to fail is no sample"
    assert any(variation.ok for variation in profile.variations)


def test_mypy_knows_what_the_suite_has_shown(suite: Project) -> None:
    assert run(suite.root, *COMMAND, "-q", "--torch-shapes").returncode == 1
    assert suite.mypy("--config-file", "mypy.ini", "model.py") == ["Success: no issues found in 1 source file"]
    suite.edit("model.py", "self.head = nn.Linear(width, classes)", "self.head = nn.Linear(width + 1, classes)")
    (line, *_) = suite.mypy("--config-file", "mypy.ini", "model.py")
    assert line == "model.py:28: error: linear: input has 32 features, expected in_features = 33  [tensor-shape]"


def test_workers_add_up_to_one_profile(suite: Project) -> None:
    pytest.importorskip("xdist")
    done = run(suite.root, *COMMAND, "-q", "-p", "xdist", "-n", "2", "--torch-shapes")
    assert done.returncode == 1, done.stdout + done.stderr
    profile = store.load(suite.root)
    shapes = {str(seed) for call in profile.calls for _, seed in call.arguments if call.function == "model:Net.forward"}
    assert len(shapes) >= 3, "the module, and both batch sizes"
    assert "recorded nothing" not in done.stderr


def test_without_the_option_nothing_is_imported_and_nothing_written(suite: Project) -> None:
    suite.write(
        "test_model.py",
        "import sys\n\ndef test_it():\n"
        "    assert 'torch' not in sys.modules\n"
        "    assert not [m for m in sys.modules if m.startswith('mypy_torch_shapes.profiling')]\n"
        "    assert sys.getprofile() is None\n",
    )
    done = run(suite.root, *COMMAND, "-q")
    assert done.returncode == 0, done.stdout
    assert not store.profile_path(suite.root).exists()


def test_the_plugin_is_pytests_without_being_asked_for() -> None:
    assert "pytest11 =\n    mypy_torch_shapes.pytest_plugin = mypy_torch_shapes.pytest_plugin\n" in (
        REPOSITORY / "setup.cfg"
    ).read_text()


def test_its_import_is_quick() -> None:
    code = "import sys; before = set(sys.modules); import mypy_torch_shapes.pytest_plugin as p; "
    code += "print(len(set(sys.modules) - before))"
    assert int(subprocess.check_output([sys.executable, "-c", code], cwd=REPOSITORY, text=True)) < 10


def untimed(output: str) -> str:
    return re.sub(r"in \d+\.\d+s|0x[0-9a-f]+", "", output)
