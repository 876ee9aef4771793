"""Running sums and differences along an axis (torch docs: torch, Reduction Ops and Other Operations)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size, extreme
from ..shapes.dtypes import BOOL, int64, uint8
from ..shapes.relations import nonzero
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
from .reduction import known_axes, require_floating
from .registry import rule
from .vocabulary import Named, axis, broadcast, equal, is_size, less, named, product, require, require_equal, show


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
    if tensor.dims is not None and nonzero(product(tensor.dims)).holds:  # torch looks at dim only then
        _check_axis(tensor, dim)
    return named(("values", TensorType(tensor.dtype, tensor.dims)), ("indices", TensorType(int64, tensor.dims)))


@rule("diff")
def diff(input: Any, n: Any = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> TensorType:
    tensor = operand(input)
    if tensor.dims == ():
        raise Mismatch("input is a scalar, expected at least one axis")
    if n == 0:
        return TensorType(tensor.dtype, tensor.dims)
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
def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: Any = -1) -> TensorType:
    strips, at = _strips(y, x, dx, dim)
    if strips.dims is None or at is None:
        return TensorType(strips.dtype, None)
    return TensorType(strips.dtype, strips.dims[:at] + strips.dims[at + 1 :])


@rule("torch.cumulative_trapezoid")
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: Any = -1) -> TensorType:
    return _strips(y, x, dx, dim)[0]


def _strips(y: Any, x: Any, dx: Any, dim: Any) -> tuple[TensorType, int | None]:
    """The areas between neighbours along an axis, and that axis."""
    tensor = operand(y, "y")
    steps = x if isinstance(x, TensorType) else TensorType(None, None) if isinstance(x, Unknown) else None
    for name, one in (("y", tensor), ("x", steps)):
        if one is not None and one.dtype is not None and one.dtype.category == BOOL:
            raise Mismatch(f"{name} has dtype bool, expected numbers", DTYPE)
    dtype = floating(result_type(tensor, dx if steps is None else steps))
    if tensor.dims is None or not isinstance(dim, int):
        return TensorType(dtype, None), None
    at = axis(dim, len(tensor.dims), wrap=False)
    areas: tuple[Size, ...] | None = _between(tensor.dims, at)
    if steps is not None and not _is_empty(tensor.dims[at]):
        widths = None if steps.dims is None else _between(_aligned(tensor.dims, steps.dims, at), at)
        areas = broadcast(areas, widths)
    return TensorType(dtype, areas), at


def _is_empty(size: Size) -> bool:
    return isinstance(size, int) and size == 0


def _aligned(dims: tuple[Size, ...], steps: tuple[Size, ...], at: int) -> tuple[Size, ...]:
    """The dims of the sample points, brought to those of the samples."""
    if len(steps) != 1:
        return (*(1 for _ in dims[len(steps) :]), *steps)
    message = f"y{show(dims)} has size {show(dims[at])} in dim {at}, x has {show(steps[0])} points"
    size = require_equal(dims[at], steps[0], message)
    return tuple(size if i == at else 1 for i in range(len(dims)))


def _between(dims: tuple[Size, ...], at: int) -> tuple[Size, ...]:
    return (*dims[:at], extreme("max", dims[at] - 1, 0), *dims[at + 1 :])


@rule("torch.gradient")
def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: Any = 1) -> Any:
    tensor = operand(input)
    if tensor.dtype == uint8:
        raise Mismatch("input has dtype uint8, which torch does not differentiate", DTYPE)
    if isinstance(dim, Unknown) or (dim is None and tensor.dims is None):
        return Unknown("over how many axes the gradient is taken is unknown")
    listed = range(tensor.rank or 0) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    if isinstance(spacing, tuple | list) and len(spacing) != len(listed):
        raise Mismatch(f"spacing has {len(spacing)} items for {len(listed)} axes")
    spacings = spacing if isinstance(spacing, tuple | list) else [spacing] * len(listed)
    dims = tensor.dims
    if dims == () and dim is not None:
        raise Mismatch("input is a scalar, expected at least one axis")
    along = [None] * len(listed) if dims is None else known_axes(tuple(listed), len(dims)) or [None] * len(listed)
    return tuple(_slope(tensor, at, step, edge_order) for at, step in zip(along, spacings, strict=True))


def _slope(tensor: TensorType, at: int | None, spacing: Any, edge_order: Any) -> TensorType:
    """The gradient along an axis. Coordinates of another size than the axis broadcast in ways not followed here."""
    points = spacing if isinstance(spacing, TensorType) else None
    dtype = floating(tensor.dtype if points is None else result_type(tensor, points))
    if tensor.dims is None or at is None:
        return TensorType(dtype, tensor.dims if points is None else None)
    size = tensor.dims[at]
    if isinstance(edge_order, int):
        message = f"input{show(tensor.dims)} has size {show(size)} in dim {at}, expected at least {edge_order + 1}"
        require(less(edge_order, size), message)
    if isinstance(spacing, Unknown) and not is_number(spacing):
        return TensorType(None, None)
    fits = points is None or (points.dims is not None and len(points.dims) == 1 and equal(points.dims[0], size).holds)
    return TensorType(dtype, tensor.dims if fits else None)


@rule("renorm")
def renorm(input: Any, p: Any, dim: Any, maxnorm: Any) -> TensorType:
    tensor = operand(input)
    require_floating(tensor)
    _check_axis(tensor, dim)
    if tensor.dims is not None and len(tensor.dims) < 2:
        raise Mismatch(f"input has rank {len(tensor.dims)}, expected at least 2: {show(tensor.dims)}")
    return TensorType(tensor.dtype, tensor.dims)
