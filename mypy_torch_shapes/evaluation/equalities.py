"""What a test says of sizes: which are equal where it holds, and which where it does not."""

from __future__ import annotations

import ast

from ..shapes.relations import Truth, less
from . import expressions, syntax
from .joins import BothWays, Pairs
from .run import Frame, Run
from .values import Condition, Raised, Value, is_size

_CHEAP = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Constant, ast.Tuple)


def on_both_ways(run: Run, test: ast.expr, frame: Frame) -> BothWays:
    """The sizes that are equal where a test holds, and where it does not."""
    return syntax.on_both_ways(test, lambda each: _of_comparison(run, each, frame))


def kept(run: Run, value: Value, node: ast.expr, frame: Frame) -> Value:
    """What is assigned to a variable: a condition that knows these sizes."""
    if not isinstance(value, Condition) or value.even != ((), ()):
        return value
    held, failed = on_both_ways(run, node, frame)
    return Condition(value.values, (tuple(held), tuple(failed)))


def _of_comparison(run: Run, test: ast.expr, frame: Frame) -> BothWays:
    """Of `a == b`, `a != b`, `padding > 0`, `rest`, `x % 2 == 1` and a variable that holds one of these."""
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]
    if len(sides) > 2 or not all(isinstance(side, _CHEAP) for side in sides):
        return [], []
    run.muted += 1  # it was said when the test was evaluated
    try:
        values = [expressions.evaluate(run, side, frame) for side in sides]
    except Raised:
        return [], []
    finally:
        run.muted -= 1
    left, right = values if len(values) == 2 else (values[0], 0)
    if isinstance(left, Condition) and len(values) == 1:
        held, failed = map(list, left.even)
        return held, failed
    op = type(test.ops[0]) if isinstance(test, ast.Compare) else ast.NotEq
    pairs: Pairs = [(left, right)] if is_size(left) and is_size(right) else []
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        pairs = [pair for pair in zip(left, right, strict=True) if all(map(is_size, pair))]
    if op is ast.NotEq:
        return [], pairs
    if op is ast.Eq:
        return pairs, [(left, 0)] if right == 1 and is_size(left) and left % 2 == left else []
    return [], pairs if op is ast.Gt and right == 0 and is_size(left) and less(left, 0) is Truth.NO else []
