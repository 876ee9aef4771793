"""The string language of jaxtyping's annotations: `"*batch 3 #h w=4 dim-1 {self.size} _ ..."` as plain data."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from .. import messages


class Malformed(Exception):
    """An annotation that jaxtyping refuses; `node` is where, if it is not the whole annotation."""

    def __init__(self, message: str, node: ast.expr | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node


@dataclass(frozen=True)
class Fixed:
    """`3`, `rows=3`."""

    size: int
    broadcast: bool = False


@dataclass(frozen=True)
class Named:
    """`batch`, `#batch`."""

    name: str
    broadcast: bool = False


@dataclass(frozen=True)
class Anonymous:
    """`_`, `_batch`: any size."""


@dataclass(frozen=True)
class Symbolic:
    """`dim-1`, `{self.size}`: an expression over names that are bound, and over the call's arguments in braces."""

    text: str
    broadcast: bool = False


@dataclass(frozen=True)
class Variadic:
    """`*batch`, `*#batch`, `...`: any number of axes; an ellipsis has no name."""

    name: str | None
    broadcast: bool = False


Axis = Fixed | Named | Anonymous | Symbolic | Variadic


def parse(text: str, in_tree: bool = False) -> tuple[Axis, ...]:
    """The axes of a shape. Raises Malformed for what jaxtyping refuses, at once or when it first checks it.

    `in_tree` allows `?name`, which means something within a PyTree only.
    """
    axes = tuple(_axis(word, in_tree) for word in text.split())
    if sum(isinstance(axis, Variadic) for axis in axes) > 1:
        raise Malformed(messages.SEVERAL_VARIADIC)
    return axes


@dataclass
class _Marks:
    """The modifiers in front of an axis."""

    broadcast: bool = False
    variadic: bool = False
    anonymous: bool = False
    path: bool = False


_MODIFIERS = {"#": "broadcast", "*": "variadic", "_": "anonymous", "?": "path"}


def _axis(word: str, in_tree: bool) -> Axis:
    if "," in word and "(" not in word:
        raise Malformed(messages.commas(word))
    if word.endswith("#"):
        raise Malformed(messages.trailing_hash(word))
    if "..." in word:
        if word != "...":
            raise Malformed(messages.ellipsis_alone(word))
        return Variadic(None)
    marks, rest = _modifiers(word)
    if marks.path and not (in_tree and (not rest or rest.isidentifier())):
        raise Malformed(messages.tree_path(word))
    if not rest or rest.isidentifier():
        return _named(word, marks, rest)
    try:
        size = int(rest)
    except ValueError:
        return _symbolic(word, marks, rest)
    if marks.variadic or marks.anonymous:
        raise Malformed(messages.not_with(word, "a number", "*" if marks.variadic else "_"))
    return Fixed(size, marks.broadcast)


def _modifiers(word: str) -> tuple[_Marks, str]:
    marks, rest = _Marks(), word
    while rest:
        modifier = _MODIFIERS.get(rest[0])
        if modifier is not None:
            if getattr(marks, modifier):
                raise Malformed(messages.twice(word, rest[0]))
            setattr(marks, modifier, True)
            rest = rest[1:]
        elif rest.count("=") == 1:
            rest = rest.partition("=")[2]
        else:
            break
    return marks, rest


def _named(word: str, marks: _Marks, name: str) -> Axis:
    if marks.anonymous:
        if marks.broadcast:
            raise Malformed(messages.not_with(word, "an anonymous axis", "#"))
        return Variadic(None) if marks.variadic else Anonymous()
    return Variadic(name, marks.broadcast) if marks.variadic else Named(name, marks.broadcast)


def _symbolic(word: str, marks: _Marks, text: str) -> Axis:
    if marks.variadic or marks.anonymous:
        raise Malformed(messages.not_with(word, "an expression", "*" if marks.variadic else "_"))
    axis = Symbolic(text, marks.broadcast)
    try:
        pieces = template(axis)
        if all(isinstance(piece, str) for piece in pieces):
            ast.parse("".join(map(str, pieces)).strip(), mode="eval")
    except (SyntaxError, ValueError):
        raise Malformed(messages.no_expression(word)) from None
    return axis


def template(axis: Symbolic) -> list[str | ast.FormattedValue]:
    """The expression's text, with what stands in braces as Python expressions. Raises SyntaxError."""
    joined = ast.parse(f"f'{axis.text}'", mode="eval").body
    if not isinstance(joined, ast.JoinedStr):
        raise SyntaxError(axis.text)
    return [str(piece.value) if isinstance(piece, ast.Constant) else _formatted(piece) for piece in joined.values]


def _formatted(piece: ast.expr) -> ast.FormattedValue:
    if not isinstance(piece, ast.FormattedValue):
        raise SyntaxError("a part of a string that is no expression")
    return piece


def names_used(axis: Axis) -> Iterator[str]:
    """The names an expression must find bound, besides Python's own.

    None where braces may write any of them, or where the axis may be broadcast: then it is not looked at.
    """
    if not isinstance(axis, Symbolic) or axis.broadcast or any(not isinstance(piece, str) for piece in template(axis)):
        return
    for node in ast.walk(ast.parse(axis.text, mode="eval")):
        if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
            yield node.id


def names_bound(axes: tuple[Axis, ...]) -> Iterator[str]:
    """The names that expressions may use once these axes were checked, in the order in which they are bound."""
    for axis in axes:
        if isinstance(axis, Named):
            yield axis.name
