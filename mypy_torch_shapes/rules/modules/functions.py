"""Classes that apply one function (torch docs: torch.nn, activations, pooling, padding, dropout, losses, vision)."""

from __future__ import annotations

from typing import Any

from ..inputs import operand, rank_is
from ..mismatch import Mismatch
from ..registry import apply
from .table import Attributes, Self, applied, functional, module, parameter

# --- activations ---

for _name, _path, _constructor in (
    ("ReLU", "F.relu", "inplace=False"),
    ("CELU", "F.celu", "alpha=1.0, inplace=False"),
    ("ELU", "F.elu", "alpha=1.0, inplace=False"),
    ("GELU", "F.gelu", "approximate='none'"),
    ("GLU", "F.glu", "dim=-1"),
    ("Hardshrink", "F.hardshrink", "lambd=0.5"),
    ("Hardsigmoid", "F.hardsigmoid", "inplace=False"),
    ("Hardswish", "F.hardswish", "inplace=False"),
    ("LeakyReLU", "F.leaky_relu", "negative_slope=0.01, inplace=False"),
    ("LogSigmoid", "F.logsigmoid", ""),
    ("LogSoftmax", "F.log_softmax", "dim=None"),
    ("Mish", "F.mish", "inplace=False"),
    ("RReLU", "F.rrelu", "lower=0.125, upper=0.3333333333333333, inplace=False"),
    ("SELU", "F.selu", "inplace=False"),
    ("SiLU", "F.silu", "inplace=False"),
    ("Sigmoid", "torch.sigmoid", ""),
    ("Softmax", "F.softmax", "dim=None"),
    ("Softmin", "F.softmin", "dim=None"),
    ("Softplus", "F.softplus", "beta=1.0, threshold=20.0"),
    ("Softshrink", "F.softshrink", "lambd=0.5"),
    ("Softsign", "F.softsign", ""),
    ("Tanh", "torch.tanh", ""),
    ("Tanhshrink", "F.tanhshrink", ""),
    ("Threshold", "F.threshold", "threshold, value, inplace=False"),
):
    applied(_name, _constructor, _path)


def _hardtanh(min_val: Any, max_val: Any, inplace: Any, min_value: Any, max_value: Any) -> Attributes:
    low, high = (min_val if min_value is None else min_value), (max_val if max_value is None else max_value)
    if isinstance(low, int | float) and isinstance(high, int | float) and high <= low:
        raise Mismatch(f"max_val = {high} must be greater than min_val = {low}")
    return {"min_val": low, "max_val": high, "inplace": inplace}


def _prelu(num_parameters: Any, init: Any, device: Any, dtype: Any) -> Attributes:
    return {"num_parameters": num_parameters, "init": init, "weight": parameter(dtype, num_parameters)}


def _softmax2d(self: Self, input: Any) -> Any:
    rank_is(operand(input), (3, 4))
    return functional("softmax", input, -3)


_BOUNDS = "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None"
applied("Hardtanh", _BOUNDS, "F.hardtanh", build=_hardtanh)
applied("ReLU6", "inplace=False", "F.relu6", build=lambda inplace: {"min_val": 0.0, "max_val": 6.0, "inplace": inplace})
module("Softmax2d", "", "input", _softmax2d, operation="softmax")
module(
    "PReLU",
    "num_parameters=1, init=0.25, device=None, dtype=None",
    "input",
    lambda self, input: functional("prelu", input, self.weight),
    _prelu,
)

# --- dropout ---


def _dropout(p: Any, inplace: Any) -> Attributes:
    if isinstance(p, int | float) and not 0 <= p <= 1:
        raise Mismatch(f"p = {p} is no probability")
    return {"p": p, "inplace": inplace}


for _name, _path in (
    ("Dropout", "F.dropout"),
    ("Dropout1d", "F.dropout1d"),
    ("Dropout2d", "F.dropout2d"),
    ("Dropout3d", "F.dropout3d"),
    ("AlphaDropout", "F.alpha_dropout"),
    ("FeatureAlphaDropout", "F.feature_alpha_dropout"),
):
    applied(_name, "p=0.5, inplace=False", _path, build=_dropout)

# --- shapes and vision ---


def _upsample(**config: Any) -> Attributes:
    factor = config["scale_factor"]
    if isinstance(factor, tuple):
        factor = tuple(float(f) if isinstance(f, int | float) else f for f in factor)
    elif isinstance(factor, int | float):
        factor = float(factor) if factor else None
    return {"name": "Upsample", **config, "scale_factor": factor}


def _unflatten(self: Self, input: Any) -> Any:
    return apply("torch.unflatten", input, self.dim, self.unflattened_size)


applied("Flatten", "start_dim=1, end_dim=-1", "torch.flatten")
module("Unflatten", "dim, unflattened_size", "input", _unflatten)
applied("Unfold", "kernel_size, dilation=1, padding=0, stride=1", "F.unfold")
applied("Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1", "F.fold")
applied("PixelShuffle", "upscale_factor", "F.pixel_shuffle")
applied("PixelUnshuffle", "downscale_factor", "F.pixel_unshuffle")
applied("ChannelShuffle", "groups", "F.channel_shuffle")
applied(
    "Upsample",
    "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    "F.interpolate",
    build=_upsample,
)
for _name, _mode, _corners in (("UpsamplingNearest2d", "nearest", None), ("UpsamplingBilinear2d", "bilinear", True)):
    applied(_name, "size=None, scale_factor=None", "F.interpolate", build=_upsample, mode=_mode, align_corners=_corners)

# --- distances ---

applied("CosineSimilarity", "dim=1, eps=1e-08", "F.cosine_similarity", "x1, x2")
applied(
    "PairwiseDistance",
    "p=2.0, eps=1e-06, keepdim=False",
    "F.pairwise_distance",
    "x1, x2",
    lambda p, **kept: {"norm": p, **kept},
)
