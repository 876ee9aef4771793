"""Outer, Kronecker, cross and tensor products, distances (torch docs: torch, BLAS and Other Operations)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, promote
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import common_dtype, operand, rank_from, rank_is
from .mismatch import Mismatch
from .promotion import refuse, result_type
from .registry import rule
from .vocabulary import axes, axis, broadcast, equal, product, require, show


@rule("outer", "ger")
def outer(input: TensorType, vec2: Any) -> TensorType:
    return TensorType(result_type(operand(input), operand(vec2, "vec2")), _outer_dims(input, vec2, ("input", "vec2")))


def _outer_dims(first: Any, second: Any, names: tuple[str, str]) -> tuple[Size, Size]:
    sizes = []
    for value, name in zip((first, second), names, strict=True):
        vector = operand(value, name)
        sizes.append(product(vector.dims or ()) if rank_is(vector, (1,), name) else fresh())
    return sizes[0], sizes[1]


@rule("addr")
def addr(input: TensorType, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> TensorType:
    input = operand(input)
    dims = _outer_dims(vec1, vec2, ("vec1", "vec2"))
    if input.dims is not None:
        message = f"input {show(input)} does not broadcast to the product's {show(dims)}"
        if len(input.dims) > 2:
            raise Mismatch(message)
        for size, expected in zip(input.dims[::-1], dims[::-1], strict=False):
            if equal(size, 1) is Truth.NO:
                require(equal(size, expected), message)
    return TensorType(result_type(input, vec1, vec2), dims)


@rule("torch.tensordot")
def tensordot(a: TensorType, b: Any, dims: Any = 2) -> TensorType:
    a, b = operand(a, "a"), operand(b, "b")
    dtype = common_dtype(a=a, b=b)
    if a.dims is None or b.dims is None or not isinstance(dims, int | tuple | list):
        return TensorType(dtype, None)
    left, right = _contracted(a.dims, b.dims, dims)
    if left is None or right is None:
        return TensorType(dtype, None)
    for i, j in zip(left, right, strict=True):
        if equal(a.dims[i], 1) is Truth.NO and equal(b.dims[j], 1) is Truth.NO:
            message = f"dim {i} of a has size {show(a.dims[i])}, dim {j} of b has {show(b.dims[j])}"
            require(equal(a.dims[i], b.dims[j]), message)
    rest = [size for at, size in enumerate(a.dims) if at not in left]
    return TensorType(dtype, (*rest, *(size for at, size in enumerate(b.dims) if at not in right)))


_Places = tuple[int, ...] | None


def _contracted(a: tuple[Size, ...], b: tuple[Size, ...], dims: Any) -> tuple[_Places, _Places]:
    """The axes that are summed over: the last n of a with the first n of b, or those listed."""
    if isinstance(dims, int):
        if not 0 <= dims <= min(len(a), len(b)):
            raise Mismatch(f"dims = {dims} is out of range for ranks {len(a)} and {len(b)}")
        return tuple(range(len(a) - dims, len(a))), tuple(range(dims))
    lists = [[value] if isinstance(value, int) else value for value in dims]
    if len(lists) != 2 or any(isinstance(one, Unknown) or any(isinstance(i, Unknown) for i in one) for one in lists):
        return None, None
    if len(lists[0]) != len(lists[1]):
        raise Mismatch(f"dims {show(lists[0])} and {show(lists[1])} differ in length")
    return axes(tuple(lists[0]), len(a)), axes(tuple(lists[1]), len(b))


@rule("kron")
def kron(input: TensorType, other: Any) -> TensorType:
    input, other = operand(input), operand(other, "other")
    # A scalar gets axes first, and then counts as any other tensor in the promotion.
    dtype = None if input.dtype is None or other.dtype is None else promote(input.dtype, other.dtype)
    if input.dims is None or other.dims is None:
        return TensorType(dtype, None)
    rank = max(len(input.dims), len(other.dims))
    left, right = ((1,) * (rank - len(dims)) + dims for dims in (input.dims, other.dims))
    return TensorType(dtype, tuple(a * b for a, b in zip(left, right, strict=True)))


@rule("cross")
def cross(input: TensorType, other: Any, dim: Any = None) -> TensorType:
    input, other = operand(input), operand(other, "other")
    if dim is None and input.dims is not None:
        three = [equal(size, 3) for size in input.dims]
        if all(truth is Truth.NO for truth in three):
            raise Mismatch(f"input has no dim of size 3: {show(input)}")
        at = next(at for at, truth in enumerate(three) if truth is not Truth.NO)
        dim = at if three[at].holds else None
    return _cross(input, other, dim)


@rule("torch.linalg.cross")
def linalg_cross(input: TensorType, other: Any, *, dim: Any = -1) -> TensorType:
    return _cross(operand(input), operand(other, "other"), dim)


def _cross(input: TensorType, other: TensorType, dim: Any) -> TensorType:
    dtype = common_dtype(input=input, other=other)
    if input.dims is None or other.dims is None:
        dims = input.dims or other.dims
        return TensorType(dtype, None if dims is None else tuple(fresh() for _ in dims))
    if len(input.dims) != len(other.dims):
        raise Mismatch(f"input has rank {len(input.dims)}, other has rank {len(other.dims)}")
    if isinstance(dim, int):
        at = axis(dim, len(input.dims), wrap=False)
        for name, sizes in (("input", input.dims), ("other", other.dims)):
            require(equal(sizes[at], 3), f"{name} has size {show(sizes[at])} in dim {dim}, expected 3")
    return TensorType(dtype, broadcast(input.dims, other.dims))


@rule("torch.linalg.vecdot")
def vecdot(x: TensorType, y: Any, *, dim: Any = -1) -> TensorType:
    x, y = operand(x, "x"), operand(y, "y")
    dtype = common_dtype(x=x, y=y)
    refuse(dtype, BOOL, INTEGER, what="x")
    dims = broadcast(x.dims, y.dims)
    if dims is None or not isinstance(dim, int):
        return TensorType(dtype, None if dims is None else tuple(fresh() for _ in dims[1:]))
    if dim >= 0 and x.rank != y.rank:
        return TensorType(dtype, None)
    at = axis(dim, len(dims))
    return TensorType(dtype, dims[:at] + dims[at + 1 :])


@rule("torch.cdist")
def cdist(x1: TensorType, x2: Any, p: Any = 2.0, compute_mode: Any = None) -> TensorType:
    x1, x2 = operand(x1, "x1"), operand(x2, "x2")
    rank_from(x1, 2, "x1")
    rank_from(x2, 2, "x2")
    dtype = common_dtype(x1=x1, x2=x2)
    refuse(dtype, BOOL, INTEGER, COMPLEX, what="x1")
    if x1.dims is None or x2.dims is None:
        return TensorType(dtype, None)
    (*batch1, rows, columns), (*batch2, others, columns2) = x1.dims, x2.dims
    require(equal(columns, columns2), f"x1 has {show(columns)} columns, x2 has {show(columns2)}")
    batch = broadcast(batch1, batch2)
    return TensorType(dtype, (*(batch or ()), rows, others))
