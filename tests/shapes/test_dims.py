"""A size in canonical form is worth what Python computes of the expression it was made by."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol, extreme, floordiv, minimum, substitute, text, values
from tests.shapes.support import NAMES, Numbers, Tree, everywhere, fresh, read, trees

numbers = st.fixed_dictionaries({name: st.integers(1, 40) for name in NAMES})


def made(tree: Tree, worlds: list[Numbers] | None = None) -> tuple[Size, dict[str, Symbol]]:
    symbols = fresh(worlds)
    try:
        return tree.size(symbols), symbols
    except ZeroDivisionError:
        assume(False)
        raise


def worth(tree: Tree, at: Numbers) -> int:
    try:
        return tree.at(at)
    except ZeroDivisionError:
        assume(False)
        raise


@given(trees, numbers)
@settings(max_examples=150, deadline=None)
def test_substituted_numbers_give_what_python_computes(tree: Tree, at: Numbers) -> None:
    expected = worth(tree, at)
    size, symbols = made(tree)
    assert substitute(size, {symbols[name]: number for name, number in at.items()}) == expected


def test_a_negative_quotient_is_written_in_parentheses() -> None:
    n, m = Dim.of(Symbol("N")), Dim.of(Symbol("M"))
    assert text(-(n // m)) == "-(N//M)"


@given(trees, numbers)
@settings(max_examples=150, deadline=None)
def test_the_text_is_the_expression(tree: Tree, at: Numbers) -> None:
    expected = worth(tree, at)
    size, _ = made(tree)
    written = text(size)
    assert written is not None
    assert read(written, at) == expected, written


@given(trees, st.lists(numbers, min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_the_values_in_the_worlds(tree: Tree, worlds: list[Numbers]) -> None:
    expected = tuple(worth(tree, world) for world in worlds)
    size, _ = made(tree, worlds)
    seen = values(size, len(worlds))
    assert seen is None or seen == expected


@given(trees)
@settings(max_examples=80, deadline=None)
def test_the_minimum_is_a_lower_bound(tree: Tree) -> None:
    size, _ = made(tree)
    low = minimum(size)
    if low is None:
        return
    for at in everywhere(4):
        try:
            assert tree.at(at) >= low
        except ZeroDivisionError:
            continue


@given(trees, trees)
@settings(max_examples=80, deadline=None)
def test_equal_forms_are_equal_and_hash_alike(left: Tree, right: Tree) -> None:
    symbols = fresh()
    try:
        a, b = left.size(symbols) + right.size(symbols), right.size(symbols) + left.size(symbols)
        product, turned = left.size(symbols) * right.size(symbols), right.size(symbols) * left.size(symbols)
    except ZeroDivisionError:
        return
    assert (a, hash(a), repr(a)) == (b, hash(b), repr(b))
    assert (product, hash(product), repr(product)) == (turned, hash(turned), repr(turned))


def test_a_constant_collapses_to_an_int() -> None:
    n = Dim.of(Symbol("N"))
    assert n - n == 0 and isinstance(n - n, int)
    assert floordiv(n * 6, n * 2) == 3
    assert (n * 4) % 2 == 0


def test_division_by_zero_raises_as_in_python() -> None:
    with pytest.raises(ZeroDivisionError):
        floordiv(Dim.of(Symbol("N")), 0)


def test_ordered_operands_of_max_and_min_are_dropped() -> None:
    n = Dim.of(Symbol("N"))
    assert extreme("max", n, n + 1) == n + 1
    assert extreme("min", n, n + 1) == n
    assert extreme("max", n, 1) == n
    assert repr(extreme("max", n, 5)) == "max(N, 5)"


def test_an_unknown_size_has_no_text() -> None:
    n, unknown = Dim.of(Symbol("N")), Dim.of(Symbol(None))
    assert text(n * unknown) is None
    assert repr(n + unknown) in ("N + _", "_ + N")


def test_texts_are_read_easily() -> None:
    n, m = Dim.of(Symbol("N")), Dim.of(Symbol("M"))
    assert repr((n - 1) // 2 + 1) == "(N + 1)//2" or repr((n - 1) // 2 + 1) == "(N - 1)//2 + 1"
    assert repr(n * m * 3 - 2) == "3*N*M - 2" or repr(n * m * 3 - 2) == "3*M*N - 2"
    assert repr(2 * (n // 3)) == "2*(N//3)"


def test_what_is_padded_to_a_multiple_is_no_shorter() -> None:
    size = Dim.of(Symbol("H"))
    padded = size + (4 - size % 4) % 4
    assert extreme("min", size, padded) == size
    assert minimum(size - 8 * (size // 8)) == 0
