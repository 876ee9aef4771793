"""Embeddings and one-hot codes (torch docs: torch.nn.functional, Sparse functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import int32, int64
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import dtype_in, flag, operand, optional, rank_is
from .mismatch import DTYPE, Mismatch
from .registry import rule
from .signature import list_of
from .vocabulary import equal, is_size, require


@rule("F.embedding")
def embedding(
    input: Any,
    weight: Any,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: Any = 2.0,
    scale_grad_by_freq: Any = False,
    sparse: Any = False,
) -> TensorType:
    indices, table = operand(input), operand(weight, "weight")
    _check_indices(indices)
    width: Size = table.dims[1] if rank_is(table, (2,), "weight") and table.dims else fresh()
    return TensorType(table.dtype, None if indices.dims is None else (*indices.dims, width))


@rule("torch.embedding")
def torch_embedding(
    weight: Any, indices: Any, padding_idx: Any = -1, scale_grad_by_freq: Any = False, sparse: Any = False
) -> TensorType:
    return embedding(indices, weight)


@rule("F.embedding_bag")
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: Any = None,
    norm_type: Any = 2,
    scale_grad_by_freq: Any = False,
    mode: Any = "mean",
    sparse: Any = False,
    per_sample_weights: Any = None,
    include_last_offset: Any = False,
    padding_idx: Any = None,
) -> TensorType:
    indices, table = operand(input), operand(weight, "weight")
    _check_indices(indices)
    width: Size = table.dims[1] if rank_is(table, (2,), "weight") and table.dims else fresh()
    if not rank_is(indices, (1, 2)) or indices.dims is None:
        return TensorType(table.dtype, (fresh(), width))
    weights = optional(per_sample_weights, "per_sample_weights")
    if weights is not None and weights.dims is not None:
        message = f"per_sample_weights{list_of(weights.dims)} must have the shape of input{list_of(indices.dims)}"
        if len(weights.dims) != len(indices.dims):
            raise Mismatch(message)
        for a, b in zip(weights.dims, indices.dims, strict=True):
            require(equal(a, b), message)
    return TensorType(table.dtype, (_bags(indices.dims, offsets, include_last_offset), width))


def _bags(indices: tuple[Size, ...], offsets: Any, include_last_offset: Any) -> Size:
    if len(indices) == 2:
        if isinstance(offsets, TensorType):
            raise Mismatch("offsets are given, but input has rank 2 and is a batch of bags already")
        return indices[0]
    if offsets is None:
        raise Mismatch("input has rank 1, offsets of rank 1 are needed")
    starts = operand(offsets, "offsets")
    if isinstance(include_last_offset, Unknown) or not rank_is(starts, (1,), "offsets") or starts.dims is None:
        return fresh()
    return starts.dims[0] - 1 if flag(include_last_offset, "include_last_offset") else starts.dims[0]


def _check_indices(indices: TensorType) -> None:
    if indices.dtype is not None and indices.dtype not in (int64, int32):
        raise Mismatch(f"indices have dtype {indices.dtype.name}, expected int64 or int32", DTYPE)


@rule("F.one_hot")
def one_hot(tensor: Any, num_classes: Any = -1) -> TensorType:
    indices = operand(tensor, "tensor")
    dtype_in(indices, (int64,), "tensor")
    classes = num_classes if is_size(num_classes) else fresh()
    if classes == -1:
        classes = fresh()
        if indices.dims is not None and any(equal(size, 0) is Truth.YES for size in indices.dims):
            raise Mismatch(f"num_classes cannot be told from the empty tensor{list_of(indices.dims)}")
    return TensorType(int64, None if indices.dims is None else (*indices.dims, classes))
