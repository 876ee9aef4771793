"""A shape, or what an operation gives, is taken to have another number of items than it has."""

from __future__ import annotations

import ast

from ..rules.mismatch import Mismatch
from . import iteration
from .run import Frame, Run
from .syntax import nodes_of
from .values import ListValue, Named, Tensor, Value

_DIVIDING = frozenset({"chunk", "split", "tensor_split", "unbind"})


def out_of_range(receiver: Value, index: Value, node: ast.expr, frame: Frame) -> Mismatch | None:
    """An index that a tensor's shape, or what torch returns, does not have."""
    if not isinstance(receiver, tuple) or not isinstance(index, int) or -len(receiver) <= index < len(receiver):
        return None
    if _asks_for_shape(node) or _keeps_shape(node, frame):
        return _mistake("shape", f"index {index} is out of range for a tensor of rank {len(receiver)}")
    if isinstance(receiver, Named) and receiver.cls is None:
        return _mistake("result", f"index {index} is out of range: there are {len(receiver)} results")
    return None


def unpacked(run: Run, target: ast.expr, value: Value, node: ast.expr) -> Mismatch | None:
    """Names on the left of an assignment that are more or fewer than the sizes, rows or pieces on its right."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, tuple | ListValue | Tensor):
        return None  # also an iterator, which looking at would use up
    items, names = iteration.items(run, value), len(target.elts)
    starred = any(isinstance(each, ast.Starred) for each in target.elts)
    if not isinstance(items, list) or (len(items) >= names - 1 if starred else len(items) == names):
        return None
    least = "at least " if starred else ""
    wanted = f"{least}{names - starred} {'is' if names - starred == 1 else 'are'} unpacked"
    if isinstance(value, tuple) and _asks_for_shape(node):
        return _mistake("shape", f"the tensor has {len(items)} axes, {wanted}")
    if isinstance(value, Tensor):
        return _mistake("unpacking", f"the tensor has {len(items)} rows, {wanted}")
    divides = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _DIVIDING
    if divides and items and all(isinstance(item, Tensor) for item in items):
        return _mistake("unpacking", f"there are {len(items)} pieces, {wanted}")
    return None


def asked(run: Run, node: ast.expr, frame: Frame) -> list[Value]:
    """The tensor whose shape it is, where looking at it again changes nothing."""
    from . import expressions

    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    found = expressions.evaluate(run, node, frame) if isinstance(node, ast.Name) else ()
    return [] if isinstance(found, tuple) else [found]  # a shape that has a name of its own


def _asks_for_shape(node: ast.expr) -> bool:
    """`x.shape` or `x.size()`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "size" and not node.args
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _keeps_shape(node: ast.expr, frame: Frame) -> bool:
    """A name that its function binds to shapes and to nothing else: `size = x.size()`."""
    if not isinstance(node, ast.Name):
        return False
    parts = nodes_of(frame.module.tree if frame.function is None else frame.function.node)
    shapes = [each.targets for each in parts if isinstance(each, ast.Assign) and _asks_for_shape(each.value)]
    named = [each for each in parts if isinstance(each, ast.Name) and each.id == node.id]
    bound = [each for each in named if not isinstance(each.ctx, ast.Load)]
    given = any(isinstance(each, ast.arg) and each.arg == node.id for each in parts)
    return bool(bound) and not given and all([each] in shapes for each in bound)


def _mistake(operation: str, message: str) -> Mismatch:
    mismatch = Mismatch(message)
    mismatch.operation = operation
    return mismatch
