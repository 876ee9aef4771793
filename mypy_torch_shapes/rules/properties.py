"""What a tensor says of itself: sizes, rank, dtype (torch docs: torch.Tensor)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand
from .mismatch import Mismatch
from .registry import known_dims, rule
from .vocabulary import axis, product


@rule("torch.Tensor.shape", attribute=True)
def shape(input: TensorType) -> tuple[Size, ...]:
    return known_dims(operand(input))


@rule(".size")
def size(input: TensorType, dim: Any = None) -> Any:
    dims = known_dims(operand(input))
    if dim is None:
        return dims
    return dims[axis(dim, len(dims), wrap=False)]


@rule("torch.Tensor.ndim", attribute=True)
def ndim(input: TensorType) -> int:
    return len(known_dims(operand(input)))


@rule(".dim", ".ndimension")
def rank(input: TensorType) -> int:
    return len(known_dims(operand(input)))


@rule("numel", ".nelement")
def numel(input: TensorType) -> Size:
    return product(known_dims(operand(input)))


@rule(".__len__")
def length(input: TensorType) -> Size:
    dims = known_dims(operand(input))
    if not dims:
        raise Mismatch("input is a scalar, which has no length")
    size: Size = dims[0]
    return size


@rule(".stride")
def stride(input: TensorType, dim: Any = None) -> Any:
    dims = known_dims(operand(input))  # what a stride is depends on how the tensor came to be
    if dim is not None:
        axis(dim, len(dims), wrap=False)
        return Unknown("strides are not tracked")
    return tuple(Unknown("strides are not tracked") for _ in dims)


def _dtype(input: TensorType) -> DType:
    dtype = operand(input).dtype
    if dtype is None:
        raise Undecided("the dtype is unknown")
    return dtype


@rule("torch.Tensor.dtype", attribute=True)
def dtype(input: TensorType) -> DType:
    return _dtype(input)


@rule("torch.Tensor.itemsize", attribute=True)
def itemsize(input: TensorType) -> int:
    return _dtype(input).itemsize


@rule("torch.Tensor.nbytes", attribute=True)
def nbytes(input: TensorType) -> Size:
    return _dtype(input).itemsize * product(known_dims(input))


@rule(".element_size")
def element_size(input: TensorType) -> int:
    return _dtype(input).itemsize


@rule("is_floating_point")
def is_floating_point(input: TensorType) -> bool:
    return _dtype(input).is_floating_point


@rule("is_complex")
def is_complex(input: TensorType) -> bool:
    return _dtype(input).is_complex


@rule("is_signed")
def is_signed(input: TensorType) -> bool:
    dtype = _dtype(input)
    return not dtype.name.startswith("u") and dtype.name != "bool"


def _of_the_data(name: str) -> Callable[..., Any]:
    @rule(name)
    def unknown(*_: Any, **__: Any) -> Unknown:
        return Unknown(f"{name.strip('._')} depends on the data")

    return unknown


for _name in (".__contains__", ".is_contiguous", ".storage_offset", ".data_ptr"):
    _of_the_data(_name)
