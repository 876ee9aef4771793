"""Sorting, ranking and positions (torch docs: torch, Comparison Ops and Reduction Ops)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import int32, int64
from ..shapes.relations import nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown, UnknownNumber
from .inputs import operand, size_or_fresh
from .mismatch import Mismatch
from .promotion import categories, common_shape, into, is_number, refuse, refuse_elements, result_type
from .reduction import known_axes, reduced, require_elements
from .registry import rule
from .vocabulary import Named, at_most, axis, is_size, named, product, require, require_dtype, require_equal, show


def _pair(tensor: TensorType, dim: Any, keepdim: Any) -> Named:
    dims = reduced(tensor.dims, dim, keepdim)
    return named(("values", TensorType(tensor.dtype, dims)), ("indices", TensorType(int64, dims)))


@rule("max", "min")
def extremum(input: Any, dim: Any = None, keepdim: Any = False, *, other: Any = None) -> Any:
    other = dim if isinstance(dim, TensorType) else other
    tensor = operand(input)
    refuse_elements(tensor, *categories("c"))
    if other is not None:
        return TensorType(result_type(tensor, other), common_shape(tensor, other))
    if isinstance(dim, Unknown) and not isinstance(dim, UnknownNumber):
        raise Undecided("whether the second argument is an axis or a tensor is unknown")
    require_elements(tensor.dims, dim)
    return TensorType(tensor.dtype, ()) if dim is None else _pair(tensor, dim, keepdim)


@rule("median", "nanmedian")
def median(input: Any, dim: Any = None, keepdim: Any = False) -> Any:
    tensor = operand(input)
    refuse_elements(tensor, *categories("bc"))
    if dim is None:
        return TensorType(tensor.dtype, ())
    require_elements(tensor.dims, dim)
    return _pair(tensor, dim, keepdim)


@rule("mode")
def mode(input: Any, dim: Any = -1, keepdim: Any = False) -> Named:
    tensor = operand(input)
    require_elements(tensor.dims, dim)
    return _pair(tensor, dim, keepdim)


@rule("kthvalue")
def kthvalue(input: Any, k: Any, dim: Any = -1, keepdim: Any = False) -> Named:
    tensor = operand(input)
    refuse_elements(tensor, *categories("bc"))
    require_elements(tensor.dims, dim)
    if is_size(k):
        require(at_most(1, k), f"k = {show(k)}, expected at least 1")
        _require_k(tensor, k, dim)
    return _pair(tensor, dim, keepdim)


@rule("topk")
def topk(input: Any, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> Named:
    tensor = operand(input)
    refuse_elements(tensor, *categories("c"))
    dims = tensor.dims
    if dims is not None and dims != ():
        known = known_axes(dim, len(dims))
        if known is None:
            dims = tuple(fresh() for _ in dims)
        else:
            dims = tuple(size_or_fresh(k) if at in known else size for at, size in enumerate(dims))
    if is_size(k):
        require(at_most(0, k), f"k = {show(k)}, expected at least 0")
        _require_k(tensor, k, dim)
    return named(("values", TensorType(tensor.dtype, dims)), ("indices", TensorType(int64, dims)))


def _require_k(tensor: TensorType, k: Any, dim: Any) -> None:
    if tensor.dims is None or not isinstance(dim, int):
        return
    at = axis(dim, len(tensor.dims))
    size = tensor.dims[at] if tensor.dims else 1
    require(at_most(k, size), f"k = {show(k)}, expected at most {show(size)}, the size of dim {dim}")


@rule("argmax", "argmin")
def argmax(input: Any, dim: Any = None, keepdim: Any = False) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, *categories("bc"))
    require_elements(tensor.dims, dim)
    return TensorType(int64, reduced(tensor.dims, dim, keepdim))


@rule("aminmax")
def aminmax(input: Any, *, dim: Any = None, keepdim: Any = False, out: Any = None) -> Named:
    tensor = operand(input)
    refuse_elements(tensor, *categories("c"))
    require_elements(tensor.dims, dim)
    result = TensorType(tensor.dtype, reduced(tensor.dims, dim, keepdim))
    for one in out if isinstance(out, tuple | list) else ():
        into(one, result, exact=True)
    return named(("min", result), ("max", result))


@rule("sort")
def sort(input: Any, dim: Any = -1, descending: Any = False, *, stable: Any = False) -> Named:
    tensor = _sorted(input, dim)
    return named(("values", tensor), ("indices", TensorType(int64, tensor.dims)))


@rule("argsort")
def argsort(input: Any, dim: Any = -1, descending: Any = False, stable: Any = False) -> TensorType:
    return TensorType(int64, _sorted(input, dim).dims)


@rule("msort")
def msort(input: Any) -> TensorType:
    return _sorted(input, 0)


def _sorted(input: Any, dim: Any) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, *categories("c"))
    if tensor.dims is not None and isinstance(dim, int):
        axis(dim, len(tensor.dims))
    return TensorType(tensor.dtype, tensor.dims)


@rule("quantile", "nanquantile")
def quantile(input: Any, q: Any, dim: Any = None, keepdim: Any = False, *, interpolation: Any = "linear") -> TensorType:
    tensor = operand(input)
    if tensor.dtype is not None and tensor.dtype.name not in ("float32", "float64"):
        refuse(tensor.dtype, tensor.dtype.category)
    if tensor.dims is not None:
        require(nonzero(product(tensor.dims)), f"input{show(tensor.dims)} has no elements")
    dims = reduced(tensor.dims, dim, keepdim)
    if isinstance(q, TensorType):
        require_dtype(q.dtype, tensor.dtype, f"input has dtype {tensor.dtype}, q has {q.dtype}")
        if q.dims is None or dims is None:
            return TensorType(tensor.dtype, None)
        if len(q.dims) > 1:
            raise Mismatch(f"q has rank {len(q.dims)}, expected 0 or 1")
        return TensorType(tensor.dtype, (*q.dims, *dims))
    return TensorType(tensor.dtype, dims if is_number(q) else None)


@rule("torch.searchsorted")
def searchsorted(sorted_sequence: Any, input: Any, *, out_int32: Any = False, **_: Any) -> TensorType:
    row = operand(sorted_sequence, "sorted_sequence")
    dtype = None if isinstance(out_int32, Unknown) else int32 if out_int32 else int64
    if is_number(input):
        return TensorType(dtype, ())
    tensor = operand(input)
    _require_searchable(row, tensor)
    return TensorType(dtype, tensor.dims)


def _require_searchable(row: TensorType, tensor: TensorType) -> None:
    require_dtype(row.dtype, tensor.dtype, f"sorted_sequence has dtype {row.dtype}, input has {tensor.dtype}")
    if row.dims is None or tensor.dims is None or len(row.dims) == 1:
        return
    message = f"sorted_sequence{show(row.dims)} and input{show(tensor.dims)} differ before the last dim"
    if len(row.dims) != len(tensor.dims):
        raise Mismatch(message)
    for a, b in zip(row.dims[:-1], tensor.dims[:-1], strict=True):
        require_equal(a, b, message)


@rule("torch.bucketize")
def bucketize(input: Any, boundaries: Any, *, out_int32: Any = False, right: Any = False) -> TensorType:
    row = operand(boundaries, "boundaries")
    if row.dims is not None and len(row.dims) != 1:
        raise Mismatch(f"boundaries has rank {len(row.dims)}, expected 1: {show(row.dims)}")
    dtype = None if isinstance(out_int32, Unknown) else int32 if out_int32 else int64
    return TensorType(dtype, () if is_number(input) else operand(input).dims)
