"""Losses of classification: class indices or probabilities (torch docs: torch.nn.functional, Loss functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, int64, uint8
from ..shapes.relations import Truth, nonzero
from ..shapes.tensor_type import TensorType
from .inputs import common_dtype, dtype_in, operand, optional, rank_from, rank_is, require_same_shape
from .loss import Dims, reduced
from .mismatch import DTYPE, Mismatch
from .promotion import refuse_elements, result_type
from .registry import rule
from .signature import list_of
from .vocabulary import broadcast, equal, product, require, show


@rule("F.nll_loss")
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: Any = -100,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    scores, labels = operand(input), operand(target, "target")
    dims = class_indices(scores, labels, optional(weight, "weight"))
    refuse_elements(TensorType(scores.dtype, dims), BOOL, INTEGER, COMPLEX)
    return reduced(scores.dtype, dims, reduction, size_average, reduce)


@rule("F.cross_entropy")
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: Any = -100,
    reduce: Any = None,
    reduction: Any = "mean",
    label_smoothing: Any = 0.0,
) -> TensorType:
    scores, labels, scale = operand(input), operand(target, "target"), optional(weight, "weight")
    refuse_elements(scores, BOOL, INTEGER)
    same = _same_shape(scores, labels)
    if same is Truth.UNKNOWN:
        return reduced(None, None, reduction, size_average, reduce)
    if scores.dims == ():
        raise Mismatch("input is a scalar, expected one score for every class")
    if not same.holds:
        dims = class_indices(scores, labels, scale)
        return reduced(scores.dtype, dims, reduction, size_average, reduce)
    refuse_elements(labels, BOOL, INTEGER, what=f"target{list_of(labels.dims or ())} of class probabilities")
    if isinstance(ignore_index, int) and ignore_index >= 0:
        raise Mismatch(f"ignore_index = {ignore_index} is not supported for a target of class probabilities")
    dims = _without_classes(scores.dims or ())
    _check_class_weight(scale, (scores.dims or ())[0 if scores.rank == 1 else 1] if scores.dims else None)
    given = [scores, labels] if scale is None else [scores, labels, scale]
    return reduced(result_type(*given), dims, reduction, size_average, reduce)


def _same_shape(input: TensorType, target: TensorType) -> Truth:
    """Whether the target gives class probabilities, as torch tells: it has the shape of the input."""
    if input.dims is None or target.dims is None:
        return Truth.UNKNOWN
    if len(input.dims) != len(target.dims):
        return Truth.NO
    found = [equal(a, b) for a, b in zip(input.dims, target.dims, strict=True)]
    if Truth.NO in found:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.YES


def class_indices(input: TensorType, target: TensorType, weight: TensorType | None) -> Dims:
    """The dims of the losses: one class index for every row of scores. Raises Mismatch."""
    if input.dims is None:
        _check_index_dtype(target)
        return target.dims
    if not input.dims:
        raise Mismatch("input is a scalar, expected one score for every class")
    classes = input.dims[0 if len(input.dims) == 1 else 1]
    expected = _without_classes(input.dims)
    if target.dims is not None:
        _check_index_shape(input.dims, target.dims, expected)
    _check_index_dtype(target)
    _check_class_weight(weight, classes)
    if weight is not None and weight.dtype != input.dtype and weight.dtype is not None and input.dtype is not None:
        raise Mismatch(f"weight has dtype {weight.dtype.name}, expected the input's {input.dtype.name}", DTYPE)
    return expected


def _check_index_shape(input: tuple[Size, ...], target: tuple[Size, ...], expected: tuple[Size, ...]) -> None:
    message = f"target has shape {list_of(target)}, expected {list_of(expected)} for input{list_of(input)}"
    if len(input) == 1 and len(target) == 1:
        require(equal(target[0], 1), message)
        return
    if len(target) != len(expected):
        raise Mismatch(message)
    if len(input) == 2:
        message = f"input has batch size {show(input[0])}, target has {show(target[0])}"
    for a, b in zip(target, expected, strict=True):
        require(equal(a, b), message)


def _check_index_dtype(target: TensorType) -> None:
    if target.dtype is not None and target.dtype not in (int64, uint8):
        raise Mismatch(f"target of class indices has dtype {target.dtype.name}, expected int64", DTYPE)


def _check_class_weight(weight: TensorType | None, classes: Size | None) -> None:
    if weight is None or weight.dims is None or classes is None:
        return
    message = f"weight has shape {list_of(weight.dims)}, expected [{show(classes)}], one for every class"
    if len(weight.dims) != 1:
        raise Mismatch(message)
    require(equal(weight.dims[0], classes), message)


def _without_classes(dims: tuple[Size, ...]) -> tuple[Size, ...]:
    return (*dims[:1], *dims[2:]) if len(dims) > 1 else ()


@rule("F.linear_cross_entropy")
def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: Any = "mean",
    ignore_index: Any = None,
    label_smoothing: Any = 0.0,
    options: Any = None,
) -> TensorType:
    tensor, matrix = operand(input), operand(linear_weight, "linear_weight")
    bias = optional(linear_bias, "linear_bias")
    dtype = common_dtype(input=tensor, linear_weight=matrix, linear_bias=bias)
    logits = None
    if rank_is(tensor, (1, 2)) and rank_from(matrix, 2, "linear_weight") and tensor.dims and matrix.dims:
        features, in_features = tensor.dims[-1], matrix.dims[-1]
        message = f"input has {show(features)} features, expected in_features = {show(in_features)}"
        require(equal(features, in_features), message)
        if bias is not None:
            require_same_shape(TensorType(None, matrix.dims[:-1]), bias, "linear_bias")
        if len(tensor.dims) == 1 and len(matrix.dims) > 2:
            raise Mismatch(f"linear_weight{list_of(matrix.dims)} needs a batch, input{list_of(tensor.dims)} has none")
        logits = (*tensor.dims[:-1], *matrix.dims[:-1])
    index = -100 if ignore_index is None else ignore_index
    scores = TensorType(dtype, logits)
    return cross_entropy(scores, target, weight, reduction=reduction, ignore_index=index)


# --- margins between classes ---


@rule("F.multi_margin_loss")
def multi_margin_loss(
    input: Any,
    target: Any,
    p: Any = 1,
    margin: Any = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    scores, labels = operand(input), operand(target, "target")
    refuse_elements(scores, BOOL, INTEGER, COMPLEX)
    if scores.dims is not None and nonzero(product(scores.dims)).holds:
        dtype_in(labels, (int64,), "target")
    if rank_is(scores, (0, 1, 2)) and scores.dims:
        require(nonzero(scores.dims[-1]), f"input{list_of(scores.dims)} has no classes")
        _check_class_weight(optional(weight, "weight"), scores.dims[-1])
        expected = scores.dims[:-1]
        if labels.dims is not None:
            _check_index_shape(scores.dims, labels.dims, expected)
    return reduced(scores.dtype, labels.dims, reduction, size_average, reduce)


@rule("F.multilabel_margin_loss")
def multilabel_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: Any = "mean"
) -> TensorType:
    scores, labels = operand(input), operand(target, "target")
    refuse_elements(scores, BOOL, INTEGER, COMPLEX)
    if rank_is(scores, (0, 1, 2)) and scores.dims is not None and labels.dims is not None:
        message = f"target has shape {list_of(labels.dims)}, expected {list_of(scores.dims)}"
        if len(labels.dims) != len(scores.dims) and max(len(labels.dims), len(scores.dims)) > 1:
            raise Mismatch(message)
        for a, b in zip(labels.dims, scores.dims, strict=False):
            require(equal(a, b), message)
    if labels.dtype is not None and labels.dtype != int64:
        raise Mismatch(f"target has dtype {labels.dtype.name}, expected int64", DTYPE)
    dims = None if scores.dims is None else scores.dims[:-1]
    return reduced(scores.dtype, dims, reduction, size_average, reduce)


@rule("F.multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    scores, labels, scale = operand(input), operand(target, "target"), optional(weight, "weight")
    refuse_elements(scores, BOOL, INTEGER, COMPLEX)
    refuse_elements(labels, BOOL, what="target")
    if scores.dims == ():
        raise Mismatch("input is a scalar, expected one score for every class")
    given = [scores, labels] if scale is None else [scores, labels, scale]
    dims = broadcast(*(tensor.dims for tensor in given))
    if dims is not None and scores.dims is not None:
        classes = len(scores.dims) - 1
        dims = (*dims[:classes], *dims[classes + 1 :])
    else:
        dims = None
    return reduced(result_type(*given), dims, reduction, size_average, reduce)


@rule("F.ctc_loss", "torch.ctc_loss")
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: Any = 0,
    reduction: Any = "mean",
    zero_infinity: Any = False,
) -> TensorType:
    scores = operand(log_probs, "log_probs")
    refuse_elements(scores, BOOL, INTEGER, COMPLEX, what="log_probs")
    rank_is(scores, (2, 3), "log_probs")
    if reduction in (0, 1, 2) and not isinstance(reduction, bool):
        reduction = ("none", "mean", "sum")[reduction]
    return reduced(scores.dtype, None if scores.dims is None else scores.dims[1:-1], reduction)
