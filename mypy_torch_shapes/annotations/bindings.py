"""The sizes that names have within one call, and the sizes that expressions over them come to."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from ..shapes.dims import Dim, Size, Symbol, extreme
from ..shapes.relations import Truth, equal
from .language import Symbolic, template


class Declared(Symbol):
    """A size that only an annotation names: another name is another size."""

    __slots__ = ()


Braces = Callable[[ast.expr], object]  # what an expression over the call's arguments is: a size, a string, or None
Number = Size | Fraction | None  # None: not known


def nothing(_: ast.expr) -> object:
    """Where there are no arguments."""
    return None


@dataclass
class Bindings:
    """What the annotations of one call have bound so far. A name bound to None has a size that is not known."""

    sizes: dict[str, Size | None] = field(default_factory=dict)
    runs: dict[str, tuple[bool, tuple[Size, ...]] | None] = field(default_factory=dict)  # `*name`: broadcasts, sizes
    braces: Braces = nothing
    apart: bool = True  # whether two declared names are taken to be two sizes
    numbers_too: bool = False  # and a declared name and a number

    def copy(self) -> Bindings:
        return Bindings(dict(self.sizes), dict(self.runs), self.braces, self.apart, self.numbers_too)

    def adopt(self, other: Bindings) -> None:
        """Take over what a copy has bound."""
        self.sizes, self.runs = dict(other.sizes), dict(other.runs)

    def settle(self, settle: Callable[[Size], Size]) -> None:
        """The same sizes in other terms."""
        self.sizes = {name: None if size is None else settle(size) for name, size in self.sizes.items()}
        self.runs = {
            name: None if run is None else (run[0], tuple(map(settle, run[1]))) for name, run in self.runs.items()
        }

    def compare(self, a: Size, b: Size) -> Truth:
        """Whether two sizes are the same, names that are only declared being different sizes."""
        truth = equal(a, b)
        if truth is not Truth.UNKNOWN or not self.apart:
            return truth
        to_number = isinstance(a, int) or isinstance(b, int)
        return Truth.NO if (self.numbers_too or not to_number) and _declared_apart(a - b) else truth

    def size_of(self, axis: Symbolic) -> Number:
        """What an expression comes to, or None where it is not known. Raises KeyError for a name nobody has bound."""
        known = dict(self.sizes)
        text = ""
        for piece in template(axis):
            if isinstance(piece, str):
                text += piece
                continue
            value = self.braces(piece.value)
            if isinstance(value, bool) or not isinstance(value, int | Dim | str) or piece.format_spec is not None:
                return None
            if isinstance(value, Dim):
                known[hidden := f"_{len(known)}_"] = value
                text += hidden
            else:
                text += str(value)
        try:
            return _number(ast.parse(text.strip(), mode="eval").body, known)
        except (SyntaxError, ZeroDivisionError):
            return None


def _declared_apart(difference: Size) -> bool:
    """Whether a difference is one of declared names (no rest of a division), so that it is zero by chance at most."""
    if not isinstance(difference, Dim):
        return difference != 0
    atoms = {atom for monomial in difference.terms for atom, _ in monomial}
    return all(isinstance(atom, Declared) for atom in atoms)


def _number(node: ast.expr, known: dict[str, Size | None]) -> Number:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            return node.value
        return Fraction(node.value) if isinstance(node.value, float) else None
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        operand = _number(node.operand, known)
        return -operand if operand is not None and isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left, known), _number(node.right, known)
        return None if left is None or right is None else _operation(type(node.op), left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, [_number(each, known) for each in node.args])
    return None


def _operation(op: type[ast.operator], left: Size | Fraction, right: Size | Fraction) -> Number:
    if op is ast.Div:
        return _quotient(left, right)
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return _of_fractions(op, left, right)
    if op is ast.Add:
        return left + right
    if op is ast.Sub:
        return left - right
    if op is ast.Mult:
        return left * right
    if op is ast.FloorDiv:
        return left // right
    if op is ast.Mod:
        return left % right
    small = op is ast.Pow and isinstance(right, int) and 0 <= right <= 8
    return left**right if small and isinstance(right, int) else None


def _of_fractions(op: type[ast.operator], left: Size | Fraction, right: Size | Fraction) -> Number:
    if isinstance(left, Dim) or isinstance(right, Dim):
        return None
    if op is ast.Add:
        return _whole(Fraction(left + right))
    if op is ast.Sub:
        return _whole(Fraction(left - right))
    return _whole(Fraction(left * right)) if op is ast.Mult else None


def _quotient(left: Size | Fraction, right: Size | Fraction) -> Number:
    """`left / right` where it is exact, or of numbers."""
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        return _whole(Fraction(left) / Fraction(right))
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return None
    quotient = left // right
    return quotient if equal(quotient * right, left) is Truth.YES else None


def _whole(value: Fraction) -> Number:
    return int(value) if value.denominator == 1 else value


def _call(name: str, arguments: list[Number]) -> Number:
    sizes = [each for each in arguments if isinstance(each, int | Dim)]
    if not arguments or len(sizes) < len(arguments):
        return None
    if name in ("min", "max") and len(sizes) > 1:
        return extreme(name, *sizes)
    if name == "abs" and isinstance(sizes[0], int):
        return abs(sizes[0])
    return sizes[0] if name == "int" and len(sizes) == 1 else None
