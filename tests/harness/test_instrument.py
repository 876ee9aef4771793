"""The instrumented program is the same program, and what is recorded is what torch did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness import snapshot

REPOSITORY = Path(__file__).resolve().parents[2]

TRICKY = '''"""Docstring stays first."""
from __future__ import annotations
import torch, sys
from torch import nn

print(__doc__, __name__)
NAMES = [name for name in dir() if not name.startswith("__")]

def deco(f):
    def inner(*a, **k):
        return f(*a, **k)
    inner.__name__ = f.__name__
    return inner

class Base(nn.Module):
    """Doc."""
    scale: int = 3
    __slots_like = tuple(i * 2 for i in range(3))
    def __init__(self, n=2):
        super().__init__()
        self.lin = nn.Linear(n, n)
    def forward(self, x):
        """Doc of forward."""
        return self.lin(x) * self.scale

class Child(Base):
    @deco
    def forward(self, x, /, *rest, k: int = 1, **more):
        y = super().forward(x)
        if (n := y.shape[0]) > 1:
            y = y + n
        pieces = [t for t in y.unbind(0) if (m := t.numel())]
        first, *others = pieces
        z = torch.stack([first, *others])
        z[0, :1] = 0
        z[..., None, 0:1].mul_(2)
        z += 1
        text = f"{z.sum() > 0!s:>6} {z.shape=}"
        del pieces[0]
        match rest:
            case (a, b) if a is not None:
                z = z + a
            case _:
                pass
        return z, text, self._Base__slots_like

    @staticmethod
    def helper(x):
        return x.T

def gen(x):
    got = yield x
    while got is not None:
        got = yield got * 2

def main():
    torch.manual_seed(0)
    net = nn.Sequential(Child(), nn.Identity())[0]
    print(net(torch.ones(2, 2), torch.ones(1), None))
    g = gen(torch.ones(1)); print(next(g), g.send(torch.ones(2)))
    f = lambda t, q=torch.zeros(1): t + q
    print(f(torch.ones(3)), Child.helper(torch.ones(2, 3)).shape, max((t for t in [torch.ones(1)]), default=None))
    w = torch.zeros(2, 3)
    w.unsqueeze_(0)
    print(w)
    try:
        torch.ones(2) @ torch.ones(3)
    except RuntimeError as error:
        print(type(error).__name__)
    print(sorted(locals())[:1] , NAMES)

if __name__ == "__main__":
    main()
'''


def run_instrumented(directory: Path, driver: str, *files: str, arguments: tuple[str, ...] = ()) -> tuple[str, Any]:
    out = directory / "log.json"
    chosen = [word for file in files for word in ("--file", file)]
    command = [sys.executable, "-m", "tests.harness.run", "--out", str(out), *chosen, driver, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(out.read_text())


def values(log: Any, function: str, text: str) -> list[tuple[str, list[int]]]:
    return [
        (dtype, shape)
        for each in log["invocations"]
        if each["function"] == function
        for site, dtype, shape in each["seen"]
        if log["sites"][site]["text"] == text
    ]


@pytest.fixture(scope="module")
def tricky(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Any]:
    directory = tmp_path_factory.mktemp("tricky")
    (directory / "net.py").write_text(TRICKY)
    plain = subprocess.run([sys.executable, "net.py"], cwd=directory, capture_output=True, text=True, check=True)
    return plain.stdout, *run_instrumented(directory, "net.py", "net.py")


def test_output_is_unchanged(tricky: tuple[str, str, Any]) -> None:
    plain, observed, _ = tricky
    assert observed == plain


@pytest.mark.parametrize(
    ("function", "text", "expected"),
    [
        ("net.Base.forward", "self.lin(x)", ("float32", [2, 2])),
        ("net.Child.forward", "y.unbind(0)", ("!tuple", [])),
        ("net.Child.forward", "t", ("float32", [2])),
        ("net.Child.forward", "z[..., None, 0:1]", ("float32", [2, 1, 1])),
        ("net.Child.forward", "z.sum() > 0", ("bool", [])),
        ("net.gen", "got * 2", ("float32", [2])),
        ("net.gen", "yield got * 2", ("!NoneType", [])),
        ("net.main", "t + q", ("float32", [3])),
        ("net.main", "torch.zeros(1)", ("float32", [1])),
        ("net.main", "w", ("float32", [2, 3])),
        ("net.main", "w", ("float32", [1, 2, 3])),
    ],
)
def test_values(tricky: tuple[str, str, Any], function: str, text: str, expected: tuple[str, list[int]]) -> None:
    found = values(tricky[2], function, text)
    assert expected in found or (expected[0].startswith("!") and not found), found


def test_instances_and_parameters(tricky: tuple[str, str, Any]) -> None:
    entry = next(each for each in tricky[2]["invocations"] if each["function"] == "net.Child.forward")
    assert entry["instance"] == "0"
    rest = snapshot.view(entry["parameters"]["rest"])
    assert rest[0].shape == (1,) and rest[1] is None  # type: ignore[index]
    lin = snapshot.view(entry["parameters"]["self"]).lin  # type: ignore[attr-defined]
    assert lin.weight.shape == (2, 2)


def test_an_array_among_the_parameters_has_a_shape() -> None:
    assert snapshot.view(snapshot.take(np.zeros((2, 3)))).shape == (2, 3)  # type: ignore[attr-defined]


def test_packages_with_relative_imports(tmp_path: Path) -> None:
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("from .net import double\n")
    (package / "net.py").write_text("from . import helper\ndef double(x):\n    return helper.twice(x)\n")
    (package / "helper.py").write_text("def twice(x):\n    return x + x\n")
    (tmp_path / "driver.py").write_text(
        "import sys, torch\nfrom pkg import double\nprint(double(torch.ones(int(sys.argv[1][2:]))))\n"
    )
    output, log = run_instrumented(tmp_path, "driver.py", "pkg/net.py", "pkg/helper.py", arguments=("N=2",))
    assert output == "tensor([2., 2.])\n"
    assert values(log, "pkg.helper.twice", "x + x") == [("float32", [2])]
    assert {site["file"] for site in log["sites"]} == {"pkg/net.py", "pkg/helper.py"}
