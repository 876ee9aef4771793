"""Tensors made from sizes (torch docs: torch, Creation Ops)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import BOOL, COMPLEX, DType, bool_, complex_of, int64, promote
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .devices import kind_of
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import given_dtype, is_number, number_dtype
from .registry import rule
from .settings import default_dtype
from .sizes import in_each_world, listed, size_of
from .vocabulary import at_most, equal, is_size, less, product, require, same_dtype, show


def sizes_of(given: tuple[Any, ...], size: Any = None) -> tuple[Size, ...] | None:
    """The dims a creation function is asked for: varargs, one sequence, or `size=`; None where they are unknown."""
    wanted = listed(given if size is None else (size,))
    if wanted is None:
        return None
    dims = tuple(map(size_of, wanted))
    for one in dims:
        require(at_most(0, one), f"size {show(dims)} has a negative size")
    return dims


@rule("torch.zeros", "torch.ones", "torch.empty")
def zeros(*sizes: Any, size: Any = None, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of(sizes, size))


@rule("torch.rand", "torch.randn")
def rand(*sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, **_: Any) -> TensorType:
    return require_continuous(zeros(*sizes, size=size, dtype=dtype), device)


def require_continuous(made: TensorType, device: str | None) -> TensorType:
    """A tensor to fill with numbers of a continuous distribution, which is of no whole numbers.

    The meta device does not look, nor do all of them where there is nothing to fill.
    """
    if made.dtype is None or made.dtype.is_floating_point or made.dtype.is_complex or kind_of(device) == "meta":
        return made
    if made.dims is not None and less(0, product(made.dims)).holds:
        raise Mismatch(f"dtype is {made.dtype.name}, expected a floating point or complex dtype", DTYPE)
    return made


@rule("torch.empty_permuted")
def empty_permuted(size: Any, physical_layout: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    dims = sizes_of((size,))
    if dims is not None and isinstance(physical_layout, tuple | list):
        order = sorted(at for at in physical_layout if isinstance(at, int))
        if len(order) == len(physical_layout) and order != list(range(len(dims))):
            raise Mismatch(f"physical_layout = {show(tuple(physical_layout))}, expected an order of {len(dims)} axes")
    return TensorType(given_dtype(dtype, default_dtype.get()), dims)


@rule("torch.empty_strided")
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of((size,)))


@rule("torch.full")
def full(size: Any, fill_value: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, _fill_dtype(fill_value)), sizes_of((size,)))


def _fill_dtype(value: Any) -> DType | None:
    """torch looks at the category of the value: a float64 scalar makes float32."""
    if is_number(value):
        return number_dtype(value)
    found = operand(value, "fill_value").dtype
    if found is None:
        return None
    if found.category == COMPLEX:
        return _default_complex()
    if found.is_floating_point:
        return default_dtype.get()
    return bool_ if found.category == BOOL else int64


def _default_complex() -> DType | None:
    default = default_dtype.get()
    return None if default is None else complex_of(default)


@rule("torch.eye")
def eye(n: Any, m: Any = None, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of(((n, n if m is None else m),)))


@rule("torch.scalar_tensor")
def scalar_tensor(s: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), ())


@rule("torch.arange")
def arange(start: Any = None, end: Any = None, step: Any = 1, *, dtype: Any = None, **_: Any) -> TensorType:
    if end is None or start is None:
        start, end = 0, start if end is None else end
    bounds: tuple[Any, ...] = (start, end, step)
    result = given_dtype(dtype, _range_dtype(bounds))
    if result == int64:  # torch cuts the bounds to integers before it counts
        bounds = tuple(int(bound) if isinstance(bound, float) else bound for bound in bounds)
    if result is None and any(isinstance(bound, float) for bound in bounds):
        return TensorType(None, (fresh(),))
    return TensorType(result, (_range_length(*bounds),))


def _range_dtype(bounds: Sequence[Any]) -> DType | None:
    dtypes = [bound.dtype if isinstance(bound, TensorType) else _bound_dtype(bound) for bound in bounds]
    if any(dtype is not None and dtype.is_floating_point for dtype in dtypes):
        return default_dtype.get()
    return None if None in dtypes else int64


def _bound_dtype(bound: Any) -> DType | None:
    if is_number(bound):
        return number_dtype(bound)
    if isinstance(bound, Unknown):
        return None
    raise Undecided(f"{bound!r} is no bound of a range")


def _range_length(start: Any, end: Any, step: Any) -> Size:
    """ceil((end - start) / step). Raises Mismatch where the step leads away from the end."""
    if any(not isinstance(bound, int | float | Dim) for bound in (start, end, step)):
        return fresh()
    if isinstance(step, int | float) and step == 0:
        raise Mismatch("step = 0, expected a step that leads from start to end")
    if all(is_size(bound) or isinstance(bound, bool) for bound in (start, end, step)):
        return _whole_length(start, end, step)
    if any(isinstance(bound, Dim) for bound in (start, end, step)):
        return _scaled_length(start, end, step)
    if not math.isfinite(end - start) or (end - start) * step < 0:
        raise Mismatch(f"start = {start}, end = {end}, step = {step}: the step leads away from the end")
    length: int = math.ceil((end - start) / step)
    return length


def _whole_length(start: Size, end: Size, step: Size) -> Size:
    upward = less(0, step)
    if upward is Truth.NO:
        start, end, step = end, start, -step
    elif upward is Truth.UNKNOWN:
        return fresh(in_each_world(lambda a, b, s: -((a - b) // s), start, end, step))
    require(at_most(start, end), f"the step leads away from the end: {show(start)} to {show(end)}")
    return (end - start + step - 1) // step


def _scaled_length(start: Any, end: Any, step: Any) -> Size:
    """Bounds of which some are symbolic and some floats: exact where the step is whole or one over a whole number."""
    if isinstance(step, float) and step > 0 and (1 / step).is_integer() and is_size(start) and is_size(end):
        return _whole_length(start * int(1 / step), end * int(1 / step), 1)
    if not all(is_size(bound) or (1024 * bound).is_integer() for bound in (start, end, step)):
        return fresh()  # what is so near to a whole number may be rounded to it
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    upward = isinstance(step, int) and step > 0
    if not upward and not all(is_size(bound) or bound.is_integer() for bound in (start, end, step)):
        return fresh()
    start = math.floor(start) if isinstance(start, float) else start
    return _whole_length(start, math.ceil(end) if isinstance(end, float) else end, step)


@rule("torch.range")
def inclusive_range(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None, **_: Any) -> TensorType:
    result = given_dtype(dtype, default_dtype.get())
    if all(is_size(bound) for bound in (start, end, step)) and less(0, step).holds:
        return TensorType(result, ((end - start) // step + 1,))
    return TensorType(result, (fresh(),))


@rule("torch.linspace", "torch.logspace")
def linspace(start: Any, end: Any, steps: Any, base: Any = 10.0, *, dtype: Any = None, **_: Any) -> TensorType:
    for name, bound in (("start", start), ("end", end)):
        if isinstance(bound, TensorType) and bound.dims:
            raise Mismatch(f"{name} has rank {len(bound.dims)}, expected a number or a tensor of rank 0")
    dtypes = [bound.dtype if isinstance(bound, TensorType) else _bound_dtype(bound) for bound in (start, end)]
    natural = default_dtype.get()
    if any(found is not None and found.is_complex for found in dtypes):
        natural = _default_complex()
    elif None in dtypes:
        natural = None
    return TensorType(given_dtype(dtype, natural), sizes_of(((steps,),)))


def _register_triangle(name: str, lower: bool) -> None:
    @rule(name)
    def indices(row: Any, col: Any, offset: Any = 0, *, dtype: Any = None, **_: Any) -> TensorType:
        return TensorType(given_dtype(dtype, int64), (2, _triangle_size(row, col, offset, lower)))


def _triangle_size(row: Any, col: Any, offset: Any, lower: bool) -> Size:
    """How many elements of a matrix lie on or below (above) a diagonal."""
    if isinstance(row, int) and isinstance(col, int) and isinstance(offset, int):
        first = offset + 1 if lower else offset
        below = sum(min(max(i + first, 0), col) for i in range(row))
        return below if lower else row * col - below
    if is_size(row) and is_size(col) and isinstance(offset, int) and equal(row, col).holds and abs(offset) <= 1:
        inner: Size = row * (row + 1) // 2  # with the diagonal; one diagonal more or less beside it
        further = offset if lower else -offset
        return inner if further == 0 else inner - row if further < 0 else inner + row - 1
    return fresh()


_register_triangle("torch.tril_indices", lower=True)
_register_triangle("torch.triu_indices", lower=False)


@rule("torch.vander", "torch.linalg.vander")
def vander(x: Any, N: Any = None, increasing: Any = False) -> TensorType:
    tensor = operand(x, "x")
    dtype = None if tensor.dtype is None else promote(tensor.dtype, int64)
    if tensor.dims is None:
        return TensorType(dtype, None)
    dims = tensor.dims or (1,)
    return TensorType(dtype, (*dims, dims[-1] if N is None else size_of(N)))


@rule("torch.cartesian_prod")
def cartesian_prod(*tensors: Any) -> TensorType:
    given = [operand(item) for item in (tensors[0] if isinstance(tensors[0], tuple | list) else tensors)]
    dtype = same_dtype(**{f"tensor {at}": item for at, item in enumerate(given)})
    for item in given:
        if item.dims is not None and len(item.dims) != 1:
            raise Mismatch(f"expected tensors of rank 1, one has rank {len(item.dims)}: {show(item.dims)}")
    sizes = [fresh() if item.dims is None else item.dims[0] for item in given]
    return TensorType(dtype, (product(sizes), len(given)) if len(given) != 1 else (sizes[0],))


@rule("torch.combinations")
def combinations(input: Any, r: Any = 2, with_replacement: Any = False) -> TensorType:
    tensor = operand(input)
    if tensor.dims is not None and len(tensor.dims) != 1:
        raise Mismatch(f"input has rank {len(tensor.dims)}, expected 1: {show(tensor.dims)}")
    if not isinstance(r, int) or isinstance(with_replacement, Unknown):
        return TensorType(tensor.dtype, (fresh(), size_of(r)) if isinstance(r, Dim) else None)
    if r == 0:
        return TensorType(tensor.dtype, (0,))
    return TensorType(tensor.dtype, (_choices(tensor.dims, r, with_replacement), r))


def _choices(dims: tuple[Size, ...] | None, r: int, repeated: bool) -> Size:
    """n choose r, or with repetition (n + r - 1) choose r."""
    if dims is None:
        return fresh()
    n: Size = dims[0] + r - 1 if repeated else dims[0]
    if isinstance(n, int):
        return math.comb(n, r) if n >= 0 else 0
    if r == 1:
        return n
    pairs: Size = n * (n - 1) // 2
    return pairs if r == 2 else fresh(in_each_world(lambda one: math.comb(one, r), n))
