"""Attention (torch docs: torch.nn.functional, Attention Mechanisms)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, FLOATING, INTEGER, DType, bool_, float32
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import common_dtype, flag, operand, optional, rank_from, rank_is, size_or_fresh
from .mismatch import DTYPE, Mismatch
from .promotion import refuse
from .registry import rule
from .signature import list_of
from .vocabulary import broadcast, divides, equal, is_size, require, show

Attended = tuple[TensorType, Any]


@rule("F.scaled_dot_product_attention")
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: Any = 0.0,
    is_causal: Any = False,
    scale: Any = None,
    enable_gqa: Any = False,
) -> TensorType:
    q, k, v = operand(query, "query"), operand(key, "key"), operand(value, "value")
    dtype = common_dtype(query=q, key=k, value=v)
    refuse(dtype, BOOL, INTEGER, what="query")
    mask = optional(attn_mask, "attn_mask")
    if mask is not None:
        _check_mask_dtype(mask, dtype)
    ranks = [rank_from(tensor, 2, name) for tensor, name in ((q, "query"), (k, "key"), (v, "value"))]
    if ranks[0] and ranks[1] and q.dims and k.dims:
        message = f"query has head size {show(q.dims[-1])}, key has {show(k.dims[-1])}"
        require(equal(q.dims[-1], k.dims[-1]), message)
    if ranks[1] and ranks[2] and k.dims and v.dims:
        message = f"key has {show(k.dims[-2])} steps, value has {show(v.dims[-2])}"
        require(equal(k.dims[-2], v.dims[-2]), message)
    if q.dims is None or k.dims is None or v.dims is None:
        return TensorType(dtype, None)
    grouped = flag(enable_gqa, "enable_gqa")
    if grouped:
        k, v = _repeated_heads(q, k, "key"), _repeated_heads(q, v, "value")
    scores = broadcast(q.dims[:-2], (k.dims or ())[:-2])
    lead = broadcast(scores, (v.dims or ())[:-2])
    if mask is not None and mask.dims is not None and scores is not None:
        _check_mask(mask.dims, (*scores, q.dims[-2], (k.dims or ())[-2]))
    return TensorType(dtype, None if lead is None else (*lead, q.dims[-2], (v.dims or ())[-1]))


def _repeated_heads(query: TensorType, tensor: TensorType, name: str) -> TensorType:
    """Grouped-query attention: every head of the key or value serves several of the query."""
    if not query.dims or not tensor.dims or len(query.dims) < 3 or len(tensor.dims) < 3:
        return tensor
    message = f"query has {show(query.dims[-3])} heads, not divisible by the {show(tensor.dims[-3])} of {name}"
    require(divides(tensor.dims[-3], query.dims[-3]), message)
    return tensor.with_dims(*tensor.dims[:-3], query.dims[-3], *tensor.dims[-2:])


def _check_mask_dtype(mask: TensorType, dtype: DType | None) -> None:
    if mask.dtype is not None and dtype is not None and mask.dtype not in (bool_, float32, dtype):
        message = f"attn_mask has dtype {mask.dtype.name}, expected bool or the query's {dtype.name}"
        raise Mismatch(message, DTYPE)


def _check_mask(mask: tuple[Size, ...], scores: tuple[Size, ...]) -> None:
    """A mask broadcasts to the scores, which themselves do not grow."""
    message = f"attn_mask{list_of(mask)} does not broadcast to the scores {list_of(scores)}"
    if len(mask) > len(scores):
        raise Mismatch(message)
    for size, wanted in zip(reversed(mask), reversed(scores), strict=False):
        if equal(size, 1) is Truth.NO:
            require(equal(size, wanted), message)


@dataclass
class Heads:
    """The settings of a multi-head attention."""

    embed_dim: Size
    num_heads: Size
    kdim: Size | None = None  # None: that of the query, and key and value have one shape
    vdim: Size | None = None
    added: Size = 0  # steps that bias_k and add_zero_attn add to the key
    batch_first: bool = False
    dtype: DType | None = None  # that of the projections


def attend(
    heads: Heads,
    query: Any,
    key: Any,
    value: Any,
    key_padding_mask: Any,
    need_weights: Any,
    attn_mask: Any,
    average_attn_weights: Any,
    is_causal: Any,
) -> Attended:
    """Multi-head attention: the output, and the weights where they are needed. Raises Mismatch."""
    q, k, v = operand(query, "query"), operand(key, "key"), operand(value, "value")
    given = {"query": q, "key": k, "value": v, "weight": TensorType(heads.dtype, None)}
    dtype = common_dtype(**given)
    weights: Any = TensorType(dtype, None) if need_weights is True else None
    if isinstance(need_weights, Unknown):
        weights = Unknown(need_weights.reason)
    known = rank_is(q, (2, 3), "query")
    for tensor, name in ((k, "key"), (v, "value")):
        rank_is(tensor, (len(q.dims),) if known and q.dims else (2, 3), name)
    padding, mask = optional(key_padding_mask, "key_padding_mask"), optional(attn_mask, "attn_mask")
    _check_attention_masks(padding, mask)
    if q.dims is None or k.dims is None or v.dims is None:
        return TensorType(dtype, None), weights
    batched = len(q.dims) == 3
    first = heads.batch_first and batched
    steps, batch = (q.dims[1], q.dims[0]) if first else (q.dims[0], q.dims[1] if batched else None)
    source = k.dims[1] if first else k.dims[0]
    _check_embeddings(heads, q.dims, k.dims, v.dims)
    if batch is not None:
        at = 0 if first else 1
        message = f"query has batch size {show(batch)}, key has {show(k.dims[at])}"
        require(equal(batch, k.dims[at]), message)
    if padding is not None and padding.dims is not None:
        _require_mask("key_padding_mask", padding.dims, (source,) if batch is None else (batch, source))
    if mask is not None and mask.dims is not None and rank_is(mask, (2, 3), "attn_mask"):
        rows = heads.num_heads if batch is None else batch * heads.num_heads
        _require_mask("attn_mask", mask.dims, (*((rows,) if len(mask.dims) == 3 else ()), steps, source))
    output = TensorType(dtype, (*q.dims[:-1], heads.embed_dim))
    if weights is None or isinstance(weights, Unknown):
        return output, weights
    if isinstance(average_attn_weights, Unknown):
        return output, TensorType(dtype, None)
    middle = () if average_attn_weights else (heads.num_heads,)
    lead = () if batch is None else (batch,)
    return output, TensorType(dtype, (*lead, *middle, steps, source + heads.added))


def _check_embeddings(heads: Heads, q: tuple[Size, ...], k: tuple[Size, ...], v: tuple[Size, ...]) -> None:
    message = f"query has embedding size {show(q[-1])}, expected embed_dim = {show(heads.embed_dim)}"
    require(equal(q[-1], heads.embed_dim), message)
    if heads.kdim is None or heads.vdim is None:
        for a, b in zip(k, v, strict=True):
            require(equal(a, b), f"key{list_of(k)} and value{list_of(v)} must have the same shape")
        message = f"key has embedding size {show(k[-1])}, expected embed_dim = {show(heads.embed_dim)}"
        require(equal(k[-1], heads.embed_dim), message)
        return
    for a, b in zip(k[:-1], v[:-1], strict=True):
        require(equal(a, b), f"key{list_of(k)} and value{list_of(v)} must have the same steps and batch size")
    for name, found, expected in (("key", k[-1], heads.kdim), ("value", v[-1], heads.vdim)):
        parameter = f"{name[0]}dim"
        require(equal(found, expected), f"{name} has size {show(found)}, expected {parameter} = {show(expected)}")


def _check_attention_masks(padding: TensorType | None, mask: TensorType | None) -> None:
    for tensor, name in ((padding, "key_padding_mask"), (mask, "attn_mask")):
        if tensor is not None and tensor.dtype is not None and tensor.dtype.category not in (BOOL, FLOATING):
            raise Mismatch(f"{name} has dtype {tensor.dtype.name}, expected bool or a floating dtype", DTYPE)


def _require_mask(name: str, dims: tuple[Size, ...], expected: tuple[Size, ...]) -> None:
    message = f"{name} has shape {list_of(dims)}, expected {list_of(expected)}"
    if len(dims) != len(expected):
        raise Mismatch(message)
    for size, want in zip(dims, expected, strict=True):
        require(equal(size, want), message)


@rule("F.multi_head_attention_forward")
def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: Any,
    num_heads: Any,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: Any,
    dropout_p: Any,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: Any = True,
    key_padding_mask: Any = None,
    need_weights: Any = True,
    attn_mask: Any = None,
    use_separate_proj_weight: Any = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: Any = True,
    is_causal: Any = False,
) -> Attended:
    projection = optional(q_proj_weight if use_separate_proj_weight is True else in_proj_weight, "in_proj_weight")
    separate = use_separate_proj_weight is not False
    heads = Heads(
        size_or_fresh(embed_dim_to_check),
        size_or_fresh(num_heads),
        _columns(k_proj_weight) if separate else None,
        _columns(v_proj_weight) if separate else None,
        added=added_steps(bias_k is not None, add_zero_attn) if static_k is None else fresh(),
        dtype=None if projection is None else projection.dtype,
    )
    if is_size(embed_dim_to_check) and is_size(num_heads):
        message = f"embed_dim = {show(embed_dim_to_check)} is not divisible by num_heads = {show(num_heads)}"
        require(divides(num_heads, embed_dim_to_check), message)
    output, weights = attend(
        heads, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
    )
    if output.dims is None:
        return output, weights
    return TensorType(output.dtype, (*output.dims[:-1], _rows(out_proj_weight))), weights


def added_steps(bias_k: Any, add_zero_attn: Any) -> Size:
    """How many steps a bias of the key and a zero attention add."""
    if isinstance(bias_k, Unknown) or isinstance(add_zero_attn, Unknown):
        return fresh()
    return int(bool(bias_k)) + int(bool(add_zero_attn))


def _rows(weight: Any) -> Size:
    tensor = optional(weight, "weight")
    return tensor.dims[0] if tensor is not None and tensor.dims and len(tensor.dims) == 2 else fresh()


def _columns(weight: Any) -> Size:
    tensor = optional(weight, "weight")
    return tensor.dims[1] if tensor is not None and tensor.dims and len(tensor.dims) == 2 else fresh()
