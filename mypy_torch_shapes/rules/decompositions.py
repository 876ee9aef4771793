"""Matrix decompositions, inverses and determinants (torch docs: torch.linalg)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size, extreme
from ..shapes.dtypes import BOOL, INTEGER, DType, complex_of, int32, int64
from ..shapes.relations import nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import common_dtype, operand, rank_from
from .mismatch import Mismatch
from .promotion import real, refuse
from .registry import rule
from .sizes import size_of
from .vocabulary import Named, at_most, axis, broadcast, equal, named, product, require, require_equal, show

# Names, what the matrices must be ("square" or "any"), and the results: field:axes[:dtype]. The axes are * (batch),
# m (rows), n (columns) and k (the smaller of both). A result without a field is the only one.
_TABLE = """
torch.linalg.inv,inverse,torch.cholesky_inverse,.cholesky_inverse  square  *nn
torch.linalg.inv_ex              square  inverse:*nn info:*:int32
torch.linalg.det,det,logdet      square  *
torch.linalg.slogdet             square  sign:* logabsdet:*:real
torch.slogdet,.slogdet           square  sign:* logabsdet:*:real
torch.linalg.eig                 square  eigenvalues:*n:complex eigenvectors:*nn:complex
torch.linalg.eigvals             square  *n:complex
torch.linalg.eigh                square  eigenvalues:*n:real eigenvectors:*nn
torch.linalg.eigvalsh            square  *n:real
torch.linalg.cholesky            square  *nn
torch.linalg.cholesky_ex         square  L:*nn info:*:int32
torch.linalg.matrix_exp,matrix_exp  square  *nn
torch.linalg.ldl_factor          square  LD:*nn pivots:*n:int32
torch.linalg.ldl_factor_ex       square  LD:*nn pivots:*n:int32 info:*:int32
torch.linalg.lu_factor           any     LU:*mn pivots:*k:int32
torch.linalg.lu_factor_ex        any     LU:*mn pivots:*k:int32 info:*:int32
torch.linalg.svdvals             any     *k:real
geqrf                            any     a:*mn tau:*k
"""


class Matrices:
    """The last two axes of a tensor, and what is in front of them; fresh sizes where the rank is unknown."""

    def __init__(self, A: Any, square: bool, name: str = "A") -> None:
        self.tensor = operand(A, name)
        self.known = rank_from(self.tensor, 2, name)
        refuse(self.tensor.dtype, BOOL, INTEGER, what=name)
        *batch, self.m, self.n = self.tensor.dims if self.tensor.dims is not None else (fresh(), fresh())
        self.batch: tuple[Size, ...] = tuple(batch)
        if square:
            require(equal(self.m, self.n), f"{name} must be square, it has {show(self.m)} rows, {show(self.n)} columns")

    @property
    def k(self) -> Size:
        return self.m if equal(self.m, self.n).holds else extreme("min", self.m, self.n)

    def of(self, letters: str, kind: str = "same") -> TensorType:
        """A result with the named axes."""
        dims: list[Size] = []
        for letter in letters:
            dims.extend(self.batch if letter == "*" else (getattr(self, letter),))
        return TensorType(self._dtype(kind), tuple(dims) if self.known else None)

    def _dtype(self, kind: str) -> DType | None:
        own = self.tensor.dtype
        if kind == "complex":
            return None if own is None else complex_of(own)
        return {"same": own, "real": real(own), "int32": int32, "int64": int64}[kind]


def _register(names: str, needs: str, results: list[list[str]]) -> None:
    @rule(*names.split(","))
    def decomposition(A: Any = None, *_: Any, input: Any = None, **__: Any) -> Any:
        matrices = Matrices(input if A is None else A, needs == "square")
        if len(results) == 1:
            return matrices.of(*results[0])
        return named(*((field, matrices.of(*how)) for field, *how in results))


for _line in _TABLE.strip().splitlines():
    _names, _needs, *_results = _line.split()
    _register(_names, _needs, [_result.split(":") for _result in _results])


def _flag(value: Any, name: str) -> bool:
    if isinstance(value, Unknown):
        raise Undecided(f"{name} is unknown")
    return bool(value)


@rule("torch.linalg.svd")
def linalg_svd(A: Any, full_matrices: Any = True, *, driver: Any = None) -> Named:
    a = Matrices(A, square=False)
    full = _flag(full_matrices, "full_matrices")
    return named(
        ("U", a.of("*mm" if full else "*mk")), ("S", a.of("*k", "real")), ("Vh", a.of("*nn" if full else "*kn"))
    )


@rule("svd")
def svd(input: Any, some: Any = True, compute_uv: Any = True) -> Named:
    a = Matrices(input, square=False, name="input")
    full = not _flag(some, "some") or not _flag(compute_uv, "compute_uv")
    return named(
        ("U", a.of("*mm" if full else "*mk")), ("S", a.of("*k", "real")), ("V", a.of("*nn" if full else "*nk"))
    )


@rule("torch.linalg.qr")
def linalg_qr(A: Any, mode: Any = "reduced") -> Named:
    a = Matrices(A, square=False)
    if isinstance(mode, Unknown):
        raise Undecided("mode is unknown")
    if mode == "complete":
        return named(("Q", a.of("*mm")), ("R", a.of("*mn")))
    q = a.of("*mk") if mode == "reduced" else TensorType(a.tensor.dtype, (0,))
    return named(("Q", q), ("R", a.of("*kn")))


@rule("qr")
def qr(input: Any, some: Any = True) -> Any:
    return linalg_qr(input, "reduced" if _flag(some, "some") else "complete")


@rule("torch.linalg.lu")
def lu(A: Any, *, pivot: Any = True) -> Named:
    a = Matrices(A, square=False)
    p = a.of("*mm") if _flag(pivot, "pivot") else TensorType(a.tensor.dtype, (0,))
    return named(("P", p), ("L", a.of("*mk")), ("U", a.of("*kn")))


@rule("torch.lu", ".lu")
def lu_compact(A: Any, pivot: Any = True, get_infos: Any = False) -> tuple[TensorType, ...]:
    a = Matrices(A, square=False)
    infos = (a.of("*", "int32"),) if _flag(get_infos, "get_infos") else ()
    return (a.of("*mn"), a.of("*k", "int32"), *infos)


@rule("torch.lu_unpack")
def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: Any = True, unpack_pivots: Any = True) -> Named:
    a = Matrices(LU_data, square=False, name="LU_data")
    empty = TensorType(a.tensor.dtype, (0,))
    data, pivots = _flag(unpack_data, "unpack_data"), _flag(unpack_pivots, "unpack_pivots")
    return named(
        ("P", a.of("*mm") if pivots else empty),
        ("L", a.of("*mk") if data else empty),
        ("U", a.of("*kn") if data else empty),
    )


@rule("torch.linalg.householder_product", "orgqr")
def householder_product(input: Any, tau: Any) -> TensorType:
    a = Matrices(input, square=False, name="input")
    return a.of("*mn")


@rule("ormqr")
def ormqr(input: Any, tau: Any, other: Any, left: Any = True, transpose: Any = False) -> TensorType:
    input, tau, other = operand(input), operand(tau, "tau"), operand(other, "other")
    rank_from(input, 2)
    rank_from(other, 2, "other")
    common_dtype(input=input, tau=tau, other=other)
    if input.dims and tau.dims and other.dims and isinstance(left, bool):
        side = other.dims[-2 if left else -1]
        require(equal(input.dims[-2], side), f"input has {show(input.dims[-2])} rows, other has {show(side)}")
        require(at_most(tau.dims[-1], input.dims[-1]), f"tau has {show(tau.dims[-1])} elements: {show(input)}")
    return TensorType(other.dtype, other.dims)


@rule("cholesky")
def cholesky(input: Any, upper: Any = False) -> TensorType:
    tensor = operand(input)
    if tensor.dims is not None and nonzero(product(tensor.dims)).holds:  # an empty one need not be square
        Matrices(tensor, square=True, name="input")
    return tensor.with_dtype(tensor.dtype)


@rule("torch.linalg.matrix_power", "matrix_power")
def matrix_power(A: Any = None, n: Any = None, *, input: Any = None) -> TensorType:
    tensor = operand(input if A is None else A, "A")
    if isinstance(n, int) and n < 0:
        refuse(tensor.dtype, BOOL, INTEGER, what="A")
    if rank_from(tensor, 2, "A") and tensor.dims is not None:
        m, n_ = tensor.dims[-2:]
        require(equal(m, n_), f"A must be square, it has {show(m)} rows, {show(n_)} columns")
    return tensor.with_dtype(tensor.dtype)


def _with_tolerances(batch: tuple[Size, ...], *given: Any) -> tuple[Size, ...] | None:
    """A tolerance that is a tensor is one for each matrix, and broadcasts with the batch."""
    tolerances = [value for value in given if isinstance(value, TensorType | Unknown)]
    return broadcast(batch, *(value.dims if isinstance(value, TensorType) else None for value in tolerances))


@rule("torch.linalg.matrix_rank")
def matrix_rank(
    A: Any = None,
    tol: Any = None,
    hermitian: Any = False,
    *,
    input: Any = None,
    atol: Any = None,
    rtol: Any = None,
) -> TensorType:
    a = Matrices(input if A is None else A, square=hermitian is True)
    if a.known and equal(product(a.tensor.dims or ()), 0).holds:
        return TensorType(int64, a.batch)  # of nothing: the tolerances are not looked at
    return TensorType(int64, _with_tolerances(a.batch, tol, atol, rtol) if a.known else None)


@rule("torch.linalg.pinv", "pinverse")
def pinv(
    A: Any = None,
    rcond: Any = None,
    hermitian: Any = False,
    *,
    input: Any = None,
    atol: Any = None,
    rtol: Any = None,
) -> TensorType:
    a = Matrices(input if A is None else A, square=hermitian is True)
    batch = _with_tolerances(a.batch, rcond, atol, rtol) if a.known else None
    return TensorType(a.tensor.dtype, None if batch is None else (*batch, a.n, a.m))


@rule("torch.linalg.tensorinv")
def tensorinv(A: Any, ind: Any = 2) -> TensorType:
    tensor = operand(A, "A")
    refuse(tensor.dtype, BOOL, INTEGER, what="A")
    if tensor.dims is None or not isinstance(ind, int):
        return TensorType(tensor.dtype, None)
    if ind <= 0:
        raise Mismatch(f"ind = {ind}, expected at least 1")
    front, back = tensor.dims[:ind], tensor.dims[ind:]
    message = f"the sizes before and after ind = {ind} differ in product: {show(front)} and {show(back)}"
    require_equal(product(front), product(back), message)
    return tensor.with_dims(*back, *front)


@rule("torch.linalg.tensorsolve")
def tensorsolve(A: Any, B: Any, dims: Any = None) -> TensorType:
    a, b = operand(A, "A"), operand(B, "B")
    if a.dims is None or b.dims is None or isinstance(dims, Unknown):
        return TensorType(a.dtype, None)
    moved = [axis(dim, len(a.dims)) for dim in dims or ()]
    order = [at for at in range(len(a.dims)) if at not in moved] + moved
    return a.with_dims(*(a.dims[at] for at in order[len(b.dims) :]))


@rule("torch.svd_lowrank")
def svd_lowrank(A: Any, q: Any = 6, niter: Any = 2, M: Any = None) -> tuple[TensorType, ...]:
    return _low_rank(Matrices(A, square=False), size_of(6 if q is None else q))


@rule("torch.pca_lowrank")
def pca_lowrank(A: Any, q: Any = None, center: Any = True, niter: Any = 2) -> tuple[TensorType, ...]:
    a = Matrices(A, square=False)
    return _low_rank(a, extreme("min", 6, a.k) if q is None else size_of(q))


def _low_rank(a: Matrices, q: Size) -> tuple[TensorType, ...]:
    u, s, v = a.of("*m"), a.of("*", "real"), a.of("*n")
    return tuple(TensorType(t.dtype, None if t.dims is None else (*t.dims, q)) for t in (u, s, v))
