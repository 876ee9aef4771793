"""Complex tensors and their parts (torch docs: Complex Numbers)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import complex_of
from ..shapes.relations import equal
from ..shapes.tensor_type import TensorType
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import common_shape, into, real
from .registry import rule
from .vocabulary import require, require_dtype, show

_PARTS = ("float16", "float32", "float64")


@rule("torch.real")
def real_part(input: Any) -> TensorType:
    tensor = operand(input)
    return TensorType(real(tensor.dtype), tensor.dims)


@rule("torch.imag")
def imaginary_part(input: Any) -> TensorType:
    tensor = _require_complex(operand(input))
    return TensorType(real(tensor.dtype), tensor.dims)


@rule("torch.Tensor.real", attribute=True)
def real_attribute(input: Any) -> TensorType:
    return real_part(input)


@rule("torch.Tensor.imag", attribute=True)
def imaginary_attribute(input: Any) -> TensorType:
    return imaginary_part(input)


@rule("torch.view_as_real", "torch.view_as_real_copy")
def view_as_real(input: Any) -> TensorType:
    tensor = _require_complex(operand(input))
    return TensorType(real(tensor.dtype), None if tensor.dims is None else (*tensor.dims, 2))


@rule("torch.view_as_complex", "torch.view_as_complex_copy")
def view_as_complex(input: Any) -> TensorType:
    tensor = operand(input)
    _require_parts(tensor, "input")
    dtype = None if tensor.dtype is None else complex_of(tensor.dtype)
    if tensor.dims is None:
        return TensorType(dtype, None)
    if not tensor.dims:
        raise Mismatch("input is a scalar, expected a last dim of size 2")
    require(
        equal(tensor.dims[-1], 2), f"input{show(tensor.dims)} has {show(tensor.dims[-1])} in its last dim, expected 2"
    )
    return TensorType(dtype, tensor.dims[:-1])


@rule("torch.complex")
def of_parts(real: Any, imag: Any, *, out: Any = None) -> TensorType:
    return into(out, _of_parts(operand(real, "real"), "real", operand(imag, "imag"), "imag"), exact=True)


@rule("torch.polar")
def polar(abs: Any, angle: Any, *, out: Any = None) -> TensorType:
    return into(out, _of_parts(operand(abs, "abs"), "abs", operand(angle, "angle"), "angle"), exact=True)


def _of_parts(first: TensorType, first_name: str, second: TensorType, second_name: str) -> TensorType:
    _require_parts(first, first_name)
    _require_parts(second, second_name)
    message = f"{first_name} has dtype {first.dtype}, {second_name} has {second.dtype}"
    require_dtype(first.dtype, second.dtype, message)
    dtype = first.dtype or second.dtype
    return TensorType(None if dtype is None else complex_of(dtype), common_shape(first, second))


def _require_parts(tensor: TensorType, name: str) -> None:
    if tensor.dtype is not None and tensor.dtype.name not in _PARTS:
        raise Mismatch(f"{name} has dtype {tensor.dtype.name}, expected float16, float32 or float64", DTYPE)


def _require_complex(tensor: TensorType) -> TensorType:
    if tensor.dtype is not None and not tensor.dtype.is_complex:
        raise Mismatch(f"input has dtype {tensor.dtype.name}, expected a complex dtype", DTYPE)
    return tensor
