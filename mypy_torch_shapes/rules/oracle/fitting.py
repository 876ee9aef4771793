"""Sizes recovered from examples: what torch gave at many sizes, as one expression over the sizes it was given."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from math import gcd, prod

from ...shapes.dims import Size, extreme, floordiv

Column = tuple[int, ...]  # one number for each example
Candidate = tuple[Size, Column]  # an expression, and its values at the examples

GREATEST_DIVISOR = 16
WIDEST_PRODUCT = 5  # factors
MOST_PRODUCTS = 2000
MOST_FACTORS = 64


def fit(features: Mapping[Size, Column], results: Column, held_out: frozenset[int]) -> Size | None:
    """An expression for the results in terms of the features; None where none is found.

    Examples that are held out take no part in finding it: it has to be right there too. A feature that never varies
    explains nothing, and hides what the result owes to it: the caller sees to that.
    """
    seen = [i for i in range(len(results)) if i not in held_out]
    columns = {size: column for size, column in features.items() if len(set(column)) > 1}
    return next((size for size, values in _candidates(columns, results, seen) if values == results), None)


def _candidates(columns: Mapping[Size, Column], results: Column, seen: list[int]) -> Iterator[Candidate]:
    yield results[seen[0]], (results[seen[0]],) * len(results)
    yield from columns.items()
    for size, column in columns.items():
        yield from _floors(size, column, results, seen)
    yield from _affine(columns, results, seen)
    yield from _extremes(columns, results, seen)
    yield from _products(columns, results, seen)
    yield from _separable(columns, results, seen)


def _floors(size: Size, column: Column, results: Column, seen: list[int]) -> Iterator[Candidate]:
    """(a*size + b)//c, the least c first."""
    for found in _floor([(column[i], results[i]) for i in seen]):
        yield _floored(size, column, found)


def _floored(size: Size, column: Column, found: tuple[int, int, int]) -> Candidate:
    a, b, c = found
    return floordiv(size * a + b, c), tuple((a * value + b) // c for value in column)


def _floor(points: list[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Every a, b, c with (a*x + b)//c == y at every point."""
    (x0, y0), (x1, y1) = min(points), max(points)
    if x0 == x1 or y0 == y1:
        return
    evidence = len({x for x, _ in points})
    for c in range(1, min(GREATEST_DIVISOR, evidence // 2) + 1):  # a few sizes fit too many divisions
        nearest = round(Fraction((y1 - y0) * c, x1 - x0))
        for a in (nearest, nearest - 1, nearest + 1):
            if a == 0:
                continue
            low = max(c * y - a * x for x, y in points)
            high = min(c * y - a * x for x, y in points) + c - 1
            for b in sorted(range(low, high + 1), key=abs):
                yield a, b, c


def _affine(columns: Mapping[Size, Column], results: Column, seen: list[int]) -> Iterator[Candidate]:
    """b + a1*x1 + a2*x2 + … with whole coefficients."""
    kept = _independent(columns, seen)
    solution = _solve([[1, *(column[i] for column in kept.values())] for i in seen], [results[i] for i in seen])
    if solution is None or len(kept) < 2 or any(value.denominator != 1 for value in solution):
        return
    constant, *factors = (int(value) for value in solution)
    total: Size = constant
    for size, factor in zip(kept, factors, strict=True):
        total = total + size * factor
    rows = zip(*kept.values(), strict=True)
    yield total, tuple(constant + sum(f * x for f, x in zip(factors, row, strict=True)) for row in rows)


def _independent(columns: Mapping[Size, Column], seen: list[int]) -> dict[Size, Column]:
    """A choice of columns none of which is an affine combination of the others."""
    kept: dict[Size, Column] = {}
    for size, column in columns.items():
        rows = [[1, *(other[i] for other in kept.values())] for i in seen]
        if _solve(rows, [column[i] for i in seen]) is None:
            kept[size] = column
    return kept


def _solve(rows: list[list[int]], results: list[int]) -> list[Fraction] | None:
    """The exact solution of linear equations with independent columns; None where there is none."""
    width = len(rows[0])
    matrix = [[Fraction(value) for value in (*row, result)] for row, result in zip(rows, results, strict=True)]
    for column in range(width):
        pivot = next((r for r in range(column, len(matrix)) if matrix[r][column]), None)
        if pivot is None:
            return None
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        lead = matrix[column][column]
        matrix[column] = [value / lead for value in matrix[column]]
        for r, row in enumerate(matrix):
            if r != column and row[column]:
                factor = row[column]
                matrix[r] = [value - factor * other for value, other in zip(row, matrix[column], strict=True)]
    if any(row[width] for row in matrix[width:]):
        return None
    return [row[width] for row in matrix[:width]]


def _extremes(columns: Mapping[Size, Column], results: Column, seen: list[int]) -> Iterator[Candidate]:
    """The greater or lesser of two features, or of a feature and a bound."""
    bounded = dict(columns)
    for bound in (max(results[i] for i in seen), min(results[i] for i in seen)):
        bounded[bound] = (bound,) * len(results)
    for (a, left), (b, right) in itertools.combinations(bounded.items(), 2):
        yield extreme("min", a, b), tuple(map(min, left, right))
        yield extreme("max", a, b), tuple(map(max, left, right))


def _products(columns: Mapping[Size, Column], results: Column, seen: list[int]) -> Iterator[Candidate]:
    """A whole multiple of a product of features."""
    first = seen[0]
    choices = itertools.chain.from_iterable(
        itertools.combinations_with_replacement(columns, count) for count in range(2, WIDEST_PRODUCT + 1)
    )
    for chosen in itertools.islice(choices, MOST_PRODUCTS):
        base = prod(columns[size][first] for size in chosen)
        if not base or results[first] % base:
            continue
        factor = results[first] // base
        values = tuple(factor * prod(row) for row in zip(*(columns[size] for size in chosen), strict=True))
        yield _product([factor, *chosen]), values


def _product(sizes: Iterable[Size]) -> Size:
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def _separable(columns: Mapping[Size, Column], results: Column, seen: list[int]) -> Iterator[Candidate]:
    """A product of floors of one feature each, found where the other feature stands still."""
    first = seen[0]
    for (a, left), (b, right) in itertools.combinations(columns.items(), 2):
        along = [i for i in seen if right[i] == right[first]]
        across = [i for i in seen if left[i] == left[first]]
        for factor in _divisors([results[i] for i in along]):
            f = next(_floor([(left[i], results[i] // factor) for i in along]), None)
            if f is None:
                continue
            one, lefts = _floored(a, left, f)
            if not lefts[first] or any(results[i] % lefts[first] for i in across):
                continue
            g = next(_floor([(right[i], results[i] // lefts[first]) for i in across]), None)
            if g is not None:
                other, rights = _floored(b, right, g)
                yield one * other, tuple(x * y for x, y in zip(lefts, rights, strict=True))


def _divisors(results: list[int]) -> list[int]:
    common = gcd(*results)
    return [d for d in range(1, min(common, MOST_FACTORS) + 1) if common % d == 0]
