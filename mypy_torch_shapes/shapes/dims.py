"""Symbolic sizes: integer polynomials over symbols and floor divisions, in one canonical form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from math import gcd, prod

Monomial = tuple[tuple["Atom", int], ...]  # ((atom, power), …), sorted; () is the constant
Naming = Callable[["Symbol"], "str | None"]  # None: this symbol has no name (an unknown size)

_serial = itertools.count()


class Symbol:
    """A free size: `values` is its size in each observed world, `definition` what it abbreviates, if anything.

    A symbol with no name is an unknown size, shown as `_`; its values, where known, still take part in checks.
    `expired` marks an abbreviation whose function has returned: it stands for its definition from then on.
    `least` is the least size it can have, None for what its definition can be: a free size is at least one, unless a
    world has it smaller; an unknown one (a loop's counter) may be none, whatever it is called later.
    """

    __slots__ = ("_values", "definition", "expired", "least", "name", "order")

    def __init__(self, name: str | None, values: tuple[int, ...] | None = None, definition: Dim | None = None) -> None:
        self.name = name
        self.definition = definition
        self._values = values
        self.expired = False
        self.least: int | None = min(int(name is not None), *(values or ()), 1)
        self.order = f"0{name or '~'}{next(_serial):08}"  # where it stands in a sum: constant while it lives

    @property
    def values(self) -> tuple[int, ...] | None:
        return self.definition.values if self.definition is not None else self._values

    @property
    def minimum(self) -> int | None:
        """The least size it can have."""
        return minimum(self.definition) if self.least is None and self.definition is not None else self.least

    def symbols(self) -> Iterator[Symbol]:
        yield self

    def substitute(self, binding: Mapping[Symbol, int | Dim]) -> int | Dim:
        return binding[self] if self in binding else Dim.of(self)

    def text(self, naming: Naming) -> str:
        return naming(self) or "_"

    def __repr__(self) -> str:
        return self.name or "_"


class FloorDiv:
    """`numerator // denominator`, already reduced; equal by structure."""

    __slots__ = ("_hash", "denominator", "numerator", "order", "values")

    def __init__(self, numerator: Dim | int, denominator: int | Dim) -> None:
        self.numerator = numerator
        self.denominator = denominator
        self.order = f"1({_order(numerator)}//{_order(denominator)})"
        self._hash = hash((numerator, denominator))
        self.values = _combine(lambda n, d: n // d if d else None, numerator, denominator)

    @property
    def minimum(self) -> int | None:
        low, below = minimum(self.numerator), minimum(self.denominator)
        return 0 if low is not None and low >= 0 and below is not None and below > 0 else None

    def symbols(self) -> Iterator[Symbol]:
        yield from symbols(self.numerator)
        yield from symbols(self.denominator)

    def substitute(self, binding: Mapping[Symbol, int | Dim]) -> int | Dim:
        return substitute(self.numerator, binding) // substitute(self.denominator, binding)

    def text(self, naming: Naming) -> str:
        return f"{_grouped(self.numerator, naming)}//{_grouped(self.denominator, naming)}"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FloorDiv) and self.numerator == other.numerator and self.denominator == other.denominator
        )

    def __hash__(self) -> int:
        return self._hash


class Extreme:
    """`max(…)` or `min(…)` of sizes that cannot be ordered; equal by structure."""

    __slots__ = ("_hash", "operands", "order", "values", "which")

    def __init__(self, which: str, operands: frozenset[int | Dim]) -> None:
        self.which = which
        self.operands = tuple(sorted(operands, key=_order))
        self.order = f"2{which}({','.join(map(_order, self.operands))})"
        self._hash = hash((which, operands))
        self.values = _combine(lambda *each: (max if which == "max" else min)(each), *self.operands)

    @property
    def minimum(self) -> int | None:
        lows = [minimum(operand) for operand in self.operands]
        if self.which == "max":
            return max((low for low in lows if low is not None), default=None)
        return None if None in lows else min(low for low in lows if low is not None)

    def symbols(self) -> Iterator[Symbol]:
        for operand in self.operands:
            yield from symbols(operand)

    def substitute(self, binding: Mapping[Symbol, int | Dim]) -> int | Dim:
        return extreme(self.which, *(substitute(operand, binding) for operand in self.operands))

    def text(self, naming: Naming) -> str:
        return f"{self.which}({', '.join(text(operand, naming) or '_' for operand in self.operands)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extreme) and self.which == other.which and self.operands == other.operands

    def __hash__(self) -> int:
        return self._hash


Atom = Symbol | FloorDiv | Extreme


class Dim:
    """A symbolic integer that is no constant: integer coefficients over monomials of atoms.

    `==` compares the canonical form (for containers); whether two sizes are equal is asked of `relations.equal`.
    """

    __slots__ = ("__dict__", "_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = dict(sorted(terms.items(), key=_term_order)) if len(terms) > 1 else dict(terms)
        self._hash = hash(frozenset(self.terms.items()))

    @staticmethod
    def of(atom: Atom) -> Dim:
        return Dim({((atom, 1),): 1})

    @cached_property
    def values(self) -> tuple[int, ...] | None:
        """The size in each world, or None where a symbol has no observed value."""
        columns = _aligned([_monomial_values(monomial) for monomial in self.terms if monomial])
        if not columns:
            return None
        constant = self.terms.get((), 0)
        factors = [coefficient for monomial, coefficient in self.terms.items() if monomial]
        return tuple(
            constant + sum(factor * v for factor, v in zip(factors, row, strict=True))
            for row in zip(*columns, strict=True)
        )

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol in it, repeats included."""
        return tuple(symbol for monomial in self.terms for atom, _ in monomial for symbol in atom.symbols())

    @cached_property
    def order(self) -> str:
        """A string that sizes are sorted by, the same for equal sizes."""
        return "+".join(f"{c}{_monomial_order(m)}" for m, c in self.terms.items())

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dim) and self._hash == other._hash and self.terms == other.terms)

    def __hash__(self) -> int:
        return self._hash

    def __bool__(self) -> bool:
        from .relations import decide, nonzero

        return decide(nonzero(self), f"whether {self!r} is zero")

    def __add__(self, other: int | Dim) -> int | Dim:
        if not isinstance(other, int | Dim):
            return NotImplemented
        total = dict(self.terms)
        for monomial, coefficient in _terms(other).items():
            total[monomial] = total.get(monomial, 0) + coefficient
        return _collapse(total)

    __radd__ = __add__

    def __neg__(self) -> int | Dim:
        return _collapse({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __sub__(self, other: int | Dim) -> int | Dim:
        return self + -other if isinstance(other, int | Dim) else NotImplemented

    def __rsub__(self, other: int) -> int | Dim:
        return -self + other if isinstance(other, int) else NotImplemented

    def __mul__(self, other: int | Dim) -> int | Dim:
        if not isinstance(other, int | Dim):
            return NotImplemented
        total: dict[Monomial, int] = {}
        for (left, a), (right, b) in itertools.product(self.terms.items(), _terms(other).items()):
            monomial = _times(left, right)
            total[monomial] = total.get(monomial, 0) + a * b
        return _collapse(total)

    __rmul__ = __mul__

    def __pow__(self, power: int) -> int | Dim:
        if not isinstance(power, int) or not 0 <= power <= 8:
            return NotImplemented
        result: int | Dim = 1
        for _ in range(power):
            result = result * self
        return result

    def __floordiv__(self, other: int | Dim) -> int | Dim:
        return floordiv(self, other) if isinstance(other, int | Dim) else NotImplemented

    def __rfloordiv__(self, other: int) -> int | Dim:
        return floordiv(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: int | Dim) -> int | Dim:
        return self - other * floordiv(self, other) if isinstance(other, int | Dim) else NotImplemented

    def __rmod__(self, other: int) -> int | Dim:
        return other - self * floordiv(other, self) if isinstance(other, int) else NotImplemented

    def __repr__(self) -> str:
        return text(self, lambda symbol: symbol.name or "_") or "_"


def floordiv(numerator: int | Dim, denominator: int | Dim) -> int | Dim:
    """Python's `numerator // denominator` in canonical form: whole parts pulled out, common factors cancelled.

    Raises ZeroDivisionError when the denominator is the constant 0.
    """
    if isinstance(numerator, int) and isinstance(denominator, int):
        return numerator // denominator
    if isinstance(denominator, int):
        if denominator == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        if denominator < 0:
            numerator, denominator = -numerator, -denominator
        return _by_constant(numerator, denominator)
    return _by_dim(numerator, denominator)


def _by_constant(numerator: int | Dim, k: int) -> int | Dim:
    if isinstance(numerator, int):
        return numerator // k
    whole = {m: c // k for m, c in numerator.terms.items() if c // k}
    rest = {m: c % k for m, c in numerator.terms.items() if c % k}
    common = gcd(k, *(c for m, c in rest.items() if m))
    k //= common
    rest = {m: c // common for m, c in rest.items()}
    inner = _collapse(rest)
    if k == 1 or isinstance(inner, int):
        return _collapse(whole) + inner // k
    nested = _nested(inner)
    if nested is not None:
        atom, other = nested
        assert isinstance(atom.denominator, int)
        return _collapse(whole) + floordiv(atom.numerator + other * atom.denominator, k * atom.denominator)
    return _collapse(whole) + Dim.of(FloorDiv(inner, k))


def _nested(inner: Dim) -> tuple[FloorDiv, int | Dim] | None:
    """Split `x//a + y` (y free of floors): then (x//a + y)//b == (x + a*y)//(a*b)."""
    floors = [m for m in inner.terms if any(isinstance(atom, FloorDiv) for atom, _ in m)]
    if len(floors) != 1 or len(floors[0]) != 1 or inner.terms[floors[0]] != 1:
        return None
    ((atom, power),) = floors[0]
    if power != 1 or not isinstance(atom, FloorDiv) or not isinstance(atom.denominator, int):
        return None
    return atom, inner - Dim.of(atom)


def _by_dim(numerator: int | Dim, denominator: Dim) -> int | Dim:
    if numerator == 0:
        return 0
    if numerator == denominator:
        return 1
    if len(denominator.terms) > 1:
        return _by_sum(numerator, denominator)
    ((monomial, scale),) = denominator.terms.items()
    if scale < 0:
        return floordiv(-numerator, -denominator)
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for m, c in _terms(numerator).items():
        quotient = _over(m, monomial)
        if quotient is not None and c // scale:
            whole[quotient] = c // scale
        left = c if quotient is None else c % scale
        if left:
            rest[m] = left
    return _collapse(whole) + _reduced(rest, monomial, scale)


def _reduced(rest: dict[Monomial, int], monomial: Monomial, scale: int) -> int | Dim:
    """The floor division of `rest` by a monomial, after cancelling what divides every term."""
    if not rest:
        return 0
    common = gcd(scale, *rest.values())
    shared = _shared([*rest, monomial])
    rest = {_over(m, shared) or (): c // common for m, c in rest.items()}
    below = _collapse({_over(monomial, shared) or (): scale // common})
    above = _collapse(rest)
    if isinstance(below, int):
        return floordiv(above, below)
    low, high = minimum(above), minimum(below)
    if isinstance(above, int) and low is not None and high is not None and 0 <= low < high:
        return 0
    return Dim.of(FloorDiv(above, below))


def _by_sum(numerator: int | Dim, denominator: Dim) -> int | Dim:
    from .algebra import exact_quotient

    quotient = exact_quotient(numerator, denominator) if isinstance(numerator, Dim) else None
    return quotient if quotient is not None else Dim.of(FloorDiv(numerator, denominator))


def extreme(which: str, *operands: int | Dim) -> int | Dim:
    """max or min of sizes: constants folded, ordered operands dropped."""
    known = [operand for operand in operands if isinstance(operand, int)]
    best: list[int | Dim] = [max(known) if which == "max" else min(known)] if known else []
    kept: list[int | Dim] = []
    for operand in dict.fromkeys([*best, *(o for o in operands if not isinstance(o, int))]):
        if not any(_dominates(which, other, operand) for other in {*operands} - {operand}):
            kept.append(operand)
    return kept[0] if len(kept) == 1 else Dim.of(Extreme(which, frozenset(kept)))


def _dominates(which: str, winner: int | Dim, loser: int | Dim) -> bool:
    low = minimum(winner - loser if which == "max" else loser - winner)
    return low is not None and low >= 0 and winner - loser != 0


def minimum(size: int | Dim) -> int | None:
    """A proven lower bound, or None."""
    if isinstance(size, int):
        return size
    from .algebra import lower_bound

    return lower_bound(size)


def values(size: int | Dim, worlds: int = 1) -> tuple[int, ...] | None:
    """The size in each world; a constant is the same in every one."""
    return (size,) * worlds if isinstance(size, int) else size.values


def symbols(size: int | Dim) -> tuple[Symbol, ...]:
    """Every symbol in a size, repeats included."""
    return size.symbols if isinstance(size, Dim) else ()


def substitute(size: int | Dim, binding: Mapping[Symbol, int | Dim]) -> int | Dim:
    """The size with symbols replaced."""
    if isinstance(size, int) or not any(symbol in binding for symbol in symbols(size)):
        return size
    total: int | Dim = 0
    for monomial, coefficient in size.terms.items():
        term: int | Dim = coefficient
        for atom, power in monomial:
            replaced = atom.substitute(binding)
            for _ in range(power):
                term = term * replaced
        total = total + term
    return total


def written_out(size: int | Dim) -> int | Dim:
    """The size with what its abbreviations stand for."""
    stands_for = {each: written_out(each.definition) for each in symbols(size) if each.definition is not None}
    return substitute(size, stands_for) if stands_for else size


def text(size: int | Dim, naming: Naming = lambda symbol: symbol.name) -> str | None:
    """The size as a Python expression, or None where a symbol in it has no name."""
    if isinstance(size, int):
        return str(size)
    if any(naming(symbol) is None for symbol in symbols(size)):
        return None
    terms = sorted(size.terms.items(), key=lambda term: (not term[0], term[1] < 0))
    parts: list[str] = []
    for monomial, coefficient in terms:
        sign = ("-" if coefficient < 0 else "") if not parts else (" - " if coefficient < 0 else " + ")
        term = _term_text(monomial, abs(coefficient), naming)
        is_quotient = coefficient == -1 and len(monomial) == 1 and isinstance(monomial[0][0], FloorDiv)
        parts.append(f"-({term})" if is_quotient and not parts else sign + term)  # -N//M is (-N)//M
    return "".join(parts)


def _term_text(monomial: Monomial, coefficient: int, naming: Naming) -> str:
    factors = [str(coefficient)] if coefficient != 1 or not monomial else []
    for atom, power in monomial:
        factor = atom.text(naming)
        alone = not factors and len(monomial) == 1 and power == 1
        if isinstance(atom, FloorDiv) and not alone:
            factor = f"({factor})"
        factors.append(factor if power == 1 else f"{factor}**{power}")
    return "*".join(factors)


def _grouped(size: int | Dim, naming: Naming) -> str:
    written = text(size, naming) or "_"
    return written if written.replace("_", "a").isalnum() else f"({written})"


def _combine(function: Callable[..., int | None], *sizes: int | Dim) -> tuple[int, ...] | None:
    worlds = max((len(v) for s in sizes if isinstance(s, Dim) and (v := s.values) is not None), default=0)
    columns = _aligned([values(size, worlds) for size in sizes])
    if not worlds or columns is None:
        return None
    results = [function(*row) for row in zip(*columns, strict=True)]
    return None if None in results else tuple(r for r in results if r is not None)


def _monomial_values(monomial: Monomial) -> tuple[int, ...] | None:
    columns = _aligned([atom.values for atom, _ in monomial])
    if not columns:
        return None
    return tuple(
        prod(v**power for (_, power), v in zip(monomial, row, strict=True)) for row in zip(*columns, strict=True)
    )


def _aligned(columns: list[tuple[int, ...] | None]) -> list[tuple[int, ...]] | None:
    """Values of several sizes, world by world: what was seen in one world only was the same in all others."""
    known = [column for column in columns if column is not None]
    worlds = max(map(len, known), default=0)
    if len(known) < len(columns) or any(len(column) not in (1, worlds) for column in known):
        return None
    return [column * worlds if len(column) == 1 else column for column in known]


def _terms(size: int | Dim) -> Mapping[Monomial, int]:
    if isinstance(size, Dim):
        return size.terms
    return {(): int(size)} if size else {}


def _collapse(terms: Mapping[Monomial, int]) -> int | Dim:
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    return Dim(kept)


def _times(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=lambda item: item[0].order))


def _over(left: Monomial, right: Monomial) -> Monomial | None:
    """left / right when it divides exactly."""
    powers = dict(left)
    for atom, power in right:
        if powers.get(atom, 0) < power:
            return None
        powers[atom] -= power
    return tuple((atom, power) for atom, power in powers.items() if power)


def _shared(monomials: list[Monomial]) -> Monomial:
    first, *others = (dict(monomial) for monomial in monomials)
    shared = {atom: min([power, *(other.get(atom, 0) for other in others)]) for atom, power in first.items()}
    return tuple((atom, power) for atom, power in shared.items() if power)


def _order(size: int | Dim) -> str:
    return str(size) if isinstance(size, int) else size.order


def _monomial_order(monomial: Monomial) -> str:
    return "*".join([f"{atom.order}^{power}" for atom, power in monomial])


def _term_order(term: tuple[Monomial, int]) -> tuple[int, str]:
    monomial, _ = term
    return -sum([power for _, power in monomial]), _monomial_order(monomial)


Size = int | Dim
