"""Losses of pairs, triplets and distributions (torch docs: torch.nn.functional, Loss functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand, rank_is
from .loss import Dims, reduced
from .mismatch import Mismatch
from .promotion import floating, real, result_type
from .registry import rule
from .signature import list_of
from .vocabulary import broadcast, equal


@rule("F.margin_ranking_loss")
def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: Any = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    tensors = {"input1": operand(input1, "input1"), "input2": operand(input2, "input2")}
    tensors["target"] = operand(target, "target")
    _require_one_rank(tensors)
    dims = broadcast(*(tensor.dims for tensor in tensors.values()))
    return reduced(floating(result_type(*tensors.values())), dims, reduction, size_average, reduce)


@rule("F.cosine_embedding_loss")
def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: Any = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    left, right, labels = operand(input1, "input1"), operand(input2, "input2"), operand(target, "target")
    if rank_is(labels, (0, 1), "target") and labels.dims is not None:
        rank = len(labels.dims) + 1
        rank_is(left, (rank,), "input1")
        rank_is(right, (rank,), "input2")
    pairs = broadcast(left.dims, right.dims)
    dims = None if pairs is None else broadcast(pairs[:-1], labels.dims)
    return reduced(floating(result_type(left, right)), dims, reduction, size_average, reduce)


@rule("torch.margin_ranking_loss")
def torch_margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: Any = 1
) -> TensorType:
    return margin_ranking_loss(input1, input2, target, reduction=reduction)


@rule("torch.cosine_embedding_loss")
def torch_cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: Any = 1
) -> TensorType:
    return cosine_embedding_loss(input1, input2, target, reduction=reduction)


@rule("torch.triplet_margin_loss")
def torch_triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: Any = 1.0,
    p: Any = 2,
    eps: Any = 1e-6,
    swap: Any = False,
    reduction: Any = 1,
) -> TensorType:
    return triplet_margin_loss(anchor, positive, negative, reduction=reduction)


@rule("F.triplet_margin_loss")
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: Any = 1.0,
    p: Any = 2,
    eps: Any = 1e-6,
    swap: Any = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: Any = "mean",
) -> TensorType:
    dims, dtype = _triplets(anchor, positive, negative)
    return reduced(dtype, dims, reduction, size_average, reduce)


@rule("F.triplet_margin_with_distance_loss")
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = None,
    margin: Any = 1.0,
    swap: Any = False,
    reduction: Any = "mean",
) -> TensorType:
    dims, dtype = _triplets(anchor, positive, negative)
    if distance_function is not None:
        return reduced(None, None, reduction)
    return reduced(dtype, dims, reduction)


def _triplets(anchor: Any, positive: Any, negative: Any) -> Any:
    """The dims and dtype of the distances of an anchor to the positive and negative samples."""
    tensors = {"anchor": operand(anchor, "anchor"), "positive": operand(positive, "positive")}
    tensors["negative"] = operand(negative, "negative")
    _require_one_rank(tensors)
    first, near, far = tensors.values()
    pairs = broadcast(first.dims, near.dims), broadcast(first.dims, far.dims)
    distances = [None if pair is None else pair[:-1] for pair in pairs]
    return broadcast(*distances), real(floating(result_type(first, near, far)))


@rule("F.gaussian_nll_loss")
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: Any = False, eps: Any = 1e-6, reduction: Any = "mean"
) -> TensorType:
    left, right = operand(input), operand(target, "target")
    if not isinstance(var, TensorType):
        if not isinstance(var, Unknown | float):
            raise Undecided("var is neither a tensor nor a float")
        dims = broadcast(left.dims, right.dims)
        return reduced(None if isinstance(var, Unknown) else floating(result_type(left, right)), dims, reduction)
    spread = var.dims
    if left.dims is not None and var.dims is not None:
        spread = _variances(left.dims, var.dims)
    dims = broadcast(left.dims, right.dims, spread)
    dtype = result_type(left, right, var)
    return reduced(dtype if dtype == floating(dtype) else None, dims, reduction)


def _variances(input: Any, var: Any) -> Dims:
    """The variances as they broadcast to the input: one for each element, or one for each row. Raises Mismatch."""
    same = _same(input, var)
    if same.holds:
        return tuple(var)
    shorter = _same(input[:-1], var) if input else Truth.NO
    if shorter.holds:
        return (*var, 1)
    message = f"var{list_of(var)} fits neither input{list_of(input)} nor its rows"
    if len(var) != len(input) and shorter is Truth.NO:
        raise Mismatch(message)
    return None if len(var) != len(input) else tuple(var)


def _same(a: Any, b: Any) -> Truth:
    if len(a) != len(b):
        return Truth.NO
    found = [equal(x, y) for x, y in zip(a, b, strict=True)]
    if Truth.NO in found:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.YES


def _require_one_rank(tensors: dict[str, TensorType]) -> None:
    known = {name: tensor.dims for name, tensor in tensors.items() if tensor.dims is not None}
    if len({len(dims) for dims in known.values()}) > 1:
        raise Mismatch("all must have one rank: " + ", ".join(f"{name}{list_of(dims)}" for name, dims in known.items()))
