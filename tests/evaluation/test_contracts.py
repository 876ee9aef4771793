"""Annotations together with a recorded run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds import store

MODEL = """
    import torch
    from torch import nn, Tensor
    from jaxtyping import Float

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)

        def forward(self, x: Float[Tensor, "images 3 rows columns"]) -> Float[Tensor, "images 8 rows columns"]:
            y = self.conv(x)
            return y

    def unused(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
        return x.sum(1)
"""
DRIVER = """
    import torch
    from model import Net
    Net()(torch.zeros(2, 3, 8, 8))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("project")
    (tmp_path / "model.py").write_text(dedent(MODEL))
    (tmp_path / "driver.py").write_text(dedent(DRIVER))
    command = [sys.executable, "-m", "mypy_torch_shapes", "profile", "driver.py"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    return tmp_path


def report(project: Path, edit: tuple[str, str] = ("", "")) -> FileReport:
    source = dedent(MODEL)
    assert edit[0] in source
    (project / "model.py").write_text(source.replace(*edit) if edit[0] else source)
    found = Session(project, store.load(project), Options()).report(project / "model.py")
    assert not found.faults
    return found


def test_recorded_sizes_have_the_names_that_are_written(project: Path) -> None:
    found = report(project)
    assert not found.findings
    contexts = {context.function: dict(context.symbols) for context in found.contexts}
    assert contexts["model.Net.forward"] == {
        "images": "x.shape[0]",
        "rows": "x.shape[2]",
        "columns": "x.shape[3]",
    }
    assert "Tensor[float32, images, 8, rows, columns]" in {fact.text for fact in found.facts}


def test_what_the_run_did_not_enter_is_seeded_by_its_annotations(project: Path) -> None:
    assert "Tensor[_, n, 2]" in {fact.text for fact in report(project).facts}


def test_a_recorded_argument_that_contradicts_is_said_at_the_annotation(project: Path) -> None:
    found = report(project, ("images 3 rows", "images 1 rows"))
    (finding,) = found.findings
    assert (finding.code, finding.span.line) == ("tensor-annotation", 11)
    assert finding.message.startswith('forward: argument "x" is Tensor[float32, N, 3, H, W], annotated')
    assert finding.message.endswith("axis 1 is 3, not 1")


def test_a_result_that_contradicts_is_said_at_the_return(project: Path) -> None:
    found = report(project, ("images 8 rows", "images 9 rows"))
    (finding,) = found.findings
    assert (finding.code, finding.span.line) == ("tensor-annotation", 13)


def test_an_edit_that_the_annotation_forbids_is_found(project: Path) -> None:
    found = report(project, ("padding=1", "padding=0"))
    (finding,) = found.findings
    assert (finding.code, finding.span.line) == ("tensor-annotation", 13)
