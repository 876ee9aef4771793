"""The types of names where they are bound, and which unknown values may be tensors at all."""

from __future__ import annotations

from pathlib import Path

from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.reveal.noise import gaps_worth_saying
from mypy_torch_shapes.reveal.summary import lines_of, text_at

from .test_programs import net, reported, source_of


def bound(report: FileReport, source: str) -> dict[str, str]:
    lines = lines_of(source)
    return {f"{text_at(lines, each.span)}:{each.span.line}": each.text for each in report.bindings}


def test_parameters_and_targets_have_types(tmp_path: Path) -> None:
    forward = """\
a, (b, *rest) = x, x.chunk(3, 1)
for row in x.unbind(1):
    self.kept = row
b += 1
if (n := x.sum(1)).numel():
    return n
return b"""
    source = source_of("self.fc = nn.Linear(6, 3)", forward)
    report = net(tmp_path, "self.fc = nn.Linear(6, 3)", forward)
    first = source[: source.index("a, (b")].count("\n") + 1
    found = bound(report, source)
    assert found.pop(f"x:{first - 1}") == "Tensor[float32, N, 6]"
    assert found == {
        f"a:{first}": "Tensor[float32, N, 6]",
        f"b:{first}": "Tensor[float32, N, 2]",
        f"row:{first + 1}": "Tensor[float32, N]",
        f"self.kept:{first + 2}": "Tensor[float32, N]",
        f"n:{first + 4}": "Tensor[float32, N]",
    }
    spans = {each.span for each in report.bindings}
    assert not spans & {each.span for each in report.facts}  # an augmented target is an expression, a binding is none


def test_a_name_that_is_a_number_at_times_is_not_said_to_be_a_tensor(tmp_path: Path) -> None:
    source = "import torch\nfor x in (1, torch.zeros(2)):\n    print(x)\n"
    assert bound(reported(tmp_path, source), source) == {}


QUIET = """\
import logging, torch
from somewhere import mystery
logger = logging.getLogger(__name__)
loss = torch.ones(3).sum()
print(loss.item() > 0)
print(float(mystery()) + 1 > 2)
print(len(mystery()) / 2, f"{loss.item()}", mystery() is None, not mystery())
mystery()
logger.info("%s", logger)
schedule = torch.optim.lr_scheduler.LambdaLR(None, lambda step: 1.0)
"""


def said(directory: Path, source: str) -> list[str]:
    lines = lines_of(source)
    return [text_at(lines, gap.span) for gap in gaps_worth_saying(reported(directory, source), source)]


def test_what_is_no_tensor_is_not_called_unknown(tmp_path: Path) -> None:
    assert said(tmp_path, QUIET) == ["mystery()"] * 4  # each an argument, or an operand: it may be one


def test_what_may_be_a_tensor_is(tmp_path: Path) -> None:
    source = "import torch\nfrom somewhere import mystery\ntable = torch.zeros(2)\n"
    source += "x = mystery()\nprint(x > 0, x + 1)\ndef len(x): return x\ny = len(x)\n"
    assert set(said(tmp_path, source)) == {"mystery()", "x", "x > 0", "x + 1", "len(x)"}
