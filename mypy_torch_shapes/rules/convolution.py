"""Convolutions (torch docs: torch.nn.functional, Convolution functions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dims import Size
from ..shapes.tensor_type import TensorType, fresh
from .inputs import common_dtype, operand, optional, per_axis, rank_is, size_or_fresh
from .mismatch import Mismatch
from .registry import rule
from .signature import list_of
from .vocabulary import at_most, equal, less, require, require_divisible, show

Lead = tuple[Size, ...] | None  # the batch axis, if there is one; None where the rank is unknown


def _register_convolution(n: int) -> None:
    @rule(f"torch.conv{n}d", f"F.conv{n}d")
    def conv(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
    ) -> TensorType:
        return convolution(n, operand(input), operand(weight, "weight"), bias, stride, padding, dilation, groups)


def _register_transposed(n: int) -> None:
    @rule(f"torch.conv_transpose{n}d", f"F.conv_transpose{n}d")
    def conv_transpose(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: Any = 1,
        dilation: Any = 1,
    ) -> TensorType:
        tensors = operand(input), operand(weight, "weight"), optional(bias, "bias")
        return transposed_convolution(n, *tensors, stride, padding, output_padding, groups, dilation)


def convolution(
    n: int,
    input: TensorType,
    weight: TensorType,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
) -> TensorType:
    """A convolution over n spatial axes."""
    offset = optional(bias, "bias")
    groups = _groups(groups)
    out_channels: Size = fresh()
    kernel: tuple[Size, ...] = tuple(fresh() for _ in range(n))
    in_channels: Size = fresh()
    if rank_is(weight, (n + 2,), "weight") and weight.dims:
        out_channels, per_group, *sizes = weight.dims
        kernel, in_channels = tuple(sizes), per_group * groups
        message = f"weight has {show(out_channels)} output channels, expected at least groups = {show(groups)}"
        require(at_most(groups, out_channels), message)
        require_divisible(out_channels, groups, _not_divisible("out_channels", out_channels, groups))
        _check_bias(offset, out_channels)
    lead, channels, spatial = _split(input, n)
    _check_channels(channels, in_channels)
    dtype = common_dtype(input=input, weight=weight, bias=offset)
    settings = per_axis(stride, n), _paddings(padding, stride, n), per_axis(dilation, n)
    out = [window(*each) for each in zip(spatial, kernel, *settings, strict=True)]
    return TensorType(dtype, None if lead is None else (*lead, out_channels, *out))


def transposed_convolution(
    n: int,
    input: TensorType,
    weight: TensorType,
    bias: TensorType | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: Any,
    dilation: Any,
) -> TensorType:
    """A transposed convolution over n spatial axes."""
    groups = _groups(groups)
    out_channels: Size = fresh()
    kernel: tuple[Size, ...] = tuple(fresh() for _ in range(n))
    in_channels: Size = fresh()
    if rank_is(weight, (n + 2,), "weight") and weight.dims:
        in_channels, per_group, *sizes = weight.dims
        kernel, out_channels = tuple(sizes), per_group * groups
        require_divisible(in_channels, groups, _not_divisible("in_channels", in_channels, groups))
        _check_bias(bias, out_channels)
    lead, channels, spatial = _split(input, n)
    _check_channels(channels, in_channels)
    dtype = common_dtype(input=input, weight=weight, bias=bias)
    settings = (per_axis(value, n) for value in (stride, padding, output_padding, dilation))
    out = [_spread_out(*each) for each in zip(spatial, kernel, *settings, strict=True)]
    return TensorType(dtype, None if lead is None else (*lead, out_channels, *out))


def window(size: Size, kernel: Size, stride: Size, padding: Size | str, dilation: Size) -> Size:
    """How many windows of a kernel fit into a size. Raises Mismatch where not even one does."""
    require(less(0, stride), f"stride = {show(stride)} is not positive")
    require(less(0, dilation), f"dilation = {show(dilation)} is not positive")
    if padding == "same":
        return size
    if isinstance(padding, str):
        padding = 0
    require(at_most(0, padding), f"padding = {show(padding)} is negative")
    span = dilation * (kernel - 1) + 1
    padded = size + 2 * padding
    require(at_most(span, padded), f"the kernel spans {show(span)}, the padded input has {show(padded)}")
    return (padded - span) // stride + 1


def _spread_out(size: Size, kernel: Size, stride: Size, padding: Size, output_padding: Size, dilation: Size) -> Size:
    require(less(0, stride), f"stride = {show(stride)} is not positive")
    require(at_most(0, padding), f"padding = {show(padding)} is negative")
    if less(output_padding, stride).value == "no":
        message = f"output_padding = {show(output_padding)} must be smaller than stride = {show(stride)} or dilation"
        require(less(output_padding, dilation), message)
    out = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    require(at_most(0, out), f"the output would have size {show(out)}")
    return out


def _split(input: TensorType, n: int) -> tuple[Lead, Size, tuple[Size, ...]]:
    """The batch axis, the channels, and n spatial sizes."""
    if not rank_is(input, (n + 1, n + 2)) or input.dims is None:
        return None, fresh(), tuple(fresh() for _ in range(n))
    return input.dims[: -n - 1], input.dims[-n - 1], input.dims[-n:]


def _groups(groups: Any) -> Size:
    number = size_or_fresh(groups)
    require(less(0, number), f"groups = {show(number)} is not positive")
    return number


def _not_divisible(name: str, channels: Size, groups: Size) -> str:
    return f"{name} = {show(channels)} is not divisible by groups = {show(groups)}"


def _check_channels(channels: Size, in_channels: Size) -> None:
    message = f"input has {show(channels)} channels, expected in_channels = {show(in_channels)}"
    require(equal(channels, in_channels), message)


def _check_bias(bias: TensorType | None, out_channels: Size) -> None:
    if bias is not None and bias.dims is not None:
        message = f"bias has shape {list_of(bias.dims)}, expected [{show(out_channels)}]"
        if len(bias.dims) != 1:
            raise Mismatch(message)
        require(equal(bias.dims[0], out_channels), message)


def _paddings(padding: Any, stride: Any, n: int) -> tuple[Size | str, ...]:
    if not isinstance(padding, str):
        return per_axis(padding, n)
    if padding == "same":
        for step in per_axis(stride, n):
            require(equal(step, 1), f'padding = "same" is not supported with stride = {show(step)}')
    return (padding,) * n


@rule("torch.conv_tbc", "F.conv_tbc")
def conv_tbc(input: Any, weight: Any, bias: Any, pad: Any = 0) -> TensorType:
    tensors = operand(input), operand(weight, "weight"), operand(bias, "bias")
    dtype = common_dtype(input=tensors[0], weight=tensors[1], bias=tensors[2])
    if not (rank_is(tensors[0], (3,)) and rank_is(tensors[1], (3,), "weight")):
        return TensorType(dtype, (fresh(), fresh(), fresh()))
    steps, batch, channels = tensors[0].dims or ()
    kernel, in_channels, out_channels = tensors[1].dims or ()
    _check_channels(channels, in_channels)
    _check_bias(tensors[2], out_channels)
    return TensorType(dtype, (window(steps, kernel, 1, size_or_fresh(pad), 1), batch, out_channels))


_REGISTER: tuple[Callable[[int], None], ...] = (_register_convolution, _register_transposed)
for _register in _REGISTER:
    for _n in (1, 2, 3):
        _register(_n)
