"""Convolution layers (torch docs: torch.nn, Convolution Layers)."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Size
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown
from ..inputs import operand, rank_is
from ..mismatch import Mismatch
from ..vocabulary import is_size, less, require, require_divisible, show
from .linear import weight_of
from .table import Attributes, Self, functional, given, module, parameter, repeated, size_of

_MODES = ("zeros", "reflect", "replicate", "circular")
_CONSTRUCTOR = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,"
    "padding_mode='zeros', device=None, dtype=None"
)
_TRANSPOSED = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,"
    "padding_mode='zeros', device=None, dtype=None"
)


def _attributes(n: int, transposed: bool, config: dict[str, Any]) -> Attributes:
    ins, outs, groups = (config[key] for key in ("in_channels", "out_channels", "groups"))
    _check(ins, outs, groups, config["padding"], config["stride"], config["padding_mode"])
    if transposed and config["padding_mode"] != "zeros" and not isinstance(config["padding_mode"], Unknown):
        raise Mismatch(f'padding_mode = {config["padding_mode"]!r}, expected "zeros"')
    attrs: Attributes = {key: config[key] for key in ("in_channels", "out_channels", "groups", "padding_mode")}
    for key in ("kernel_size", "stride", "padding", "dilation", "output_padding"):
        value = config.get(key, 0)
        attrs[key] = value if isinstance(value, str) else repeated(value, n)
    rows, columns = (ins, outs) if transposed else (outs, ins)
    per_group = size_of(columns) // groups if is_size(groups) and is_size(columns) else fresh()
    kernel = attrs["kernel_size"]
    sizes = kernel if isinstance(kernel, tuple) and len(kernel) == n else (None,) * n
    attrs["transposed"] = transposed
    attrs["weight"] = parameter(config["dtype"], rows, per_group, *sizes)
    attrs["bias"] = given(config["bias"], lambda: parameter(config["dtype"], outs))
    return attrs


def _check(ins: Any, outs: Any, groups: Any, padding: Any, stride: Any, padding_mode: Any) -> None:
    if is_size(groups):
        require(less(0, groups), f"groups = {show(groups)} must be positive")
        for name, channels in (("in_channels", ins), ("out_channels", outs)):
            if is_size(channels):
                message = f"{name} = {show(channels)} is not divisible by groups = {show(groups)}"
                require_divisible(channels, groups, message)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise Mismatch(f'padding = {padding!r}, expected "same", "valid" or sizes')
        steps = stride if isinstance(stride, tuple | list) else (stride,)
        if padding == "same" and any(isinstance(step, int) and step != 1 for step in steps):
            raise Mismatch(f'padding = "same" is not supported with stride = {show(stride)}')
    if isinstance(padding_mode, str) and padding_mode not in _MODES:
        raise Mismatch(f"padding_mode = {padding_mode!r}, expected one of {', '.join(_MODES)}")


def _kernel(self: Self, n: int) -> tuple[Any, ...]:
    kernel = self.kernel_size
    if isinstance(kernel, tuple) and len(kernel) != n:
        raise Mismatch(f"kernel_size = {show(kernel)} has {len(kernel)} values, expected {n}")
    return kernel if isinstance(kernel, tuple) else (None,) * n


def _forward(n: int, self: Self, input: Any) -> Any:
    ins, groups = self.in_channels, self.groups
    per_group = size_of(ins) // groups if is_size(groups) else fresh()
    weight = weight_of(self, self.out_channels, per_group, *_kernel(self, n))
    padding = self.padding
    mode = self.padding_mode
    if isinstance(mode, str) and mode != "zeros" and not isinstance(padding, Unknown):
        input, padding = _padded(n, input, mode, _around(self, n)), 0
    return functional(f"conv{n}d", input, weight, self.bias, self.stride, padding, self.dilation, groups)


def _padded(n: int, input: Any, mode: str, around: list[Size]) -> Any:
    tensor = operand(input)
    rank_is(tensor, (n + 1, n + 2))
    return functional("pad", tensor, around, mode)


def _around(self: Self, n: int) -> list[Size]:
    """What `F.pad` needs for the padding: the last axis first, before and after."""
    if self.padding == "valid":
        return [0] * (2 * n)
    around: list[Size] = []
    for at in reversed(range(n)):
        if self.padding == "same":
            total = size_of(repeated(self.dilation, n)[at]) * (size_of(_kernel(self, n)[at]) - 1)
            around += [total // 2, total - total // 2]
        else:
            around += [size_of(repeated(self.padding, n)[at])] * 2
    return around


def _transposed_forward(n: int, self: Self, input: Any, output_size: Any) -> Any:
    ins, outs, groups = self.in_channels, self.out_channels, self.groups
    per_group = size_of(outs) // groups if is_size(groups) else fresh()
    weight = weight_of(self, ins, per_group, *_kernel(self, n))
    name, settings = f"conv_transpose{n}d", {"groups": groups, "dilation": self.dilation}
    if output_size is None:
        return functional(name, input, weight, self.bias, self.stride, self.padding, self.output_padding, **settings)
    least = functional(name, input, weight, self.bias, self.stride, self.padding, 0, **settings)
    return _resized(n, least, output_size, repeated(self.stride, n))


def _resized(n: int, least: TensorType, output_size: Any, stride: Any) -> TensorType:
    """The result with the spatial sizes asked for, which lie less than a stride above the least."""
    if least.dims is None:
        return least
    lead = least.dims[:-n]
    if isinstance(output_size, Unknown) or isinstance(stride, Unknown):
        return least.with_dims(*lead, *(fresh() for _ in range(n)))
    if not isinstance(output_size, tuple | list):
        raise Undecided("output_size is no sequence")
    if len(output_size) not in (n, len(least.dims)):
        raise Mismatch(f"output_size = {show(tuple(output_size))} has {len(output_size)} values, expected {n}")
    for size, low, step in zip(output_size[-n:], least.dims[-n:], stride, strict=True):
        if is_size(size) and is_size(step):
            message = f"output_size = {show(size)} must lie between {show(low)} and {show(low + step - 1)}"
            require(less(low - 1, size), message)
            require(less(size, low + step), message)
    return least.with_dims(*lead, *map(size_of, output_size[-n:]))


def _register(n: int) -> None:
    module(
        f"Conv{n}d",
        _CONSTRUCTOR,
        "input",
        lambda self, input: _forward(n, self, input),
        lambda **config: _attributes(n, False, config),
        f"conv{n}d",
    )
    module(
        f"ConvTranspose{n}d",
        _TRANSPOSED,
        "input, output_size=None",
        lambda self, input, output_size: _transposed_forward(n, self, input, output_size),
        lambda **config: _attributes(n, True, config),
        f"conv_transpose{n}d",
    )


for _n in (1, 2, 3):
    _register(_n)
