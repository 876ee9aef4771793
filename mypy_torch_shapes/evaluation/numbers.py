"""Numbers that are not plain: symbolic sizes and the real numbers made from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..shapes.dims import Dim, Size, floordiv
from ..shapes.relations import at_most
from ..shapes.tensor_type import fresh
from ..shapes.unknown import NumpyFloat, Unknown, UnknownNumber, is_of_numpy
from .values import Condition, Raised, Real, Value, is_size

_SIMPLE = 1 << 16  # a float is an exact fraction for our purposes below this denominator


def binary(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """An arithmetic operator where at least one side is symbolic."""
    name = operation.__name__
    if is_size(left) and is_size(right) and name != "truediv":
        return _on_sizes(operation, left, right)
    if not _is_number(left) or not _is_number(right):
        return Unknown("arithmetic with something unknown")
    values = in_worlds(operation, left, right)
    exact = _exact(name, as_fraction(left), as_fraction(right))
    if exact is None and values is None:
        return Unknown("a real number that is not known")
    numerator, denominator = exact or (None, 1)
    return Real(numerator, denominator, values)


def of_unknown(divides: bool, left: Value, right: Value) -> Unknown:
    """An operator on something unknown: a number of known kind stays one (`loss.item() * 2` is a float)."""
    kinds = {kind_of(left), kind_of(right)}
    if None in kinds or complex in kinds:
        return Unknown(left.reason if isinstance(left, Unknown) else right.reason)
    kind = float if divides or float in kinds else int
    if is_of_numpy(left) or is_of_numpy(right):
        kind = NumpyFloat
    return UnknownNumber(kind, "made from a number that is not known")


def joined(left: Value, right: Value) -> UnknownNumber | None:
    """A number that is one of two; None where they are not both numbers."""
    kinds = {kind_of(left), kind_of(right)}
    if not kinds <= {bool, int, float}:
        return None
    kind = float if float in kinds else int if int in kinds else bool
    return UnknownNumber(kind, "one of two numbers")


def kind_of(value: Value) -> type | None:
    """The type of a number, None for anything else."""
    if isinstance(value, UnknownNumber):
        return float if issubclass(value.kind, float) else value.kind
    if isinstance(value, Dim):
        return int
    if isinstance(value, float):
        return float
    return (
        type(value) if isinstance(value, bool | int | float | complex) else (float if isinstance(value, Real) else None)
    )


def _on_sizes(operation: Callable[[Any, Any], Any], left: Size, right: Size) -> Value:
    try:
        result = operation(left, right)
    except ZeroDivisionError:
        raise Raised("ZeroDivisionError") from None
    except TypeError:
        values = in_worlds(operation, left, right)
        if values is not None and all(isinstance(value, int) for value in values):
            return fresh(tuple(int(value) for value in values))
        return Unknown("a size that is not known")
    return result


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float | Dim | Real)


def world_values(value: Value, worlds: int) -> tuple[Any, ...] | None:
    """A number in each world."""
    return value.values if isinstance(value, Dim | Real) else (value,) * worlds


def in_worlds(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> tuple[Any, ...] | None:
    """What an operation gives in each world, where that is known."""
    counts = [len(v.values) for v in (left, right) if isinstance(v, Dim | Real) and v.values is not None]
    if not counts:
        return None
    columns = [world_values(value, counts[0]) for value in (left, right)]
    if any(column is None or len(column) != counts[0] for column in columns):
        return None
    try:
        return tuple(operation(x, y) for x, y in zip(columns[0] or (), columns[1] or (), strict=True))
    except (ArithmeticError, ValueError, TypeError):
        return None


def as_fraction(value: Value) -> tuple[Size, Size] | None:
    """A number as numerator and denominator, where that is exact."""
    if is_size(value):
        return value, 1
    if isinstance(value, Real):
        return None if value.numerator is None else (value.numerator, value.denominator)
    if isinstance(value, float) and math.isfinite(value):
        fraction = Fraction(value)
        if fraction.denominator <= _SIMPLE:
            return fraction.numerator, fraction.denominator
    return None


def _exact(name: str, left: tuple[Size, Size] | None, right: tuple[Size, Size] | None) -> tuple[Size, Size] | None:
    if left is None or right is None:
        return None
    (a, b), (c, d) = left, right
    if name == "add":
        return a * d + c * b, b * d
    if name == "sub":
        return a * d - c * b, b * d
    if name == "mul":
        return a * c, b * d
    if name == "truediv" and not (isinstance(c, int) and c <= 0):
        return a * d, b * c
    return None


def compare(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """A comparison with a symbolic number, decided at the observed worlds."""
    if not _is_number(left) or not _is_number(right):
        return False if operation.__name__ == "eq" else Unknown("compared with something unknown")
    return as_observed(operation, left, right)


def as_observed(operation: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    """What a comparison is in each world."""
    outcomes = in_worlds(operation, left, right)
    if outcomes is None:
        return UnknownNumber(bool, "cannot tell how two numbers compare")
    return Condition(tuple(map(bool, outcomes)))


def as_real(value: Value) -> Real | float:
    """float() of a number that is known."""
    if isinstance(value, Dim):
        return Real(value, 1, None if value.values is None else tuple(map(float, value.values)))
    return value if isinstance(value, Real) else float(value)


def floor(value: Value) -> Value:
    """math.floor, and int() of what is not negative."""
    return _whole(value, math.floor, floordiv)


def ceil(value: Value) -> Value:
    """math.ceil."""
    return _whole(value, math.ceil, lambda n, d: -floordiv(-n, d))


def to_int(value: Value) -> Value:
    """int(value)."""
    if isinstance(value, Real) and value.numerator is not None and not at_most(0, value.numerator).holds:
        return _whole(value, int, None)
    return _whole(value, int, floordiv)


def nearest(value: Value) -> Value:
    """round(value)."""
    return _whole(value, round, None)


def _whole(value: Value, real: Callable[[Any], int], exact: Callable[[Any, Any], Size] | None) -> Value:
    if isinstance(value, Unknown | Dim):
        return value
    if isinstance(value, Real):
        if exact is not None and value.numerator is not None:
            return exact(value.numerator, value.denominator)
        return fresh(tuple(real(v) for v in value.values)) if value.values else Unknown("a size that is not known")
    try:
        return real(value)
    except (TypeError, ValueError, OverflowError):
        return Unknown("no number")


def apply(function: Callable[..., Any], args: list[Value]) -> Value:
    """A pure function of numbers, at the observed worlds."""
    counts = [len(v.values) for v in args if isinstance(v, Dim | Real) and v.values is not None]
    columns = [world_values(value, counts[0]) if counts else None for value in args]
    if not counts or any(column is None or len(column) != counts[0] for column in columns):
        return Unknown("a number that is not known")
    try:
        results = tuple(function(*row) for row in zip(*(c for c in columns if c is not None), strict=True))
    except (ArithmeticError, ValueError, TypeError):
        return Unknown("a number that is not known")
    if all(isinstance(result, int) and not isinstance(result, bool) for result in results):
        return fresh(tuple(int(result) for result in results))
    if all(isinstance(result, float) for result in results):
        return Real(None, 1, results)
    return Unknown("a number that is not known")
