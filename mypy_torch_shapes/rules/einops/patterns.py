"""One side of an einops pattern, `b (h w) ... 1`, read as einops reads it, with its messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..mismatch import Mismatch

ELLIPSIS = "..."


@dataclass(frozen=True, eq=False)
class Number:
    """An axis without a name, of this size; no two of them are the same axis."""

    value: int


Axis = str | Number
Group = tuple[Axis, ...]  # the axes that make up one axis of the tensor; () is an axis of size 1


@dataclass(frozen=True)
class Side:
    """`groups` are the axes of a tensor in order; an ellipsis is the group (ELLIPSIS,), or in a composition an axis."""

    groups: tuple[Group, ...]
    inside: bool  # the ellipsis is in a composition
    composed: tuple[int, ...]  # which groups were written with parentheses

    @property
    def flat(self) -> tuple[Axis, ...]:
        return tuple(axis for group in self.groups for axis in group)

    @property
    def names(self) -> set[Axis]:
        return set(self.flat)

    @property
    def has_ellipsis(self) -> bool:
        return ELLIPSIS in self.flat

    @property
    def has_numbers(self) -> bool:
        return any(isinstance(axis, Number) for axis in self.flat)

    def expanded(self, covered: int) -> tuple[Group, ...]:
        """The groups with the ellipsis written out as that many axes."""
        axes = tuple(f"{ELLIPSIS}{number}" for number in range(covered))
        groups: list[Group] = []
        for number, group in enumerate(self.groups):
            if group == (ELLIPSIS,) and number not in self.composed:
                groups += [(axis,) for axis in axes]
            else:
                groups.append(tuple(a for axis in group for a in (axes if axis == ELLIPSIS else (axis,))))
        return tuple(groups)


def parse(text: str, underscore: bool = False, duplicates: bool = False) -> Side:
    """Raises Mismatch for what is no side of a pattern; `_` may be allowed as a name that means nothing."""
    _check_dots(text)
    groups: list[Group] = []
    composed: list[int] = []
    open_: list[Axis] | None = None
    inside = False
    seen: set[str] = set()
    for word in _words(text):
        if word == "(":
            if open_ is not None:
                raise Mismatch("Axis composition is one-level (brackets inside brackets not allowed)")
            open_ = []
        elif word == ")":
            if open_ is None:
                raise Mismatch("Brackets are not balanced")
            composed.append(len(groups))
            groups.append(tuple(open_))
            open_ = None
        else:
            if word in seen and not duplicates and not (underscore and word == "_"):
                raise Mismatch(f'Indexing expression contains duplicate dimension "{word}"')
            axis = _axis(word, underscore)
            if isinstance(axis, str):
                seen.add(axis)
            inside = inside or (axis == ELLIPSIS and open_ is not None)
            if open_ is not None:
                open_ += [] if axis is None else [axis]
            else:
                groups.append(() if axis is None else (axis,))
    if open_ is not None:
        raise Mismatch(f'Imbalanced parentheses in expression: "{text}"')
    return Side(tuple(groups), inside, tuple(composed))


def _check_dots(text: str) -> None:
    if "." not in text:
        return
    if ELLIPSIS not in text:
        raise Mismatch("Expression may contain dots only inside ellipsis (...)")
    if text.count(ELLIPSIS) != 1 or text.count(".") != 3:
        raise Mismatch("Expression may contain dots only inside ellipsis (...); only one ellipsis for tensor ")


def _words(text: str) -> Iterator[str]:
    """Names, numbers, the ellipsis and parentheses. Raises Mismatch for any other character."""
    word = ""
    for char in text.replace(ELLIPSIS, "…"):
        if char in "() ":
            if word:
                yield word.replace("…", ELLIPSIS)
            word = ""
            if char != " ":
                yield char
        elif char.isalnum() or char in "_…":
            word += char
        else:
            raise Mismatch(f"Unknown character '{char}'")
    if word:
        yield word.replace("…", ELLIPSIS)


def _axis(word: str, underscore: bool) -> Axis | None:
    """The axis a word stands for; None for one of size 1."""
    if word == ELLIPSIS:
        return word
    if word.isdecimal():
        if int(word) == 0:
            raise Mismatch("Anonymous axis should have positive length, not 0")
        return None if int(word) == 1 else Number(int(word))
    check_name(word, underscore)
    return word


def check_name(word: str, underscore: bool = False) -> None:
    """Raises Mismatch for what is no name of an axis."""
    if not word.isidentifier():
        raise Mismatch(f"Invalid axis identifier: {word} (not a valid python identifier)")
    if (word[0] == "_" or word[-1] == "_") and not (word == "_" and underscore):
        raise Mismatch(f"Invalid axis identifier: {word} (axis name should should not start or end with underscore)")


def listed(axes: Iterable[Axis]) -> str:
    """Axes as messages write them."""
    return "{" + ", ".join(sorted(repr(axis.value) if isinstance(axis, Number) else repr(axis) for axis in axes)) + "}"
