"""A relation of sizes is never asserted or denied wrongly: held against all small sizes and all worlds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol
from mypy_torch_shapes.shapes.relations import Truth, at_most, decide, divides, equal, less, negated, nonzero
from mypy_torch_shapes.shapes.unknown import Undecided
from tests.shapes.support import NAMES, Numbers, Tree, everywhere, fresh, trees

worlds = st.lists(st.fixed_dictionaries({name: st.integers(1, 6) for name in NAMES}), min_size=1, max_size=3)

RELATIONS: dict[str, tuple[Callable[[Size, Size], Truth], Callable[[int, int], bool]]] = {
    "equal": (equal, lambda a, b: a == b),
    "less": (less, lambda a, b: a < b),
    "at_most": (at_most, lambda a, b: a <= b),
    "divides": (divides, lambda a, b: b % a == 0),
}


def outcomes(left: Tree, right: Tree, holds: Callable[[int, int], bool], places: list[Numbers]) -> set[bool]:
    """How the relation comes out wherever both sides have a value."""
    found = set()
    for at in places:
        try:
            found.add(holds(left.at(at), right.at(at)))
        except ZeroDivisionError:
            continue
    return found


@pytest.mark.parametrize("name", sorted(RELATIONS))
@given(left=trees, right=trees)
@settings(max_examples=60, deadline=None)
def test_without_worlds_an_answer_holds_at_every_size(name: str, left: Tree, right: Tree) -> None:
    relation, holds = RELATIONS[name]
    symbols = fresh()
    try:
        truth = relation(left.size(symbols), right.size(symbols))
    except ZeroDivisionError:
        return
    if truth is not Truth.UNKNOWN:
        assert outcomes(left, right, holds, list(everywhere(4))) <= {truth.holds}


@pytest.mark.parametrize("name", sorted(RELATIONS))
@given(left=trees, right=trees, observed=worlds)
@settings(max_examples=60, deadline=None)
def test_with_worlds_an_answer_holds_in_every_world(
    name: str, left: Tree, right: Tree, observed: list[Numbers]
) -> None:
    relation, holds = RELATIONS[name]
    symbols = fresh(observed)
    try:
        truth = relation(left.size(symbols), right.size(symbols))
    except ZeroDivisionError:
        return
    if truth is Truth.YES:
        assert outcomes(left, right, holds, list(everywhere(4))) <= {True}
    elif truth is not Truth.UNKNOWN:
        assert outcomes(left, right, holds, observed) <= {truth.holds}


def test_different_in_one_world_only_is_unknown() -> None:
    n, m = Dim.of(Symbol("N", (4, 5))), Dim.of(Symbol("M", (4, 6)))
    assert equal(n, m) is Truth.UNKNOWN


def test_different_in_every_world_is_no() -> None:
    n, m = Dim.of(Symbol("N", (4, 5))), Dim.of(Symbol("M", (5, 6)))
    assert equal(n, m) is Truth.NO


def test_a_size_differs_from_itself_and_one_more() -> None:
    n = Dim.of(Symbol("N"))
    assert equal(n, n + 1) is Truth.NO
    assert less(n, n + 1) is Truth.YES
    assert nonzero(n).holds


def test_an_unknown_size_may_be_zero() -> None:
    assert nonzero(Dim.of(Symbol(None))) is Truth.UNKNOWN


def test_nothing_is_divided_by_zero() -> None:
    assert divides(0, Dim.of(Symbol("N"))) is Truth.NO


def test_negation() -> None:
    assert negated(Truth.YES) is Truth.NO
    assert negated(Truth.NO) is Truth.ASSUMED
    assert negated(Truth.UNKNOWN) is Truth.UNKNOWN


def test_to_decide_the_unknown_raises() -> None:
    assert decide(Truth.ASSUMED, "it") and not decide(Truth.NO, "it")
    with pytest.raises(Undecided, match="cannot tell it"):
        decide(Truth.UNKNOWN, "it")
