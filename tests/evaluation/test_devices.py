"""Operations on tensors of two devices: reported where torch refuses them (CPU and meta stand for any two)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mypy_torch_shapes.seeds.model import ModuleRecord, TensorSeed

from .support import evaluated
from .test_programs import HEAD, profile_of, reported

CREATED = """
a = torch.ones(3, 4, device="meta")
b = torch.ones(3, 4, device="cpu")
"""
PROGRAMS = {
    "a sum": "a + b",
    "moved": "a + b.to('meta')",
    "moved by a tensor": "a + b.to(a)",
    "moved by its device": "a + b.to(a.device)",
    "like": "a * torch.zeros_like(b)",
    "like the other": "a * torch.zeros_like(a)",
    "new": "a * b.new_zeros(4)",
    "like, elsewhere": "a * torch.zeros_like(b, device='meta')",
    "a scalar": "a + torch.tensor(1.0, device='cpu')",
    "a scalar on the other device": "b + torch.tensor(1.0, device='meta')",
    "joined": "torch.cat([a, b])",
    "of views": "a[0] + b[:, 0].relu().sum() + b.transpose(0, 1)[0, 0]",
    "of a row": "a[:, 1:] - b[:, 1:].exp()",
    "indexed": "b[torch.tensor([0, 1], device='cpu')] + b[:2]",
    "copied": "a.copy_(b)\na + a",
    "a loss": "F.mse_loss(a, b)",
    "a layer": "F.layer_norm(a, (4,), torch.ones(4, device='meta'), torch.ones(4, device='cpu'))",
    "in place": "a.mul_(b)",
    "one of two": "device = 'meta' if torch.cuda.is_available() else 'cpu'\nb + torch.ones(3, 4, device=device)",
    "the same module": "nn.Linear(4, 2).to('meta')(a)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_torch_does(name: str, tmp_path: Path) -> None:
    source = HEAD + CREATED + PROGRAMS[name] + "\n"
    findings = reported(tmp_path, source).findings
    namespace: dict[str, Any] = {}
    try:
        exec(source, namespace)
    except RuntimeError as error:
        assert "device" in str(error) or name == "a scalar on the other device"
        assert [finding.code for finding in findings] == ["tensor-device"] * (name != "a scalar on the other device")
    else:
        assert not findings


NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x):
        return self.layer(x)
"""


def _recorded(source: str, given: str, held: str) -> Any:
    profile = profile_of(source, ((4, 6), (5, 6)))
    weights = (("weight", TensorSeed("float32", (6, 6), held, True)), ("bias", TensorSeed("float32", (6,), held, True)))
    profile.modules[1] = ModuleRecord(1, "torch.nn.modules.linear:Linear", 0, "layer", None, weights, (), True, ())
    profile.modules[0] = replace(profile.modules[0], children=(("layer", 1),))
    for number, call in enumerate(profile.calls):
        seed = TensorSeed("float32", (5 if number else 4, 6), given)
        profile.calls[number] = replace(call, arguments=(call.arguments[0], ("x", seed)))
    return profile


@pytest.mark.parametrize(
    ("given", "held", "forward", "found"),
    [
        ("cuda", "cuda", "self.layer(x)", 0),
        ("cuda", "cuda", "self.layer(x) + torch.ones(6)", 0),  # where tensors are made by default was not recorded
        ("cuda", "cuda", "self.layer(x) + torch.ones(6, device='cpu')", 1),
        ("cuda", "cuda", "self.layer(x.cpu())", 1),
        ("cuda", "cpu", "self.layer(x)", 0),  # hooks move the weights
        ("cpu", "cpu", "self.layer(x) + torch.ones(6, device='cuda')", 1),
        ("cpu", "cpu", "self.layer(x) + torch.ones(6)", 0),
        ("cpu", "cpu", "self.layer(x) + torch.ones(6, device=x.device)", 0),
        ("cpu", "cpu", "self.layer(x.cuda() if torch.cuda.is_available() else x)", 0),
        ("cpu", "meta", "self.layer(x)", 0),
    ],
)
def test_what_was_recorded(given: str, held: str, forward: str, found: int, tmp_path: Path) -> None:
    source = HEAD + NET.replace("self.layer(x)", forward)
    findings = reported(tmp_path, source, _recorded(source, given, held)).findings
    assert [finding.code for finding in findings] == ["tensor-device"] * found


def test_where_tensors_are_made(tmp_path: Path) -> None:
    """A device that is chosen for new tensors is no other than theirs."""
    forward = (
        "self.made(x)\n\n    def made(self, x):\n        with torch.device('meta'):\n            y = torch.ones(6)"
    )
    source = HEAD + NET.replace("self.layer(x)", forward + "\n            return y + torch.ones(6, device='meta')")
    assert not reported(tmp_path, source, _recorded(source, "cpu", "cpu")).findings
    source = HEAD + NET.replace("self.layer(x)", forward + "\n        return y + self.layer(x)")
    assert reported(tmp_path, source, _recorded(source, "cpu", "cpu")).findings


def test_a_device_that_depends_on_the_machine_is_not_known(tmp_path: Path) -> None:
    source = "import torch\ndevice = torch.device('cpu')\nif torch.cuda.is_available():\n"
    source += "    device = torch.device('cuda:0')\nx = torch.zeros(2).to(device)\n"
    values, _ = evaluated(tmp_path, source)
    assert (values["device"].kind, values["x"].type.device) == (None, None)
