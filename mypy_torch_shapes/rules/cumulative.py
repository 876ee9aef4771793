"""Running sums and differences along an axis (torch docs: torch, Reduction Ops and Other Operations)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size, extreme
from ..shapes.dtypes import BOOL, int64
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import (
    accumulated,
    categories,
    floating,
    given_dtype,
    is_number,
    refuse_elements,
    result_type,
)
from .registry import rule
from .vocabulary import Named, axis, is_size, named, require_equal, show


def _check_axis(tensor: TensorType, dim: Any) -> None:
    if tensor.dims is not None and isinstance(dim, int):
        axis(dim, len(tensor.dims))


@rule("cumsum", "cumprod")
def cumsum(input: Any, dim: Any, *, dtype: Any = None) -> TensorType:
    tensor = operand(input)
    _check_axis(tensor, dim)
    return TensorType(given_dtype(dtype, accumulated(tensor.dtype)), tensor.dims)


@rule("logcumsumexp")
def logcumsumexp(input: Any, dim: Any) -> TensorType:
    tensor = operand(input)
    _check_axis(tensor, dim)
    refuse_elements(tensor, *categories("bi"))
    return TensorType(tensor.dtype, tensor.dims)


@rule("cummax", "cummin")
def cummax(input: Any, dim: Any) -> Named:
    tensor = operand(input)
    _check_axis(tensor, dim)
    return named(("values", TensorType(tensor.dtype, tensor.dims)), ("indices", TensorType(int64, tensor.dims)))


@rule("diff")
def diff(input: Any, n: Any = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> TensorType:
    tensor = operand(input)
    if tensor.dims == ():
        raise Mismatch("input is a scalar, expected at least one axis")
    parts = [operand(part) for part in (prepend, input, append) if part is not None]
    dtype = result_type(*parts)
    if any(part.dims is None for part in parts) or not isinstance(dim, int):
        return TensorType(dtype, None if tensor.dims is None else tuple(fresh() for _ in tensor.dims))
    at = axis(dim, len(tensor.dims or ()))
    joined = _joined([part.dims or () for part in parts], at)
    if not is_size(n):
        return TensorType(dtype, (*joined[:at], fresh(), *joined[at + 1 :]))
    return TensorType(dtype, (*joined[:at], extreme("max", joined[at] - n, 0), *joined[at + 1 :]))


def _joined(shapes: list[tuple[Size, ...]], at: int) -> tuple[Size, ...]:
    """The shapes put one after the other along an axis."""
    first, *others = shapes
    for other in others:
        message = f"{show(first)} and {show(other)} differ outside dim {at}"
        if len(first) != len(other):
            raise Mismatch(message)
        pairs = enumerate(zip(first, other, strict=True))
        first = tuple(a + b if i == at else require_equal(a, b, message) for i, (a, b) in pairs)
    return first


@rule("torch.trapezoid", "torch.trapz")
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> TensorType:
    tensor, steps, at = _integrand(y, x, dim)
    if tensor.dims is None or at is None:
        return TensorType(_integral_dtype(tensor, steps), None)
    rest = tensor.dims[:at] + tensor.dims[at + 1 :]
    if steps is None or (steps.dims is not None and len(steps.dims) == 1):
        return TensorType(_integral_dtype(tensor, steps), rest)
    return TensorType(_integral_dtype(tensor, steps), None)


@rule("torch.cumulative_trapezoid")
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: Any = -1) -> TensorType:
    tensor, steps, at = _integrand(y, x, dim)
    dtype = _integral_dtype(tensor, steps)
    if tensor.dims is None or at is None or (steps is not None and (steps.dims is None or len(steps.dims) != 1)):
        return TensorType(dtype, None)
    size = extreme("max", tensor.dims[at] - 1, 0)
    return TensorType(dtype, (*tensor.dims[:at], size, *tensor.dims[at + 1 :]))


def _integrand(y: Any, x: Any, dim: Any) -> tuple[TensorType, TensorType | None, int | None]:
    tensor = operand(y, "y")
    steps = None if x is None or is_number(x) else operand(x, "x")  # the second argument may be dx
    for name, one in (("y", tensor), ("x", steps)):
        if one is not None and one.dtype is not None and one.dtype.category == BOOL:
            raise Mismatch(f"{name} has dtype bool, expected numbers", DTYPE)
    if tensor.dims is None or not isinstance(dim, int):
        return tensor, steps, None
    if not tensor.dims:
        raise Mismatch("y is a scalar, expected at least one axis")
    at = axis(dim, len(tensor.dims))
    if steps is not None and steps.dims is not None and len(steps.dims) == 1:
        message = f"y{show(tensor.dims)} has size {show(tensor.dims[at])} in dim {dim}, x has {show(steps.dims[0])}"
        require_equal(tensor.dims[at], steps.dims[0], message)
    return tensor, steps, at


def _integral_dtype(tensor: TensorType, steps: TensorType | None) -> Any:
    return floating(result_type(tensor) if steps is None else result_type(tensor, steps))


@rule("torch.gradient")
def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: Any = 1) -> Any:
    tensor = operand(input)
    result = TensorType(floating(tensor.dtype), tensor.dims)
    if isinstance(dim, tuple | list):
        return tuple(result for _ in dim)
    if isinstance(dim, int):
        _check_axis(tensor, dim)
        return (result,)
    if dim is None and tensor.dims is not None and not isinstance(spacing, tuple | list):
        return tuple(result for _ in tensor.dims)
    return Unknown("over how many axes the gradient is taken is unknown")


@rule("renorm")
def renorm(input: Any, p: Any, dim: Any, maxnorm: Any) -> TensorType:
    tensor = operand(input)
    _check_axis(tensor, dim)
    return TensorType(tensor.dtype, tensor.dims)
