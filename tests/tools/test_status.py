"""`mypy-torch-shapes status`: what is stale after an edit, and that a seed that is lost is lost without noise."""

from __future__ import annotations

import pytest

from mypy_torch_shapes.config import Config
from mypy_torch_shapes.opening import session_for
from mypy_torch_shapes.seeds import store
from mypy_torch_shapes.seeds.model import RunRecord
from tests.tools.support import Project, record

AGAIN = ["to record it again:", "    mypy-torch-shapes profile train.py --batch 4"]


def test_the_command_is_kept_and_the_same_one_is_one_run(project: Project) -> None:
    before = store.profile_path(project.root).read_bytes()
    assert store.load(project.root).runs == [RunRecord(("mypy-torch-shapes", "profile", "train.py", "--batch", "4"))]
    assert record(project.root, "train.py", "--batch", "4").returncode == 0
    assert store.profile_path(project.root).read_bytes() == before


def test_another_command_is_another_run_of_what_it_saw_alone(project: Project) -> None:
    project.write("other.py", "import torch\nfrom model import Block\n\nBlock(5)(torch.zeros(3, 5))\n")
    assert record(project.root, "--no-probe", "other.py").returncode == 0
    profile = store.load(project.root)
    assert [run.command[1:] for run in profile.runs] == [
        ("profile", "train.py", "--batch", "4"),
        ("profile", "--no-probe", "other.py"),
    ]
    assert profile.functions["model:Block.forward"].runs == (0, 1)
    assert profile.functions["model:Net.forward"].runs == (0,)
    assert {call.runs for call in profile.calls if call.function == "model:Block.forward"} == {(0,), (1,)}


def test_without_an_edit_everything_is_up_to_date(project: Project) -> None:
    first, second = project.ours("status")
    assert first.startswith("recorded by 1 command, with torch ")
    assert second == "everything is as it was recorded"


def test_a_changed_function_costs_the_calls_it_makes(project: Project) -> None:
    project.edit("model.py", "x = self.block(x)", "x = self.block(x + 1)")
    assert project.ours("status")[1:] == [
        "model.py:25: Net.forward has changed: it is checked as it is now",
        "train.main: the code that makes out has changed: what it was in the run is not used",
        "2 recorded calls made by changed code: entered as today's source does (Block.forward, scale)",
        *AGAIN,
    ]


def test_a_changed_constructor_costs_what_only_the_run_knew(project: Project) -> None:
    project.edit("model.py", "self.head = nn.Linear(width, classes)", "self.head = nn.Linear(width, classes + 1)")
    lines = project.ours("status")
    assert "model.py:19: Net.__init__ has changed: it is checked as it is now" in lines
    sentence = "built by changed code: what only the run knew is used where its own code is unchanged (Net"
    assert any(sentence in line for line in lines)
    assert lines[-2:] == AGAIN


def test_a_constant_of_another_file_is_something_to_depend_on(project: Project) -> None:
    project.write("sizes.py", "HIDDEN = 32\n")
    project.edit("train.py", "Net(16, 32, 10)", "Net(16, HIDDEN, 10)")
    project.edit("train.py", "from model import Net", "from model import Net\nfrom sizes import HIDDEN")
    assert record(project.root, "train.py").returncode == 0
    for name in ("model.py", "train.py"):
        report = session_for(Config(project.root)).report(project.root / name)
        assert str(project.root / "sizes.py") in report.depends_on


def test_comments_and_moved_lines_are_no_change(project: Project) -> None:
    project.edit("model.py", "import torch\n", "# a comment\n\nimport torch\n")
    assert project.ours("status")[1:] == ["everything is as it was recorded"]


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        (
            [("model.py", "scale(", "rescale(")],
            "model.py: scale is gone; rescale (model.py:5) has the same source: what was recorded of it is not used",
        ),
        (
            [
                ("model.py", "def scale(x, factor):\n    return x * factor\n", ""),
                ("model.py", "from torch import nn\n", "from torch import nn\nfrom tools import scale\n"),
                ("tools.py", "", "def scale(x, factor):\n    return x * factor\n"),
            ],
            "model.py: scale is gone; scale (tools.py:1) has the same source: what was recorded of it is not used",
        ),
    ],
    ids=["renamed", "moved"],
)
def test_what_is_renamed_or_moved_loses_its_seeds_without_noise(
    project: Project, edits: list[tuple[str, str, str]], sentence: str
) -> None:
    for name, old, new in edits:
        if old:
            project.edit(name, old, new)
        else:
            project.write(name, new)
    assert sentence in project.ours("status")
    assert project.mypy("--config-file", "mypy.ini") == ["Success: no issues found in 2 source files"]


def test_a_file_that_is_gone(project: Project) -> None:
    (project.root / "train.py").unlink()
    lines = project.ours("status")
    assert "train.py: the file is gone: what was recorded of its 2 functions is not used" in lines
    assert project.mypy("--config-file", "", "model.py") == ["Success: no issues found in 1 source file"]


def test_module_level_code(project: Project) -> None:
    project.edit("train.py", "import argparse\n", "import argparse\n\nWIDTH = 5\n")
    assert [line for line in project.ours("status") if line.startswith("train.py: module-level code has changed")]


def test_from_elsewhere_the_command_says_where_to_go(project: Project) -> None:
    project.edit("model.py", "return x * factor", "return x * factor * 1")
    (project.root / "sub").mkdir()
    lines = Project(project.root / "sub", project.cache).ours("status", "--root", "..")
    assert lines[-1] == "    cd .. && mypy-torch-shapes profile train.py --batch 4"


def test_without_a_profile(project: Project) -> None:
    store.profile_path(project.root).unlink()
    assert project.ours("status", status=1) == []
