"""`mypy-torch-shapes reveal`: its JSON is a contract, its text is for people."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.facts import Context, Fact, FileReport, Finding, Gap, Span
from mypy_torch_shapes.reveal.as_json import as_json
from mypy_torch_shapes.reveal.as_text import as_text, columns, wants_colour

SOURCE = """\
class Block:
    def forward(self, x):
        x = self.conv(x).relu()
        return x.mean(
            dim=1)
"""
CALL, INNER, LAST, MEAN = Span(3, 12, 3, 31), Span(3, 12, 3, 24), Span(3, 22, 3, 23), Span(4, 15, 5, 18)
REPORT = FileReport(
    contexts=[
        Context(3, "net.Block.forward", "layer1.0", (("N", "x.shape[0]"),), (("M", "kept.shape[0] in line 3"),)),
        Context(5, "net.Block.forward", None, ()),
    ],
    facts=[
        Fact(3, LAST, "float32", ("N", 3), "Tensor[float32, N, 3]"),
        Fact(3, INNER, "float32", ("N", 64), "Tensor[float32, N, 64]"),
        Fact(3, CALL, "float32", ("N", "M + 1", None), "Tensor[float32, N, M + 1, _]"),
        Fact(5, CALL, None, None, "Tensor[_, ...]"),
    ],
    gaps=[Gap(3, MEAN, "mean of a list"), Gap(3, CALL, "a gap in one context of two")],
)


def test_json_is_as_promised() -> None:
    assert as_json({"a.py": FileReport(contexts=[Context(0, "a", None, ())]), "net.py": REPORT}) == {
        "version": 1,
        "contexts": [
            {"id": 0, "function": "a", "instance": None, "symbols": {}},
            {"id": 1, "function": "net.Block.forward", "instance": "layer1.0", "symbols": {"N": "x.shape[0]"}},
            {"id": 2, "function": "net.Block.forward", "instance": None, "symbols": {}},
        ],
        "expressions": [
            row(1, LAST, "float32", ["N", 3], "Tensor[float32, N, 3]"),
            row(1, INNER, "float32", ["N", 64], "Tensor[float32, N, 64]"),
            row(1, CALL, "float32", ["N", None, None], "Tensor[float32, N, M + 1, _]"),
            row(2, CALL, None, None, "Tensor[_, ...]"),
        ],
    }


def row(context: int, span: Span, dtype: str | None, dims: list[int | str | None] | None, text: str) -> object:
    return {
        "context": context,
        "file": "net.py",
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "type": {"dtype": dtype, "dims": dims, "text": text},
    }


def test_text_has_the_outermost_type_beside_each_line() -> None:
    assert as_text("net.py", REPORT, SOURCE).splitlines() == [
        "net.py:",
        "class Block:                     |",
        "    def forward(self, x):        |",
        "        x = self.conv(x).relu()  | Tensor[float32, N, M + 1, _] (+1 context)",
        "        return x.mean(           |",
        "            dim=1)               | unknown: mean of a list",
    ]


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy_torch_shapes", "reveal", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "mypy_torch_shapes: bad.py: No such file or directory"),
        (b"def f(:\n", "mypy_torch_shapes: bad.py: invalid syntax (bad.py, line 1)"),
        (b"# caf\xe9\n", "mypy_torch_shapes: bad.py: invalid or missing encoding declaration"),
    ],
)
def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, source: bytes | None, sentence: str
) -> None:
    (tmp_path / "good.py").write_text("import torch\nx = torch.zeros(2, 3)\n")
    if source is not None:
        (tmp_path / "bad.py").write_bytes(source)
    done = run(tmp_path, "--json", "bad.py", "good.py")
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()
    (row,) = (row for row in json.loads(done.stdout)["expressions"] if row["column"] == 4)
    assert (row["file"], row["line"], row["end_line"], row["end_column"]) == ("good.py", 2, 2, 21)
    assert row["type"] == {"dtype": "float32", "dims": [2, 3], "text": "Tensor[float32, 2, 3]"}


@pytest.mark.parametrize("profile", ["{", "[]", '{"schema": 10000}', "\x00"])
def test_a_profile_that_cannot_be_read_costs_a_sentence(tmp_path: Path, profile: str) -> None:
    (tmp_path / ".mypy_torch_shapes").mkdir()
    (tmp_path / ".mypy_torch_shapes" / "profile.json").write_text(profile)
    (tmp_path / "good.py").write_text("import torch\nx = torch.zeros(2, 3)\n")
    done = run(tmp_path, "good.py")
    assert done.returncode == 0
    assert done.stdout.splitlines()[2] == "x = torch.zeros(2, 3)  | Tensor[float32, 2, 3]"
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("mypy_torch_shapes: ")


def test_text_names_what_is_bound_and_shows_errors() -> None:
    report = FileReport(
        contexts=REPORT.contexts,
        facts=[Fact(3, CALL, "float32", ("N",), "Tensor[float32, N]")],
        bindings=[
            Fact(3, Span(2, 22, 2, 23), "float32", ("N", 3), "Tensor[float32, N, 3]"),
            Fact(3, Span(3, 8, 3, 9), "float32", ("N",), "Tensor[float32, N]"),
        ],
        gaps=[Gap(3, MEAN, "the operation fails (mean: no)")],
        findings=[Finding(MEAN, "tensor-shape", "mean: no")],
    )
    assert as_text("net.py", report, SOURCE).splitlines()[2:] == [
        "    def forward(self, x):        | x: Tensor[float32, N, 3]",
        "        x = self.conv(x).relu()  | Tensor[float32, N]",
        "        return x.mean(           |",
        "            dim=1)               | error: mean: no",
    ]


def test_beside_an_error_only_what_is_known_is_said() -> None:
    fact = Fact(5, MEAN, None, None, "Tensor[_, ...]")  # in another context than that of the error
    report = FileReport(contexts=REPORT.contexts, facts=[fact], findings=[Finding(MEAN, "tensor-shape", "mean: no")])
    assert as_text("net.py", report, SOURCE).splitlines()[-1] == "            dim=1)               | error: mean: no"


def test_text_is_in_colour_where_it_is_wanted() -> None:
    shown = as_text("net.py", REPORT, SOURCE, coloured=True).splitlines()
    said = "\x1b[36mTensor[float32, N, M + 1, _] (+1 context)\x1b[0m"
    assert shown[3] == f"        x = self.conv(x).relu()  \x1b[2m|\x1b[0m {said}"
    assert shown[5].endswith("\x1b[33munknown: mean of a list\x1b[0m")
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in shown]
    assert plain == as_text("net.py", REPORT, SOURCE).splitlines()


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.isatty = lambda: terminal  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("terminal", "environment", "wanted"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True),
     (True, {"TERM": "dumb"}, False)],
)  # fmt: skip
def test_colours_are_for_terminals(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Stream(terminal)) is wanted


def test_wide_characters_and_form_feeds_keep_the_columns_aligned() -> None:
    source = "s = '日本'\n\x0cx = 1\ny = 'e\u0301'\n"
    text = as_text("a.py", FileReport(), source).removesuffix("\n").split("\n")[1:]
    assert [columns(line) for line in text] == [columns(text[0])] * 3
    assert columns("日本") == 4
