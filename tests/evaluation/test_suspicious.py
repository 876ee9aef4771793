"""What runs, but hardly does what was meant: said with the option, and only where it is certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.session import Options, Session

from .test_programs import HEAD, profile_of, source_of

SUSPICIOUS = {
    "F.mse_loss(x[:, 0], x[:, :1])": "every element meets every other one",
    "F.l1_loss(x, x[:1])": "input and target have shapes",
    "x[:, 0] - x[:, :1]": "every element meets every other one",
    "nn.HuberLoss()(x[:, 0], x[:, :1])": "every element meets every other one",
    "F.softmax(x.unsqueeze(1))": "the batch axis",
    "nn.Softmax()(x[:, None])": "the batch axis",
    "x.view(x.size(1), x.size(0))": "the axes keep no meaning",
    "x.reshape(6, -1)": "the axes keep no meaning",
}
MEANT = (
    "F.mse_loss(x, x * 2)",
    "F.mse_loss(x[:, :1], x[:, 1:2])",
    "x - x.mean(1, keepdim=True)",
    "x - x.mean()",
    "F.softmax(x, dim=0)",
    "F.softmax(x)",
    "x.view(-1)",
    "x.view(x.size(0), 1, x.size(1))",
    "x.view(x.size(0), 2, 3)",
    "x.t().reshape(6, -1)",
)


def said(directory: Path, expression: str, wanted: bool = True) -> list[tuple[str, str]]:
    source = source_of("pass", f"return {expression}")
    path = directory / "program.py"
    path.write_text(source)
    report = Session(directory, profile_of(source, ((4, 6), (5, 6))), Options(suspicious=wanted)).report(path)
    assert not report.faults and HEAD in source
    return [(each.code, each.message) for each in report.findings]


@pytest.mark.parametrize("expression", SUSPICIOUS)
def test_suspicious(expression: str, tmp_path: Path) -> None:
    ((code, message),) = said(tmp_path, expression)
    assert code == "tensor-suspicious"
    assert SUSPICIOUS[expression] in message
    assert said(tmp_path, expression, wanted=False) == []


@pytest.mark.parametrize("expression", MEANT)
def test_meant(expression: str, tmp_path: Path) -> None:
    assert said(tmp_path, expression) == []
