"""Modules that hold another one, and parametrized ones: calls go on to what is held, as torch has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mypy_torch_shapes.evaluation.values import Tensor
from mypy_torch_shapes.shapes.unknown import Unknown

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


REPLACED = """
import os
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.scale = nn.Parameter(torch.ones(width))
    def forward(self, x):
        return self.conv(x)

net = Net(5)
"""


def test_a_layer_under_a_name_that_is_not_known_may_be_any_of_them(tmp_path: Path) -> None:
    program = "setattr(net, os.listdir()[0], nn.Conv2d(6, 4, 3))\ny = net(torch.zeros(2, 6, 8, 8))\nscale = net.scale"
    variables, run = evaluated(tmp_path, REPLACED + program)
    assert not isinstance(variables["y"], Tensor) and not run.recording.failed
    assert variables["scale"].type.dims == (5,)


def test_what_a_module_saves_has_names_and_types(tmp_path: Path) -> None:
    program = """
shapes = {name: tuple(each.shape) for name, each in net.state_dict().items()}
first = list(net.state_dict())[1].partition(".")[0]
setattr(net, first, nn.Conv2d(6, 4, 3))
y = net(torch.zeros(2, 6, 8, 8))
"""
    ours, _ = evaluated(tmp_path, REPLACED + program)
    real: dict[str, Any] = {"__name__": "program"}
    exec(REPLACED + program, real)
    assert list(ours["shapes"].items()) == list(real["shapes"].items())
    assert ours["y"].type.dims == tuple(real["y"].shape)


@pytest.mark.parametrize("more", ["net.table = torch.zeros(3)", "net.norm.conv = net.conv", "weight_norm(net.conv)"])
def test_what_a_module_saves_is_open_where_tensors_may_not_be_buffers_or_have_two_names(
    tmp_path: Path, more: str
) -> None:
    program = f"from torch.nn.utils import weight_norm\n{more}\nsaved = net.state_dict()"
    assert isinstance(evaluated(tmp_path, REPLACED + program)[0]["saved"], Unknown)
