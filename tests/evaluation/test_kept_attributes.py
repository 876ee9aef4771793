"""Edited constructors: what only the run knew of an attribute holds while the code that makes it is unchanged."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from mypy_torch_shapes.config import Config
from mypy_torch_shapes.opening import session_for
from mypy_torch_shapes.seeds import store
from mypy_torch_shapes.seeds.slices import Slicer
from tests.tools.support import record

# torch.load hands out what nobody can tell from the source, as a hub of models does.
PROGRAM = """\
import torch
from torch import nn

FILE = "body.pt"

class Body(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.layer = nn.Linear(8, width)

    def forward(self, x):
        return self.layer(x)

class Net(nn.Module):
    def __init__(self, file, classes):
        super().__init__()
        self.file = file
        self.body = torch.load(self.file, weights_only=False)
        width = self.body.width
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.body(x)
        return self.head(x)

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net(FILE, 3)

    def forward(self, x):
        return self.net(x)

def main():
    torch.save(Body(6), FILE)
    Two()(torch.zeros(4, 8)).sum().backward()

if __name__ == "__main__":
    main()
"""
BODY = PROGRAM.splitlines().index("        x = self.body(x)") + 1


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kept")
    (root / "program.py").write_text(PROGRAM)
    done = record(root, "--no-probe", "program.py")
    assert done.returncode == 0, done.stderr
    return root


def found(recorded: Path, tmp_path: Path, old: str, new: str) -> tuple[list[str], list[int]]:
    """The types of what the body returns, and the lines of the findings, after an edit."""
    root = shutil.copytree(recorded, tmp_path / "project")
    assert PROGRAM.count(old) == 1
    (root / "program.py").write_text(PROGRAM.replace(old, new))
    report = session_for(Config(root)).report(root / "program.py")
    assert not report.faults
    line = BODY + new.count("\n") - old.count("\n")
    facts = {fact.text for fact in report.facts if fact.span.line == line and fact.span.column > 8}
    return sorted(facts), [finding.span.line for finding in report.findings]


def test_the_recorder_keeps_a_digest_for_each_attribute_that_a_call_makes(recorded: Path) -> None:
    functions = store.load(recorded).functions
    assert [name for name, _ in functions["program:Net.__init__"].made] == ["body", "head"]
    assert functions["program:Net.forward"].made == ()


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("nn.Linear(width, classes)", "nn.Linear(width, classes + 1)", 0),
        ("nn.Linear(width, classes)", "nn.Linear(2 * width, classes)", 1),
        ("self.head = ", "self.more = nn.Linear(5, 5)\n        self.head = ", 0),
        ("        self.file = file\n", "        self.file = file\n        self.head = None\n", 0),
    ],
)
def test_an_edit_elsewhere_in_the_constructor_leaves_it(
    recorded: Path, tmp_path: Path, old: str, new: str, wrong: int
) -> None:
    types, lines = found(recorded, tmp_path, old, new)
    assert "Tensor[float32, N, 6]" in types
    assert len(lines) == wrong


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("torch.load(self.file, weights_only=False)", "torch.load(self.file, None, weights_only=False)"),
        ("self.file = file", "self.file = file + ''"),
        ('FILE = "body.pt"', 'FILE = "body." + "pt"'),
        ("self.net = Net(FILE, 3)", "self.net = Net(FILE, 2)"),
    ],
)
def test_an_edit_of_what_it_is_made_from_takes_it_away(recorded: Path, tmp_path: Path, old: str, new: str) -> None:
    edited = PROGRAM.replace(old, new).replace("nn.Linear(width, classes)", "nn.Linear(7, classes)")
    root = shutil.copytree(recorded, tmp_path / "project")
    (root / "program.py").write_text(edited)
    assert session_for(Config(root)).report(root / "program.py").findings == []


def test_of_two_modules_of_a_class_none_is_taken_for_the_other(recorded: Path, tmp_path: Path) -> None:
    root = shutil.copytree(recorded, tmp_path / "project")
    both = "nn.Sequential(Net(FILE, 6), nn.Linear(6, 8), Net(FILE, 3))"
    twice = PROGRAM.replace("Net(FILE, 3)", both)
    (root / "program.py").write_text(twice)
    assert record(root, "--no-probe", "program.py").returncode == 0
    (root / "program.py").write_text(twice.replace("nn.Linear(width, classes)", "nn.Linear(7, classes)"))
    assert session_for(Config(root)).report(root / "program.py").findings == []


def test_a_module_that_is_built_and_left_is_not_the_recorded_one(recorded: Path, tmp_path: Path) -> None:
    root = shutil.copytree(recorded, tmp_path / "project")
    program = (
        PROGRAM.replace("    torch.save(", "    torch.save(Body(9), 'other.pt')\n    torch.save(")
        .replace("(FILE, 3)\n", "(FILE, 3)\n        self.last = nn.Linear(3, Net('other.pt', 5).body.width)\n")
        .replace("return self.net(x)", "return self.last(self.net(x)) @ torch.zeros(9, 1)")
    )
    (root / "program.py").write_text(program)
    assert record(root, "--no-probe", "program.py").returncode == 0
    for edit, wrong in (("width, classes + 0", 0), ("2 * width, classes", 1)):
        (root / "program.py").write_text(program.replace("width, classes", edit))
        report = session_for(Config(root)).report(root / "program.py")
        assert (report.faults, len(report.findings)) == ([], wrong)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("self.a = f(x)\nself.b = 3\n", ["a"]),
        ("self.a = f(x)\nself.a = g(x)\n", []),
        ("for i in x:\n    self.a = f(i)\n", []),
        ("if x:\n    self.a = f(x)\nelse:\n    self.a = g(x)\n", ["a"]),
        ("self.a = self.b = f(x)\n", []),
        ("x.a = f(self)\n", ["a"]),
        ("y = x\ny.a = f()\n", []),
    ],
)
def test_attributes_that_are_bound_once(body: str, names: list[str]) -> None:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    tree = ast.parse(f"class C:\n    def __init__(self, x):\n{lines}")
    assert list(Slicer(tree).attributes("C.__init__")) == names


def test_what_an_attribute_is_made_from() -> None:
    source = (
        "K = 3\ndef f(n): return n\nclass C:\n    def __init__(self, x):\n        self.n = x\n        y = x + K\n"
        "        self.a = f(y)\n        self.b = g(self.n)\n        self.f = self.n.g()\n        self.c = h(x)\n"
        "        self.d = self.e()\n"
    )
    before = Slicer(ast.parse(source)).attributes("C.__init__")
    for edit, changed in (
        ("K = 3", {"a", "d"}),  # a method may read all that the object holds
        ("return n", {"a", "d"}),
        ("x + K", {"a", "d"}),
        ("self.n = x", {"b", "d", "f"}),
        ("h(x)", {"c", "d"}),
    ):
        after = Slicer(ast.parse(source.replace(edit, f"{edit} or 1"))).attributes("C.__init__")
        assert {name for name in before if after.get(name) != before[name]} == changed, edit
