"""Normalizations (torch docs: torch.nn.functional, Normalization functions)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, bfloat16, float16, float32
from ..shapes.relations import nonzero
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from .inputs import operand, optional, rank_from
from .mismatch import DTYPE, Mismatch
from .promotion import floating, refuse_elements
from .registry import rule
from .signature import list_of
from .vocabulary import divides, equal, is_size, product, require, show


@rule("F.batch_norm")
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: Any = False,
    momentum: Any = 0.1,
    eps: Any = 1e-5,
) -> TensorType:
    tensor = operand(input)
    if training is True and tensor.dims:
        _require_several((tensor.dims[0], *tensor.dims[2:]), "value per channel", tensor.dims)
    return batch_normalized(tensor, running_mean, running_var, weight, bias, training)


@rule("torch.batch_norm")
def torch_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: Any,
    momentum: Any,
    eps: Any,
    cudnn_enabled: Any,
) -> TensorType:
    return batch_normalized(operand(input), running_mean, running_var, weight, bias, training)


def batch_normalized(
    input: TensorType, running_mean: Any, running_var: Any, weight: Any, bias: Any, training: Any
) -> TensorType:
    """A batch normalization: one value per channel in every parameter and statistic."""
    refuse_elements(input, BOOL, INTEGER, COMPLEX)
    if training is False and (running_mean is None or running_var is None):
        raise Mismatch("running_mean and running_var are needed where training is False")
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    given = {name: tensor for name, value in parameters.items() if (tensor := optional(value, name)) is not None}
    check_parameter_dtypes(input, given)
    if rank_from(input, 1) and input.dims and 0 not in input.dims:  # of nothing torch checks nothing
        channels = input.dims[1] if len(input.dims) > 1 else 0
        _check_features(channels, given)
    return TensorType(input.dtype, input.dims)


def _check_features(channels: Size, parameters: dict[str, TensorType]) -> None:
    for tensor in parameters.values():
        if tensor.dims is not None:
            features = product(tensor.dims)
            message = f"input has {show(channels)} channels, expected num_features = {show(features)}"
            require(equal(channels, features), message)


@rule("F.instance_norm")
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: Any = True,
    momentum: Any = 0.1,
    eps: Any = 1e-5,
) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER, COMPLEX)
    if use_input_stats is True and tensor.dims is not None:
        _require_several(tensor.dims[2:], "spatial element", tensor.dims)
    return _instance_normalized(tensor, running_mean, running_var, weight, bias)


def _instance_normalized(tensor: TensorType, running_mean: Any, running_var: Any, weight: Any, bias: Any) -> TensorType:
    parameters = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    given = {name: found for name, value in parameters.items() if (found := optional(value, name)) is not None}
    check_parameter_dtypes(tensor, given)
    if rank_from(tensor, 2) and tensor.dims:
        _check_features(tensor.dims[1], given)
    return TensorType(tensor.dtype, tensor.dims)


@rule("torch.instance_norm")
def torch_instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: Any,
    momentum: Any,
    eps: Any,
    cudnn_enabled: Any,
) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER, COMPLEX)
    return _instance_normalized(tensor, running_mean, running_var, weight, bias)


@rule("F.layer_norm")
def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER, COMPLEX)
    given = _parameters(weight=weight, bias=bias)
    check_parameter_dtypes(tensor, given)
    return _over_last_axes(tensor, normalized_shape, given)


@rule("torch.layer_norm")
def torch_layer_norm(
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: Any = 1e-5,
    cudnn_enable: Any = True,
) -> TensorType:
    return layer_norm(input, normalized_shape, weight, bias)


@rule("torch.rms_norm", "F.rms_norm")
def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: Any = None) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER)
    return _over_last_axes(tensor, normalized_shape, _parameters(weight=weight))


@rule("F.group_norm")
def group_norm(input: Any, num_groups: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5) -> TensorType:
    tensor = operand(input)
    if tensor.dims is not None and len(tensor.dims) >= 2 and is_size(num_groups):
        batch, channels, *spatial = tensor.dims
        if divides(num_groups, channels).holds:
            _require_several((batch, channels // num_groups, *spatial), "value per channel", tensor.dims)
    return group_normalized(tensor, num_groups, weight, bias)


@rule("torch.group_norm")
def torch_group_norm(
    input: Any, num_groups: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5, cudnn_enabled: Any = True
) -> TensorType:
    return group_normalized(operand(input), num_groups, weight, bias)


def group_normalized(input: TensorType, num_groups: Any, weight: Any, bias: Any) -> TensorType:
    """A group normalization: the groups divide the channels, and each channel has its own weight and bias."""
    refuse_elements(input, BOOL, INTEGER, COMPLEX)
    given = _parameters(weight=weight, bias=bias)
    check_parameter_dtypes(input, given)
    if rank_from(input, 2) and input.dims:
        channels = input.dims[1]
        if is_size(num_groups):
            message = f"input has {show(channels)} channels, not divisible by num_groups = {show(num_groups)}"
            require(divides(num_groups, channels), message)
        for found in given.values():
            if found.dims is not None and len(found.dims) == 1:
                message = f"input has {show(channels)} channels, expected num_channels = {show(found.dims[0])}"
                require(equal(channels, found.dims[0]), message)
    return TensorType(input.dtype, input.dims)


@rule("F.local_response_norm")
def local_response_norm(input: Any, size: Any, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0) -> TensorType:
    tensor = operand(input)
    rank_from(tensor, 3)
    dtype = floating(tensor.dtype)
    if dtype != tensor.dtype and not (tensor.dims is not None and nonzero(product(tensor.dims)).holds):
        dtype = None  # an input without elements is returned as it is
    return TensorType(dtype, tensor.dims)


def check_parameter_dtypes(input: TensorType, parameters: dict[str, TensorType]) -> None:
    """Parameters have the input's dtype; half-precision inputs go with float32 parameters too."""
    half = input.dtype in (float16, bfloat16)
    for name, tensor in parameters.items():
        if input.dtype is None or tensor.dtype is None or tensor.dtype == input.dtype:
            continue
        if not (half and tensor.dtype == float32):
            raise Mismatch(f"input has dtype {input.dtype.name}, {name} has dtype {tensor.dtype.name}", DTYPE)


def _over_last_axes(input: TensorType, normalized_shape: Any, parameters: dict[str, TensorType]) -> TensorType:
    if isinstance(normalized_shape, Unknown):
        return TensorType(input.dtype, input.dims)
    wanted = tuple(normalized_shape) if isinstance(normalized_shape, tuple | list) else (normalized_shape,)
    if not wanted:
        raise Mismatch("normalized_shape is empty")
    for name, tensor in parameters.items():
        if tensor.dims is not None:
            message = f"{name} has shape {list_of(tensor.dims)}, expected normalized_shape = {_listed(wanted)}"
            _require_same(tensor.dims, wanted, message)
    if input.dims is not None:
        _require_last(input.dims, wanted)
    return TensorType(input.dtype, input.dims)


def _require_last(dims: tuple[Size, ...], wanted: tuple[Any, ...]) -> None:
    last = dims[-len(wanted) :]
    if len(wanted) == 1 and dims:
        message = f"input has {show(dims[-1])} features, expected normalized_shape = {_listed(wanted)}"
    else:
        message = f"input{list_of(dims)} does not end in normalized_shape = {_listed(wanted)}"
    _require_same(last, wanted, message)


def _require_same(dims: tuple[Size, ...], wanted: tuple[Any, ...], message: str) -> None:
    if len(dims) != len(wanted):
        raise Mismatch(message)
    for size, want in zip(dims, wanted, strict=True):
        if is_size(want):
            require(equal(size, want), message)


def _parameters(**values: Any) -> dict[str, TensorType]:
    return {name: found for name, value in values.items() if (found := optional(value, name)) is not None}


def _listed(sizes: tuple[Any, ...]) -> str:
    return "[" + ", ".join(show(size) if is_size(size) else "_" for size in sizes) + "]"


def _require_several(sizes: tuple[Size, ...], what: str, dims: tuple[Size, ...]) -> None:
    """Raise Mismatch where every size is 1: there is nothing to take a variance of."""
    if all(equal(size, 1).holds for size in sizes):
        raise Mismatch(f"expected more than 1 {what} when training, got input{list_of(dims)}")
