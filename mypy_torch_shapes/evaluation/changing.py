"""State that outlives a call: what functions change in place, and what an unknown callee may have changed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..shapes.tensor_type import fresh
from ..shapes.unknown import Unknown
from .syntax import kept_with_tree, nodes_of
from .values import Bound, Function, Instance, ListValue, Method, Tensor, Value, is_size

if TYPE_CHECKING:
    from .modules import SourceModule
    from .run import Run

_MUTATORS = frozenset(
    {"append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft", "popitem", "clear",
     "remove", "discard", "sort", "reverse", "move_to_end"}
)  # fmt: skip
# Libraries whose functions leave what they are handed as it is.
_READERS = frozenset(
    {"logging", "json", "pprint", "os", "sys", "time", "pathlib", "builtins", "inspect", "typing", "warnings", "tqdm",
     "pickle", "yaml", "numpy", "torch", "collections", "itertools", "functools", "math", "re", "wandb", "matplotlib"}
)  # fmt: skip
_RANDOM = ("numpy.random.", "random.")


@kept_with_tree
def changed_names(node: ast.AST) -> frozenset[str]:
    """The names whose object the code changes in place: `name.append(…)`, `name[…] = …`, `name += …`."""
    return frozenset(_changed(node))


def _changed(node: ast.AST) -> Iterator[str]:
    for each in nodes_of(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _MUTATORS:
            yield from _root(each.func.value)
        elif isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store | ast.Del):
            yield from _root(each.value)
        elif isinstance(each, ast.AugAssign):
            yield from _root(each.target)


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


@kept_with_tree
def _globals_changed(tree: ast.Module) -> tuple[frozenset[str], frozenset[str]]:
    """The globals that functions of a module bind anew, and those they may change in place."""
    bound: set[str] = set()
    changed: set[str] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            bound.update(name for each in nodes_of(node) if isinstance(each, ast.Global) for name in each.names)
            changed |= changed_names(node)
    return frozenset(bound), frozenset(changed)


def is_unsteady(run: Run, module: SourceModule, name: str, value: Value) -> bool:
    """Whether a global may be something else by the time a recorded call is made: functions of its module change it."""
    bound, changed = _globals_changed(module.tree)
    if name in bound:
        return (id(module.env), name) not in run.rebound
    return name in changed and isinstance(value, ListValue | dict | set) and _holds_data(value)


def _holds_data(value: Value) -> bool:
    """Whether a container is for tensors or numbers, or still empty; registries of functions and classes are not."""
    items = list(value.values()) if isinstance(value, dict) else list(value)
    return not items or any(isinstance(item, Tensor) or is_size(item) for item in items)


def steady_default(node: ast.AST, name: str, value: Value) -> Value:
    """A parameter's default, unless calls leave something in it."""
    if isinstance(value, ListValue | dict | set) and name in changed_names(node):
        return Unknown("a default that calls change")
    return value


def forget_receiver(run: Run, function: Value, reason: Unknown) -> None:
    """After a method that was called with arguments nobody can count: what it changes of its object may be anything."""
    if isinstance(function, Method) and function.name in _MUTATORS:
        _forget(run, function.receiver, reason)
    elif isinstance(function, Bound) and isinstance(function.receiver, Instance):
        method = function.function
        for name in _attributes_bound(method.node) if isinstance(method, Function) else ():
            run.set_attribute(function.receiver, name, reason)


@kept_with_tree
def _attributes_bound(node: ast.AST) -> frozenset[str]:
    return frozenset(
        each.attr for each in nodes_of(node) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    )


def forget_changed(run: Run, callee: str, values: Iterable[Value]) -> None:
    """After a call of something unknown: lists, dicts and arrays that it was handed may hold anything."""
    from . import arrays

    values = list(values)
    for value in values:
        arrays.written_to(run, value)
    if callee.partition(".")[0] in _READERS and not callee.startswith(_RANDOM):
        return
    for value in values:
        _forget(run, value, Unknown(f"{callee or 'something unknown'} may have changed it"))


def _forget(run: Run, value: Value, reason: Unknown) -> None:
    """A list or dict may hold anything, and any number of it."""
    from . import methods

    if isinstance(value, dict):
        methods.doubt(run, value, reason.reason, of_its_own=True)
    elif isinstance(value, ListValue):
        run.journal.touch(value)
        value[:], value.length = [reason], fresh()

