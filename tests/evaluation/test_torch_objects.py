"""What surrounds torch's layers: adaptive softmax, weight normalization, operators of torch.library, regions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mypy_torch_shapes.shapes.unknown import Unknown

from .support import evaluated

PROGRAM = """
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

net = nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 50], head_bias=True)
made = net(torch.zeros(4, 16), torch.zeros(4, dtype=torch.long))
output, loss = made.output, made.loss
inner = net.tail[1](torch.zeros(2, 16))

new = parametrizations.weight_norm(nn.Conv2d(3, 8, 3))
old = nn.utils.weight_norm(nn.Linear(3, 4))
images = new(torch.zeros(2, 3, 9, 9))
rows = old(torch.zeros(2, 3))
all_new = nn.utils.parameters_to_vector(new.parameters())
all_old = nn.utils.parameters_to_vector(old.parameters())
scale = old.weight_g
again = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 4)))
all_again = nn.utils.parameters_to_vector(again.parameters())


@torch.library.custom_op("mypy_torch_shapes_tests::twice", mutates_args=())
def twice(x: Tensor) -> Tensor:
    return torch.cat([x, x], dim=0)


called = twice(torch.zeros(2, 3))
by_name = torch.ops.mypy_torch_shapes_tests.twice(torch.zeros(2, 3))


@torch.autocast("cpu", dtype=torch.bfloat16)
def lower(x):
    return x @ x.t()


with torch.autocast("cpu", torch.bfloat16):
    product = torch.zeros(2, 3) @ torch.zeros(3, 4)
    with torch.autocast("cpu", enabled=False):
        exact = torch.zeros(2, 3) @ torch.zeros(3, 4)
    added = torch.zeros(2, 3) + 1
plain = lower(torch.zeros(2, 3))

into = torch.zeros(0, dtype=torch.float64)
kept = torch.add(torch.zeros(3), torch.ones(2, 3), out=into)
zeroed = kept.zero_()
zeroed.unsqueeze_(0)
largest = torch.zeros(3), torch.zeros(3, dtype=torch.long)
both = torch.max(torch.zeros(3, 4), dim=1, out=largest)
values = both.values
"""


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_against_torch(tmp_path: Path) -> None:
    ours, run = evaluated(tmp_path, PROGRAM)
    assert not run.faults
    real: dict[str, object] = {}
    exec(PROGRAM, real)
    seen = 0
    for name, value in real.items():
        if isinstance(value, torch.Tensor):
            said = ours[name]
            assert not isinstance(said, Unknown), f"{name}: {said}"
            assert said.type.dims == tuple(value.shape), name
            assert said.type.dtype is None or said.type.dtype.name == str(value.dtype).removeprefix("torch."), name
            seen += 1
    assert seen == 19
