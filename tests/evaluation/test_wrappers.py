"""Modules that hold another one, and parametrized ones: calls go on to what is held, as torch has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mypy_torch_shapes.evaluation.values import Tensor

from .support import evaluated

HEAD = """
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize
from torch.utils.checkpoint import checkpoint_sequential

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 4)
    def forward(self, x, scale=1):
        return self.fc(x) * scale

class Positive(nn.Module):
    def forward(self, weight):
        return weight.abs()

net, x = Net(), torch.randn(3, 6)
"""
CALLS = {
    "parallel": "y = nn.DataParallel(net)(x, scale=2)",
    "the held module": "held = nn.DataParallel(net)\ny = held.module.fc(x)",
    "averaged": "ema = torch.optim.swa_utils.AveragedModel(net)\nema.update_parameters(net)\ny = ema(x)",
    "functional": "y = torch.func.functional_call(net, dict(net.named_parameters()), (x,), {'scale': 3})",
    "one argument": "y = torch.func.functional_call(net, {}, x)",
    "checkpoints": "y = checkpoint_sequential(nn.Sequential(nn.Linear(6, 5), nn.ReLU()), 2, x, use_reentrant=False)",
    "weight norm": "net.fc = parametrizations.weight_norm(nn.Linear(6, 7))\ny = net(x)",
    "orthogonal": "parametrizations.orthogonal(net.fc)\ny = net(x)",
    "own parametrization": "parametrize.register_parametrization(net.fc, 'weight', Positive())\ny = net(x)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_result_has_the_type_it_has_in_torch(tmp_path: Path, call: str) -> None:
    variables, _ = evaluated(tmp_path, HEAD + call)
    real: dict[str, Any] = {"__name__": "program"}
    exec(HEAD + call, real)
    ours = variables["y"]
    assert isinstance(ours, Tensor)
    assert ours.type.dims == tuple(real["y"].shape)
    assert ours.type.dtype is not None and ours.type.dtype.name == "float32" and real["y"].dtype is torch.float32


def test_an_averaged_model_is_a_copy(tmp_path: Path) -> None:
    change = "ema = torch.optim.swa_utils.AveragedModel(net)\nnet.fc = nn.Linear(6, 9)\ny = ema(x)"
    assert evaluated(tmp_path, HEAD + change)[0]["y"].type.dims == (3, 4)


def test_an_unsafe_parametrization_may_change_what_a_layer_takes(tmp_path: Path) -> None:
    change = "parametrize.register_parametrization(net.fc, 'weight', nn.Linear(6, 9), unsafe=True)\ny = net(x)"
    assert not isinstance(evaluated(tmp_path, HEAD + change)[0]["y"], Tensor)
