"""Annotations written into a small program that was recorded once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mypy_torch_shapes.annotate.rewriting import rewrite
from mypy_torch_shapes.annotate.signatures import Signature, Written, WrittenTuple, kind_of
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds import store
from mypy_torch_shapes.shapes.dtypes import bool_, float16, float32, int64, uint8

MODEL = """
    \"\"\"A model.\"\"\"
    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, width, out):
            super().__init__()
            self.conv = nn.Conv2d(width, out, 3, padding=1)

        def forward(self, x):  # the input
            return self.conv(x)


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3, 8)
            self.second = Block(8, 4)

        def forward(self, x, mask=None, *, scale=1.0):
            x = self.second(torch.relu(self.first(x)))
            if mask is not None:
                x = x * mask   # odd   spacing stays
            return x.flatten(1), x.mean(), None

        @property
        def size(self):
            return 3


    def doubled(x: torch.Tensor, y: "torch.Tensor", z: int = 2):
        return torch.cat([x, x], 1)


    def untensored(a, b=2): return a + b


    def spoiled(x):
        n: int = "mypy has not looked in here"
        return x


    @torch.jit._overload
    def again(x: torch.Tensor): ...


    def again(x: torch.Tensor):
        return x[0]
"""
DRIVER = """
    import torch
    from model import Net, again, doubled, spoiled, untensored
    net = Net()
    net(torch.zeros(2, 3, 8, 6))
    net(torch.zeros(2, 3, 8, 6), torch.zeros(2, 4, 8, 6))
    doubled(torch.zeros(2, 5), torch.zeros(3))
    untensored(1)
    spoiled(torch.zeros(2))
    again(torch.zeros(2))
    again(torch.zeros(3))
"""
ANNOTATED = """
    \"\"\"A model.\"\"\"
    import torch
    from torch import nn
    from jaxtyping import Float
    from typing import Optional


    class Block(nn.Module):
        def __init__(self, width, out):
            super().__init__()
            self.conv = nn.Conv2d(width, out, 3, padding=1)

        def forward(self, x: Float[torch.Tensor, "N C H W"]) -> Float[torch.Tensor, "N _ H W"]:  # the input
            return self.conv(x)


    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3, 8)
            self.second = Block(8, 4)

        def forward(self, x: Float[torch.Tensor, "N 3 H W"], mask: Optional[Float[torch.Tensor, "N 4 H W"]] = None, *, scale=1.0):
            x = self.second(torch.relu(self.first(x)))
            if mask is not None:
                x = x * mask   # odd   spacing stays
            return x.flatten(1), x.mean(), None

        @property
        def size(self):
            return 3


    def doubled(x: Float[torch.Tensor, "N D"], y: "torch.Tensor", z: int = 2) -> Float[torch.Tensor, "N 2*D"]:
        return torch.cat([x, x], 1)


    def untensored(a, b=2): return a + b


    def spoiled(x):
        n: int = "mypy has not looked in here"
        return x


    @torch.jit._overload
    def again(x: torch.Tensor): ...


    def again(x: Float[torch.Tensor, " N"]) -> Float[torch.Tensor, ""]:
        return x[0]
"""  # noqa: E501


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded, and annotated: before that, shown."""
    root = tmp_path_factory.mktemp("project")
    (root / "model.py").write_text(dedent(MODEL).lstrip())
    (root / "driver.py").write_text(dedent(DRIVER).lstrip())
    assert run(root, "-m", "mypy_torch_shapes", "profile", "driver.py").returncode == 0
    shown = run(root, "-m", "mypy_torch_shapes", "annotate", "--diff", "model.py")
    assert shown.returncode == 0, shown.stderr
    (root / "shown.diff").write_text(shown.stdout)
    (root / "said.txt").write_text(shown.stderr)
    assert (root / "model.py").read_text() == dedent(MODEL).lstrip()
    assert run(root, "-m", "mypy_torch_shapes", "annotate", "model.py").returncode == 0
    return root


def test_parameters_and_results_are_annotated_and_nothing_else_changes(project: Path) -> None:
    assert (project / "model.py").read_text() == dedent(ANNOTATED).lstrip()


def test_the_difference_can_be_seen_before(project: Path) -> None:
    lines = (project / "shown.diff").read_text().splitlines()
    assert "-    def forward(self, x):  # the input" in lines
    assert lines[:2] == ["--- a/model.py", "+++ b/model.py"]


def test_what_mypy_would_find_errors_in_is_left_as_it_is(project: Path) -> None:
    assert (project / "said.txt").read_text() == (
        "mypy_torch_shapes: model.py: spoiled is left as it is: "
        "with annotations, mypy would look into it and find errors there.\n"
    )


def test_annotating_again_changes_nothing(project: Path) -> None:
    assert run(project, "-m", "mypy_torch_shapes", "annotate", "--diff", "model.py").stdout == ""


def test_the_result_is_checked_without_findings(project: Path) -> None:
    report = Session(project, store.load(project), Options()).report(project / "model.py")
    assert not report.findings
    assert not report.faults


def test_the_result_runs_under_the_run_time_checker(project: Path) -> None:
    hooked = """
        from jaxtyping import install_import_hook
        with install_import_hook("model", "beartype.beartype"):
            import model
        import torch
        exec(open("driver.py").read())
        try:
            model.Net()(torch.zeros(2, 4, 8, 6))
        except Exception as error:
            print(type(error).__name__)
    """
    (project / "hooked.py").write_text(dedent(hooked))
    done = run(project, "hooked.py")
    assert (done.returncode, done.stdout) == (0, "TypeCheckError\n"), done.stderr


def test_a_file_that_cannot_be_read_costs_a_sentence(project: Path) -> None:
    done = run(project, "-m", "mypy_torch_shapes", "annotate", "nothing.py")
    assert done.returncode == 1
    assert done.stderr == "mypy_torch_shapes: nothing.py: No such file or directory\n"


KINDS = [
    ([float32, float16], "Float"),
    ([int64], "Int"),
    ([int64, uint8], "Integer"),
    ([bool_], "Bool"),
    ([float32, int64], "Shaped"),
    ([float32, None], "Shaped"),
]


@pytest.mark.parametrize(("dtypes", "kind"), KINDS)
def test_a_kind_holds_for_all_dtypes_that_were_seen(dtypes: list[object], kind: str) -> None:
    assert kind_of(dtypes) == kind  # type: ignore[arg-type]


IMAGE = Written("Float", "N 3")
REWRITTEN = [
    ("import torch\ndef f(x): ...", 'def f(x: Float[torch.Tensor, "N 3"]): ...'),
    ("from torch import Tensor as T\nimport torch\ndef f(x: T): ...", 'def f(x: Float[torch.Tensor, "N 3"]): ...'),
    ("from torch import Tensor\ndef f(x: Tensor): ...", 'def f(x: Float[Tensor, "N 3"]): ...'),
    ("def f(x): ...", 'def f(x: Float[Tensor, "N 3"]): ...'),
    (
        "from typing import Optional\nfrom torch import Tensor\ndef f(x: Optional[Tensor] = None): ...",
        'def f(x: Optional[Float[Tensor, "N 3"]] = None): ...',
    ),
    ("from torch import Tensor\ndef f(x: Tensor | None): ...", 'def f(x: Float[Tensor, "N 3"] | None): ...'),
    ("from torch import Tensor\ndef f(x: list[Tensor]): ...", "def f(x: list[Tensor]): ..."),
    ("def f(x=1.0): ...", "def f(x=1.0): ..."),
    ("import torch\n@torch.jit.script\ndef f(x): ...", "def f(x): ..."),
    ("import torch\nFloat = float\ndef f(x): ...", 'def f(x: jaxtyping.Float[torch.Tensor, "N 3"]): ...'),
    ("def g():\n    def f(x): ...", "    def f(x): ..."),
]


@pytest.mark.parametrize(("source", "last"), REWRITTEN)
def test_what_a_module_calls_things_is_kept(source: str, last: str) -> None:
    changed = rewrite(source, {"f": Signature({"x": IMAGE})})
    assert changed.splitlines()[-1] == last
    compile(changed, "<changed>", "exec")


def test_tensors_inside_a_written_tuple_are_annotated() -> None:
    source = "from torch import Tensor\ndef f() -> tuple[Tensor, Tensor]: ..."
    changed = rewrite(source, {"f": Signature(result=WrittenTuple((IMAGE, Written("Int", "N"))))})
    assert changed.splitlines()[-1] == 'def f() -> tuple[Float[Tensor, "N 3"], Int[Tensor, " N"]]: ...'
