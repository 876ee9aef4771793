"""Views that fail because of how a tensor lies in memory: reported where torch refuses them, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mypy_torch_shapes.seeds.model import TensorSeed

from .test_programs import HEAD, profile_of, reported

PROGRAMS = {
    "transposed": "x = torch.zeros(2, 3, 4).transpose(1, 2).view(2, 12)",
    "transposed and back": "x = torch.zeros(2, 3, 4).transpose(1, 2).transpose(2, 1).view(2, 12)",
    "made contiguous": "x = torch.zeros(2, 3, 4).transpose(1, 2).contiguous().view(2, 12)",
    "kept apart": "x = torch.zeros(2, 3, 4).transpose(1, 2).view(2, 2, 2, 3)",
    "one step": "x = torch.zeros(2, 1, 4).transpose(1, 2).view(2, 4)",
    "sliced": "x = torch.zeros(4, 6)[:, :3].view(-1)",
    "sliced in front": "x = torch.zeros(4, 6)[1:].view(-1)",
    "selected": "x = torch.zeros(4, 6, 5)[:, -1].view(20)",
    "expanded": "x = torch.zeros(4, 1).expand(4, 3).view(12)",
    "one of several": "x = torch.zeros(2, 4, 12).chunk(3, -1)[0].view(2, 4, 2, 2)",
    "activated": "x = F.relu(torch.zeros(2, 3, 4).permute(0, 2, 1)).view(2, 12)",
    "sum of two orders": "x = (torch.zeros(2, 3, 4).permute(0, 2, 1) + torch.zeros(2, 4, 3)).view(2, 12)",
    "multiplied": "x = (torch.zeros(2, 3, 4).transpose(1, 2) @ torch.zeros(3, 5)).view(2, 20)",
    "a convolution's": "x = nn.Conv2d(3, 8, 3)(torch.zeros(2, 3, 8, 8)).permute(0, 2, 3, 1).view(2, -1)",
    "channels last": """
conv = nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last)
x = conv(torch.zeros(2, 3, 8, 8)).permute(0, 2, 3, 1).view(2, -1)""",
    "of a moved input": "x = nn.Conv1d(4, 8, 3)(torch.zeros(2, 9, 4).transpose(1, 2)).view(2, -1, 1).relu()",
    "in place": "x = torch.zeros(3, 3)\nx.t_()\nx.view(9)",
    "copied into": "x = torch.zeros(3, 4)\nx.copy_(torch.zeros(4, 3).t())\nx.view(12)",
    "its data": "x = torch.zeros(3, 3)\nx.data = x.t()\nx.view(9)",
    "a loop": "x = torch.zeros(3, 3)\nfor _ in range(3):\n    x = F.relu(x.t())\nx.view(9)",
    "attended": """
a = nn.MultiheadAttention(4, 2, batch_first=True)
x = torch.zeros(2, 3, 4)
a(x, x, x)[0].reshape(2, 12)""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_torch_does(name: str, tmp_path: Path) -> None:
    report = reported(tmp_path, HEAD + PROGRAMS[name] + "\n")
    namespace: dict[str, Any] = {}
    try:
        exec(HEAD + PROGRAMS[name], namespace)
    except RuntimeError:
        assert [finding.message.partition(":")[0] for finding in report.findings] == ["view"]
    else:
        assert not report.findings


NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x.view(x.size(0), -1)
"""


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), None])
def test_what_was_recorded(order: tuple[int, ...] | None, tmp_path: Path) -> None:
    """The recorded strides count, and a profile that says nothing of them leaves them open."""
    profile = profile_of(HEAD + NET, ((2, 3, 4), (5, 3, 4)))
    for number, call in enumerate(profile.calls):
        seed = TensorSeed("float32", (5 if number else 2, 3, 4), order=order)
        profile.calls[number] = replace(call, arguments=(call.arguments[0], ("x", seed)))
    report = reported(tmp_path, HEAD + NET, profile)
    assert len(report.findings) == (order == (0, 2, 1))


def test_an_axis_of_size_one_has_no_place(tmp_path: Path) -> None:
    source = HEAD + NET.replace("x.view(", "x.transpose(0, 1).contiguous().transpose(0, 1).view(")
    assert not reported(tmp_path, source, profile_of(source, ((1, 3, 5), (1, 4, 5)))).findings
    assert reported(tmp_path, source, profile_of(source, ((4, 3, 5), (2, 3, 5)))).findings
