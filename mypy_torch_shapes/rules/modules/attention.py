"""Multi-head attention (torch docs: torch.nn, MultiheadAttention)."""

from __future__ import annotations

from typing import Any

from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided, Unknown
from ..attention import Heads, added_steps, attend
from ..vocabulary import divides, equal, is_size, require, show
from .table import Attributes, ModuleSpec, Self, classes, given, module, parameter, size_of


def linear(in_features: Any, out_features: Any, bias: Any, dtype: Any) -> ModuleSpec:
    """A nn.Linear that a constructor makes."""
    attrs = classes["torch.nn.Linear"].construct((in_features, out_features, bias, None, dtype), {})
    return ModuleSpec("torch.nn.Linear", attrs)


def _attention(
    embed_dim: Any,
    num_heads: Any,
    dropout: Any,
    bias: Any,
    add_bias_kv: Any,
    add_zero_attn: Any,
    kdim: Any,
    vdim: Any,
    batch_first: Any,
    device: Any,
    dtype: Any,
) -> Attributes:
    key, value = (embed_dim if size is None else size for size in (kdim, vdim))
    head_dim = size_of(embed_dim) // size_of(num_heads) if is_size(num_heads) and num_heads != 0 else size_of(None)
    if is_size(embed_dim) and is_size(num_heads):
        message = f"embed_dim = {show(embed_dim)} is not divisible by num_heads = {show(num_heads)}"
        require(divides(num_heads, embed_dim), message)
    same = equal(size_of(key), size_of(embed_dim)).holds and equal(size_of(value), size_of(embed_dim)).holds
    if kdim is None and vdim is None:
        same = True
    packed = parameter(dtype, 3 * size_of(embed_dim), embed_dim) if same else None
    separate = [None if same else parameter(dtype, embed_dim, size) for size in (embed_dim, key, value)]
    extra = given(add_bias_kv, lambda: parameter(dtype, 1, 1, embed_dim))
    return {
        "embed_dim": embed_dim,
        "kdim": key,
        "vdim": value,
        "_qkv_same_embed_dim": same,
        "num_heads": num_heads,
        "dropout": dropout,
        "batch_first": batch_first,
        "head_dim": head_dim,
        "in_proj_weight": packed,
        "q_proj_weight": separate[0],
        "k_proj_weight": separate[1],
        "v_proj_weight": separate[2],
        "in_proj_bias": given(bias, lambda: parameter(dtype, 3 * size_of(embed_dim))),
        "out_proj": linear(embed_dim, embed_dim, bias, dtype),
        "bias_k": extra,
        "bias_v": extra,
        "add_zero_attn": add_zero_attn,
    }


def _forward(
    self: Self,
    query: Any,
    key: Any,
    value: Any,
    key_padding_mask: Any,
    need_weights: Any,
    attn_mask: Any,
    average_attn_weights: Any,
    is_causal: Any,
) -> Any:
    if isinstance(self.batch_first, Unknown):
        raise Undecided("batch_first is unknown")
    same = self._qkv_same_embed_dim is not False
    weight = self.attrs.get("in_proj_weight" if same else "q_proj_weight")
    bias_k = self.bias_k
    heads = Heads(
        size_of(self.embed_dim),
        size_of(self.num_heads),
        None if same else size_of(self.kdim),
        None if same else size_of(self.vdim),
        added_steps(bias_k if isinstance(bias_k, Unknown) else bias_k is not None, self.add_zero_attn),
        bool(self.batch_first),
        weight.dtype if isinstance(weight, TensorType) else None,
    )
    return attend(heads, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)


module(
    "MultiheadAttention",
    "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None,"
    "batch_first=False, device=None, dtype=None",
    "query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True,"
    "is_causal=False",
    _forward,
    _attention,
    "multihead_attention",
)
