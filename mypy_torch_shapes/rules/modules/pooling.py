"""Pooling and padding layers (torch docs: torch.nn, Pooling layers and Padding Layers)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...shapes.unknown import Unknown
from ..inputs import operand, rank_is
from ..mismatch import Mismatch
from .table import Attributes, Self, applied, functional, module, repeated

_WINDOW = "kernel_size, stride=None, padding=0"


def _own_stride(kernel_size: Any, stride: Any, **kept: Any) -> Attributes:
    return {"kernel_size": kernel_size, "stride": kernel_size if stride is None else stride, **kept}


def _tuples(n: int, **config: Any) -> Attributes:
    config = _own_stride(**config)
    return {**config, **{name: repeated(config[name], n) for name in ("kernel_size", "stride", "padding")}}


def _fractional(n: int, output_size: Any, output_ratio: Any, **kept: Any) -> Attributes:
    if output_size is None and output_ratio is None:
        raise Mismatch("either output_size or output_ratio is needed")
    known = not isinstance(output_size, Unknown) and not isinstance(output_ratio, Unknown)
    if known and output_size is not None and output_ratio is not None:
        raise Mismatch("only one of output_size and output_ratio may be given")
    ratio = None if output_ratio is None else repeated(output_ratio, n)
    if isinstance(ratio, tuple) and any(isinstance(r, float | int) and not 0 < r < 1 for r in ratio):
        raise Mismatch(f"output_ratio = {output_ratio} must be between 0 and 1")
    size = None if output_size is None else repeated(output_size, n)
    return {**kept, "kernel_size": repeated(kept["kernel_size"], n), "output_size": size, "output_ratio": ratio}


def _register_pools(n: int) -> None:
    def tuples(**config: Any) -> Attributes:
        return _tuples(n, **config)

    windowed = f"{_WINDOW}, dilation=1, return_indices=False, ceil_mode=False"
    applied(f"MaxPool{n}d", windowed, f"F.max_pool{n}d", build=_own_stride)
    averaged = f"{_WINDOW}, ceil_mode=False, count_include_pad=True" + (", divisor_override=None" if n > 1 else "")
    applied(f"AvgPool{n}d", averaged, f"F.avg_pool{n}d", build=tuples if n == 1 else _own_stride)
    applied(f"LPPool{n}d", "norm_type, kernel_size, stride=None, ceil_mode=False", f"F.lp_pool{n}d")
    applied(f"AdaptiveAvgPool{n}d", "output_size", f"F.adaptive_avg_pool{n}d")
    applied(f"AdaptiveMaxPool{n}d", "output_size, return_indices=False", f"F.adaptive_max_pool{n}d")
    applied(f"MaxUnpool{n}d", _WINDOW, f"F.max_unpool{n}d", "input, indices, output_size=None", tuples)
    if n > 1:
        applied(
            f"FractionalMaxPool{n}d",
            "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None",
            f"F.fractional_max_pool{n}d",
            build=lambda **config: _fractional(n, **config),
        )


# --- padding ---


def _register_pads(n: int) -> None:
    def build(padding: Any, **kept: Any) -> Attributes:
        return {"padding": repeated(padding, 2 * n), **kept}

    def padded(mode: str, check: bool) -> Callable[..., Any]:
        def run(self: Self, input: Any) -> Any:
            tensor = operand(input)
            if check:
                rank_is(tensor, (n + 1, n + 2))
            return functional("pad", tensor, self.padding, mode)

        return run

    def zeros(padding: Any) -> Attributes:
        return build(padding, value=0.0)

    module(f"ZeroPad{n}d", "padding", "input", padded("constant", False), zeros, "pad")
    module(f"ConstantPad{n}d", "padding, value", "input", padded("constant", False), build, "pad")
    module(f"ReflectionPad{n}d", "padding", "input", padded("reflect", False), build, "pad")
    module(f"ReplicationPad{n}d", "padding", "input", padded("replicate", False), build, "pad")
    module(f"CircularPad{n}d", "padding", "input", padded("circular", True), build, "pad")


for _n in (1, 2, 3):
    _register_pools(_n)
    _register_pads(_n)
