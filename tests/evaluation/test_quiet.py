"""What is told from a file's text alone: that its own code can meet no tensor. Any doubt counts as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.quiet import Quiet

TOOLS = """\
import torch
from torch import nn

def make():
    return torch.zeros(3)

def plain(x):
    return x + 1

def late(x):
    import logging
    return x

def also_late(x):
    import logging
    return torch.zeros(x)

def is_tensor(x) -> bool:
    return torch.cuda.is_available() and isinstance(x, torch.Tensor)

ACT = nn.ReLU()
"""


@pytest.mark.parametrize(
    ("source", "quiet"),
    [
        ("import torch\n\nHAS = hasattr(torch, 'xpu') and torch.xpu.is_available()\n", True),
        ("import torch\n\nONE = getattr(torch, 'zeros')(3)\n", False),
        ("import torch\n\ndef f(x):\n    return torch.zeros(3)\n", True),
        ("import logging\nimport torch\n\nlogger = logging.getLogger('torch')\nCONFIG = dict(width=3)\n", True),
        ("from torch import nn\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x\n", True),
        ("from tools import make\n\ndef f():\n    return make()\n", True),
        ("from tools import plain\n\nx = plain(3)\n", True),
        ('"""torch.zeros(3)"""\nx = len("torch.zeros(3)")  # torch.zeros(3)\n', True),
        ("import torch\n\nx = torch.zeros(3)\n", False),
        ("import torch as t\n\nx = t.zeros(3)\n", False),
        ("from torch import zeros\n\nx = zeros(3)\n", False),
        ("from torch import *\n\nx = zeros(3)\n", False),
        ("from tools import make\n\nx = make()\n", False),
        ("from tools import make as other\n\nx = other()\n", False),
        ("import tools\n\nx = tools.make()\n", False),
        ("from tools import ACT\n\nx = ACT(3)\n", False),
        ("from tools import make\n\ndef f():\n    return make()\n\nif __name__ == '__main__':\n    f()\n", False),
        ("from nowhere import make\n\nx = make()\n", True),
        ("from .nowhere import make\n\nx = make()\n", False),
        ("from starring import make\n\nx = make()\n", False),
        ("try:\n    from tools import make\nexcept ImportError:\n    make = None\nx = make()\n", False),
        ("from tools import late\n\nx = late(3)\n", True),
        ("from tools import also_late\n\nx = also_late(3)\n", False),
        ("from tools import is_tensor\n\nx = is_tensor(3)\n", True),
        ("from torch import Tensor\n\nx = Tensor(3, 4)\n", False),
        ("import torch\n\nTYPES = (torch.Tensor, torch.float16)\nx = torch.device('cpu')\n", True),
        ("from circle import nothing\n\nx = nothing()\n", False),
        ("def f(x):\n    \"\"\"x (Tensor[N, 3]): as jaxtyping has it.\"\"\"\n    return x\n", True),
        ("import torch\n\nclass A:\n    table = torch.zeros(3)\n", False),
        ("x = 3\nreveal_type(x)\n", False),
        ("from jaxtyping import Float\n", False),
        ("from torch import Tensor\n\ndef f(x: Tensor[float32, 'N']):\n    return x\n", False),
        ("from names import Image\n\ndef f(x: Image):\n    return x\n", False),
        ("from handed import Picture\n\ndef f(x: Picture):\n    return x\n", False),
    ],
)
def test_only_what_can_meet_no_tensor_is_quiet(tmp_path: Path, source: str, quiet: bool) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "names.py").write_text("from jaxtyping import Float\nImage = Float[Tensor, 'h w']\n")
    (tmp_path / "handed.py").write_text("from names import Image as Picture\n")
    (tmp_path / "starring.py").write_text("from tools import *\n")
    (tmp_path / "circle.py").write_text("from circle import nothing\n")
    (tmp_path / "program.py").write_text(source)
    assert (Quiet(tmp_path, [tmp_path]).depends_on(tmp_path / "program.py") is not None) == quiet


def test_an_alias_of_an_annotation_may_come_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "types_.py").write_text("import torch, jaxtyping\n\nRow = jaxtyping.Float[torch.Tensor, 'n']\n")
    (tmp_path / "between.py").write_text("from types_ import Row\n")
    (tmp_path / "program.py").write_text("from between import Row\n\ndef f(x: Row) -> Row:\n    return x\n")
    (tmp_path / "other.py").write_text("import logging\n\ndef f(x: int) -> int:\n    return x\n")
    quiet = Quiet(tmp_path, [tmp_path])
    assert [quiet.may_be_annotated(tmp_path / name) for name in ("program.py", "other.py")] == [True, False]
    assert quiet.depends_on(tmp_path / "program.py") is None


def test_it_depends_on_the_files_that_were_looked_at(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "program.py").write_text("from tools import plain\n\nx = plain(3)\n")
    found = Quiet(tmp_path, [tmp_path]).depends_on(tmp_path / "program.py")
    assert found == [tmp_path / "program.py", tmp_path / "tools.py"]


def test_a_library_that_is_installed_may_hand_out_tensors(tmp_path: Path) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/nowhere.py").write_text("def make():\n    return 3\n")
    (tmp_path / "program.py").write_text("from nowhere import make\n\nx = make()\n")
    assert Quiet(tmp_path, [tmp_path, tmp_path / "installed"]).depends_on(tmp_path / "program.py") is None


def test_what_may_be_annotated_is_remembered_both_ways(tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text("from jaxtyping import Float\n")
    for number in range(3):
        (tmp_path / f"m{number}.py").write_text(f"import {'names' if number == 0 else f'm{number - 1}'}\n")
    (tmp_path / "plain.py").write_text("import logging\n")
    quiet = Quiet(tmp_path, [tmp_path])
    names = ("m2.py", "plain.py", "m1.py", "m0.py", "plain.py")
    assert [quiet.may_be_annotated(tmp_path / name) for name in names] == [True, False, True, True, False]
