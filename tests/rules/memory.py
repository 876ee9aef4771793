"""What strides say of a real tensor's layout, and whether a claimed one holds."""

from __future__ import annotations

import torch

from mypy_torch_shapes.shapes.dtypes import BY_NAME
from mypy_torch_shapes.shapes.layout import Joint, Layout
from mypy_torch_shapes.shapes.tensor_type import TensorType


def layout_of(tensor: torch.Tensor) -> Layout:
    """The layout that a tensor's strides are those of."""
    strides, sizes = tensor.stride(), tensor.shape
    wide = [axis for axis in range(tensor.dim()) if sizes[axis] != 1]
    order = sorted((axis for axis in wide if strides[axis]), key=lambda axis: -strides[axis])
    inner = [*(strides[axis] * sizes[axis] for axis in order[1:]), 1][: len(order)]
    joints = [Joint.JOINED if strides[axis] == inside else Joint.GAP for axis, inside in zip(order, inner, strict=True)]
    layout = Layout(tuple(map(wide.index, order)), (Joint.JOINED, *joints))
    for axis in range(tensor.dim()):
        layout = layout if axis in wide else layout.with_one(axis)
    return layout


def type_of(tensor: torch.Tensor) -> TensorType:
    """The type of a real tensor, with its layout."""
    dtype = BY_NAME[str(tensor.dtype)[6:]]
    return TensorType(dtype, tuple(tensor.shape), layout=layout_of(tensor))


def holds(layout: Layout, tensor: torch.Tensor) -> bool:
    """Whether a tensor lies in memory as a layout says, axes of size 1 aside."""
    if not tensor.numel():
        return True
    strides, sizes = tensor.stride(), tensor.shape
    wide = [axis for axis in range(tensor.dim()) if sizes[axis] > 1]
    if any(strides[axis] == 0 for axis in wide if axis in layout.order):
        return False
    if any(strides[axis] for axis in wide if axis not in layout.order):
        return False
    gap, outside = Joint.JOINED, None
    for axis, joint in zip((*layout.order, None), layout.joints, strict=True):
        gap = max(gap, joint)
        if axis is not None and axis not in wide:
            continue
        inside = 1 if axis is None else strides[axis] * sizes[axis]
        if outside is not None and not _joined(strides[outside], inside, gap):
            return False
        gap, outside = Joint.JOINED, axis
    return True


def _joined(stride: int, inside: int, joint: Joint) -> bool:
    return joint is Joint.OPEN or (stride == inside if joint is Joint.JOINED else stride > inside)


def moved(tensor: torch.Tensor) -> torch.Tensor:
    """An equal tensor that lies in memory in another order: channels last, or the first axis innermost."""
    if tensor.layout is not torch.strided or tensor.dim() < 2 or tensor.is_nested:
        return tensor
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    if tensor.dim() in formats:
        return tensor.contiguous(memory_format=formats[tensor.dim()])
    return tensor.transpose(0, -1).contiguous().transpose(0, -1)
