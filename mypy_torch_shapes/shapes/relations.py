"""Three-valued questions about sizes: proved, true in every observed world, refuted, or unknown."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from .algebra import is_zero
from .dims import Size, minimum, values
from .unknown import Undecided


class Truth(Enum):
    """YES is proved for all sizes, ASSUMED holds in every observed world, NO is refuted or false in every world."""

    YES = "yes"
    ASSUMED = "assumed"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def holds(self) -> bool:
        return self in (Truth.YES, Truth.ASSUMED)


def equal(a: Size, b: Size) -> Truth:
    """Whether two sizes are the same."""
    proof = proved_equal(a, b)
    return _observed(a - b, lambda value: value == 0) if proof is Truth.UNKNOWN else proof


def proved_equal(a: Size, b: Size) -> Truth:
    """Whether two sizes are the same at every size: YES, NO, or UNKNOWN, whatever was observed."""
    if a is b or a == b:
        return Truth.YES
    difference = a - b
    if isinstance(difference, int):
        return Truth.NO
    low, high = minimum(difference), minimum(-difference)
    if (low is not None and low > 0) or (high is not None and high > 0):
        return Truth.NO
    return Truth.YES if is_zero(difference) else Truth.UNKNOWN


def less(a: Size, b: Size) -> Truth:
    """Whether a < b."""
    proof = proved_less(a, b)
    return _observed(b - a, lambda value: value > 0) if proof is Truth.UNKNOWN else proof


def proved_less(a: Size, b: Size) -> Truth:
    """Whether a < b at every size: YES, NO, or UNKNOWN, whatever was observed."""
    difference = b - a
    if isinstance(difference, int):
        return Truth.YES if difference > 0 else Truth.NO
    low, high = minimum(difference), minimum(-difference)
    if low is not None and low > 0:
        return Truth.YES
    return Truth.NO if high is not None and high >= 0 else Truth.UNKNOWN


def at_most(a: Size, b: Size) -> Truth:
    """Whether a <= b."""
    return negated(less(b, a))


def nonzero(size: Size) -> Truth:
    """Whether a size is not 0."""
    return negated(equal(size, 0))


def divides(k: Size, size: Size) -> Truth:
    """Whether k divides size without rest; nothing divides by 0."""
    if k == 0:
        return Truth.NO
    rest = size % k
    if isinstance(rest, int):
        return Truth.YES if rest == 0 else Truth.NO
    if is_zero(rest):
        return Truth.YES
    return _observed(rest, lambda value: value == 0)


def negated(truth: Truth) -> Truth:
    """Not; what is false only by observation is true only by observation."""
    return {Truth.YES: Truth.NO, Truth.ASSUMED: Truth.NO, Truth.NO: Truth.ASSUMED, Truth.UNKNOWN: Truth.UNKNOWN}[truth]


def decide(truth: Truth, what: str) -> bool:
    """As a bool. Raises Undecided where it is unknown."""
    if truth is Truth.UNKNOWN:
        raise Undecided(f"cannot tell {what}")
    return truth.holds


def _observed(size: Size, test: Callable[[int], bool]) -> Truth:
    seen = () if isinstance(size, int) else values(size)
    if not seen:
        return Truth.UNKNOWN
    outcomes = {test(value) for value in seen}
    if len(outcomes) > 1:
        return Truth.UNKNOWN
    return Truth.ASSUMED if outcomes == {True} else Truth.NO
