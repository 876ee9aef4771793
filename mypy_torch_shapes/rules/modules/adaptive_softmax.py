"""The adaptive softmax: frequent classes in a head, the others in clusters (torch docs: AdaptiveLogSoftmaxWithLoss)."""

from __future__ import annotations

from typing import Any

from ...shapes.dtypes import BOOL, COMPLEX, INTEGER
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided
from ..inputs import operand, rank_is
from ..mismatch import Mismatch
from ..promotion import refuse
from ..vocabulary import equal, is_size, named, require, show
from .table import Attributes, ModuleSpec, Self, module
from .transformer import make


def _build(
    in_features: Any, n_classes: Any, cutoffs: Any, div_value: Any, head_bias: Any, device: Any, dtype: Any
) -> Attributes:
    if not isinstance(cutoffs, tuple | list) or not all(isinstance(each, int) for each in (*cutoffs, n_classes)):
        raise Undecided("the clusters are unknown")
    bounds = [*cutoffs, n_classes]
    if not cutoffs or list(cutoffs) != sorted(set(cutoffs)) or min(cutoffs) <= 0 or max(cutoffs) >= n_classes:
        raise Mismatch(f"cutoffs = {show(list(cutoffs))} are no rising numbers between 0 and {n_classes}")
    clusters = len(bounds) - 1
    factory = {"device": device, "dtype": dtype}
    tail: dict[str, Any] = {}
    for number in range(clusters):
        if not isinstance(in_features, int) or not isinstance(div_value, int | float):
            raise Undecided("the sizes of the clusters are unknown")
        width = int(in_features // (div_value ** (number + 1)))
        inner = make("Linear", in_features, width, False, **factory)
        outer = make("Linear", width, bounds[number + 1] - bounds[number], False, **factory)
        tail[str(number)] = ModuleSpec("torch.nn.Sequential", {"0": inner, "1": outer})
    return {
        "in_features": in_features,
        "n_classes": n_classes,
        "cutoffs": bounds,
        "div_value": div_value,
        "head_bias": head_bias,
        "shortlist_size": bounds[0],
        "n_clusters": clusters,
        "head_size": bounds[0] + clusters,
        "head": make("Linear", in_features, bounds[0] + clusters, head_bias, **factory),
        "tail": ModuleSpec("torch.nn.ModuleList", tail),
    }


def _forward(self: Self, input_: Any, target_: Any) -> Any:
    """The log probability of each target, and their mean, negated."""
    input, target = operand(input_, "input"), operand(target_, "target")
    refuse(input.dtype, BOOL, INTEGER, COMPLEX)
    rank_is(target, (0, 1), "target")
    if target.dims is not None and rank_is(input, (len(target.dims) + 1,)) and input.dims:
        if target.dims:
            message = f"input has batch size {show(input.dims[0])}, target has {show(target.dims[0])}"
            require(equal(input.dims[0], target.dims[0]), message)
        if is_size(self.in_features):
            message = f"input has {show(input.dims[-1])} features, expected in_features = {show(self.in_features)}"
            require(equal(input.dims[-1], self.in_features), message)
    return named(("output", TensorType(input.dtype, target.dims)), ("loss", TensorType(input.dtype, ())))


module(
    "AdaptiveLogSoftmaxWithLoss",
    "in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None",
    "input_, target_",
    _forward,
    _build,
    "adaptive_log_softmax_with_loss",
)
