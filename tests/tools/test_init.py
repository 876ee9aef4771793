"""`mypy-torch-shapes init`: names the plugin where mypy reads it, twice as once, and harms nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypy_torch_shapes.starting import configuration
from tests.tools.support import Project

# (file, what is in it, what is in it afterwards)
EDITS = [
    ("mypy.ini", "[mypy]\n", "[mypy]\nplugins = mypy_torch_shapes\n"),
    ("mypy.ini", "[mypy]", "[mypy]\nplugins = mypy_torch_shapes\n"),
    (
        "mypy.ini",
        "# mine\n[mypy]  # here\nstrict = true ; very\n\n[mypy-a]\nx = 1\n",
        "# mine\n[mypy]  # here\nplugins = mypy_torch_shapes\nstrict = true ; very\n\n[mypy-a]\nx = 1\n",
    ),
    (
        ".mypy.ini",
        "[mypy]\nplugins = numpy.typing.mypy_plugin\nstrict = true\n",
        "[mypy]\nplugins = numpy.typing.mypy_plugin, mypy_torch_shapes\nstrict = true\n",
    ),
    (
        "mypy.ini",
        "[mypy]\nplugins =\n    one.two,\n    three\nstrict = true\n",
        "[mypy]\nplugins =\n    one.two,\n    three, mypy_torch_shapes\nstrict = true\n",
    ),
    ("mypy.ini", "[mypy]\nplugins =\n", "[mypy]\nplugins = mypy_torch_shapes\n"),
    ("mypy.ini", "[mypy-a]\nx = 1\n", "[mypy-a]\nx = 1\n\n[mypy]\nplugins = mypy_torch_shapes\n"),
    (
        "setup.cfg",
        "[metadata]\nname = x\n[mypy]\nstrict = true\n[flake8]\nplugins = no\n",
        "[metadata]\nname = x\n[mypy]\nplugins = mypy_torch_shapes\nstrict = true\n[flake8]\nplugins = no\n",
    ),
    (
        "pyproject.toml",
        '[project]\nname = "x"\n\n[tool.mypy]\nstrict = true # so\n',
        '[project]\nname = "x"\n\n[tool.mypy]\nplugins = ["mypy_torch_shapes"]\nstrict = true # so\n',
    ),
    (
        "pyproject.toml",
        '[tool.mypy]\nplugins = ["a.b"]\n',
        '[tool.mypy]\nplugins = ["a.b", "mypy_torch_shapes"]\n',
    ),
    (
        "pyproject.toml",
        '[tool.mypy]\nplugins = [\n    "a.b",  # first\n    "c",\n]\nstrict = true\n',
        '[tool.mypy]\nplugins = [\n    "a.b",  # first\n    "c",\n    "mypy_torch_shapes"\n]\nstrict = true\n',
    ),
    ("pyproject.toml", '[tool.mypy]\nplugins = "a.b"\n', '[tool.mypy]\nplugins = ["a.b", "mypy_torch_shapes"]\n'),
    ("pyproject.toml", "[tool.mypy]\nplugins = []\n", '[tool.mypy]\nplugins = ["mypy_torch_shapes"]\n'),
]


@pytest.mark.parametrize(("name", "before", "after"), EDITS)
def test_the_plugin_is_named_and_nothing_else_changes(tmp_path: Path, name: str, before: str, after: str) -> None:
    path = tmp_path / name
    path.write_text(before)
    assert configuration.with_plugin(path) == after
    path.write_text(after)
    assert configuration.with_plugin(path) == after
    assert "mypy_torch_shapes" in configuration.plugins_of(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mypy.ini", "mypy]\n"),
        ("mypy.ini", "[mypy]\n[mypy]\n"),
        ("pyproject.toml", "[tool.mypy\n"),
        ("pyproject.toml", 'tool.mypy.plugins = ["a"]\n'),
        ("pyproject.toml", '[tool.mypy]\nplugins = ["a[b]"]\n'),
    ],
)
def test_what_is_not_understood_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(configuration.Unclear):
        configuration.with_plugin(path)
    assert path.read_text() == text


@pytest.fixture
def empty(tmp_path: Path, mypy_cache: Path) -> Project:
    (tmp_path / ".git").mkdir()
    return Project(tmp_path, mypy_cache)


def test_a_new_project_gets_a_file_and_a_line_once(empty: Project) -> None:
    assert empty.ours("init") == [
        "mypy.ini: written",
        ".gitignore: a line added",
        "next: mypy-torch-shapes profile SCRIPT, then mypy",
    ]
    files = {path.name: path.read_text() for path in empty.root.iterdir() if path.is_file()}
    assert files == {"mypy.ini": configuration.FRESH, ".gitignore": ".mypy_torch_shapes/\n"}
    assert empty.ours("init")[:2] == ["mypy.ini: as it should be", ".gitignore: as it should be"]
    assert files == {path.name: path.read_text() for path in empty.root.iterdir() if path.is_file()}


def test_a_program_behind_it_is_recorded_at_once(empty: Project) -> None:
    empty.write("train.py", "import sys\n\ndef main(x): return x\n\nmain(len(sys.argv))\nprint('ran', *sys.argv[1:])\n")
    said = empty.ours("init", "train.py", "--batch", "4")
    assert said == ["mypy.ini: written", ".gitignore: a line added", "ran --batch 4"]
    assert (empty.root / ".mypy_torch_shapes" / "profile.json").exists()
    assert empty.ours("doctor")


def test_the_file_that_mypy_reads_is_the_one_that_is_edited(empty: Project) -> None:
    empty.write("pyproject.toml", "[project]\nname = 'x'\n")
    empty.write("setup.cfg", "[mypy]\nstrict = true\n")
    assert empty.ours("init")[0] == "setup.cfg: a line added"
    empty.write("mypy.ini", "[mypy]\n")
    assert empty.ours("init")[0] == "mypy.ini: a line added"
    assert (empty.root / "pyproject.toml").read_text() == "[project]\nname = 'x'\n"


def test_what_cannot_be_edited_is_said(empty: Project) -> None:
    empty.write("mypy.ini", "[mypy]\n[mypy]\n")
    assert empty.ours("init", status=1) == []
    assert (empty.root / "mypy.ini").read_text() == "[mypy]\n[mypy]\n"


def test_doctor_before_and_after(empty: Project, project: Project) -> None:
    states = [(line[:6].strip(), line[7:]) for line in empty.ours("doctor", status=1) if not line.startswith(" ")]
    assert [state for state, _ in states] == ["ok", "ok", "ok", "wrong", "wrong"]
    cures = [line.strip() for line in empty.ours("doctor", status=1) if line.startswith(" ")]
    assert cures == ["run: mypy-torch-shapes init", "run: mypy-torch-shapes profile SCRIPT"]
    healthy = project.ours("doctor")
    assert [line[:6].strip() for line in healthy] == ["ok"] * 5
    project.edit("model.py", "return x * factor", "return factor * x")
    assert project.ours("doctor")[-2:] == [
        "note   some of it is of code that has changed since",
        "       run: mypy-torch-shapes status",
    ]
    project.write(".mypy_torch_shapes/profile.json", "{")
    assert [line for line in project.ours("doctor", status=1) if line.startswith("wrong")]
    project.write(".mypy_torch_shapes/profile.json", '{"schema": 99}')
    (said,) = [line for line in project.ours("doctor", status=1) if "format 99" in line]
    assert said.endswith("upgrade it") and not project.ours("doctor", status=1)[-1].startswith(" ")
