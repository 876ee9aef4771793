"""Comparison, logic, bits and choice (torch docs: torch, Comparison Ops and Pointwise Ops)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import bool_, int64, uint8
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown, UnknownNumber
from .arithmetic import promoted
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import categories, common_shape, is_number, refuse_elements, result_type
from .registry import rule
from .vocabulary import require_dtype

# Operation, and the categories of (promoted) dtypes it refuses: b(ool), i(nteger), f(loating), c(omplex).
_COMPARISONS = """
    eq:  ne:  not_equal:  lt:c  less:c  le:c  less_equal:c  gt:c  greater:c  ge:c  greater_equal:c
    logical_and:  logical_or:  logical_xor:
"""
_MISSING = object()  # an argument that was not given, where None would be a value
_BITWISE = "bitwise_and:fc  bitwise_or:fc  bitwise_xor:fc  bitwise_left_shift:bfc  bitwise_right_shift:bfc"


def _register_comparison(name: str, refused: tuple[int, ...]) -> None:
    @rule(name)
    def comparison(input: Any, other: Any) -> TensorType:
        result = promoted(input, other)
        refuse_elements(result, *refused, what="the common type")
        return TensorType(bool_, result.dims)


def _register_bitwise(name: str, refused: tuple[int, ...]) -> None:
    @rule(name)
    def bitwise(input: Any, other: Any) -> TensorType:
        result = promoted(input, other)
        refuse_elements(result, *refused, what="the common type")
        return result


for _entry in _COMPARISONS.split():
    _name, _letters = _entry.split(":")
    _register_comparison(_name, categories(_letters))
for _entry in _BITWISE.split():
    _name, _letters = _entry.split(":")
    _register_bitwise(_name, categories(_letters))


@rule("isclose")
def isclose(input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> TensorType:
    tensor, against = operand(input), operand(other, "other")
    require_dtype(tensor.dtype, against.dtype, f"input and other have different dtypes: {tensor} and {against}")
    return TensorType(bool_, common_shape(tensor, against))


@rule("allclose")
def allclose(input: Any, other: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: Any = False) -> UnknownNumber:
    isclose(input, other)
    return UnknownNumber(bool, "the values of tensors are unknown")


@rule("equal")
def equal(input: Any, other: Any) -> UnknownNumber:
    return UnknownNumber(bool, "the values of tensors are unknown")


@rule("torch.isin")
def isin(elements: Any, test_elements: Any, *, assume_unique: Any = False, invert: Any = False) -> TensorType:
    if isinstance(elements, TensorType):
        return TensorType(bool_, elements.dims)
    return TensorType(bool_, () if is_number(elements) else None)


@rule("torch.where")
def where(condition: Any, input: Any = _MISSING, other: Any = _MISSING) -> Any:
    chosen = operand(condition, "condition")
    if input is _MISSING:
        return _positions(chosen)
    if chosen.dtype not in (None, bool_, uint8):
        raise Mismatch(f"condition has dtype {chosen.dtype}, expected bool", DTYPE)
    return TensorType(result_type(input, other), common_shape(chosen, input, other))


@rule(".where")
def where_method(input: Any, condition: Any, other: Any) -> Any:
    return where(condition, input, other)


def _positions(condition: TensorType) -> Any:
    """`where(condition)`: a row of positions for each axis (a scalar counts as one axis)."""
    if condition.dims is None:
        return Unknown("the rank of the condition is unknown")
    found = fresh()
    return tuple(TensorType(int64, (found,)) for _ in range(max(len(condition.dims), 1)))


@rule("masked_fill")
def masked_fill(input: Any, mask: Any, value: Any) -> TensorType:
    tensor, chosen = operand(input), operand(mask, "mask")
    require_dtype(chosen.dtype, bool_, f"mask has dtype {chosen.dtype}, expected bool")
    if isinstance(value, TensorType) and value.dims:
        raise Mismatch(f"value has rank {len(value.dims)}, expected a number or a tensor of rank 0")
    return TensorType(tensor.dtype, common_shape(tensor, chosen))
