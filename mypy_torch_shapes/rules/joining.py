"""Tensors put together (torch docs: torch, Joining)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType, promote
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import operand
from .mismatch import Mismatch
from .registry import rule
from .reshaping import at_least, new_axis
from .signature import list_of
from .sizes import operands
from .vocabulary import axis, product, require_equal


@rule("torch.cat", "torch.concat", "torch.concatenate")
def cat(tensors: Any, dim: Any = 0) -> TensorType:
    given = operands(tensors)
    return TensorType(None, None) if given is None else joined(given, dim)


@rule("torch.stack")
def stack(tensors: Any, dim: Any = 0) -> TensorType:
    given = operands(tensors)
    if given is None:
        return TensorType(None, None)
    _require_some(given)
    first = next((tensor.dims for tensor in given if tensor.dims is not None), None)
    dtype = _common_dtype(given)
    if first is None:
        return TensorType(dtype, None)
    dims = list(first)
    for tensor in given:
        if tensor.dims is None:
            continue
        message = f"tensors differ: {list_of(first)} and {list_of(tensor.dims)}"
        if len(tensor.dims) != len(dims):
            raise Mismatch(message)
        dims = [require_equal(a, b, message) for a, b in zip(dims, tensor.dims, strict=True)]
    if isinstance(dim, Unknown):
        return TensorType(dtype, tuple(fresh() for _ in (*dims, 0)))
    at = new_axis(dim, len(dims))
    return TensorType(dtype, (*dims[:at], len(given), *dims[at:]))


def joined(given: Sequence[TensorType], dim: Any) -> TensorType:
    """Tensors one after the other along an axis."""
    _require_some(given)
    dtype = _common_dtype(given)
    # torch skips empty vectors, whatever the others' rank.
    shapes = [tensor.dims for tensor in given if not _is_empty_vector(tensor)]
    known = [dims for dims in shapes if dims is not None]
    if not known:
        return TensorType(dtype, (0,) if not shapes else None)
    if any(not dims for dims in known):
        raise Mismatch("a tensor is a scalar, expected at least rank 1")
    if isinstance(dim, Unknown):
        return TensorType(dtype, tuple(fresh() for _ in known[0]))
    at = axis(dim, len(known[0]))
    dims = list(known[0])
    for other in known[1:]:
        message = f"tensors differ outside dim {dim}: {list_of(known[0])} and {list_of(other)}"
        if len(other) != len(dims):
            raise Mismatch(f"tensors differ in rank: {list_of(known[0])} and {list_of(other)}")
        total = dims[at] + other[at]
        pairs = enumerate(zip(dims, other, strict=True))
        dims = [a if i == at else require_equal(a, b, message) for i, (a, b) in pairs]
        dims[at] = total
    if len(known) < len(shapes):
        dims[at] = fresh()
    return TensorType(dtype, tuple(dims))


def _is_empty_vector(tensor: TensorType) -> bool:
    return tensor.dims is not None and len(tensor.dims) == 1 and isinstance(tensor.dims[0], int) and tensor.dims[0] == 0


def _require_some(given: Sequence[TensorType]) -> None:
    if not given:
        raise Mismatch("the list of tensors is empty")


def _common_dtype(given: Sequence[TensorType]) -> DType | None:
    dtypes = [tensor.dtype for tensor in given]
    return reduce(lambda a, b: None if a is None or b is None else promote(a, b), dtypes)


@rule("torch.hstack")
def hstack(tensors: Any) -> TensorType:
    given = operands(tensors)
    if given is None:
        return TensorType(None, None)
    raised = [at_least(1, tensor) for tensor in given]
    first = next((tensor.dims for tensor in raised if tensor.dims is not None), None)
    if first is None and raised:
        return TensorType(_common_dtype(raised), None)
    return joined(raised, 0 if first is not None and len(first) == 1 else 1)


@rule("torch.vstack", "torch.row_stack")
def vstack(tensors: Any) -> TensorType:
    given = operands(tensors)
    return TensorType(None, None) if given is None else joined([at_least(2, tensor) for tensor in given], 0)


@rule("torch.dstack")
def dstack(tensors: Any) -> TensorType:
    given = operands(tensors)
    return TensorType(None, None) if given is None else joined([at_least(3, tensor) for tensor in given], 2)


@rule("torch.column_stack")
def column_stack(tensors: Any) -> TensorType:
    given = operands(tensors)
    return TensorType(None, None) if given is None else joined([_as_column(tensor) for tensor in given], 1)


def _as_column(tensor: TensorType) -> TensorType:
    if tensor.dims is None or len(tensor.dims) > 1:
        return tensor
    return tensor.with_dims(product(tensor.dims), 1)


@rule("torch.block_diag")
def block_diag(*tensors: Any) -> TensorType:
    given = [operand(tensor, "an item") for tensor in tensors]
    rows: Size = 0
    columns: Size = 0
    for tensor in given:
        if tensor.dims is not None and len(tensor.dims) > 2:
            raise Mismatch(f"{tensor.text()} has rank {len(tensor.dims)}, expected at most 2")
        height, width = (fresh(), fresh()) if tensor.dims is None else at_least(2, tensor).dims or ()
        rows, columns = rows + height, columns + width
    return TensorType(_common_dtype(given) if given else None, (rows, columns))


