"""Sizes as arguments: varargs or one sequence, unknown ones, and the length of a slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..shapes.dims import Dim, Size, extreme, values
from ..shapes.relations import Truth, at_most, divides, less
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown, UnknownNumber
from .inputs import operand
from .vocabulary import product, show


def operands(value: Any) -> tuple[TensorType, ...] | None:
    """A sequence of tensors; None where it is unknown which."""
    if isinstance(value, Unknown):
        return None
    if not isinstance(value, tuple | list):
        raise Undecided("not a sequence of tensors")
    return tuple(operand(item, "an item") for item in value)


def listed(given: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Arguments given one by one or as one sequence; None where it is unknown how many."""
    if len(given) != 1 or isinstance(given[0], int | Dim | UnknownNumber):
        return given
    if isinstance(given[0], tuple | list):
        return tuple(given[0])
    return None if isinstance(given[0], Unknown) else given


def size_of(value: Any) -> Size:
    """One size; an unknown one is a fresh symbol (so is a tensor's item)."""
    if isinstance(value, Unknown | TensorType):
        return fresh()
    if isinstance(value, int | Dim):
        return int(value) if isinstance(value, bool) else value
    raise Undecided(f"{value!r} is no size")


def in_each_world(function: Callable[..., int], *sizes: Size) -> tuple[int, ...] | None:
    """A function of sizes at every observed assignment; None where one has no observed value."""
    worlds = max((len(seen) for size in sizes if isinstance(size, Dim) and (seen := size.values)), default=1)
    columns = [values(size, worlds) for size in sizes]
    known = [column for column in columns if column is not None and len(column) == worlds]
    return None if len(known) < len(columns) else tuple(function(*row) for row in zip(*known, strict=True))


def count(size: Size, what: str) -> int:
    """A size that must be one number, as the length of a tuple must. Raises Undecided."""
    if isinstance(size, int):
        return size
    seen = set(size.values or ())
    if len(seen) != 1:
        raise Undecided(f"{what} is {show(size)}: how many is not known")
    return seen.pop()


def quotient(dims: Sequence[Size], divisors: Sequence[Size]) -> tuple[Truth, Size]:
    """product(dims) / product(divisors): whether it goes, and the result where it does."""
    above, below = cancel(dims, divisors)
    whole, by = product(above), product(below)
    return divides(by, whole), whole // by


def cancel(left: Sequence[Size], right: Sequence[Size]) -> tuple[list[Size], list[Size]]:
    """Two products without their common factors: keeps sums factored, so that they need not be divided."""
    rest, others = list(left), []
    for size in right:
        if size in rest and size != 0:
            rest.remove(size)
        else:
            others.append(size)
    return rest, others


def slice_length(start: Any, stop: Any, step: Any, size: Size) -> Size:
    """How many items `size` items sliced [start:stop:step] have, bounds clipped as Python does; step is positive.

    Bounds that stay inside in every observed world are taken to stay inside, so `x[2:]` has n - 2 items; only where a
    number meets a symbolic size (`x[:100]`) is the exact min(100, n) kept.
    """
    if any(isinstance(bound, Unknown | TensorType) for bound in (start, stop, step)):
        return fresh()
    start, stop, step = (0 if start is None else start, size if stop is None else stop, 1 if step is None else step)
    if isinstance(size, int) and all(isinstance(number, int) for number in (start, stop, step)):
        return len(range(size)[start:stop:step])
    try:
        length = _clipped_length(start, stop, size)
    except Undecided:
        return fresh(in_each_world(lambda a, b, s, n: len(range(n)[a:b:s]), start, stop, step, size))
    result: Size = (length + step - 1) // step
    return result


def _clipped_length(start: Size, stop: Size, size: Size) -> Size:
    end = size + stop if _negative(stop) else _not_above(stop, size)
    if not _negative(start):
        return _not_below_zero(end - start)
    begin = size + start
    inside = at_most(0, begin)
    if inside is Truth.YES or (inside.holds and isinstance(start, Dim)):
        return _not_below_zero(end - begin)
    return _not_below_zero(extreme("min", end, end - begin))


def _negative(bound: Size) -> bool:
    truth = less(bound, 0)
    if truth is Truth.UNKNOWN:
        raise Undecided("the sign of a bound is unknown")
    return truth.holds


def _not_above(bound: Size, size: Size) -> Size:
    inside = at_most(bound, size)
    if inside is Truth.YES or (inside.holds and isinstance(bound, Dim)):
        return bound
    return size if at_most(size, bound) is Truth.YES else extreme("min", bound, size)


def _not_below_zero(length: Size) -> Size:
    truth = at_most(0, length)
    if truth.holds:
        return length
    return 0 if truth is Truth.NO else extreme("max", 0, length)
