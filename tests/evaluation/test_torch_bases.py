"""Layers that programs derive from torch.nn's private base classes: what they compute is what torch computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from .support import evaluated
from .test_programs import HEAD, reported

LAYERS = """
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.modules.loss import _Loss, _WeightedLoss
from torch.nn.modules.pooling import _AdaptiveAvgPoolNd, _MaxPoolNd
from torch.nn.modules.rnn import RNNBase, RNNCellBase
from torch.nn.modules.utils import _pair

class Conv(_ConvNd):
    def __init__(self, inner, outer, size):
        one = _pair(1)
        super().__init__(inner, outer, _pair(size), one, one, one, False, _pair(0), 1, True, "zeros")
    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
class Synchronized(_BatchNorm):
    def __init__(self, features):
        super(Synchronized, self).__init__(features, momentum=0.1)
        self.register_buffer("_kept", torch.zeros(self.num_features))
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training) + self._kept[:, None, None]
class Norm(_BatchNorm):
    def _check_input_dim(self, input):
        assert input.dim() == 4
class Instances(_InstanceNorm):
    def _get_no_batch_dim(self):
        return 3
    def _check_input_dim(self, input):
        pass
class Drop(_DropoutNd):
    def forward(self, x):
        return F.dropout(x, self.p, self.training)
class Pool(_MaxPoolNd):
    def forward(self, x):
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation, ceil_mode=self.ceil_mode)
class Grid(_AdaptiveAvgPoolNd):
    def forward(self, x):
        return F.adaptive_avg_pool2d(x, self.output_size)
class Cell(RNNCellBase):
    def __init__(self, inner, hidden):
        super().__init__(inner, hidden, bias=True, num_chunks=1)
    def forward(self, x, h):
        return torch.tanh(F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh))
class Recurrent(RNNBase):
    def __init__(self, inner, hidden):
        super().__init__("LSTM", inner, hidden, batch_first=True)
    def forward(self, x):
        return F.linear(x, self.weight_ih_l0, self.bias_ih_l0)
class Overlap(_Loss):
    def forward(self, a, b):
        return (a * b).flatten(1).sum(1).mean()
class Weighted(_WeightedLoss):
    def forward(self, a, b):
        return F.cross_entropy(a, b, weight=self.weight, reduction=self.reduction)
"""  # noqa: E501
USES = {
    "conv": "Conv(3, 8, 3)(x)",
    "synchronized": "Synchronized(3)(x)",
    "norm": "Norm(3)(x)",
    "instances": "Instances(3, affine=True)(x)",
    "drop": "Drop(0.2)(x)",
    "pool": "Pool(2)(x)",
    "grid": "Grid((3, 2))(x)",
    "cell": "Cell(7, 5)(x[:, 0, 0], x[:, 1, 0, :5])",
    "recurrent": "Recurrent(7, 5)(x[:, 0])",
    "overlap": "Overlap()(x, x)",
    "weighted": "Weighted(torch.ones(3), reduction='none')(x[:, :, 0, 0], torch.zeros(2, dtype=torch.long))",
    "one of them": "x[0] if isinstance(Norm(3), _BatchNorm) else x",
    "as jit asks": "x[0] if torch.jit.isinstance(x, torch.Tensor) else x",
    "none of them": "x[0] if isinstance(Norm(3), _ConvNd) else x",
}
MISTAKES = ("Conv(4, 8, 3)(x)", "Synchronized(4)(x)", "Norm(4)(x)", "Recurrent(6, 5)(x[:, 0])", "Cell(7, 5)(x, x)")
INPUT = "x = torch.ones(2, 3, 6, 7)\n"


@pytest.mark.parametrize("name", USES)
def test_as_torch_does(name: str, tmp_path: Path) -> None:
    source = f"{HEAD}{LAYERS}{INPUT}y = {USES[name]}\n"
    real: dict[str, Any] = {"__name__": "program"}
    exec(source, real)
    ours = evaluated(tmp_path, source)[0]["y"].type
    assert ours.dims == tuple(real["y"].shape)
    assert getattr(torch, ours.dtype.name) == real["y"].dtype


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str, tmp_path: Path) -> None:
    source = f"{HEAD}{LAYERS}{INPUT}y = {mistake}\n"
    with pytest.raises(RuntimeError):
        exec(source, {"__name__": "program"})
    assert len(reported(tmp_path, source).findings) == 1


METHODS = """
class Encoder(nn.TransformerEncoderLayer):
    def forward(self, src, mask=None):
        x = src + self._sa_block(self.norm1(src), mask, None)
        return x + self._ff_block(self.norm2(x[:, KEPT:]))
y = Encoder(8, 2, 16, batch_first=True)(torch.ones(3, 5, 8))
"""


def test_private_methods_of_layers_are_entered(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    right = evaluated(tmp_path / "right", HEAD + METHODS.replace("KEPT", "0"))[0]["y"].type
    assert right.dims == (3, 5, 8)
    (finding,) = reported(tmp_path, HEAD + METHODS.replace("KEPT", "1")).findings
    assert "do not broadcast" in finding.message
