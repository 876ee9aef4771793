"""Linear layers and embeddings (torch docs: torch.nn, Linear Layers and Sparse Layers)."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Dim
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Unknown
from ..mismatch import Mismatch
from ..signature import list_of
from ..vocabulary import at_most, equal, is_size, less, require, show
from .table import Attributes, Self, functional, given, module, parameter


def _linear(in_features: Any, out_features: Any, bias: Any, device: Any, dtype: Any) -> Attributes:
    return {
        "in_features": in_features,
        "out_features": out_features,
        "weight": parameter(dtype, out_features, in_features),
        "bias": given(bias, lambda: parameter(dtype, out_features)),
    }


def _bilinear(
    in1_features: Any, in2_features: Any, out_features: Any, bias: Any, device: Any, dtype: Any
) -> Attributes:
    if is_size(in1_features):
        require(less(0, in1_features), f"in1_features = {show(in1_features)} must be positive")
    return {
        "in1_features": in1_features,
        "in2_features": in2_features,
        "out_features": out_features,
        "weight": parameter(dtype, out_features, in1_features, in2_features),
        "bias": given(bias, lambda: parameter(dtype, out_features)),
    }


def weight_of(self: Self, *dims: Any) -> Any:
    """The weight; where it was taken away (parametrized, say), one of the dims the configuration gives."""
    return self.weight if "weight" in self.attrs else TensorType(None, parameter(None, *dims).dims)


def _linear_forward(self: Self, input: Any) -> Any:
    return functional("linear", input, weight_of(self, self.out_features, self.in_features), self.bias)


def _bilinear_forward(self: Self, input1: Any, input2: Any) -> Any:
    weight = weight_of(self, self.out_features, self.in1_features, self.in2_features)
    return functional("bilinear", input1, input2, weight, self.bias)


module("Identity", "*args, **kwargs", "input", lambda self, input: input, lambda **_: {})
module("Linear", "in_features, out_features, bias=True, device=None, dtype=None", "input", _linear_forward, _linear)
for _name in ("NonDynamicallyQuantizableLinear", "modules.linear.NonDynamicallyQuantizableLinear"):
    module(
        _name,
        "in_features, out_features, bias=True, device=None, dtype=None",
        "input",
        _linear_forward,
        _linear,
        "linear",
    )
module(
    "Bilinear",
    "in1_features, in2_features, out_features, bias=True, device=None, dtype=None",
    "input1, input2",
    _bilinear_forward,
    _bilinear,
)


def _table(num_embeddings: Any, embedding_dim: Any, padding_idx: Any, weight: Any, dtype: Any) -> Attributes:
    """What Embedding and EmbeddingBag share."""
    if is_size(padding_idx) and is_size(num_embeddings):
        message = f"padding_idx = {show(padding_idx)} must be within num_embeddings = {show(num_embeddings)}"
        low = isinstance(padding_idx, int) and padding_idx < 0
        if padding_idx != 0:
            require(at_most(-num_embeddings, padding_idx) if low else less(padding_idx, num_embeddings), message)
        padding_idx = padding_idx + num_embeddings if low else padding_idx
    table = parameter(dtype, num_embeddings, embedding_dim)
    if isinstance(weight, TensorType):
        table = TensorType(weight.dtype, weight.dims if weight.dims is not None else table.dims, parameter=True)
        _require_table(table, num_embeddings, embedding_dim)
    elif isinstance(weight, Unknown):
        table = TensorType(None, table.dims, parameter=True)
    return {
        "num_embeddings": num_embeddings,
        "embedding_dim": embedding_dim,
        "padding_idx": padding_idx,
        "weight": table,
    }


def _require_table(table: TensorType, num_embeddings: Any, embedding_dim: Any) -> None:
    message = f"_weight{list_of(table.dims or ())} does not match num_embeddings and embedding_dim"
    if len(table.dims or ()) != 2:
        raise Mismatch(message)
    for size, wanted in zip(table.dims or (), (num_embeddings, embedding_dim), strict=True):
        if isinstance(wanted, int | Dim):
            require(equal(size, wanted), message)


def _embedding(num_embeddings: Any, embedding_dim: Any, padding_idx: Any, _weight: Any, **config: Any) -> Attributes:
    table = _table(num_embeddings, embedding_dim, padding_idx, _weight, config["dtype"])
    return {**table, **{key: value for key, value in config.items() if key not in ("device", "dtype", "_freeze")}}


def _embedding_forward(self: Self, input: Any) -> Any:
    return functional("embedding", input, weight_of(self, self.num_embeddings, self.embedding_dim))


def _bag_forward(self: Self, input: Any, offsets: Any, per_sample_weights: Any) -> Any:
    return functional(
        "embedding_bag",
        input,
        weight_of(self, self.num_embeddings, self.embedding_dim),
        offsets,
        per_sample_weights=per_sample_weights,
        include_last_offset=self.include_last_offset,
    )


module(
    "Embedding",
    "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,"
    "sparse=False, _weight=None, _freeze=False, device=None, dtype=None",
    "input",
    _embedding_forward,
    _embedding,
)
module(
    "EmbeddingBag",
    "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean',"
    "sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None",
    "input, offsets=None, per_sample_weights=None",
    _bag_forward,
    _embedding,
    operation="embedding_bag",
)
