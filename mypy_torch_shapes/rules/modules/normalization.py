"""Normalization layers (torch docs: torch.nn, Normalization Layers)."""

from __future__ import annotations

from typing import Any

from ...shapes.dtypes import int64
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided, Unknown
from ..inputs import operand, rank_from, rank_is
from ..vocabulary import divides, equal, is_size, require, show
from .table import Attributes, Self, applied, buffer, functional, given, module, parameter


def _both(a: Any, b: Any) -> Any:
    """Whether both flags are set; unknown where that is open."""
    if isinstance(a, Unknown):
        return a
    return b if a else False


def _statistics(
    num_features: Any, affine: Any, track_running_stats: Any, bias: Any, device: Any, dtype: Any, **kept: Any
) -> Attributes:
    return {
        **kept,
        "num_features": num_features,
        "affine": affine,
        "track_running_stats": track_running_stats,
        "weight": given(affine, lambda: parameter(dtype, num_features)),
        "bias": given(_both(affine, bias), lambda: parameter(dtype, num_features)),
        "running_mean": given(track_running_stats, lambda: buffer(dtype, num_features)),
        "running_var": given(track_running_stats, lambda: buffer(dtype, num_features)),
        "num_batches_tracked": given(track_running_stats, lambda: TensorType(int64, ())),
    }


def _batch_norm(self: Self, input: Any) -> Any:
    training = self.training
    if isinstance(training, Unknown) or isinstance(self.track_running_stats, Unknown):
        mean: Any = Unknown("training is unknown")
        var, batch = mean, mean
    else:
        own = not training or self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if own else (None, None)
        batch = bool(training) or (self.running_mean is None and self.running_var is None)
    return functional("batch_norm", input, mean, var, self.weight, self.bias, batch)


def _checked(ranks: tuple[int, ...] | None) -> Any:
    def run(self: Self, input: Any) -> Any:
        tensor = operand(input)
        if ranks is None:
            rank_from(tensor, 2)
        else:
            rank_is(tensor, ranks)
        return _batch_norm(self, tensor)

    return run


def _instance_norm(n: int, self: Self, input: Any) -> Any:
    tensor = operand(input)
    if not rank_is(tensor, (n + 1, n + 2)) or tensor.dims is None:
        return TensorType(tensor.dtype, None)
    channels = tensor.dims[-n - 1]
    if self.affine is True and is_size(self.num_features):
        message = f"input has {show(channels)} channels, expected num_features = {show(self.num_features)}"
        require(equal(channels, self.num_features), message)
    batched = tensor if len(tensor.dims) == n + 2 else tensor.with_dims(1, *tensor.dims)
    own: Any = True
    if isinstance(self.training, bool) and isinstance(self.track_running_stats, bool):
        own = self.training or not self.track_running_stats
    functional("instance_norm", batched, self.running_mean, self.running_var, self.weight, self.bias, own)
    return TensorType(tensor.dtype, tensor.dims)


_SHARED = "eps=1e-05, momentum=0.1, affine={0}, track_running_stats={0}"
for _n in (1, 2, 3):
    module(
        f"BatchNorm{_n}d",
        f"num_features, {_SHARED.format(True)}, device=None, dtype=None, *, bias=True",
        "input",
        _checked((2, 3) if _n == 1 else (_n + 2,)),
        _statistics,
        "batch_norm",
    )
    module(
        f"InstanceNorm{_n}d",
        f"num_features, {_SHARED.format(False)}, device=None, dtype=None, *, bias=True",
        "input",
        lambda self, input, n=_n: _instance_norm(n, self, input),
        _statistics,
        "instance_norm",
    )
module(
    "SyncBatchNorm",
    f"num_features, {_SHARED.format(True)}, process_group=None, device=None, dtype=None, *, bias=True",
    "input",
    _checked(None),
    _statistics,
    "batch_norm",
)


def _shaped(
    normalized_shape: Any, elementwise_affine: Any, bias: Any, device: Any, dtype: Any, **kept: Any
) -> Attributes:
    shape = _as_shape(normalized_shape)

    def make() -> Any:
        known = parameter(dtype, *(() if isinstance(shape, Unknown) else shape))
        return TensorType(known.dtype, None, parameter=True) if isinstance(shape, Unknown) else known

    attrs = {"normalized_shape": shape, "elementwise_affine": elementwise_affine, **kept}
    return {**attrs, "weight": given(elementwise_affine, make), "bias": given(_both(elementwise_affine, bias), make)}


def _as_shape(normalized_shape: Any) -> Any:
    if isinstance(normalized_shape, Unknown):
        return Unknown(normalized_shape.reason)
    if is_size(normalized_shape):
        return (normalized_shape,)
    if isinstance(normalized_shape, tuple | list):
        return tuple(normalized_shape)
    raise Undecided("normalized_shape is neither a size nor sizes")


def _rms_shaped(**config: Any) -> Attributes:
    attrs = _shaped(**config, bias=False)
    del attrs["bias"]
    return attrs


def _group_norm(
    num_groups: Any, num_channels: Any, affine: Any, bias: Any, device: Any, dtype: Any, eps: Any
) -> Attributes:
    if is_size(num_groups) and is_size(num_channels):
        message = f"num_channels = {show(num_channels)} is not divisible by num_groups = {show(num_groups)}"
        require(divides(num_groups, num_channels), message)
    return {
        "num_groups": num_groups,
        "num_channels": num_channels,
        "eps": eps,
        "affine": affine,
        "weight": given(affine, lambda: parameter(dtype, num_channels)),
        "bias": given(_both(affine, bias), lambda: parameter(dtype, num_channels)),
    }


module(
    "LayerNorm",
    "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None",
    "input",
    lambda self, input: functional("layer_norm", input, self.normalized_shape, self.weight, self.bias),
    _shaped,
    "layer_norm",
)
module(
    "RMSNorm",
    "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None",
    "x",
    lambda self, x: functional("rms_norm", x, self.normalized_shape, self.weight),
    _rms_shaped,
    "rms_norm",
)
module(
    "GroupNorm",
    "num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True",
    "input",
    lambda self, input: functional("group_norm", input, self.num_groups, self.weight, self.bias),
    _group_norm,
    "group_norm",
)
applied("LocalResponseNorm", "size, alpha=0.0001, beta=0.75, k=1.0", "F.local_response_norm")


def _cross_map(self: Self, input: Any) -> Any:
    tensor = operand(input)
    rank_is(tensor, (4,))
    return TensorType(tensor.dtype, tensor.dims)


module("CrossMapLRN2d", "size, alpha=0.0001, beta=0.75, k=1", "input", _cross_map)
