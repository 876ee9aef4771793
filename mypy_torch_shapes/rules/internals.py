"""Operations that torch's own layers are made of, seldom called by name (torch: native_functions.yaml)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, BY_NAME, COMPLEX, INTEGER, DType, bfloat16, bool_, float16, float32
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand, size_or_fresh
from .mismatch import DTYPE, Mismatch
from .normalization import batch_norm, group_normalized, layer_norm
from .promotion import refuse_elements
from .reduction import reduced
from .registry import rule
from .vocabulary import axis, equal, require, show


def _statistics_dtype(input: TensorType, *parameters: Any) -> DType | None:
    """What means and deviations are kept in: float32 for a half-precision input whose parameters are float32."""
    mixed = any(isinstance(each, TensorType) and each.dtype == float32 for each in parameters)
    return float32 if mixed and input.dtype in (float16, bfloat16) else input.dtype


@rule("torch.native_layer_norm")
def native_layer_norm(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: Any) -> tuple[TensorType, ...]:
    result = layer_norm(input, normalized_shape, weight, bias)
    if result.dims is None or not isinstance(normalized_shape, tuple | list):
        statistics = TensorType(None, None)
    else:
        kept = len(result.dims) - len(normalized_shape)
        dims = (*result.dims[:kept], *(1 for _ in normalized_shape))
        statistics = TensorType(_statistics_dtype(operand(input), weight, bias), dims)
    return result, statistics, statistics


@rule("torch.native_group_norm")
def native_group_norm(
    input: Any, weight: Any, bias: Any, N: Any, C: Any, HxW: Any, group: Any, eps: Any
) -> tuple[TensorType, ...]:
    tensor = operand(input)
    result = group_normalized(tensor, group, weight, bias)
    statistics = TensorType(_statistics_dtype(tensor, weight, bias), (size_or_fresh(N), size_or_fresh(group)))
    return result, statistics, statistics


@rule("torch.native_batch_norm")
def native_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any,
    eps: Any,
) -> tuple[TensorType, ...]:
    tensor = operand(input)
    result = batch_norm(tensor, running_mean, running_var, weight, bias, training, momentum, eps)
    if not isinstance(training, bool) or tensor.dims is None:
        statistics = TensorType(None, (fresh(),))
    else:
        size: Size = tensor.dims[1] if training else 0
        statistics = TensorType(_statistics_dtype(tensor, weight, running_mean), (size,))
    return result, statistics, statistics


@rule("torch.native_dropout")
def native_dropout(input: Any, p: Any, train: Any) -> tuple[TensorType, TensorType]:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER)
    return TensorType(tensor.dtype, tensor.dims), TensorType(bool_, tensor.dims)


@rule("hash_tensor")
def hash_tensor(input: Any, dim: Any = (), *, keepdim: Any = False, mode: Any = 0) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, COMPLEX)
    return TensorType(BY_NAME["uint64"], reduced(tensor.dims, dim, keepdim))


@rule("torch.segment_reduce")
def segment_reduce(
    data: Any,
    reduce: Any,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: Any = 0,
    unsafe: Any = False,
    initial: Any = None,
) -> TensorType:
    """One result for each segment: as many as there are lengths, or one less than there are offsets."""
    tensor = operand(data, "data")
    refuse_elements(tensor, BOOL, INTEGER, COMPLEX, what="data")
    if tensor.dims is None or isinstance(lengths, Unknown) or isinstance(offsets, Unknown):
        return TensorType(tensor.dtype, None)
    at = _segment_axis(axis, len(tensor.dims))
    given, name = (offsets, "offsets") if lengths is None else (lengths, "lengths")
    if given is None:
        raise Mismatch("neither lengths nor offsets are given")
    segments = operand(given, name)
    if segments.dtype is not None and segments.dtype.category != INTEGER:
        raise Mismatch(f"{name} has dtype {segments.dtype.name}, expected int32 or int64", DTYPE)
    if segments.dims is None:
        return TensorType(tensor.dtype, tuple(fresh() if i == at else size for i, size in enumerate(tensor.dims)))
    if len(segments.dims) != at + 1:
        raise Mismatch(f"{name} has rank {len(segments.dims)}, expected {at + 1} for axis = {at}")
    for own, other in zip(tensor.dims, segments.dims[:at], strict=False):
        require(equal(own, other), f"{name}{show(segments.dims)} does not fit data{show(tensor.dims)}")
    count = segments.dims[at] - 1 if lengths is None else segments.dims[at]
    return TensorType(tensor.dtype, (*tensor.dims[:at], count, *tensor.dims[at + 1 :]))


def _segment_axis(given: Any, rank: int) -> int:
    if not isinstance(given, int):
        raise Undecided("the axis is unknown")
    return axis(given, rank)
