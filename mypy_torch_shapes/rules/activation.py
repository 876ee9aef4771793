"""Activations and softmax (torch docs: torch.nn.functional, Non-linear activation functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import BOOL, COMPLEX, INTEGER
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from . import suspicion
from .inputs import operand, options, rank_is
from .mismatch import Mismatch
from .promotion import floating, given_dtype, refuse_elements
from .registry import rule
from .signature import list_of
from .vocabulary import axis, equal, product, require, require_divisible, require_dtype, show

# names, further parameters (in torch's order), the dtype categories torch has no kernel for
_NUMBERS = (BOOL, COMPLEX)
_FLOATS = (BOOL, INTEGER, COMPLEX)
_KEEPING: tuple[tuple[tuple[str, ...], str, tuple[int, ...]], ...] = (
    (("relu", "F.relu"), "inplace", _NUMBERS),
    (("torch.relu6", "F.relu6"), "inplace", _NUMBERS),
    (("F.hardtanh",), "min_val max_val inplace", _NUMBERS),
    (("F.threshold", "torch.threshold"), "threshold value inplace", _NUMBERS),
    (("F.elu",), "alpha inplace", _FLOATS),
    (("F.celu", "torch.celu"), "alpha inplace", _FLOATS),
    (("F.selu", "torch.selu"), "inplace", _FLOATS),
    (("F.gelu",), "approximate", _FLOATS),
    (("F.silu",), "inplace", (BOOL, INTEGER)),
    (("F.mish",), "inplace", _FLOATS),
    (("F.hardswish",), "inplace", _FLOATS),
    (("F.hardsigmoid",), "inplace", _FLOATS),
    (("F.leaky_relu",), "negative_slope inplace", _FLOATS),
    (("F.rrelu", "torch.rrelu"), "lower upper training inplace", _FLOATS),
    (("F.logsigmoid",), "", _FLOATS),
    (("F.softplus",), "beta threshold", _FLOATS),
    (("F.softshrink",), "lambd", _FLOATS),
    (("F.hardshrink", "hardshrink"), "lambd", _FLOATS),
)
_FLOAT_PRODUCING: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("sigmoid", "F.sigmoid"), ()),
    (("tanh", "F.tanh"), ()),
    (("F.softsign",), (BOOL,)),
    (("F.tanhshrink",), (BOOL,)),
)


def _register_keeping(names: tuple[str, ...], parameters: str, refused: tuple[int, ...]) -> None:
    @rule(*names)
    @options(parameters)
    def activation(input: Any) -> TensorType:
        tensor = operand(input)
        refuse_elements(tensor, *refused)
        return TensorType(tensor.dtype, tensor.dims)


def _register_float(names: tuple[str, ...], refused: tuple[int, ...]) -> None:
    @rule(*names)
    def activation(input: Any) -> TensorType:
        tensor = operand(input)
        refuse_elements(tensor, *refused)
        return TensorType(floating(tensor.dtype), tensor.dims)


for _names, _parameters, _refused in _KEEPING:
    _register_keeping(_names, _parameters, _refused)
for _names, _refused in _FLOAT_PRODUCING:
    _register_float(_names, _refused)


def softmax(input: Any, dim: Any, dtype: Any = None) -> TensorType:
    """Softmax and its kin keep the dims; integers need a `dtype`."""
    tensor = operand(input)
    if tensor.dims is not None and isinstance(dim, int):
        axis(dim, len(tensor.dims))
    if dtype is None:
        refuse_elements(tensor, BOOL, INTEGER, COMPLEX)
    return TensorType(given_dtype(dtype, tensor.dtype), tensor.dims)


@rule("softmax", "log_softmax", "torch.special.softmax", "torch.special.log_softmax")
def _softmax(input: Any, dim: Any, dtype: Any = None) -> TensorType:
    return softmax(input, dim, dtype)


@rule("F.softmax", "F.log_softmax", "F.softmin")
def _functional_softmax(input: Any, dim: Any = None, _stacklevel: Any = 3, dtype: Any = None) -> TensorType:
    if dim is None:
        suspicion.of_implicit_axis(operand(input))
    return softmax(input, dim, dtype)


@rule("F.gumbel_softmax")
def gumbel_softmax(logits: Any, tau: Any = 1, hard: Any = False, eps: Any = 1e-10, dim: Any = -1) -> TensorType:
    result = softmax(logits, dim)
    return result.with_dtype(floating(result.dtype))


@rule("F.glu")
def glu(input: Any, dim: Any = -1) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER)
    if tensor.dims is None:
        return tensor
    if not tensor.dims:
        raise Mismatch("input is a scalar, expected a dim that can be halved")
    if isinstance(dim, Unknown):
        return TensorType(tensor.dtype, tuple(fresh() for _ in tensor.dims))
    at = axis(dim, len(tensor.dims))
    message = f"input{list_of(tensor.dims)} has size {show(tensor.dims[at])} in dim {dim}, expected an even size"
    half = require_divisible(tensor.dims[at], 2, message)
    return tensor.with_dims(*tensor.dims[:at], half, *tensor.dims[at + 1 :])


@rule("prelu", "F.prelu")
def prelu(input: Any, weight: Any) -> TensorType:
    tensor, slopes = operand(input), operand(weight, "weight")
    require_dtype(slopes.dtype, tensor.dtype, f"input and weight have different dtypes: {show(tensor)}, {show(slopes)}")
    if tensor.dims is not None and slopes.dims is not None and rank_is(slopes, (0, 1), "weight"):
        number = product(slopes.dims)
        channels = tensor.dims[1] if len(tensor.dims) > 1 else 1
        if equal(number, 1) is Truth.NO:
            message = f"input has {show(channels)} channels, expected num_parameters = {show(number)}"
            require(equal(number, channels), message)
    return TensorType(tensor.dtype or slopes.dtype, tensor.dims)
