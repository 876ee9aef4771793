"""Linear, dropout and distance functions (torch docs: torch.nn.functional)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, INTEGER
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import common_dtype, operand, optional, rank_from, rank_is
from .mismatch import Mismatch
from .promotion import floating, real, refuse, refuse_elements, result_type
from .registry import rule
from .signature import list_of
from .vocabulary import axes, axis, broadcast, equal, require, show


@rule("F.linear")
def linear(input: Any, weight: Any, bias: Any = None) -> TensorType:
    tensor, matrix, offset = operand(input), operand(weight, "weight"), optional(bias, "bias")
    known = rank_from(tensor, 1)
    in_features: Size = fresh()
    out: tuple[Size, ...] | None = None
    if matrix.dims is not None:
        if len(matrix.dims) not in (1, 2):
            raise Mismatch(f"weight has rank {len(matrix.dims)}, expected 1 or 2: weight{list_of(matrix.dims)}")
        in_features, out = matrix.dims[-1], matrix.dims[:-1]
    if known and tensor.dims:
        features = tensor.dims[-1]
        message = f"input has {show(features)} features, expected in_features = {show(in_features)}"
        require(equal(features, in_features), message)
    dtype = common_dtype(input=tensor, weight=matrix, bias=offset)
    if not tensor.dims or out is None:
        return TensorType(dtype, None)
    result = (*tensor.dims[:-1], *out)
    if offset is not None and offset.dims is not None:
        _check_bias(offset.dims, result)
    return TensorType(dtype, result)


def _check_bias(bias: tuple[Size, ...], result: tuple[Size, ...]) -> None:
    """A bias is expanded to the result, which itself does not grow."""
    message = f"bias{list_of(bias)} does not fit the result {list_of(result)}"
    if len(bias) > len(result):
        raise Mismatch(message)
    for size, wanted in zip(reversed(bias), reversed(result), strict=False):
        if not equal(size, 1).holds and equal(size, 1).value == "no":
            require(equal(size, wanted), message)


@rule("torch.bilinear", "F.bilinear")
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> TensorType:
    left, right, cube = operand(input1, "input1"), operand(input2, "input2"), operand(weight, "weight")
    offset = optional(bias, "bias")
    dtype = common_dtype(input1=left, input2=right, weight=cube, bias=offset)
    out: Size = fresh()
    if rank_is(cube, (3,), "weight") and cube.dims:
        out = cube.dims[0]
        for tensor, name, features in ((left, "input1", cube.dims[1]), (right, "input2", cube.dims[2])):
            if rank_from(tensor, 1, name) and tensor.dims:
                found, parameter = tensor.dims[-1], f"in{name[-1]}_features"
                message = f"{name} has {show(found)} features, expected {parameter} = {show(features)}"
                require(equal(found, features), message)
        if offset is not None and offset.dims is not None and len(offset.dims) == 1:
            require(equal(offset.dims[0], out), f"bias has size {show(offset.dims[0])}, expected {show(out)}")
    if left.dims is not None and right.dims is not None:
        if len(left.dims) != len(right.dims):
            raise Mismatch(f"input1 has rank {len(left.dims)}, input2 has rank {len(right.dims)}")
        for a, b in zip(left.dims[:-1], right.dims[:-1], strict=True):
            message = f"input1{list_of(left.dims)} and input2{list_of(right.dims)} differ in their batch sizes"
            require(equal(a, b), message)
    lead = left.dims if left.dims is not None else right.dims
    return TensorType(dtype, None if lead is None else (*lead[:-1], out))


def dropped(input: Any, p: Any, training: Any) -> TensorType:
    """What every dropout gives: its input. Only floating dtypes can be scaled in training."""
    tensor = operand(input)
    if isinstance(p, int | float) and not 0 <= p <= 1:
        raise Mismatch(f"p = {p} is no probability")
    if training is True and isinstance(p, int | float) and p > 0:
        refuse_elements(tensor, BOOL, INTEGER)
    return TensorType(tensor.dtype, tensor.dims)


@rule("F.dropout")
def dropout(input: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> TensorType:
    return dropped(input, p, training)


@rule("torch.dropout", "torch.alpha_dropout", "torch.feature_dropout", "torch.feature_alpha_dropout")
def torch_dropout(input: Any, p: Any, train: Any) -> TensorType:
    return dropped(input, p, train)


@rule("F.alpha_dropout")
def alpha_dropout(input: Any, p: Any = 0.5, training: Any = False, inplace: Any = False) -> TensorType:
    return dropped(input, p, training)


@rule("F.dropout2d", "F.dropout3d")
def dropout2d(input: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> TensorType:
    return feature_dropped(operand(input), p, training)


@rule("F.feature_alpha_dropout")
def feature_alpha_dropout(input: Any, p: Any = 0.5, training: Any = False, inplace: Any = False) -> TensorType:
    return feature_dropped(operand(input), p, training)


@rule("F.dropout1d")
def dropout1d(input: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> TensorType:
    tensor = operand(input)
    rank_is(tensor, (2, 3))
    return dropped(tensor, p, training)


def feature_dropped(input: TensorType, p: Any, training: Any) -> TensorType:
    """Dropout of whole channels."""
    if training is True and isinstance(p, int | float) and p > 0:
        rank_from(input, 2)
    return dropped(input, p, training)


@rule("torch.cosine_similarity", "F.cosine_similarity")
def cosine_similarity(x1: Any, x2: Any, dim: Any = 1, eps: Any = 1e-8) -> TensorType:
    left, right = operand(x1, "x1"), operand(x2, "x2")
    dtype = result_type(left, right)
    refuse(dtype, BOOL, INTEGER, what="x1")
    return TensorType(dtype, _without(broadcast(left.dims, right.dims), dim))


@rule("torch.pairwise_distance", "F.pairwise_distance")
def pairwise_distance(x1: Any, x2: Any, p: Any = 2.0, eps: Any = 1e-6, keepdim: Any = False) -> TensorType:
    left, right = operand(x1, "x1"), operand(x2, "x2")
    dims = broadcast(left.dims, right.dims)
    dtype = real(floating(result_type(left, right)))
    if dims is None or isinstance(keepdim, Unknown):
        return TensorType(dtype, None)
    return TensorType(dtype, (*dims[:-1], 1) if keepdim and dims else dims[:-1])


@rule("torch.pdist", "F.pdist")
def pdist(input: Any, p: Any = 2) -> TensorType:
    tensor = operand(input)
    if not rank_is(tensor, (2,)) or tensor.dims is None:
        return TensorType(tensor.dtype, (fresh(),))
    rows = tensor.dims[0]
    return TensorType(tensor.dtype, (rows * (rows - 1) // 2,))


@rule("F.normalize")
def normalize(input: Any, p: Any = 2.0, dim: Any = 1, eps: Any = 1e-12) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER)
    if tensor.dims is not None and not isinstance(dim, Unknown):
        axes(dim, len(tensor.dims))
    return TensorType(tensor.dtype, tensor.dims)


def _without(dims: tuple[Size, ...] | None, dim: Any) -> tuple[Size, ...] | None:
    """The dims with one axis reduced away."""
    if dims is None:
        return None
    if isinstance(dim, Unknown):
        return tuple(fresh() for _ in dims[1:])
    at = axis(dim, len(dims))
    return (*dims[:at], *dims[at + 1 :])
