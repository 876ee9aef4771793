"""The second line of proof, where the canonical form does not decide: residues, then sympy."""

from __future__ import annotations

import itertools
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING

from .dims import Atom, Dim, Extreme, FloorDiv, Size, Symbol, substitute, symbols, values

if TYPE_CHECKING:
    import sympy

MOST_CASES = 256  # residues tried for one question


@lru_cache(maxsize=4096)
def is_zero(size: Size) -> bool:
    """Whether a size is proved to be 0 for all values of its symbols."""
    if isinstance(size, int):
        return size == 0
    seen = values(size)
    if seen is not None and any(seen):
        return False
    moduli = _moduli(size)
    if moduli is None or not moduli:
        return False  # a canonical polynomial without floors is zero only when it has no terms
    return _zero_by_residues(size, moduli)


def _moduli(size: Size) -> dict[Symbol, int] | None:
    """For each symbol below a floor division, a period of the size in it; None where a divisor is symbolic."""
    periods: dict[Symbol, int] = {}
    if isinstance(size, int):
        return periods
    for atom in {atom for monomial in size.terms for atom, _ in monomial}:
        if isinstance(atom, Extreme) or (isinstance(atom, FloorDiv) and not isinstance(atom.denominator, int)):
            return None
        if isinstance(atom, FloorDiv) and isinstance(atom.denominator, int):
            inner = _moduli(atom.numerator)
            if inner is None:
                return None
            for symbol in symbols(atom.numerator):
                periods[symbol] = lcm(periods.get(symbol, 1), atom.denominator * inner.get(symbol, 1))
    return periods


def _zero_by_residues(size: Dim, moduli: dict[Symbol, int]) -> bool:
    """Writing each symbol as period * q + r turns every floor into a polynomial: decide each residue class exactly."""
    cases = 1
    for period in moduli.values():
        cases *= period
    if cases > MOST_CASES:
        return False
    quotients = {symbol: Dim.of(Symbol(symbol.name)) for symbol in moduli}
    for residues in itertools.product(*(range(period) for period in moduli.values())):
        binding = {
            symbol: quotients[symbol] * moduli[symbol] + residue
            for symbol, residue in zip(moduli, residues, strict=True)
        }
        if substitute(size, binding) != 0:
            return False
    return True


@lru_cache(maxsize=1024)
def exact_quotient(numerator: Dim, denominator: Dim) -> Size | None:
    """numerator / denominator as a polynomial with integer coefficients, or None where it does not go."""
    import sympy

    atoms: dict[Atom, sympy.Symbol] = {}
    above, below = _to_sympy(numerator, atoms), _to_sympy(denominator, atoms)
    quotient, rest = sympy.div(above, below, *atoms.values())
    if rest != 0:
        return None
    polynomial = sympy.Poly(quotient, *atoms.values())
    if any(not coefficient.is_Integer for coefficient in polynomial.coeffs()):
        return None
    total: Size = 0
    for powers, coefficient in polynomial.terms():
        term: Size = int(coefficient)
        for atom, power in zip(atoms, powers, strict=True):
            for _ in range(power):
                term = term * Dim.of(atom)
        total = total + term
    return total


def _to_sympy(size: Dim, atoms: dict[Atom, sympy.Symbol]) -> sympy.Expr:
    """The polynomial with a symbol for each atom, those that `atoms` has not seen yet added to it."""
    import sympy

    total: sympy.Expr = sympy.Integer(0)
    for monomial, coefficient in size.terms.items():
        term: sympy.Expr = sympy.Integer(coefficient)
        for atom, power in monomial:
            term *= atoms.setdefault(atom, sympy.Symbol(f"a{len(atoms)}", integer=True)) ** power
        total += term
    return total


def lower_bound(size: Dim) -> int | None:
    """A proven lower bound of a size, or None."""
    low = _minimum_by_terms(size)
    if low is None and any(c < 0 and isinstance(atom, FloorDiv) for m, c in size.terms.items() for atom, _ in m):
        bound, scale = _without_floors(size)
        below = bound if isinstance(bound, int) else _minimum_by_terms(bound)
        low = None if below is None else -(-below // scale)
    return low


def _minimum_by_terms(size: Dim) -> int | None:
    """The sum of the terms' own lower bounds."""
    total = 0
    for monomial, coefficient in size.terms.items():
        if monomial and coefficient < 0:
            return None
        low = coefficient
        for atom, power in monomial:
            least = atom.minimum
            if least is None or least < 0:
                return None
            low *= least**power
        total += low
    return total


def _without_floors(size: Dim) -> tuple[int | Dim, int]:
    """Something not above `scale * size`, and `scale`: a floor that is taken away is at most the plain quotient."""
    floors: list[tuple[FloorDiv, int, int]] = []
    for monomial, coefficient in size.terms.items():
        atom, power = monomial[0] if len(monomial) == 1 else (None, 0)
        below = atom.denominator if isinstance(atom, FloorDiv) and power == 1 and coefficient < 0 else 0
        if isinstance(atom, FloorDiv) and isinstance(below, int) and below > 0:
            floors.append((atom, below, coefficient))
    scale = lcm(*(denominator for _, denominator, _ in floors))
    bound = size * scale
    for atom, denominator, coefficient in floors:
        share = coefficient * scale
        bound = bound - Dim.of(atom) * share + atom.numerator * (share // denominator)
    return bound, scale
