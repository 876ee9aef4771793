"""Losses (torch docs: torch.nn.functional, Loss functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, DType
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from . import suspicion
from .inputs import flag, operand, optional, require_same_shape
from .mismatch import DTYPE, Mismatch
from .promotion import floating, real, refuse, refuse_elements, result_type
from .registry import rule
from .signature import list_of
from .vocabulary import broadcast, equal, require

REDUCTIONS = ("mean", "sum", "none")
Dims = tuple[Size, ...] | None


def reduced(
    dtype: DType | None, dims: Dims, reduction: Any, size_average: Any = None, reduce: Any = None
) -> TensorType:
    """The loss of every element, or their mean or sum, as `reduction` (or its older forms) asks."""
    if isinstance(reduction, Unknown) or isinstance(size_average, Unknown) or isinstance(reduce, Unknown):
        return TensorType(dtype, None)
    if size_average is not None or reduce is not None:
        elementwise = reduce is not None and not flag(reduce, "reduce")
        return TensorType(dtype, dims if elementwise else ())
    if isinstance(reduction, int) and 0 <= reduction < 3:  # as torch's own functions count them
        reduction = ("none", "mean", "sum")[reduction]
    if reduction not in REDUCTIONS:
        raise Mismatch(f"reduction = {reduction!r} is none of {', '.join(map(repr, REDUCTIONS))}")
    return TensorType(dtype, dims if reduction == "none" else ())


def known_shape(input: TensorType, target: TensorType) -> Dims:
    """The shape both have."""
    return input.dims if input.dims is not None else target.dims


@rule("F.mse_loss")
def mse_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
    weight: Any = None,
) -> TensorType:
    loss = l1_loss(input, target, size_average, reduce, "none", weight)
    refuse_elements(loss, BOOL, INTEGER, COMPLEX)
    return reduced(loss.dtype, loss.dims, reduction, size_average, reduce)


@rule("F.l1_loss")
def l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
    weight: Any = None,
) -> TensorType:
    left, right, scale = operand(input), operand(target, "target"), optional(weight, "weight")
    dims, dtype = _expanded(left, right)
    if scale is not None:
        require_same_shape(left, scale, "weight")
        dtype = result_type(TensorType(dtype, dims), scale)
    return _averaged(real(dtype), dims, reduction, size_average, reduce)


def _averaged(dtype: DType | None, dims: Dims, reduction: Any, size_average: Any, reduce: Any) -> TensorType:
    """`reduced`, where integers have no mean."""
    if reduction in ("mean", 1) and size_average is None and reduce is None:
        refuse(dtype, BOOL, INTEGER, what="the loss")
    return reduced(dtype, dims, reduction, size_average, reduce)


def _expanded(input: TensorType, target: TensorType) -> tuple[Dims, DType | None]:
    """The shape and dtype of both, which are expanded first: a scalar then counts as much as the other."""
    suspicion.of_stretching(input, target, different=True)
    dims = broadcast(input.dims, target.dims)
    return dims, result_type(TensorType(input.dtype, dims), TensorType(target.dtype, dims))


@rule("F.smooth_l1_loss")
def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
    beta: Any = 1.0,
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    dims, dtype = _expanded(left, right)
    refuse_elements(TensorType(dtype, dims), BOOL, INTEGER, COMPLEX)
    return reduced(dtype, dims, reduction, size_average, reduce)


@rule("F.huber_loss")
def huber_loss(input: Any, target: Any, reduction: Any = "mean", delta: Any = 1.0, weight: Any = None) -> TensorType:
    left, right, scale = operand(input), operand(target, "target"), optional(weight, "weight")
    if scale is not None:
        require_same_shape(left, scale, "weight")
    suspicion.of_stretching(left, right, different=True)
    dims = broadcast(left.dims, right.dims)
    refuse_elements(TensorType(left.dtype, dims), BOOL, INTEGER, COMPLEX)
    dtype = left.dtype if scale is None else result_type(TensorType(left.dtype, dims), scale)
    return reduced(dtype, dims, reduction)


@rule("F.kl_div")
def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
    log_target: Any = False,
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    refuse_elements(left, BOOL, INTEGER, COMPLEX)
    refuse_elements(right, BOOL, INTEGER, COMPLEX, what="target")
    dims = broadcast(left.dims, right.dims)
    if reduction == "batchmean" and size_average is None and reduce is None:
        reduction = "mean"
    return reduced(result_type(left, right), dims, reduction, size_average, reduce)


@rule("F.soft_margin_loss")
def soft_margin_loss(
    input: Any, target: Any, size_average: Any = None, reduce: Any = None, reduction: Any = "mean"
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    refuse_elements(left, BOOL, INTEGER)
    _check_weight(right, left.dims, "target")
    return reduced(left.dtype, left.dims, reduction, size_average, reduce)


@rule("torch.kl_div")
def torch_kl_div(input: Any, target: Any, reduction: Any = 1, log_target: Any = False) -> TensorType:
    return kl_div(input, target, reduction=reduction)


@rule("torch.poisson_nll_loss")
def torch_poisson_nll_loss(input: Any, target: Any, log_input: Any, full: Any, eps: Any, reduction: Any) -> TensorType:
    return poisson_nll_loss(input, target, reduction=reduction)


@rule("torch.hinge_embedding_loss")
def torch_hinge_embedding_loss(input: Any, target: Any, margin: Any = 1.0, reduction: Any = 1) -> TensorType:
    return hinge_embedding_loss(input, target, reduction=reduction)


@rule("torch.binary_cross_entropy_with_logits")
def torch_binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: Any = 1
) -> TensorType:
    return binary_cross_entropy_with_logits(input, target, weight, reduction=reduction, pos_weight=pos_weight)


@rule("F.poisson_nll_loss")
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: Any = True,
    full: Any = False,
    size_average: Any = None,
    eps: Any = 1e-8,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    dtype = floating(result_type(left, right))
    return reduced(dtype, broadcast(left.dims, right.dims), reduction, size_average, reduce)


@rule("F.hinge_embedding_loss")
def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: Any = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    return _averaged(left.dtype, broadcast(left.dims, right.dims), reduction, size_average, reduce)


@rule("F.binary_cross_entropy")
def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    require_same_shape(left, right)
    refuse_elements(left, BOOL, INTEGER, COMPLEX)
    if left.dtype is not None and right.dtype is not None and left.dtype != right.dtype:
        raise Mismatch(f"target has dtype {right.dtype.name}, expected the input's {left.dtype.name}", DTYPE)
    _check_weight(optional(weight, "weight"), known_shape(left, right), "weight")
    return reduced(left.dtype or right.dtype, known_shape(left, right), reduction, size_average, reduce)


@rule("F.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
    pos_weight: Any = None,
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    require_same_shape(left, right)
    refuse_elements(left, BOOL, INTEGER, COMPLEX)
    refuse_elements(right, BOOL, INTEGER, what="target")
    scale, positive = optional(weight, "weight"), optional(pos_weight, "pos_weight")
    _check_weight(scale, known_shape(left, right), "weight")
    _check_weight(positive, known_shape(left, right), "pos_weight")
    same = left.dtype == right.dtype and left.dtype is not None
    plain = scale is None and positive is None
    dtype = left.dtype if same else result_type(left, right) if plain else None
    return reduced(dtype, known_shape(left, right), reduction, size_average, reduce)


def _check_weight(weight: TensorType | None, dims: Dims, name: str) -> None:
    """A weight is broadcast to the loss, which itself does not grow."""
    if weight is None or weight.dims is None or dims is None:
        return
    message = f"{name}{list_of(weight.dims)} does not broadcast to the shape {list_of(dims)}"
    if len(weight.dims) > len(dims):
        raise Mismatch(message)
    for size, wanted in zip(reversed(weight.dims), reversed(dims), strict=False):
        if equal(size, 1) is Truth.NO:
            require(equal(size, wanted), message)
