"""`mypy-torch-shapes lsp`, over the protocol itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mypy_torch_shapes.evaluation.facts import Span
from mypy_torch_shapes.lsp.hints import Hint, moved
from mypy_torch_shapes.lsp.units import to_bytes, to_units
from tests.editors.client import Client

SOURCE = """\
import torch
from torch import nn
from helper import width

names = "äöü"; ü = torch.zeros(2, 3)
layer = nn.Linear(3, width)
y: torch.Tensor = layer(ü)
a, b = y.split([2, 6], 1)
def twice(t, n: int = 2): return t * n
z = twice(y)
"""
LAST = {"line": 10_000, "character": 0}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project").resolve()
    (made / "program.py").write_text(SOURCE)
    (made / "helper.py").write_text("width = 8\n")
    return made


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[Client]:
    made = Client([sys.executable, "-m", "mypy_torch_shapes", "lsp", "--stdio"], root)
    made.open(root / "program.py")
    yield made
    made.close()


def hints(client: Client, path: Path) -> dict[str, str]:
    """The text in front of each hint, and the hint."""
    found = client.request(
        "textDocument/inlayHint",
        {"textDocument": {"uri": path.as_uri()}, "range": {"start": {"line": 0, "character": 0}, "end": LAST}},
    )
    return {f"{each['position']['line']}:{each['position']['character']}": each["label"] for each in found or ()}


EXPECTED = {
    "4:16": ": float32[2, 3]",  # counted in UTF-16
    "6:15": "float32[2, 8]",  # behind the annotation
    "7:1": ": float32[2, 2]",
    "7:4": ": float32[2, 6]",
    "8:11": ": float32[2, 8]",
    "9:1": ": float32[2, 8]",
}


def test_every_name_has_its_shape_where_it_is_bound(client: Client, root: Path) -> None:
    assert hints(client, root / "program.py") == EXPECTED
    assert client.capabilities["hoverProvider"]
    assert "diagnosticProvider" not in client.capabilities  # they are mypy's


def test_what_is_shown_is_of_the_buffer_not_of_the_file(client: Client, root: Path) -> None:
    client.change(root / "program.py", SOURCE.replace("zeros(2, 3)", "zeros(5, 3)"))
    assert hints(client, root / "program.py")["4:16"] == ": float32[5, 3]"
    client.change(root / "program.py", SOURCE)
    assert hints(client, root / "program.py") == EXPECTED


def test_a_buffer_that_another_imports_counts_too(client: Client, root: Path) -> None:
    helper = root / "helper.py"
    client.open(helper, "width = 16\n")
    client.change(root / "program.py", SOURCE.replace("[2, 6]", "[2, 14]"))
    assert hints(client, root / "program.py")["9:1"] == ": float32[2, 16]"
    client.notify("textDocument/didClose", {"textDocument": {"uri": helper.as_uri()}})
    client.change(root / "program.py", SOURCE)
    assert hints(client, root / "program.py") == EXPECTED


def test_a_file_that_changes_on_disk_counts_too(client: Client, root: Path) -> None:
    before = len(client.asked)
    client.save(root / "helper.py", "width = 4  # and narrow\n")
    client.change(root / "program.py", SOURCE.replace("[2, 6]", "[2, 2]"))
    assert hints(client, root / "program.py")["9:1"] == ": float32[2, 4]"
    assert "workspace/inlayHint/refresh" in client.asked[before:]
    client.save(root / "helper.py", "width = 8\n")
    client.change(root / "program.py", SOURCE)
    assert hints(client, root / "program.py") == EXPECTED


def test_while_there_is_a_syntax_error_the_other_lines_keep_their_hints(client: Client, root: Path) -> None:
    client.change(root / "program.py", SOURCE.replace("a, b = y.split", "\n\na, b = (y.split"))
    found = hints(client, root / "program.py")
    there = {place: label for place, label in EXPECTED.items() if place < "7"}
    assert found == {**there, "10:11": ": float32[2, 8]", "11:1": ": float32[2, 8]"}
    client.change(root / "program.py", SOURCE)
    assert hints(client, root / "program.py") == EXPECTED


def test_hover_says_what_the_innermost_expression_is(client: Client, root: Path) -> None:
    def at(line: int, character: int) -> Any:
        position = {"line": line, "character": character}
        where = {"textDocument": {"uri": (root / "program.py").as_uri()}, "position": position}
        return client.request("textDocument/hover", where)

    said = at(6, 20)
    assert said["contents"]["value"] == "```python\nlayer(ü)\n```\n- `Tensor[float32, 2, 8]`\n\nin `program`"
    assert said["range"] == {"start": {"line": 6, "character": 18}, "end": {"line": 6, "character": 26}}
    assert at(0, 3) is None
    assert at(500, 3) is None


def test_a_hint_that_is_pointed_at_says_more(client: Client, root: Path) -> None:
    everything = {"start": {"line": 0, "character": 0}, "end": LAST}
    where = {"textDocument": {"uri": (root / "program.py").as_uri()}, "range": everything}
    hint = client.request("inlayHint/resolve", client.request("textDocument/inlayHint", where)[0])
    assert "`Tensor[float32, 2, 3]`" in hint["tooltip"]["value"]


def test_what_is_no_file_has_no_hints(client: Client, root: Path) -> None:
    document = {"uri": "untitled:one", "languageId": "python", "version": 1, "text": "x = 1"}
    client.notify("textDocument/didOpen", {"textDocument": document})
    where = {"textDocument": {"uri": "untitled:one"}, "range": {"start": {"line": 0, "character": 0}, "end": LAST}}
    assert client.request("textDocument/inlayHint", where) is None
    assert not client.errors()


def test_hints_move_with_their_lines() -> None:
    span = Span(1, 0, 1, 1)
    held = [Hint(line, 1, ": float32[2]", span) for line in (1, 2, 3)]
    assert [hint.line for hint in moved(held, "a\nb\nc\n", "a\nb\nc\n")] == [1, 2, 3]
    assert [hint.line for hint in moved(held, "a\nb\nc\n", "a\nx\ny\nc\n")] == [1, 4]
    assert [hint.line for hint in moved(held, "a\nb\nc\n", "c\n")] == [1]
    assert [hint.line for hint in moved(held, "a\na\na\n", "a\na\n")] == [1, 2]


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 7), ("utf-16", 4), ("utf-32", 3)])
def test_columns_are_converted(encoding: str, units: int) -> None:
    line = "aß😀b"  # 1, 2 and 4 bytes
    assert to_units(line, 7, encoding) == units
    assert to_bytes(line, units, encoding) == 7
    assert to_bytes(line, 100, encoding) == 8


def test_without_pygls_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from mypy_torch_shapes import cli, messages
    from mypy_torch_shapes.lsp import command

    monkeypatch.setattr(command.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(messages, "_said", set())
    assert cli.main(["lsp"]) == 1
    assert capsys.readouterr().err == 'mypy_torch_shapes: lsp needs pygls: pip install "mypy_torch_shapes[lsp]"\n'
