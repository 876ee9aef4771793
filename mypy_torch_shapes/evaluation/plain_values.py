"""Numbers, strings and rows of those: what they are, and which results are too large to compute."""

from __future__ import annotations

import ast

from .values import Value

LONGEST = 100_000  # items of a sequence that are still written out
_LARGEST, _BITS = 1 << 64, 4096


def is_plain(value: Value) -> bool:
    """Whether Python's own == is quick and right."""
    kind = type(value)
    return kind in (int, str, float, bool) or value is None or (kind is tuple and all(map(is_plain, value)))


def is_too_long(left: Value, right: Value) -> bool:
    """Whether two sequences together are more than any table of a program."""
    return isinstance(right, str | tuple | list) and len(left) + len(right) > LONGEST


def is_too_large(op: type[ast.operator], left: Value, right: Value) -> bool:
    """Whether the result of an operator on numbers may have more digits than anyone needs."""
    if op is ast.Mult:
        return type(left) is int and type(right) is int and left.bit_length() + right.bit_length() > _BITS
    if op not in (ast.Pow, ast.LShift) or not isinstance(left, int) or not isinstance(right, int):
        return False
    return abs(left) > _LARGEST or abs(right) > 512
