"""Convolutions (torch docs: torch.nn.functional, Convolution functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.tensor_type import TensorType
from .registry import rule
from .signature import Axes
from .vocabulary import require, require_divisible, same_dtype, show, spread, less


@rule("torch.conv2d", "F.conv2d", shapes="input[N? C H W], weight[O C/groups K_h K_w], bias[O]? -> [N? O H' W']")
def conv2d(
    axes: Axes,
    input: TensorType,
    weight: TensorType,
    bias: TensorType | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> TensorType:
    require_divisible(axes.O, groups, f"{show(axes.O)} output channels are not divisible by groups = {groups}")
    sizes = zip((axes.H, axes.W), (axes.K_h, axes.K_w), spread(stride, 2), spread(padding, 2), spread(dilation, 2))
    spatial = [window(size, kernel, s, p, d) for size, kernel, s, p, d in sizes]
    return TensorType(same_dtype(input=input, weight=weight, bias=bias), (*axes.N, axes.O, *spatial))


def window(size: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """How many windows of a kernel fit into a size. Raises Mismatch where not even one does."""
    span = dilation * (kernel - 1) + 1
    padded = size + 2 * padding
    require(less(span - 1, padded), f"the kernel spans {show(span)}, the padded input has {show(padded)}")
    return (padded - span) // stride + 1
