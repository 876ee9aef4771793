"""The compiled operators of torchvision: boxes that stay, regions of interest, deformable convolutions."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BY_NAME, DType, int64
from ..shapes.tensor_type import TensorType, fresh
from .inputs import common_dtype, operand, rank_is, size_or_fresh
from .registry import rule
from .signature import list_of
from .vocabulary import equal, require, require_divisible, show


@rule("torch.ops.torchvision.nms")
def nms(dets: Any, scores: Any, iou_threshold: Any) -> TensorType:
    """How many boxes stay is in the data."""
    boxes, rates = operand(dets, "dets"), operand(scores, "scores")
    common_dtype(dets=boxes, scores=rates)
    if rank_is(boxes, (2,), "dets") and boxes.dims:
        require(equal(boxes.dims[1], 4), f"dets{list_of(boxes.dims)} has {show(boxes.dims[1])} columns, expected 4")
    if rank_is(rates, (1,), "scores") and rates.dims and boxes.dims:
        message = f"{show(boxes.dims[0])} boxes have {show(rates.dims[0])} scores"
        require(equal(boxes.dims[0], rates.dims[0]), message)
    return TensorType(int64, (fresh(),))


def _regions(input: Any, rois: Any) -> tuple[DType | None, Size, Size]:
    """The dtype, the number of regions and the channels. Raises Mismatch."""
    tensor, regions = operand(input), operand(rois, "rois")
    dtype = common_dtype(input=tensor, rois=regions)
    number = channels = fresh()
    if rank_is(regions, (2,), "rois") and regions.dims:
        number = regions.dims[0]
        require(equal(regions.dims[1], 5), f"rois{list_of(regions.dims)} has no 5 columns")
    if rank_is(tensor, (4,)) and tensor.dims:
        channels = tensor.dims[1]
    return dtype, number, channels


@rule("torch.ops.torchvision.roi_align")
def roi_align(
    input: Any,
    rois: Any,
    spatial_scale: Any,
    pooled_height: Any,
    pooled_width: Any,
    sampling_ratio: Any,
    aligned: Any = False,
) -> TensorType:
    dtype, number, channels = _regions(input, rois)
    return TensorType(dtype, (number, channels, size_or_fresh(pooled_height), size_or_fresh(pooled_width)))


@rule("torch.ops.torchvision.roi_pool")
def roi_pool(
    input: Any, rois: Any, spatial_scale: Any, pooled_height: Any, pooled_width: Any
) -> tuple[TensorType, TensorType]:
    dtype, number, channels = _regions(input, rois)
    dims = (number, channels, size_or_fresh(pooled_height), size_or_fresh(pooled_width))
    return TensorType(dtype, dims), TensorType(BY_NAME["int32"], dims)


def _register_by_position(name: str) -> None:
    @rule(f"torch.ops.torchvision.{name}")
    def pooled(
        input: Any, rois: Any, spatial_scale: Any, pooled_height: Any, pooled_width: Any, sampling_ratio: Any = None
    ) -> tuple[TensorType, TensorType]:
        dtype, number, channels = _regions(input, rois)
        height, width = size_or_fresh(pooled_height), size_or_fresh(pooled_width)
        message = f"input has {show(channels)} channels, not divisible by {show(height * width)} places"
        dims = (number, require_divisible(channels, height * width, message), height, width)
        return TensorType(dtype, dims), TensorType(BY_NAME["int32"], dims)


for _name in ("ps_roi_align", "ps_roi_pool"):
    _register_by_position(_name)


@rule("torch.ops.torchvision.deform_conv2d")
def deform_conv2d(
    input: Any,
    weight: Any,
    offset: Any,
    mask: Any,
    bias: Any,
    stride_h: Any,
    stride_w: Any,
    pad_h: Any,
    pad_w: Any,
    dil_h: Any,
    dil_w: Any,
    n_weight_grps: Any,
    n_offset_grps: Any,
    use_mask: Any,
) -> TensorType:
    tensor, kernel, moves = operand(input), operand(weight, "weight"), operand(offset, "offset")
    dtype = common_dtype(input=tensor, weight=kernel, offset=moves)
    ranks = [rank_is(each, (4,), name) for each, name in ((tensor, "input"), (kernel, "weight"), (moves, "offset"))]
    if not all(ranks) or tensor.dims is None or kernel.dims is None:
        return TensorType(dtype, tuple(fresh() for _ in range(4)))
    n, channels, *spatial = tensor.dims
    out, depth, *window = kernel.dims
    groups = size_or_fresh(n_weight_grps)
    message = f"input has {show(channels)} channels, weight{list_of(kernel.dims)} needs {show(depth * groups)}"
    require(equal(channels, depth * groups), message)
    steps = ((stride_h, pad_h, dil_h), (stride_w, pad_w, dil_w))
    made = []
    for size, width, step in zip(spatial, window, steps, strict=True):
        stride, padding, dilation = map(size_or_fresh, step)
        made.append((size + 2 * padding - dilation * (width - 1) - 1) // stride + 1)
    if moves.dims is not None:
        expected = (n, 2 * size_or_fresh(n_offset_grps) * window[0] * window[1], *made)
        for have, need in zip(moves.dims, expected, strict=True):
            require(equal(have, need), f"offset has shape {show(moves.dims)}, expected {show(expected)}")
    return TensorType(dtype, (n, out, *made))
