"""Operations on each element of one tensor (torch docs: torch, Pointwise Ops; torch.special)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dtypes import BOOL, DType, bool_, int32, int64
from ..shapes.tensor_type import TensorType
from .inputs import operand
from .promotion import categories, floating, into, real, refuse, refuse_elements
from .registry import rule
from .vocabulary import Named, named

# Operation (and its other names), the categories of dtypes it refuses: b(ool), i(nteger), f(loating), c(omplex).
_SAME = """
    bitwise_not:fc  ceil:bc  floor:bc  fix:bc  trunc:bc  frac:bic  neg:b  negative:b  positive:b  sgn:  sign:c
    conj:  conj_physical:  resolve_conj:  resolve_neg:
    detach:  detach_copy:  alias_copy:  torch.special.round:bic
"""
_FLOAT = """
    acos:  arccos:  acosh:  arccosh:  asin:  arcsin:  asinh:  arcsinh:  atan:  arctan:  atanh:  arctanh:
    cos:  cosh:  deg2rad:c  digamma:c  erf:c  erfc:c  erfinv:c  exp:  exp2:  expm1:  lgamma:c  log:  log10:  log1p:
    log2:  rad2deg:c  reciprocal:  rsqrt:  sin:  sinc:  sinh:  sqrt:  tan:  i0:c
    torch.special.airy_ai:c  torch.special.bessel_j0:c  torch.special.bessel_j1:c  torch.special.bessel_y0:c
    torch.special.bessel_y1:c  torch.special.digamma:c  torch.special.entr:c  torch.special.erf:c
    torch.special.erfc:c  torch.special.erfcx:c  torch.special.erfinv:c  torch.special.exp2:  torch.special.expit:
    torch.special.expm1:  torch.special.gammaln:c  torch.special.i0:c  torch.special.i0e:c  torch.special.i1:c
    torch.special.i1e:c  torch.special.log1p:  torch.special.log_ndtr:c  torch.special.modified_bessel_i0:c
    torch.special.modified_bessel_i1:c  torch.special.modified_bessel_k0:c  torch.special.modified_bessel_k1:c
    torch.special.ndtr:c  torch.special.ndtri:c  torch.special.psi:c  torch.special.scaled_modified_bessel_k0:c
    torch.special.scaled_modified_bessel_k1:c  torch.special.sinc:  torch.special.spherical_bessel_j0:c
"""
_BOOL = "isfinite:  isinf:  isnan:  isneginf:c  isposinf:c  isreal:  signbit:c"


def _table(table: str, dtype: Callable[[DType | None], DType | None], exact_out: bool = False) -> None:
    for entry in table.split():
        name, letters = entry.split(":")
        _register(name, categories(letters), dtype, exact_out)


def _register(
    name: str, refused: tuple[int, ...], dtype: Callable[[DType | None], DType | None], exact_out: bool
) -> None:
    @rule(name)
    def unary(input: Any, *, out: Any = None, **_: Any) -> TensorType:
        tensor = operand(input)
        refuse_elements(tensor, *refused)
        return into(out, TensorType(dtype(tensor.dtype), tensor.dims), exact_out)


_table(_SAME, lambda dtype: dtype, exact_out=True)
_table(_FLOAT, floating)
_table(_BOOL, lambda dtype: bool_, exact_out=True)
_table("logical_not:", lambda dtype: bool_)


@rule("abs", "absolute")
def magnitude(input: Any) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, BOOL)
    return TensorType(real(tensor.dtype), tensor.dims)


@rule("angle")
def angle(input: Any) -> TensorType:
    tensor = operand(input)
    return TensorType(real(floating(tensor.dtype)), tensor.dims)


@rule("round")
def rounded(input: Any, *, decimals: Any = 0) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, *categories("bc"))
    return TensorType(tensor.dtype, tensor.dims)


@rule("square")
def square(input: Any) -> TensorType:
    tensor = operand(input)
    return TensorType(int64 if tensor.dtype == bool_ else tensor.dtype, tensor.dims)


@rule("logit", "torch.special.logit")
def logit(input: Any, eps: Any = None) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, *categories("c"))
    return TensorType(floating(tensor.dtype), tensor.dims)


@rule("nan_to_num")
def nan_to_num(input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> TensorType:
    tensor = operand(input)
    return TensorType(tensor.dtype, tensor.dims)


@rule("mvlgamma", "torch.special.multigammaln")
def mvlgamma(input: Any, p: Any) -> TensorType:
    tensor = operand(input)
    refuse(tensor.dtype, *categories("bc"))
    return TensorType(floating(tensor.dtype), tensor.dims)


@rule("polygamma")
def polygamma(n: Any, input: Any) -> TensorType:
    # torch.polygamma(n, input) and input.polygamma(n): the tensor may come first
    tensor = operand(n if isinstance(n, TensorType) else input)
    return TensorType(floating(tensor.dtype), tensor.dims)


@rule("torch.special.polygamma")
def special_polygamma(n: Any, input: Any) -> TensorType:
    return polygamma(n, input)


@rule("frexp")
def frexp(input: Any) -> Named:
    tensor = operand(input)
    refuse(tensor.dtype, *categories("bic"))
    return named(("mantissa", TensorType(tensor.dtype, tensor.dims)), ("exponent", TensorType(int32, tensor.dims)))
