"""Reductions over axes (torch docs: torch, Reduction Ops)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, DType, bool_, int64, uint8
from ..shapes.relations import nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import accumulated, categories, floating, given_dtype, into, real, refuse_elements
from .registry import rule
from .vocabulary import axes, axis, is_size, product, require, show

Dims = tuple[Size, ...] | None
MOST_AXES = 64


def reduced(dims: Dims, dim: Any = None, keepdim: Any = False) -> Dims:
    """The dims after a reduction over `dim`: an axis, several, or all of them for None and ().

    None where they are unknown. Raises Mismatch for axes out of range.
    """
    everything = dim is None or (isinstance(dim, tuple | list) and not dim)
    if everything and keepdim is False:
        return ()
    if dims is None or isinstance(keepdim, Unknown):
        return () if dims == () else None
    known = None if everything else known_axes(dim, len(dims))
    if known is not None or everything:
        gone = set(range(len(dims))) if known is None else set(known)
        return tuple(1 if at in gone else size for at, size in enumerate(dims) if keepdim or at not in gone)
    if keepdim:
        return tuple(size if isinstance(size, int) and size == 1 else fresh() for size in dims)
    count = len(dim) if isinstance(dim, tuple | list) else 1
    return None if isinstance(dim, Unknown) else tuple(fresh() for _ in dims[count:])


def known_axes(dim: Any, rank: int) -> tuple[int, ...] | None:
    """The axes of a `dim` argument, None where they are unknown. Raises Mismatch out of range, or for repeats."""
    if rank > MOST_AXES:
        raise Mismatch(f"input has rank {rank}, torch reduces at most {MOST_AXES} axes")
    listed = dim if isinstance(dim, tuple | list) else (dim,)
    if all(isinstance(one, int) for one in listed):
        return axes(dim, rank)
    for one in listed:
        if isinstance(one, int):
            axis(one, rank)
        elif not isinstance(one, Unknown) and not is_size(one):
            raise Undecided(f"dim = {dim!r} is no axis")
    return None


def require_elements(dims: Dims, dim: Any) -> None:
    """Raise Mismatch where a reduction without identity (a maximum) has nothing to choose from."""
    if dims is None:
        return
    if dim is None or dim == ():
        require(nonzero(product(dims)), f"input{show(dims)} has no elements, expected a dim that has some")
        return
    for at in known_axes(dim, len(dims)) or ():
        if dims:
            require(nonzero(dims[at]), f"input{show(dims)} has size 0 in dim {at}, expected at least one element")


def require_floating(tensor: TensorType) -> None:
    """Raise Mismatch for integers and bool, where only floating and complex dtypes will do."""
    if tensor.dtype is not None and tensor.dtype.category in (BOOL, INTEGER):
        raise Mismatch(f"input has dtype {tensor.dtype.name}, expected a floating or complex dtype", DTYPE)


def _keeping(dtype: DType | None) -> DType | None:
    return dtype


def _truth(dtype: DType | None) -> DType | None:
    return uint8 if dtype == uint8 else None if dtype is None else bool_


# Operation, its dtype, and the categories of dtypes it refuses: b(ool), i(nteger), f(loating), c(omplex).
_WITH_DTYPE: tuple[tuple[str, Callable[[DType | None], DType | None], str], ...] = (
    ("sum", accumulated, ""),
    ("nansum", accumulated, "c"),
    ("prod", accumulated, ""),
    ("mean", _keeping, "bi"),
    ("nanmean", _keeping, "bic"),
)


def _register(name: str, natural: Callable[[DType | None], DType | None], letters: str) -> None:
    refused = categories(letters)

    @rule(name)
    def reduction(input: Any, dim: Any = None, keepdim: Any = False, *, dtype: Any = None) -> TensorType:
        tensor = operand(input)
        if dtype is None and INTEGER in refused:
            require_floating(tensor)
        if isinstance(dtype, DType) and INTEGER in refused and dtype.category in (BOOL, INTEGER):
            raise Mismatch(f"dtype = {dtype.name}, expected a floating or complex dtype", DTYPE)
        return TensorType(given_dtype(dtype, natural(tensor.dtype)), reduced(tensor.dims, dim, keepdim))


for _name, _dtype, _letters in _WITH_DTYPE:
    _register(_name, _dtype, _letters)


@rule("amax", "amin")
def amax(input: Any, dim: Any = None, keepdim: Any = False, *, out: Any = None) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, COMPLEX)
    require_elements(tensor.dims, dim)
    return into(out, TensorType(tensor.dtype, reduced(tensor.dims, dim, keepdim)), exact=True)


@rule("logsumexp", "torch.special.logsumexp")
def logsumexp(input: Any, dim: Any, keepdim: Any = False) -> TensorType:
    tensor = operand(input)
    return TensorType(floating(tensor.dtype), reduced(tensor.dims, dim, keepdim))


@rule("all", "any")
def truth_of(input: Any, dim: Any = None, keepdim: Any = False) -> TensorType:
    tensor = operand(input)
    if isinstance(dim, tuple | list) and not dim:  # torch: over no axis at all, unlike the other reductions
        return TensorType(_truth(tensor.dtype), tensor.dims)
    return TensorType(_truth(tensor.dtype), reduced(tensor.dims, dim, keepdim))


@rule("count_nonzero")
def count_nonzero(input: Any, dim: Any = None) -> TensorType:
    return TensorType(int64, reduced(operand(input).dims, dim))


@rule("std", "var")
def std(input: Any, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = 1) -> TensorType:
    tensor = operand(input)
    require_floating(tensor)
    return TensorType(real(tensor.dtype), _spread_dims(tensor.dims, dim, keepdim))


@rule("torch.std_mean", "torch.var_mean")
def std_mean(
    input: Any, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = 1
) -> tuple[TensorType, TensorType]:
    tensor = operand(input)
    require_floating(tensor)
    dims = _spread_dims(tensor.dims, dim, keepdim)
    return TensorType(real(tensor.dtype), dims), TensorType(tensor.dtype, dims)


def _spread_dims(dims: Dims, dim: Any, keepdim: Any) -> Dims:
    # std(input, unbiased) has a bool where std(input, dim) has the axis
    return reduced(dims, None if isinstance(dim, bool) else dim, keepdim)


@rule("norm")
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorType:
    tensor = operand(input)
    require_floating(tensor)
    asked = given_dtype(dtype, tensor.dtype)
    if asked is not None and asked.category not in (FLOATING, COMPLEX):
        raise Mismatch(f"dtype = {asked.name}, expected a floating or complex dtype", DTYPE)
    if p == "nuc" and dim is None and tensor.dims is not None and len(tensor.dims) != 2:
        raise Mismatch(f"the nuclear norm needs a matrix, input has rank {len(tensor.dims)}: {show(tensor.dims)}")
    return TensorType(real(asked), reduced(tensor.dims, dim, keepdim))


@rule("torch.norm_except_dim")
def norm_except_dim(v: Any, pow: Any = 2, dim: Any = 0) -> TensorType:
    tensor = operand(v, "v")
    if tensor.dims is None or not isinstance(dim, int):
        return TensorType(tensor.dtype, None)
    if dim == -1:
        return TensorType(tensor.dtype, ())
    at = axis(dim, len(tensor.dims))
    return TensorType(tensor.dtype, tuple(size if i == at else 1 for i, size in enumerate(tensor.dims)))
