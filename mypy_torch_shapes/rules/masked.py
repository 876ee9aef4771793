"""Operations on the unmasked elements (torch docs: torch.masked)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, DType
from ..shapes.tensor_type import TensorType
from .arithmetic import promoted
from .inputs import operand
from .promotion import accumulated, floating, given_dtype, real, refuse
from .reduction import reduced
from .registry import rule
from .vocabulary import axis

DTypeOf = Callable[[DType | None], DType | None]


def _kept(dtype: DType | None) -> DType | None:
    return dtype


# Operation, and the dtype of its result.
_REDUCTIONS: dict[str, DTypeOf] = {
    "sum": accumulated,
    "prod": accumulated,
    "amax": _kept,
    "amin": _kept,
    "argmax": _kept,
    "argmin": _kept,
    "logsumexp": _kept,
    "mean": _kept,
    "var": floating,
    "std": floating,
}
_ALONG = ("cumsum", "cumprod", "softmax", "log_softmax", "softmin")


def _register(name: str, natural: DTypeOf) -> None:
    @rule(f"torch.masked.{name}")
    def reduction(
        input: Any, dim: Any = None, unbiased: Any = None, *, keepdim: Any = False, dtype: Any = None, **_: Any
    ) -> TensorType:
        tensor = operand(input)
        if name == "mean" and dtype is None:
            refuse(tensor.dtype, BOOL, INTEGER)
        return TensorType(given_dtype(dtype, natural(tensor.dtype)), reduced(tensor.dims, dim, keepdim))


def _register_along(name: str) -> None:
    @rule(f"torch.masked.{name}")
    def along(input: Any, dim: Any, *, dtype: Any = None, mask: Any = None) -> TensorType:
        tensor = operand(input)
        if tensor.dims is not None and isinstance(dim, int):
            axis(dim, len(tensor.dims))
        natural = accumulated(tensor.dtype) if mask is None and name.startswith("cum") else tensor.dtype
        return TensorType(given_dtype(dtype, natural), tensor.dims)


for _name, _natural in _REDUCTIONS.items():
    _register(_name, _natural)
for _name in _ALONG:
    _register_along(_name)


@rule("torch.masked.median")
def median(input: Any, dim: Any = -1, *, keepdim: Any = False, dtype: Any = None, mask: Any = None) -> TensorType:
    tensor = operand(input)
    refuse(tensor.dtype, BOOL, INTEGER, COMPLEX)
    return TensorType(given_dtype(dtype, tensor.dtype), reduced(tensor.dims, dim, keepdim))


@rule("torch.masked.norm")
def norm(
    input: Any, ord: Any = 2.0, dim: Any = None, *, keepdim: Any = False, dtype: Any = None, **_: Any
) -> TensorType:
    tensor = operand(input)
    return TensorType(real(given_dtype(dtype, tensor.dtype)), reduced(tensor.dims, dim, keepdim))


@rule("torch.masked.normalize")
def normalize(input: Any, ord: Any, dim: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    tensor = operand(input)
    return TensorType(given_dtype(dtype, tensor.dtype), tensor.dims)


@rule("torch.masked.logaddexp")
def logaddexp(input: Any, other: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    result = promoted(input, other)
    return TensorType(given_dtype(dtype, result.dtype), result.dims)
