"""What is added to mypy's output, and that nothing else about it changes."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from tests.checking.conftest import Project

BODY = """
    import os

    def f(x):
        return os.path  # BAD one

    class Net:
        def forward(self, x) -> int:
            y = x + 1  # BAD two
            return ""

    reveal_type(f)  # REVEAL Tensor[float32, N]
"""
OWN = ("[tensor-shape]", "[tensor-reveal]", "[tensor-internal]")


def without_ours(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.endswith(OWN)]


@pytest.mark.parametrize(
    "options",
    [
        "",
        "strict = true",
        "check_untyped_defs = true",
        "show_column_numbers = true\nshow_error_end = true",
        "show_error_context = true",
        "show_error_code_links = true",
        "disable_error_code = return-value",
        "local_partial_types = false",
        "ignore_errors = true",
        "warn_unreachable = true",
    ],
)
def test_without_our_lines_the_output_is_mypys_own(project: Project, options: str) -> None:
    project.write("a.py", BODY)
    project.configure(f"error_summary = false\n{options}", plugin=False)
    alone = project.mypy("a.py")
    project.configure(f"error_summary = false\n{options}")
    with_ours = project.mypy("a.py")
    assert without_ours(with_ours) == alone
    assert len(with_ours) - len(alone) == (0 if "ignore_errors" in options else 5)
    assert project.mypy("a.py") == with_ours


def test_errors_stand_where_they_belong(project: Project) -> None:
    project.write("a.py", BODY)
    assert [line.split(": ")[0] for line in project.mypy("a.py")] == [
        "a.py:4",
        "a.py:4",
        "a.py:8",
        "a.py:8",
        "a.py:9",
        "a.py:11",
        "a.py:11",
    ]


def test_the_reveal_note_comes_right_after_mypys(project: Project) -> None:
    project.write("a.py", BODY)
    lines = project.mypy("a.py")
    place = lines.index('a.py:11: note: Revealed tensor type is "Tensor[float32, N]"  [tensor-reveal]')
    assert lines[place - 1].startswith("a.py:11: note: Revealed type is ")


def test_in_json_a_note_is_the_hint_of_its_error(project: Project) -> None:
    project.write("a.py", "x = 1  # BAD one\n")
    (line,) = project.mypy("-O", "json", "a.py")
    assert json.loads(line) == {
        "file": "a.py",
        "line": 1,
        "column": 0,
        "end_line": 1,
        "end_column": 7,
        "message": "one",
        "hint": "a note on one",
        "code": "tensor-shape",
        "severity": "error",
    }


IGNORES = {
    "x = 1  # type: ignore[tensor-shape]  # BAD one": [],
    "x = 1  # type: ignore  # BAD one": ['a.py:1: error: Unused "type: ignore" comment  [unused-ignore]'],
    "x = 1  # type: ignore[attr-defined]  # BAD one": [
        "a.py:1: error: one  [tensor-shape]",
        "a.py:1: note: a note on one  [tensor-shape]",
        'a.py:1: error: Unused "type: ignore" comment  [unused-ignore]',
    ],
    "x = 1  # type: ignore[tensor-shape]": ['a.py:1: error: Unused "type: ignore" comment  [unused-ignore]'],
    "x = 1  # type: ignore[tensor-dtype]  # BAD one": [
        "a.py:1: error: one  [tensor-shape]",
        "a.py:1: note: a note on one  [tensor-shape]",
        'a.py:1: error: Unused "type: ignore" comment  [unused-ignore]',
    ],
}


@pytest.mark.parametrize("line", IGNORES)
def test_ignores(project: Project, line: str) -> None:
    project.configure("error_summary = false\nwarn_unused_ignores = true")
    project.write("a.py", line + "\n")
    assert sorted(project.mypy("a.py")) == sorted(IGNORES[line])


def test_the_daemon_counts_our_ignores_as_used(project: Project) -> None:
    project.configure("error_summary = false\nwarn_unused_ignores = true")
    project.write("a.py", "x = 1  # type: ignore[tensor-shape]  # BAD one\n")
    try:
        assert project.run("mypy.dmypy", "run", "--", "a.py")[0] == ["Daemon started"]
        project.write("a.py", "\nx = 1  # type: ignore[tensor-shape]  # BAD one\n")
        assert project.run("mypy.dmypy", "run", "--", "a.py")[0] == []
    finally:
        project.run("mypy.dmypy", "stop")


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("disable_error_code = tensor-shape", []),
        ("", ["--disable-error-code", "tensor-shape"]),
        ("[mypy-a]\nignore_errors = true", []),
        ("[mypy-a]\ndisable_error_code = tensor-shape", []),
    ],
)
def test_errors_can_be_turned_off(project: Project, options: str, arguments: list[str]) -> None:
    project.configure(f"error_summary = false\n{options}")
    project.write("a.py", "x = 1  # BAD one\n")
    assert project.mypy(*arguments, "a.py") == []


@pytest.mark.parametrize("comment", ["# mypy: ignore-errors", '# mypy: disable-error-code="tensor-shape"'])
def test_errors_can_be_turned_off_in_the_file(project: Project, comment: str) -> None:
    project.write("a.py", f"{comment}\nx = 1  # BAD one\n")
    assert project.mypy("a.py") == []


@pytest.mark.parametrize("follow", ["silent", "skip"])
def test_files_mypy_does_not_report_are_not_reported(project: Project, follow: str) -> None:
    project.write("a.py", "import b\n")
    project.write("b.py", "x = 1  # BAD one\n")
    assert project.mypy(f"--follow-imports={follow}", "a.py") == []


def test_a_fault_of_ours_costs_a_note_for_that_file_alone(project: Project) -> None:
    project.write("a.py", "x: int = ''  # CRASH\n")
    project.write("b.py", "x = 1  # BAD one\n")
    expected = [
        "b.py:1: error: one  [tensor-shape]",
        "b.py:1: note: a note on one  [tensor-shape]",
        "a.py:1: note: mypy_torch_shapes gave up on this file because of a fault of its own (KeyError: 'provoked'); "
        "please report it at the issue tracker of mypy_torch_shapes "
        '(with its traceback: "debug = true" in [mypy_torch_shapes])  [tensor-internal]',
        'a.py:1: error: Incompatible types in assignment (expression has type "str", variable has type "int")  '
        "[assignment]",
    ]
    assert sorted(project.mypy("a.py", "b.py")) == sorted(expected)
    assert sorted(project.mypy("a.py", "b.py")) == sorted(expected)


def test_the_debug_option_shows_the_traceback(project: Project) -> None:
    project.configure("error_summary = false", "debug = true")
    project.write("a.py", "x = 1  # CRASH\n")
    lines = project.mypy("a.py")
    assert all(line.startswith("a.py:1: note: ") and line.endswith("  [tensor-internal]") for line in lines)
    assert "a.py:1: note: Traceback (most recent call last):  [tensor-internal]" in lines
    assert project.mypy("a.py") == lines


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        (
            "roots = x",
            'mypy.ini: unknown option "roots" in [mypy_torch_shapes], ignored '
            "(known: debug, module_calls, root, suspicious).",
        ),
        ("debug = maybe", 'mypy.ini: "debug = maybe" in [mypy_torch_shapes] is not true or false, ignored.'),
        ("root = nowhere", 'the root "{root}/nowhere" is not a directory, ignored.'),
    ],
)
def test_a_fault_in_the_configuration_costs_a_sentence(project: Project, ours: str, sentence: str) -> None:
    project.configure("error_summary = false", ours)
    project.write("a.py", "x = 1  # BAD one\n")
    for arguments in (["a.py"], ["a.py"], ["-n", "2", "a.py"]):
        lines, said = project.run("mypy", *arguments)
        assert lines == ["a.py:1: error: one  [tensor-shape]", "a.py:1: note: a note on one  [tensor-shape]"]
        assert said == f"mypy_torch_shapes: {sentence.format(root=project.root)}\n"


def test_options_are_read_from_pyproject_too(project: Project) -> None:
    (project.root / "mypy.ini").unlink()
    project.write(
        "pyproject.toml",
        dedent(f"""
        [tool.mypy]
        plugins = ["{project.plugin}"]
        [tool.mypy_torch_shapes]
        debug = true
        wrong = 1
        """),
    )
    project.write("a.py", "x = 1  # CRASH\n")
    lines, said = project.run("mypy", "a.py")
    assert "Traceback" in lines[1]
    assert said == (
        'mypy_torch_shapes: pyproject.toml: unknown option "wrong" in [tool.mypy_torch_shapes], ignored '
        "(known: debug, module_calls, root, suspicious).\n"
    )


def test_another_mypy_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    from mypy.plugin import Plugin

    from mypy_torch_shapes import plugin

    assert plugin("2.4.7+dev") is not Plugin
    assert plugin("2.5.0") is Plugin
    assert plugin("2.5.0") is Plugin
    assert capsys.readouterr().err == (
        "mypy_torch_shapes: mypy 2.5.0 is outside the tested range (2.4), so tensor shapes are not checked.\n"
    )
