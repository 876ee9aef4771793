"""Sparse tensors: what they would be as dense ones (torch docs: torch.sparse)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import BY_NAME, DType
from ..shapes.tensor_type import TensorType, fresh
from .creation import sizes_of
from .filling import TENSOR_CLASSES, from_data
from .inputs import operand
from .linalg import mm
from .mismatch import Mismatch
from .promotion import given_dtype
from .registry import rule
from .settings import default_dtype
from .vocabulary import equal, require, show


@rule("torch.sparse_coo_tensor")
def sparse_coo_tensor(indices: Any, values: Any = None, size: Any = None, *, dtype: Any = None, **_: Any) -> TensorType:
    if values is None:
        return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of((indices,)))
    return _made(from_data(indices), from_data(values), size, given_dtype(dtype, from_data(values).dtype))


def _made(indices: TensorType, values: TensorType, size: Any, dtype: DType | None) -> TensorType:
    """The first axes are those of the indices' columns, the others those of each value."""
    given = None if size is None else sizes_of((size,))
    if indices.dims is None or values.dims is None:
        return TensorType(dtype, given)
    if len(indices.dims) != 2:
        raise Mismatch(f"indices have rank {len(indices.dims)}, expected 2: one row for each axis")
    rows, count = indices.dims
    if values.dims:
        require(equal(count, values.dims[0]), f"{show(count)} indices, but {show(values.dims[0])} values")
    if not isinstance(rows, int):
        return TensorType(dtype, given)
    if given is not None:
        wanted = rows + len(values.dims[1:])
        require(equal(len(given), wanted), f"size has {len(given)} axes, indices and values say {wanted}")
        return TensorType(dtype, given)
    return TensorType(dtype, (*(fresh() for _ in range(rows)), *values.dims[1:]))


def _register_class(name: str, dtype: DType) -> None:
    @rule(f"torch.sparse.{name}")
    def legacy_class(*args: Any, **_: Any) -> TensorType:
        if len(args) < 2 or not isinstance(args[0], TensorType) or not isinstance(args[1], TensorType):
            return TensorType(dtype, None)
        return _made(args[0], args[1], args[2] if len(args) > 2 else None, dtype)


for _name, _dtype in TENSOR_CLASSES.items():
    if _name != "Tensor":
        _register_class(_name, BY_NAME[_dtype])


@rule(".to_sparse", ".to_sparse_coo")
def to_sparse(input: TensorType, *_: Any, **__: Any) -> TensorType:
    input = operand(input)
    return TensorType(input.dtype, input.dims)


@rule("torch.sparse.mm")
def sparse_mm(mat1: TensorType, mat2: TensorType, reduce: Any = None) -> TensorType:
    return mm(mat1, mat2)
