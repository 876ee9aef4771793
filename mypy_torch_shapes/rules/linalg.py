"""Matrix and vector products (torch docs: torch, BLAS and LAPACK operations)."""

from __future__ import annotations

from functools import reduce
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from .inputs import operand, rank_is
from .mismatch import Mismatch
from .registry import rule
from .sizes import operands
from .vocabulary import broadcast, equal, require, same_dtype, show


def _of_rank(tensor: TensorType, rank: int, name: str) -> tuple[Size, ...]:
    """The dims; fresh sizes where the rank is unknown. Raises Mismatch for another rank."""
    if tensor.dims is None:
        return tuple(fresh() for _ in range(rank))
    if len(tensor.dims) != rank:
        raise Mismatch(f"{name} has rank {len(tensor.dims)}, expected {rank}: {show(tensor)}")
    return tensor.dims


def _contract(left: Size, right: Size, names: tuple[str, str] = ("input", "other"), vector: bool = False) -> None:
    what = "elements" if vector else "rows"
    require(equal(left, right), f"{names[0]} has {show(left)} columns, {names[1]} has {show(right)} {what}")


@rule("matmul", "torch.linalg.matmul")
def matmul(input: TensorType, other: TensorType) -> TensorType:
    input, other = operand(input), operand(other, "other")
    dtype = same_dtype(input=input, other=other)
    if input.dims == () or other.dims == ():
        raise Mismatch(f"a scalar has no matrix product: {show(input)} and {show(other)}")
    if input.dims is None or other.dims is None:
        return TensorType(dtype, None)
    left, right = input.dims, other.dims
    if len(left) == 1 and len(right) == 1:
        require(equal(left[0], right[0]), f"input has {show(left[0])} elements, other has {show(right[0])}")
        return TensorType(dtype, ())
    if len(right) == 1:
        _contract(left[-1], right[0], vector=True)
        return TensorType(dtype, left[:-1])
    if len(left) == 1:
        require(equal(left[0], right[-2]), f"input has {show(left[0])} elements, other has {show(right[-2])} rows")
        return TensorType(dtype, (*right[:-2], right[-1]))
    _contract(left[-1], right[-2])
    batch = broadcast(left[:-2], right[:-2])
    return TensorType(dtype, (*(batch or ()), left[-2], right[-1]))


@rule("mm", "torch.spmm")
def mm(input: TensorType, mat2: TensorType, out_dtype: Any = None) -> TensorType:
    input, mat2 = operand(input), operand(mat2, "mat2")
    (rows, inner), (depth, columns) = _of_rank(input, 2, "input"), _of_rank(mat2, 2, "mat2")
    _contract(inner, depth, ("input", "mat2"))
    return TensorType(_or_given(same_dtype(input=input, mat2=mat2), out_dtype), (rows, columns))


def _or_given(dtype: DType | None, out_dtype: Any) -> DType | None:
    if out_dtype is None:
        return dtype
    return out_dtype if isinstance(out_dtype, DType) else None


@rule("bmm")
def bmm(input: TensorType, mat2: TensorType, out_dtype: Any = None) -> TensorType:
    input, mat2 = operand(input), operand(mat2, "mat2")
    dims = _batched(input, mat2, ("input", "mat2"))
    return TensorType(_or_given(same_dtype(input=input, mat2=mat2), out_dtype), dims)


def _batched(left: TensorType, right: TensorType, names: tuple[str, str]) -> tuple[Size, Size, Size]:
    (batch, rows, inner), (other, depth, columns) = _of_rank(left, 3, names[0]), _of_rank(right, 3, names[1])
    require(equal(batch, other), f"{names[0]} has batch size {show(batch)}, {names[1]} has {show(other)}")
    _contract(inner, depth, names)
    return (batch if left.dims is not None else other), rows, columns


@rule("mv")
def mv(input: TensorType, vec: TensorType) -> TensorType:
    input, vec = operand(input), operand(vec, "vec")
    (rows, columns), (size,) = _of_rank(input, 2, "input"), _of_rank(vec, 1, "vec")
    _contract(columns, size, ("input", "vec"), vector=True)
    return TensorType(same_dtype(input=input, vec=vec), (rows,))


@rule("dot", "vdot")
def dot(input: TensorType, other: Any = None, *, tensor: Any = None) -> TensorType:
    input, other = operand(input), operand(other if tensor is None else tensor, "other")
    (left,), (right,) = _of_rank(input, 1, "input"), _of_rank(other, 1, "other")
    require(equal(left, right), f"input has {show(left)} elements, other has {show(right)}")
    return TensorType(same_dtype(input=input, other=other), ())


@rule("inner")
def inner(input: TensorType, other: TensorType) -> TensorType:
    input, other = operand(input), operand(other, "other")
    if input.dims is None or other.dims is None:
        return TensorType(same_dtype(input=input, other=other), None)
    if not input.dims or not other.dims:  # a plain product
        return TensorType(input.dtype if input.dtype == other.dtype else None, input.dims + other.dims)
    left, right = input.dims[-1], other.dims[-1]
    require(equal(left, right), f"the last axis of input has {show(left)}, that of other {show(right)}")
    return TensorType(same_dtype(input=input, other=other), (*input.dims[:-1], *other.dims[:-1]))


def _added(input: TensorType, product: TensorType, dims: tuple[Size, ...]) -> TensorType:
    """input + product: input must broadcast to the product's dims."""
    dtype = same_dtype(input=input, mat1=product)
    if input.dims is not None:
        message = f"input {show(input)} does not broadcast to the product's {show(dims)}"
        if len(input.dims) > len(dims):
            raise Mismatch(message)
        for size, target in zip(input.dims[::-1], dims[::-1], strict=False):
            if equal(size, 1) is Truth.NO:
                require(equal(size, target), message)
    return TensorType(dtype, dims)


@rule("addmm", "sspaddmm")
def addmm(
    input: TensorType, mat1: TensorType, mat2: TensorType, *, beta: Any = 1, alpha: Any = 1, out_dtype: Any = None
) -> TensorType:
    input, mat1, mat2 = operand(input), operand(mat1, "mat1"), operand(mat2, "mat2")
    (rows, inner), (depth, columns) = _of_rank(mat1, 2, "mat1"), _of_rank(mat2, 2, "mat2")
    _contract(inner, depth, ("mat1", "mat2"))
    result = _added(input, TensorType(same_dtype(mat1=mat1, mat2=mat2), None), (rows, columns))
    return result.with_dtype(_or_given(result.dtype, out_dtype))


@rule("addmv")
def addmv(input: TensorType, mat: TensorType, vec: TensorType, *, beta: Any = 1, alpha: Any = 1) -> TensorType:
    input, mat, vec = operand(input), operand(mat, "mat"), operand(vec, "vec")
    (rows, columns), (size,) = _of_rank(mat, 2, "mat"), _of_rank(vec, 1, "vec")
    _contract(columns, size, ("mat", "vec"), vector=True)
    return _added(input, TensorType(same_dtype(mat=mat, vec=vec), None), (rows,))


@rule("addbmm")
def addbmm(input: TensorType, batch1: TensorType, batch2: TensorType, *, beta: Any = 1, alpha: Any = 1) -> TensorType:
    input, batch1, batch2 = operand(input), operand(batch1, "batch1"), operand(batch2, "batch2")
    _, rows, columns = _batched(batch1, batch2, ("batch1", "batch2"))
    return _added(input, TensorType(same_dtype(batch1=batch1, batch2=batch2), None), (rows, columns))


@rule("baddbmm")
def baddbmm(
    input: TensorType,
    batch1: TensorType,
    batch2: TensorType,
    *,
    beta: Any = 1,
    alpha: Any = 1,
    out_dtype: Any = None,
) -> TensorType:
    input, batch1, batch2 = operand(input), operand(batch1, "batch1"), operand(batch2, "batch2")
    dims = _batched(batch1, batch2, ("batch1", "batch2"))
    result = _added(input, TensorType(same_dtype(batch1=batch1, batch2=batch2), None), dims)
    return result.with_dtype(_or_given(result.dtype, out_dtype))


@rule("torch.chain_matmul")
def chain_matmul(*matrices: Any) -> TensorType:
    given = operands(matrices[0] if len(matrices) == 1 and isinstance(matrices[0], tuple | list) else matrices)
    if given is None:
        return TensorType(None, None)
    for tensor in given:
        _of_rank(tensor, 2, "a matrix")
    return reduce(matmul, given)


@rule("torch.linalg.multi_dot")
def multi_dot(tensors: Any) -> TensorType:
    given = operands(tensors)
    if given is None:
        return TensorType(None, None)
    if len(given) < 2:
        raise Mismatch(f"got {len(given)} tensors, expected at least 2")
    for number, tensor in enumerate(given):
        rank_is(tensor, (1, 2) if number in (0, len(given) - 1) else (2,), f"tensor {number}")
    return reduce(matmul, given)
