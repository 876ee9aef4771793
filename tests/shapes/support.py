"""Random expressions over sizes, each kept both as the size it makes and as a function of numbers."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol, extreme

NAMES = ("N", "M", "K")
Numbers = dict[str, int]

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "max": max,
    "min": min,
}


@dataclass(frozen=True)
class Tree:
    """A constant, a name, or an operator with two operands."""

    head: int | str
    operands: tuple[Tree, ...] = ()

    def at(self, numbers: Numbers) -> int:
        """Its value. Raises ZeroDivisionError."""
        if isinstance(self.head, int):
            return self.head
        if not self.operands:
            return numbers[self.head]
        left, right = (operand.at(numbers) for operand in self.operands)
        return _OPERATORS[self.head](left, right)

    def size(self, symbols: dict[str, Symbol]) -> Size:
        """The same as a size. Raises ZeroDivisionError."""
        if isinstance(self.head, int):
            return self.head
        if not self.operands:
            return Dim.of(symbols[self.head])
        left, right = (operand.size(symbols) for operand in self.operands)
        if self.head in ("max", "min"):
            return extreme(self.head, left, right)
        return _OPERATORS[self.head](left, right)  # type: ignore[arg-type]


_leaves = st.one_of(st.sampled_from(NAMES), st.integers(-4, 9)).map(Tree)
trees = st.recursive(
    _leaves,
    lambda below: st.builds(
        lambda head, left, right: Tree(head, (left, right)), st.sampled_from(sorted(_OPERATORS)), below, below
    ),
    max_leaves=7,
)


def fresh(worlds: list[Numbers] | None = None) -> dict[str, Symbol]:
    """A symbol for each name, with its value in each world."""
    return {name: Symbol(name, tuple(world[name] for world in worlds) if worlds else None) for name in NAMES}


def everywhere(most: int = 5) -> Iterator[Numbers]:
    """All small numbers for all names: a named size is at least one."""
    for row in itertools.product(range(1, most + 1), repeat=len(NAMES)):
        yield dict(zip(NAMES, row, strict=True))


def read(text: str, numbers: Numbers) -> int:
    """The value of a size's text."""
    result: int = eval(text, {"__builtins__": {}, "max": max, "min": min}, dict(numbers))
    return result
