"""Linear equations and matrix norms (torch docs: torch.linalg, Solvers and Properties)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, int64
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from .decompositions import Matrices
from .inputs import common_dtype, operand, rank_from
from .mismatch import Mismatch
from .promotion import given_dtype, real, refuse
from .reduction import reduced
from .registry import rule
from .vocabulary import Named, broadcast, equal, named, require, show

Dims = tuple[Size, ...] | None


@rule("torch.linalg.solve")
def solve(A: Any, B: Any, *, left: Any = True) -> TensorType:
    a, b = Matrices(A, square=True), operand(B, "B")
    return TensorType(common_dtype(A=a.tensor, B=b), _solution(a, b, left))


@rule("torch.linalg.solve_ex")
def solve_ex(A: Any, B: Any, *, left: Any = True, check_errors: Any = False) -> Named:
    return named(("result", solve(A, B, left=left)), ("info", Matrices(A, square=True).of("*", "int32")))


def _solution(a: Matrices, b: TensorType, left: Any) -> Dims:
    """The dims of X in AX = B (or XA = B), for right-hand sides that are matrices, or a vector for each A."""
    if not a.known or b.dims is None or isinstance(left, Unknown):
        return None
    if not b.dims:
        raise Mismatch("B is a scalar, expected at least rank 1")
    vector = _is_vector(a, b.dims)
    if vector is Truth.UNKNOWN:
        return None
    batch = broadcast(a.batch, b.dims[: -1 if vector.holds else -2])
    if batch is None:
        return None
    if vector.holds:
        require(equal(a.n, b.dims[-1]), f"A is {show(a.n)} x {show(a.n)}, B has {show(b.dims[-1])} elements")
        return (*batch, a.n)
    rows, columns = b.dims[-2:]
    side, word = (rows, "rows") if left else (columns, "columns")
    require(equal(a.n, side), f"A is {show(a.n)} x {show(a.n)}, B has {show(side)} {word}")
    return (*batch, rows, columns)


def _is_vector(a: Matrices, dims: tuple[Size, ...]) -> Truth:
    """torch reads B as vectors when it has one axis, or exactly the shape of A without its last."""
    if len(dims) == 1:
        return Truth.YES
    expected = (*a.batch, a.m)
    if len(dims) != len(expected):
        return Truth.NO
    agree = [equal(x, y) for x, y in zip(dims, expected, strict=True)]
    if Truth.NO in agree:
        return Truth.NO
    return Truth.UNKNOWN if Truth.UNKNOWN in agree else Truth.ASSUMED


@rule("torch.linalg.solve_triangular")
def solve_triangular(A: Any, B: Any, *, upper: Any, left: Any = True, unitriangular: Any = False) -> TensorType:
    a, b = Matrices(A, square=True), operand(B, "B")
    # torch does not ask for one dtype here, and what it makes of two is written nowhere.
    return TensorType(b.dtype if a.tensor.dtype == b.dtype else None, _matrix_solution(a, b, left))


def _matrix_solution(a: Matrices, b: TensorType, left: Any = True) -> Dims:
    if not rank_from(b, 2, "B") or b.dims is None or not a.known or isinstance(left, Unknown):
        return None
    *batch, rows, columns = b.dims
    side, word = (rows, "rows") if left else (columns, "columns")
    require(equal(a.n, side), f"A is {show(a.n)} x {show(a.n)}, B has {show(side)} {word}")
    return (*(broadcast(a.batch, batch) or ()), rows, columns)


@rule("torch.linalg.lu_solve")
def linalg_lu_solve(LU: Any, pivots: Any, B: Any, *, left: Any = True, adjoint: Any = False) -> TensorType:
    a, b = Matrices(LU, square=True, name="LU"), operand(B, "B")
    return TensorType(common_dtype(LU=a.tensor, B=b), _matrix_solution(a, b, left))


@rule("torch.linalg.ldl_solve")
def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: Any = False) -> TensorType:
    a, b = Matrices(LD, square=True, name="LD"), operand(B, "B")
    return TensorType(common_dtype(LD=a.tensor, B=b), _matrix_solution(a, b))


@rule("lu_solve")
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> TensorType:
    a, right = Matrices(LU_data, square=True, name="LU_data"), operand(b, "b")
    return TensorType(common_dtype(LU_data=a.tensor, b=right), _matrix_solution(a, right))


@rule("cholesky_solve")
def cholesky_solve(B: Any = None, L: Any = None, upper: Any = False, *, input: Any = None, input2: Any = None) -> Any:
    a = Matrices(input2 if L is None else L, square=True, name="L")
    b = operand(input if B is None else B, "B")
    return TensorType(common_dtype(L=a.tensor, B=b), _matrix_solution(a, b))


@rule("triangular_solve")
def triangular_solve(
    b: Any, A: Any, upper: Any = True, transpose: Any = False, unitriangular: Any = False
) -> Named:
    a, right = Matrices(A, square=True), operand(b, "b")
    dims = _matrix_solution(a, right)
    coefficient = None if dims is None else (*dims[:-2], a.n, a.n)
    dtype = common_dtype(A=a.tensor, b=right)
    return named(("solution", TensorType(dtype, dims)), ("cloned_coefficient", TensorType(dtype, coefficient)))


@rule("torch.linalg.lstsq")
def lstsq(
    A: Any = None, B: Any = None, rcond: Any = None, *, driver: Any = None, input: Any = None, b: Any = None
) -> Named:
    a, right = Matrices(input if A is None else A, square=False), operand(b if B is None else B, "B")
    dtype = common_dtype(A=a.tensor, B=right)
    # Residuals are there only for matrices of full rank; what the default driver leaves out depends on the device.
    rank = a.of("*", "int64").dims if driver in ("gelsy", "gelsd", "gelss") else None
    singular = a.of("*k").dims if driver in ("gelsd", "gelss") else None
    return named(
        ("solution", TensorType(dtype, _least_squares(a, right))),
        ("residuals", TensorType(real(dtype), None)),
        ("rank", TensorType(int64, rank)),
        ("singular_values", TensorType(real(dtype), singular)),
    )


def _least_squares(a: Matrices, b: TensorType) -> Dims:
    if not a.known or not b.dims:
        return None
    vector = _is_vector(a, b.dims) if len(b.dims) == len(a.batch) + 1 else Truth.NO
    if vector is Truth.UNKNOWN or (not vector.holds and len(b.dims) < 2):
        return None
    if vector.holds:
        return (*a.batch, a.n)
    require(equal(a.m, b.dims[-2]), f"A has {show(a.m)} rows, B has {show(b.dims[-2])}")
    batch = broadcast(a.batch, b.dims[:-2])
    return None if batch is None else (*batch, a.n, b.dims[-1])


def _normed(A: TensorType, dtype: Any, name: str) -> Any:
    """The dtype of a norm: the real one of the input, or of the dtype asked for."""
    refuse(A.dtype, BOOL, INTEGER, what=name)
    asked = given_dtype(dtype, A.dtype)
    refuse(asked, BOOL, INTEGER, what="dtype")
    kinds = {t.category for t in (A.dtype, asked) if t is not None}
    if kinds == {FLOATING, COMPLEX}:
        raise Mismatch(f"dtype = {asked}, which is not of the kind of {name}'s {A.dtype}", "tensor-dtype")
    return real(asked)


@rule("torch.linalg.vector_norm")
def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> TensorType:
    tensor = operand(x, "x")
    return TensorType(_normed(tensor, dtype, "x"), reduced(tensor.dims, dim, keepdim))


@rule("torch.linalg.matrix_norm")
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: Any = False, *, dtype: Any = None
) -> TensorType:
    tensor = operand(A, "A")
    rank_from(tensor, 2, "A")
    if isinstance(dim, tuple | list) and len(dim) != 2:
        raise Mismatch(f"dim = {show(tuple(dim))}, expected two axes")
    return TensorType(_normed(tensor, dtype, "A"), reduced(tensor.dims, dim, keepdim))


@rule("torch.linalg.norm")
def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> TensorType:
    tensor = operand(A, "A")
    if dim is None and ord is not None and not isinstance(ord, Unknown) and tensor.rank not in (None, 1, 2):
        raise Mismatch(f"with ord and no dim A must have rank 1 or 2, it is {show(tensor)}")
    if isinstance(dim, tuple | list) and len(dim) > 2:
        raise Mismatch(f"dim = {show(tuple(dim))}, expected one or two axes")
    if isinstance(ord, str) and dim is None and tensor.dims is not None:
        rank_from(tensor, 2, "A")
    return TensorType(_normed(tensor, dtype, "A"), reduced(tensor.dims, dim, keepdim))


@rule("torch.linalg.cond")
def cond(A: Any, p: Any = None) -> TensorType:
    by_singular_values = p is None or isinstance(p, Unknown) or p in (2, -2)
    return Matrices(A, square=not by_singular_values).of("*", "real")
