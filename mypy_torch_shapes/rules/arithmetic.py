"""Arithmetic of two or three tensors and numbers (torch docs: torch, Pointwise Ops; torch.special)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dtypes import BOOL, FLOATING, INTEGER, DType, complex128, float64
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from . import suspicion
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import (
    categories,
    common_shape,
    floating,
    into,
    is_number,
    number_dtype,
    real,
    refuse_elements,
    result_type,
)
from .registry import rule
from .vocabulary import require_dtype

# Operation, and the categories of (promoted) dtypes it refuses: b(ool), i(nteger), f(loating), c(omplex).
_PROMOTING = """
    mul:  multiply:  pow:  floor_divide:bc  remainder:bc  fmod:bc  hypot:bic
    maximum:c  minimum:c  fmax:c  fmin:c  logaddexp:bi  logaddexp2:bic  nextafter:bic  gcd:bfc  lcm:bfc
    igamma:bic  igammac:bic  torch.special.gammainc:bic  torch.special.gammaincc:bic
"""
_FLOATING = """
    true_divide:  atan2:c  arctan2:c  copysign:c  ldexp:  xlogy:c  torch.special.xlogy:c  torch.special.xlog1py:c
    torch.special.zeta:c  torch.special.chebyshev_polynomial_t:c  torch.special.chebyshev_polynomial_u:c
    torch.special.chebyshev_polynomial_v:c  torch.special.chebyshev_polynomial_w:c
    torch.special.hermite_polynomial_h:c  torch.special.hermite_polynomial_he:c
    torch.special.laguerre_polynomial_l:c  torch.special.legendre_polynomial_p:c
    torch.special.shifted_chebyshev_polynomial_t:c  torch.special.shifted_chebyshev_polynomial_u:c
    torch.special.shifted_chebyshev_polynomial_v:c  torch.special.shifted_chebyshev_polynomial_w:c
"""


def promoted(*operands: Any) -> TensorType:
    """What an operation on these operands makes: their common shape and dtype."""
    if not any(isinstance(operand, TensorType | Unknown) and not is_number(operand) for operand in operands):
        raise Undecided("no operand is a tensor")
    return TensorType(result_type(*operands), common_shape(*operands))


def _table(table: str, dtype: Callable[[DType | None], DType | None]) -> None:
    for entry in table.split():
        name, letters = entry.split(":")
        _register(name, categories(letters), dtype)


def _register(name: str, refused: tuple[int, ...], dtype: Callable[[DType | None], DType | None]) -> None:
    @rule(name)
    def binary(input: Any, other: Any, *, out: Any = None) -> TensorType:
        result = promoted(input, other)
        refuse_elements(result, *refused, what="the common type")
        return into(out, TensorType(dtype(result.dtype), result.dims))


_table(_PROMOTING, lambda dtype: dtype)
_table(_FLOATING, floating)


@rule("add")
def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> TensorType:
    result = promoted(input, other)
    _check_alpha(result.dtype, alpha)
    return into(out, result)


@rule("sub", "subtract")
def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> TensorType:
    _refuse_bool_subtraction(input, other)
    if isinstance(input, TensorType) and isinstance(other, TensorType):
        suspicion.of_stretching(input, other)
    return add(input, other, alpha=alpha, out=out)


@rule("torch.rsub")
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> TensorType:
    return sub(other, input, alpha=alpha)


def _check_alpha(dtype: DType | None, alpha: Any) -> None:
    if isinstance(alpha, float) and dtype is not None and dtype.category in (BOOL, INTEGER):
        raise Mismatch(f"the result has dtype {dtype.name}, alpha = {alpha} is a float", DTYPE)


def _refuse_bool_subtraction(*operands: Any) -> None:
    for one in operands:
        dtype = one.dtype if isinstance(one, TensorType) else None
        if is_number(one):
            dtype = number_dtype(one)
        if dtype is not None and dtype.category == BOOL:
            raise Mismatch("bool cannot be subtracted, use ^, logical_xor() or logical_not()", DTYPE)


@rule("div", "divide")
def div(input: Any, other: Any, *, rounding_mode: Any = None, out: Any = None) -> TensorType:
    result = promoted(input, other)
    if rounding_mode is None:
        return into(out, TensorType(floating(result.dtype), result.dims))
    if isinstance(rounding_mode, Unknown):
        return result if floating(result.dtype) == result.dtype else TensorType(None, result.dims)
    refuse_elements(result, *categories("bc"), what="the common type")
    return into(out, result)


@rule("float_power")
def float_power(input: Any, exponent: Any) -> TensorType:
    result = promoted(input, exponent)
    if result.dtype is None:
        return result
    return TensorType(complex128 if result.dtype.is_complex else float64, result.dims)


@rule("heaviside")
def heaviside(input: Any, values: Any) -> TensorType:
    tensor, at_zero = operand(input), operand(values, "values")
    require_dtype(tensor.dtype, at_zero.dtype, f"input and values have different dtypes: {tensor} and {at_zero}")
    return TensorType(tensor.dtype or at_zero.dtype, common_shape(tensor, at_zero))


@rule("dist")
def dist(input: Any, other: Any, p: Any = 2) -> TensorType:
    _refuse_bool_subtraction(input, other)
    result = promoted(operand(input), operand(other, "other"))
    if result.dtype is not None and result.dtype.category == INTEGER:
        raise Mismatch(f"input has dtype {result.dtype.name}, expected a floating or complex dtype", DTYPE)
    return TensorType(real(result.dtype), ())


@rule("clamp", "clip")
def clamp(input: Any, min: Any = None, max: Any = None) -> TensorType:
    bounds = [bound for bound in (min, max) if bound is not None]
    if any(isinstance(bound, Unknown) and not is_number(bound) for bound in bounds):
        return _clamped_by_unknown(operand(input), bounds)
    result = promoted(operand(input), *bounds)
    if result.dtype is not None and result.dtype.is_complex:
        refuse_elements(result, *categories("c"))
    return result


def _clamped_by_unknown(tensor: TensorType, bounds: list[Any]) -> TensorType:
    """An unknown bound may be None, a number or a tensor; numbers change the dtype of integers only."""
    return TensorType(result_type(tensor, *bounds), None)


@rule("clamp_min")
def clamp_min(input: Any, min: Any) -> TensorType:
    return clamp(input, min)


@rule("clamp_max")
def clamp_max(input: Any, max: Any) -> TensorType:
    return clamp(input, None, max)


@rule("lerp")
def lerp(input: Any, end: Any, weight: Any) -> TensorType:
    start, stop = operand(input), operand(end, "end")
    require_dtype(start.dtype, stop.dtype, f"input has dtype {start.dtype}, end has {stop.dtype}")
    if isinstance(weight, TensorType) and weight.dims:
        require_dtype(start.dtype, weight.dtype, f"input has dtype {start.dtype}, weight has {weight.dtype}")
    result = TensorType(start.dtype or stop.dtype, common_shape(start, stop, weight))
    refuse_elements(result, *categories("bi"))
    return result


@rule("addcmul")
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> TensorType:
    result = promoted(operand(input), tensor1, tensor2)
    refuse_elements(result, BOOL, what="the common type")
    return result


@rule("addcdiv")
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> TensorType:
    dtypes = [t.dtype for t in (tensor1, tensor2) if isinstance(t, TensorType) and t.dtype is not None]
    if len(dtypes) == 2 and all(dtype.category < FLOATING for dtype in dtypes):
        given = f"tensor1 has dtype {dtypes[0].name}, tensor2 has {dtypes[1].name}"
        raise Mismatch(f"{given}, one of them must be floating or complex", DTYPE)
    return promoted(operand(input), tensor1, tensor2)
