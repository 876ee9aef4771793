"""Resizing and rearranging of pixels (torch docs: torch.nn.functional, Vision functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, uint8
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import common_dtype, operand, per_axis, rank_from, rank_is, size_or_fresh
from .mismatch import Mismatch
from .promotion import refuse_elements
from .registry import rule
from .signature import list_of
from .vocabulary import divides, equal, is_size, less, product, require, require_divisible, show, spread

_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "lanczos": (4,), "trilinear": (5,)}
_ANY_RANK = ("nearest", "nearest-exact", "area")


@rule("F.interpolate")
def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: Any = False,
) -> TensorType:
    tensor = operand(input)
    rank_is(tensor, _RANKS.get(mode, (3, 4, 5)) if isinstance(mode, str) else (3, 4, 5))
    if align_corners is not None and not isinstance(align_corners, Unknown) and mode in _ANY_RANK:
        raise Mismatch(f"align_corners cannot be set with mode = {mode!r}")
    if tensor.dtype != uint8:
        refuse_elements(tensor, BOOL, INTEGER)
    if size is None and scale_factor is None:
        raise Mismatch("either size or scale_factor is needed")
    known = not isinstance(size, Unknown) and not isinstance(scale_factor, Unknown)
    if known and size is not None and scale_factor is not None:
        raise Mismatch("only one of size and scale_factor may be given")
    if tensor.dims is None:
        return tensor.with_dtype(tensor.dtype)
    n = len(tensor.dims) - 2
    spatial = tensor.dims[2:]
    if not known:
        out = tuple(fresh() for _ in spatial)
    elif size is not None:
        out = _sizes(size, n)
    else:
        out = tuple(scaled(old, factor) for old, factor in zip(spatial, _factors(scale_factor, n), strict=True))
    for new in out:
        require(less(0, new), f"the output would have size {show(new)}")
    for old in tensor.dims[1:] if mode != "area" else ():
        require(less(0, old), f"input{show(tensor.dims)} has no elements")
    return tensor.with_dims(*tensor.dims[:2], *out)


def scaled(size: Size, factor: Any) -> Size:
    """floor(size * factor), which is exact integer arithmetic for a factor with a small power of 2 below the line."""
    if isinstance(factor, int | Dim):
        return size * factor
    if not isinstance(factor, float):
        return fresh()
    if isinstance(size, int):
        return int(float(size) * factor)
    numerator, denominator = factor.as_integer_ratio()
    if denominator <= 1024:
        return size * numerator // denominator
    return fresh(None if size.values is None else tuple(int(value * factor) for value in size.values))


def _sizes(size: Any, n: int) -> tuple[Size, ...]:
    if isinstance(size, tuple | list) and len(size) != n:
        raise Mismatch(f"size = {show(tuple(size))} has {len(size)} values, input has {n} spatial axes")
    return tuple(map(size_or_fresh, spread(size, n)))


def _factors(scale_factor: Any, n: int) -> tuple[Any, ...]:
    if isinstance(scale_factor, tuple | list) and len(scale_factor) != n:
        raise Mismatch(f"scale_factor has {len(scale_factor)} values, input has {n} spatial axes")
    return tuple(scale_factor) if isinstance(scale_factor, tuple | list) else (scale_factor,) * n


@rule("F.upsample")
def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: Any = "nearest", align_corners: Any = None
) -> TensorType:
    return interpolate(input, size, scale_factor, mode, align_corners)


@rule("F.upsample_nearest")
def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> TensorType:
    return interpolate(input, size, scale_factor)


@rule("F.upsample_bilinear")
def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> TensorType:
    return interpolate(input, size, scale_factor, "bilinear", True)


@rule("torch.pixel_shuffle", "F.pixel_shuffle")
def pixel_shuffle(input: Any, upscale_factor: Any) -> TensorType:
    tensor, factor = operand(input), size_or_fresh(upscale_factor)
    if not rank_from(tensor, 3) or tensor.dims is None:
        return tensor.with_dtype(tensor.dtype)
    *lead, channels, height, width = tensor.dims
    require(less(0, factor), f"upscale_factor = {show(factor)} is not positive")
    message = f"input has {show(channels)} channels, not divisible by upscale_factor**2 = {show(factor * factor)}"
    out = require_divisible(channels, factor * factor, message)
    return tensor.with_dims(*lead, out, height * factor, width * factor)


@rule("torch.pixel_unshuffle", "F.pixel_unshuffle")
def pixel_unshuffle(input: Any, downscale_factor: Any) -> TensorType:
    tensor, factor = operand(input), size_or_fresh(downscale_factor)
    if not rank_from(tensor, 3) or tensor.dims is None:
        return tensor.with_dtype(tensor.dtype)
    *lead, channels, height, width = tensor.dims
    require(less(0, factor), f"downscale_factor = {show(factor)} is not positive")
    out = []
    for name, size in (("height", height), ("width", width)):
        message = f"input has {name} {show(size)}, not divisible by downscale_factor = {show(factor)}"
        out.append(require_divisible(size, factor, message))
    return tensor.with_dims(*lead, channels * factor * factor, *out)


@rule("torch.channel_shuffle", "F.channel_shuffle", "torch.native_channel_shuffle", "F.native_channel_shuffle")
def channel_shuffle(input: Any, groups: Any) -> TensorType:
    tensor = operand(input)
    if rank_from(tensor, 3) and tensor.dims and is_size(groups):
        message = f"input has {show(tensor.dims[1])} channels, not divisible by groups = {show(groups)}"
        require(divides(groups, tensor.dims[1]), message)
    return TensorType(tensor.dtype, tensor.dims)


@rule("F.unfold")
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, INTEGER)
    if not rank_is(tensor, (3, 4)) or tensor.dims is None:
        return TensorType(tensor.dtype, None)
    *lead, channels, height, width = tensor.dims
    kernel = per_axis(kernel_size, 2)
    blocks = product(_blocks((height, width), kernel, dilation, padding, stride))
    return tensor.with_dims(*lead, channels * product(kernel), blocks)


@rule("F.fold")
def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, INTEGER)
    if not rank_is(tensor, (2, 3)) or tensor.dims is None:
        return TensorType(tensor.dtype, None)
    *lead, columns, blocks = tensor.dims
    size, kernel = per_axis(output_size, 2), per_axis(kernel_size, 2)
    area = product(kernel)
    message = f"input has {show(columns)} rows of blocks, not divisible by the kernel's {show(area)} elements"
    channels = require_divisible(columns, area, message)
    expected = product(_blocks(size, kernel, dilation, padding, stride))
    require(equal(blocks, expected), f"input has {show(blocks)} blocks, expected {show(expected)}")
    return tensor.with_dims(*lead, channels, *size)


def _blocks(
    sizes: tuple[Size, ...], kernel: tuple[Size, ...], dilation: Any, padding: Any, stride: Any
) -> tuple[Size, ...]:
    from .convolution import window

    settings = per_axis(stride, 2), per_axis(padding, 2), per_axis(dilation, 2)
    return tuple(window(*each) for each in zip(sizes, kernel, *settings, strict=True))


@rule("F.grid_sample")
def grid_sample(
    input: Any, grid: Any, mode: Any = "bilinear", padding_mode: Any = "zeros", align_corners: Any = None
) -> TensorType:
    return _sampled(operand(input), operand(grid, "grid"))


@rule("torch.grid_sampler", "torch.grid_sampler_2d", "torch.grid_sampler_3d")
def grid_sampler(input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any) -> TensorType:
    return _sampled(operand(input), operand(grid, "grid"))


def _sampled(input: TensorType, grid: TensorType) -> TensorType:
    dtype = common_dtype(input=input, grid=grid)
    ranks = (rank_is(input, (4, 5)), rank_is(grid, (4, 5), "grid"))
    if not all(ranks) or input.dims is None or grid.dims is None:
        return TensorType(dtype, None)
    if len(input.dims) != len(grid.dims):
        raise Mismatch(f"input has rank {len(input.dims)}, grid has rank {len(grid.dims)}")
    message = f"input has batch size {show(input.dims[0])}, grid has {show(grid.dims[0])}"
    require(equal(input.dims[0], grid.dims[0]), message)
    axes = len(input.dims) - 2
    require(
        equal(grid.dims[-1], axes), f"grid{list_of(grid.dims)} has last size {show(grid.dims[-1])}, expected {axes}"
    )
    return TensorType(dtype, (*input.dims[:2], *grid.dims[1:-1]))


@rule("F.affine_grid")
def affine_grid(theta: Any, size: Any, align_corners: Any = None) -> TensorType:
    tensor = operand(theta, "theta")
    refuse_elements(tensor, BOOL, INTEGER, COMPLEX, what="theta")
    if isinstance(size, Unknown):
        return TensorType(tensor.dtype, None)
    if not isinstance(size, tuple | list):
        raise Undecided("size is no sequence")
    if len(size) not in (4, 5):
        raise Mismatch(f"size = {show(tuple(size))} has {len(size)} values, expected 4 or 5")
    n = len(size) - 2
    if rank_is(tensor, (3,), "theta") and tensor.dims:
        expected = (size[0], n, n + 1)
        for found, want in zip(tensor.dims, expected, strict=True):
            if isinstance(want, int | Dim):
                message = (
                    f"theta has shape {list_of(tensor.dims)}, expected {show(expected)} for size = {show(tuple(size))}"
                )
                require(equal(found, want), message)
    return TensorType(tensor.dtype, (*map(size_or_fresh, (size[0], *size[2:])), n))
