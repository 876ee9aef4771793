"""dtype promotion among tensors, zero-dim tensors and Python numbers (torch docs: Tensor Attributes, torch.dtype)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import (
    BOOL,
    BY_NAME,
    COMPLEX,
    FLOATING,
    INTEGER,
    DType,
    bool_,
    complex_of,
    int64,
    promote,
    real_of,
)
from ..shapes.relations import nonzero
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown, UnknownNumber
from .mismatch import DTYPE, Mismatch
from .settings import default_dtype
from .vocabulary import broadcast, product, require_dtype

# How an operand takes part: tensors with dims come before zero-dim tensors, those before Python numbers.
DIMENSIONED, ZERO_DIM, NUMBER = range(3)
Kind = tuple[DType, int]

_DTYPES = tuple(dict.fromkeys(BY_NAME.values()))
_WORDS = {BOOL: "bool", INTEGER: "integers", FLOATING: "floating numbers", COMPLEX: "complex numbers"}


def is_number(value: Any) -> bool:
    """Whether a value is a Python number; a size is one."""
    return isinstance(value, int | float | complex | Dim | UnknownNumber)


def number_dtype(value: Any) -> DType | None:
    """The dtype torch.tensor gives a Python number; None where the default dtype is not known."""
    kind = _kind_of(value)
    if kind is bool:
        return bool_
    if issubclass(kind, float):
        return default_dtype.get()
    if kind is complex:
        default = default_dtype.get()
        return None if default is None else complex_of(default) or BY_NAME["complex64"]
    return int64


def _kind_of(number: Any) -> type:
    return number.kind if isinstance(number, UnknownNumber) else type(number)


def _number_dtypes(number: Any) -> Iterable[DType]:
    found = number_dtype(number)
    if found is not None:
        return (found,)
    category = COMPLEX if _kind_of(number) is complex else FLOATING
    return (dtype for dtype in _DTYPES if dtype.category == category)


def result_type(*operands: Any) -> DType | None:
    """torch.result_type; None where an unknown operand leaves it open. Raises Mismatch where torch refuses."""
    kinds = tuple(_kinds(operand) for operand in operands)
    found = _common(kinds)
    if isinstance(found, str):
        dtypes = ", ".join(t.dtype.name for t in operands if isinstance(t, TensorType) and t.dtype)
        raise Mismatch(f"{dtypes}: torch does not promote these dtypes", DTYPE)
    return found


def common_shape(*operands: Any) -> tuple[Size, ...] | None:
    """The dims operands broadcast to; a number has none of its own. Raises Mismatch."""
    return broadcast(*map(_own_shape, operands))


def _own_shape(operand: Any) -> tuple[Size, ...] | None:
    if isinstance(operand, TensorType):
        return operand.dims
    return () if is_number(operand) else None


def floating(dtype: DType | None) -> DType | None:
    """What a float-producing operation makes of a dtype: integers and bool become the default dtype."""
    if dtype is None:
        return None
    return default_dtype.get() if dtype.category in (BOOL, INTEGER) else dtype


def real(dtype: DType | None) -> DType | None:
    """The dtype of a magnitude: that of the parts of a complex dtype."""
    return None if dtype is None else real_of(dtype)


def accumulated(dtype: DType | None) -> DType | None:
    """The dtype of a sum or product: integers and bool add up in int64."""
    if dtype is None:
        return None
    return int64 if dtype.category in (BOOL, INTEGER) else dtype


def refuse(dtype: DType | None, *categories: int, what: str = "input") -> None:
    """Raise Mismatch for dtypes an operation is not defined for."""
    if dtype is not None and dtype.category in categories:
        words = " or ".join(_WORDS[category] for category in sorted(categories))
        raise Mismatch(f"{what} has dtype {dtype.name}, the operation is not defined for {words}", DTYPE)


def refuse_elements(tensor: TensorType, *categories: int, what: str = "input") -> None:
    """`refuse`, for what torch notices only when there is an element to compute."""
    if tensor.dims is not None and nonzero(product(tensor.dims)).holds:
        refuse(tensor.dtype, *categories, what=what)


def categories(letters: str) -> tuple[int, ...]:
    """Categories of dtypes as tables write them: "bic" is bool, integer and complex."""
    return tuple("bifc".index(letter) for letter in letters)


def given_dtype(dtype: Any, otherwise: DType | None) -> DType | None:
    """The dtype asked for by a `dtype=` argument, or what holds without it."""
    if dtype is None:
        return otherwise
    if isinstance(dtype, DType):
        return dtype
    if isinstance(dtype, Unknown):
        return None
    raise Undecided(f"dtype = {dtype!r} is no dtype")


def require_cast(source: DType | None, target: DType | None, message: str) -> None:
    """Raise Mismatch where torch.can_cast refuses: a result may not fall to a lower category."""
    if source is not None and target is not None and source.category > target.category:
        raise Mismatch(message, DTYPE)


def into(out: Any, result: TensorType, exact: bool = False) -> TensorType:
    """The result written to `out=`, which keeps its dtype. Raises Mismatch where it cannot hold the result."""
    if not isinstance(out, TensorType):
        return result
    message = f"the result has dtype {result.dtype}, out has {out.dtype}"
    require_cast(result.dtype, out.dtype, message)
    if exact:
        require_dtype(result.dtype, out.dtype, message)
    return TensorType(out.dtype, result.dims)


def _kinds(operand: Any) -> tuple[Kind, ...]:
    """Every way an operand may take part; one way where all of it is known."""
    if isinstance(operand, TensorType):
        levels = (DIMENSIONED, ZERO_DIM) if operand.dims is None else (DIMENSIONED if operand.dims else ZERO_DIM,)
        dtypes = _DTYPES if operand.dtype is None else (operand.dtype,)
        return tuple(itertools.product(dtypes, levels))
    if is_number(operand):
        return tuple((dtype, NUMBER) for dtype in _number_dtypes(operand))
    if isinstance(operand, Unknown):
        numbers: Iterable[Any] = (False, 0, 0.0, 0j)
        of_numbers = [(dtype, NUMBER) for number in numbers for dtype in _number_dtypes(number)]
        return (*itertools.product(_DTYPES, (DIMENSIONED, ZERO_DIM)), *of_numbers)
    raise Undecided(f"{operand!r} is neither a tensor nor a number")


@lru_cache(maxsize=4096)
def _common(kinds: tuple[tuple[Kind, ...], ...]) -> DType | str | None:
    """The dtype all choices that torch accepts agree on; None where they differ, "refused" where it accepts none."""
    found: set[DType] = set()
    for choice in itertools.product(*kinds):
        dtype = _result(choice)
        if dtype is not None:
            found.add(dtype)
        if len(found) > 1:
            return None
    return found.pop() if found else "refused"


def _result(operands: Sequence[Kind]) -> DType | None:
    levels: list[DType | None] = [None, None, None]
    for dtype, level in operands:
        before = levels[level]
        merged = dtype if before is None else promote(before, dtype)
        if merged is None:
            return None
        levels[level] = merged
    dimensioned, zero_dim, number = levels
    low = _over(zero_dim, number)
    if low is None and (zero_dim or number):
        return None
    return _over(dimensioned, low)


def _over(high: DType | None, low: DType | None) -> DType | None:
    """The higher level decides, unless the lower one has a higher category; None for no dtype, or a refusal."""
    if high is None or low is None:
        return high or low
    if high.category == COMPLEX:
        return high
    if high.category == FLOATING:
        return complex_of(high) if low.category == COMPLEX else high
    if low.category == COMPLEX:
        return low
    if high.category == BOOL or low.category == FLOATING:
        return promote(high, low)
    return high
