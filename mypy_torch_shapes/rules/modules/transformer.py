"""Transformer layers (torch docs: torch.nn, Transformer Layers)."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Dim
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Reference, Undecided, Unknown
from ..inputs import operand, rank_is
from ..registry import apply
from ..vocabulary import equal, is_size, require, show
from .table import Attributes, ModuleSpec, Self, classes, module

_LAYER = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False,"
    "norm_first=False, bias=True, device=None, dtype=None"
)


def make(name: str, *args: Any, **kwargs: Any) -> ModuleSpec:
    """A submodule that a constructor makes."""
    return ModuleSpec(f"torch.nn.{name}", classes[f"torch.nn.{name}"].construct(args, kwargs))


def call(spec: Any, training: Any, *args: Any, **kwargs: Any) -> Any:
    """What a submodule returns. Raises Undecided where it is no class described here."""
    if not isinstance(spec, ModuleSpec) or spec.cls not in classes:
        raise Undecided("a submodule is unknown")
    found = classes[spec.cls]
    return found.forward(spec.attrs, spec.attrs.get("training", training), args, kwargs)


def _layer(decoder: bool, config: dict[str, Any]) -> Attributes:
    d_model, dropout, bias = config["d_model"], config["dropout"], config["bias"]
    factory = {"device": config["device"], "dtype": config["dtype"]}
    shared = {"dropout": dropout, "bias": bias, "batch_first": config["batch_first"], **factory}
    attrs: Attributes = {"self_attn": make("MultiheadAttention", d_model, config["nhead"], **shared)}
    if decoder:
        attrs["multihead_attn"] = make("MultiheadAttention", d_model, config["nhead"], **shared)
    attrs["linear1"] = make("Linear", d_model, config["dim_feedforward"], bias, **factory)
    attrs["dropout"] = make("Dropout", dropout)
    attrs["linear2"] = make("Linear", config["dim_feedforward"], d_model, bias, **factory)
    attrs["norm_first"] = config["norm_first"]
    blocks = (1, 2, 3) if decoder else (1, 2)
    for number in blocks:
        attrs[f"norm{number}"] = make("LayerNorm", d_model, config["layer_norm_eps"], True, bias, **factory)
    for number in blocks:
        attrs[f"dropout{number}"] = make("Dropout", dropout)
    attrs["activation"] = activation = _activation(config["activation"])
    if not decoder:
        attrs["activation_relu_or_gelu"] = _fast_path(activation)
    return attrs


def _activation(given: Any) -> Any:
    """A function's name stands for the function; anything else is kept."""
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise Undecided(f"activation = {given!r} is none that torch knows")
    return Reference(f"torch.nn.functional.{given}")


def _fast_path(activation: Any) -> Any:
    """The number by which an encoder layer knows the activations that it has a fast path for."""
    if isinstance(activation, Unknown) and not isinstance(activation, Reference):
        return Unknown("the activation of a transformer layer is not known")
    name = activation.path if isinstance(activation, Reference) else getattr(activation, "cls", "")
    return {"relu": 1, "gelu": 2}.get(name.rpartition(".")[2].lower(), 0)


def _attended(self: Self, spec: Any, x: Any, memory: Any, mask: Any, padding: Any) -> Any:
    result = call(spec, self.training, x, memory, memory, key_padding_mask=padding, need_weights=False, attn_mask=mask)
    return result[0]


def _block(self: Self, number: int, x: Any, made: Any) -> Any:
    """x + made, normalized; the order of both does not influence the type."""
    return call(getattr(self, f"norm{number}"), self.training, apply("torch.add", x, made))


def _fed_forward(self: Self, x: Any) -> Any:
    return call(self.linear2, self.training, call(self.linear1, self.training, x))


def _encoder_layer(self: Self, src: Any, src_mask: Any, src_key_padding_mask: Any, is_causal: Any) -> Any:
    x = operand(src, "src")
    x = _block(self, 1, x, _attended(self, self.self_attn, x, x, src_mask, src_key_padding_mask))
    return _block(self, 2, x, _fed_forward(self, x))


def _decoder_layer(
    self: Self,
    tgt: Any,
    memory: Any,
    tgt_mask: Any,
    memory_mask: Any,
    tgt_key_padding_mask: Any,
    memory_key_padding_mask: Any,
    tgt_is_causal: Any,
    memory_is_causal: Any,
) -> Any:
    x, source = operand(tgt, "tgt"), operand(memory, "memory")
    x = _block(self, 1, x, _attended(self, self.self_attn, x, x, tgt_mask, tgt_key_padding_mask))
    x = _block(self, 2, x, _attended(self, self.multihead_attn, x, source, memory_mask, memory_key_padding_mask))
    return _block(self, 3, x, _fed_forward(self, x))


_DECODED = (
    "tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None,"
    "tgt_is_causal={}, memory_is_causal=False"
)
module(
    "TransformerEncoderLayer",
    _LAYER,
    "src, src_mask=None, src_key_padding_mask=None, is_causal=False",
    _encoder_layer,
    lambda **config: _layer(False, config),
)
module(
    "TransformerDecoderLayer",
    _LAYER,
    _DECODED.format(False),
    _decoder_layer,
    lambda **config: _layer(True, config),
)

# --- stacks of layers ---


def _stack(layer: Any, num_layers: Any, norm: Any) -> Attributes:
    layers: Any = Unknown("the layers of a transformer are not known")
    if isinstance(layer, ModuleSpec) and isinstance(num_layers, int):
        layers = ModuleSpec("torch.nn.ModuleList", {str(number): layer for number in range(num_layers)})
    return {"layers": layers, "num_layers": num_layers, "norm": norm}


def _encoder(encoder_layer: Any, num_layers: Any, norm: Any, enable_nested_tensor: Any, mask_check: Any) -> Attributes:
    attrs = _stack(encoder_layer, num_layers, norm)
    nested = enable_nested_tensor if _may_nest(encoder_layer) is True else False
    if enable_nested_tensor and _may_nest(encoder_layer) is None:
        nested = Unknown("whether nested tensors are used is not known")
    return {
        **attrs,
        "enable_nested_tensor": enable_nested_tensor,
        "use_nested_tensor": nested,
        "mask_check": mask_check,
    }


def _may_nest(layer: Any) -> bool | None:
    """Whether torch's fast path for padded batches takes a layer; None where that is unknown."""
    if not isinstance(layer, ModuleSpec):
        return None
    parts = [layer.attrs.get(name) for name in ("self_attn", "norm1", "norm2")]
    own, *norms = [part.attrs for part in parts if isinstance(part, ModuleSpec)] or [{}]
    if len(norms) != 2:
        return None
    eps = [norm.get("eps") for norm in norms]
    facts = [layer.attrs.get("norm_first"), own.get("batch_first"), own.get("_qkv_same_embed_dim"), *eps]
    facts += [own.get("in_proj_bias"), layer.attrs.get("activation_relu_or_gelu"), own.get("num_heads")]
    if any(isinstance(fact, Unknown | Dim) for fact in facts):
        return None
    first, batch_first, same, eps1, eps2, bias, fast, heads = facts
    even = isinstance(heads, int) and heads % 2 == 0
    return bool(not first and batch_first and same and bias is not None and fast and eps1 == eps2 and even)


def _decoder(decoder_layer: Any, num_layers: Any, norm: Any) -> Attributes:
    return _stack(decoder_layer, num_layers, norm)


def _each(self: Self) -> list[Any]:
    layers = self.layers
    if not isinstance(layers, ModuleSpec):
        raise Undecided("the layers of a transformer are not known")
    return [value for name, value in layers.attrs.items() if name.isdigit()]


def _normed(self: Self, x: Any) -> Any:
    return x if self.norm is None else call(self.norm, self.training, x)


def _encode(self: Self, src: Any, mask: Any, src_key_padding_mask: Any, is_causal: Any) -> Any:
    x: Any = operand(src, "src")
    for layer in _each(self):
        x = call(layer, self.training, x, src_mask=mask, src_key_padding_mask=src_key_padding_mask)
    return _normed(self, x)


def _decode(
    self: Self,
    tgt: Any,
    memory: Any,
    tgt_mask: Any,
    memory_mask: Any,
    tgt_key_padding_mask: Any,
    memory_key_padding_mask: Any,
    tgt_is_causal: Any,
    memory_is_causal: Any,
) -> Any:
    x: Any = operand(tgt, "tgt")
    for layer in _each(self):
        x = call(layer, self.training, x, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
    return _normed(self, x)


module(
    "TransformerEncoder",
    "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True",
    "src, mask=None, src_key_padding_mask=None, is_causal=None",
    _encode,
    _encoder,
)
module(
    "TransformerDecoder",
    "decoder_layer, num_layers, norm=None",
    _DECODED.format(None),
    _decode,
    _decoder,
)


def _transformer(**config: Any) -> Attributes:
    names = ("d_model", "nhead", "dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first")
    shared = {name: config[name] for name in (*names, "norm_first", "bias", "device", "dtype")}
    attrs: Attributes = {}
    for part in ("Encoder", "Decoder"):
        given = config[f"custom_{part.lower()}"]
        if given is None:
            layer = make(f"Transformer{part}Layer", **shared)
            number = config[f"num_{part.lower()}_layers"]
            eps, bias = config["layer_norm_eps"], config["bias"]
            norm = make("LayerNorm", config["d_model"], eps, True, bias, config["device"], config["dtype"])
            given = make(f"Transformer{part}", layer, number, norm)
        attrs[part.lower()] = given
    return {**attrs, "d_model": config["d_model"], "nhead": config["nhead"], "batch_first": config["batch_first"]}


def _transform(
    self: Self,
    src: Any,
    tgt: Any,
    src_mask: Any,
    tgt_mask: Any,
    memory_mask: Any,
    src_key_padding_mask: Any,
    tgt_key_padding_mask: Any,
    memory_key_padding_mask: Any,
    src_is_causal: Any,
    tgt_is_causal: Any,
    memory_is_causal: Any,
) -> Any:
    source, target = operand(src, "src"), operand(tgt, "tgt")
    _check_pair(self, source, target)
    memory = call(self.encoder, self.training, source, src_mask, src_key_padding_mask)
    return call(
        self.decoder,
        self.training,
        target,
        memory,
        tgt_mask,
        memory_mask,
        tgt_key_padding_mask,
        memory_key_padding_mask,
    )


def _check_pair(self: Self, source: TensorType, target: TensorType) -> None:
    for tensor, name in ((source, "src"), (target, "tgt")):
        if rank_is(tensor, (2, 3), name) and tensor.dims and is_size(self.d_model):
            features = tensor.dims[-1]
            message = f"{name} has {show(features)} features, expected d_model = {show(self.d_model)}"
            require(equal(features, self.d_model), message)
    if source.dims and target.dims and len(source.dims) == len(target.dims) == 3 and self.batch_first in (True, False):
        at = 0 if self.batch_first else 1
        message = f"src has batch size {show(source.dims[at])}, tgt has {show(target.dims[at])}"
        require(equal(source.dims[at], target.dims[at]), message)


module(
    "Transformer",
    "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1,"
    "activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False,"
    "norm_first=False, bias=True, device=None, dtype=None",
    "src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None, tgt_key_padding_mask=None,"
    "memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None, memory_is_causal=False",
    _transform,
    _transformer,
)
