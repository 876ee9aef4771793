"""What a comprehension makes of the largest of some lengths: `[(each - 1) // 2 + 1 for each in lengths]`."""

from __future__ import annotations

import ast

from ..shapes.dims import Size
from . import lengths
from .operators import TORCH
from .run import Frame, Run
from .syntax import mentions
from .values import Env, Lengths, Many, Tensor, Value, is_size

_FUNCTIONS = frozenset({"int", "float", "round", "ceil", "floor"})  # rise with their argument
_EXTREMES = frozenset({"max", "min"})


def largest(run: Run, element: ast.expr, target: ast.expr, source: Many, frame: Frame) -> Size | None:
    """The largest number that `element` is for the lengths of `source`; None where a larger one may make it smaller."""
    if source.largest is None or not isinstance(target, ast.Name) or not _rises(run, element, target.id, frame):
        return None
    each: Value = source.largest
    if isinstance(source.element, Tensor):
        each = Lengths(source.element.type, source.largest)
    found = lengths.as_number(_evaluated(run, element, Env({target.id: each}, frame.env, frame.env.module), frame))
    return found if is_size(found) else None


def _evaluated(run: Run, node: ast.expr, env: Env, frame: Frame) -> Value:
    """What an expression is, of which nothing is noted."""
    from . import expressions

    apart = Frame(env, frame.function, frame.owner, frame.receiver)
    apart.abbreviations, apart.call = frame.abbreviations, frame.call
    return expressions.evaluate(run, node, apart)


def _rises(run: Run, node: ast.expr, name: str, frame: Frame) -> bool:
    """Whether an expression with a larger number for a name is no smaller."""
    if isinstance(node, ast.BinOp):
        left, right = node.left, node.right
        if mentions(left, name) and mentions(right, name):
            return isinstance(node.op, ast.Add) and all(_rises(run, each, name, frame) for each in (left, right))
        if isinstance(node.op, ast.Add | ast.Mult) and mentions(right, name):
            left, right = right, left
        operation = TORCH.get(type(node.op))
        return operation in lengths.RISING and _rises(run, left, name, frame) and _fits(run, operation, right, frame)
    if isinstance(node, ast.Call) and not node.keywords:
        function = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if function == "item" and isinstance(node.func, ast.Attribute) and not node.args:
            return _rises(run, node.func.value, name, frame)
        alone = function in _FUNCTIONS and len(node.args) == 1
        rising = (_rises(run, each, name, frame) or not mentions(each, name) for each in node.args)
        return (alone or function in _EXTREMES) and all(rising)
    return isinstance(node, ast.Name) and node.id == name


def _fits(run: Run, operation: str, other: ast.expr, frame: Frame) -> bool:
    """Whether a number may stand at the other side of the operator."""
    value = _evaluated(run, other, frame.env, frame)
    return lengths.is_number(value) and lengths.keeps_order(operation, value)
