"""Loops that only reckon with plain numbers and fill tables: Python runs them itself, thousands of rounds at once."""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Iterator
from typing import Any

from . import changing, imports
from .plain_values import is_plain, is_too_long
from .run import Frame, Run
from .values import Env, Instance, Library, ListValue, Value

_FEWEST = 8  # rounds below which it is not worth looking
_MOST = 200_000  # rounds, of all loops together
_LARGEST, _HIGHEST_POWER = 2**64, 64  # numbers that are still ordinary

_SYNTAX = (
    ast.For, ast.If, ast.Assign, ast.AugAssign, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Name, ast.Constant,
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.List, ast.Subscript, ast.Slice,
    ast.Attribute, ast.Call, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_FUNCTIONS = frozenset({"abs", "float", "int", "len", "max", "min", "round"})
_ROUNDS = frozenset({"enumerate", "range", "zip"})  # only to go over: asking them for more could take forever
_MATH = frozenset({"ceil", "cos", "e", "exp", "floor", "log", "log2", "pi", "sin", "sqrt"})
_METHODS = frozenset({"append", "get", "items", "keys", "values"})
_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_CONTAINERS = (ListValue, dict)


class _Unfit(Exception):
    """The loop is evaluated as any other."""


def ran(run: Run, node: ast.For | ast.AsyncFor, source: list[Value], frame: Frame) -> bool:
    """Run a loop at once. False where it is none of these; then nothing has changed."""
    if len(source) < _FEWEST or not isinstance(node, ast.For) or not _is_simple(node) or not all(map(is_plain, source)):
        return False
    try:
        scope = _Scope(run, frame)
        tree = scope.visit(_copied(node))
        rounds = _execute(tree, source, scope.names)
        changed = scope.changed(_stored(node))
    except Exception:  # noqa: BLE001  (whatever Python raises, the evaluator meets it, too)
        return False
    for container, now in changed:
        if container == now:
            continue
        run.journal.touch(container)
        if isinstance(container, dict):
            container.clear()
            container.update(now)
        else:
            container[:] = now
    for name in _stored(node):
        if name in scope.names:
            run.set_variable(frame.env, name, scope.names[name])
    for part in _parts(node):
        if isinstance(part, ast.expr):
            run.record(part, frame, None)  # no tensor
    run.steps += rounds
    return True


def _is_simple(node: ast.For) -> bool:
    """Whether a loop is made of nothing but arithmetic, conditions, and tables that it fills."""
    known: bool | None = getattr(node, "_simple", None)
    if known is None:
        parts = list(_parts(node))
        stored = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Store)]
        known = all(isinstance(part, _SYNTAX) for part in parts) and not any(
            isinstance(part, ast.Attribute) for part in stored
        )
        known = known and not any(part.orelse for part in parts if isinstance(part, ast.For))
        known = known and not any(part.keywords for part in parts if isinstance(part, ast.Call))
        node._simple = known  # type: ignore[attr-defined]
    return known


def _parts(node: ast.For) -> Iterator[ast.AST]:
    """The syntax of a loop without what it goes over, which has been evaluated."""
    yield node
    for part in (node.target, *node.body, *node.orelse):
        yield from ast.walk(part)


def _stored(node: ast.For) -> list[str]:
    names = [each.id for each in _parts(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    return list(dict.fromkeys(names))


def _copied(node: ast.For) -> ast.For:
    return ast.parse(ast.unparse(ast.copy_location(ast.For(node.target, _SOURCE, node.body, []), node))).body[0]  # type: ignore[return-value]


_SOURCE = ast.Name("__source__", ast.Load())


class _Scope(ast.NodeTransformer):
    """The plain values of what a loop reads; attributes and functions of `math` get names of their own."""

    def __init__(self, run: Run, frame: Frame) -> None:
        self.run = run
        self.frame = frame
        self.names: dict[str, Any] = {}
        self._held: dict[int, tuple[Any, Any]] = {}  # containers and their copies, by id

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.frame.env.elsewhere:
            raise _Unfit
        if node.id != _SOURCE.id and node.id not in self.names:
            value = self._value(node.id)
            if value is not None:
                self.names[node.id] = self._plain(value[0])
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        source = node.iter
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id in _ROUNDS:
            self._use_function(source.func.id)
            source.args = [self.visit(each) for each in source.args]
        else:
            node.iter = self.visit(source)
        node.target = self.visit(node.target)
        node.body = [self.visit(each) for each in node.body]
        node.body.insert(0, ast.parse("__round__()").body[0])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name):
            if node.func.id not in _FUNCTIONS:
                raise _Unfit
            self._use_function(node.func.id)
        else:
            node.func = self.visit(node.func)
        node.args = [self.visit(each) for each in node.args]
        return node

    def _use_function(self, name: str) -> None:
        if self._value(name) is not None:
            raise _Unfit
        self.names[name] = getattr(builtins, name)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._operation(node.op, self.visit(node.left), self.visit(node.right))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        if any(isinstance(each, ast.Call) for each in ast.walk(node.target)):
            raise _Unfit
        self.visit(node.target)
        old = ast.parse(ast.unparse(node.target), mode="eval").body
        new = self._operation(node.op, self.visit(old), self.visit(node.value), "__change__")
        return ast.Assign([node.target], new)

    def _operation(self, op: ast.operator, left: ast.AST, right: ast.AST, how: str = "__operate__") -> ast.expr:
        """A call of what bounds the result."""
        name = f"__{type(op).__name__}__"
        self.names[name] = _OPERATORS[type(op)]
        args = [ast.Name(name, ast.Load()), left, right]
        return ast.Call(ast.Name(how, ast.Load()), args, [])  # type: ignore[arg-type]

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if not isinstance(node.ops[0], ast.In | ast.NotIn):
            return self.generic_visit(node)
        if len(node.ops) > 1:
            raise _Unfit
        found = ast.Call(ast.Name("__has__", ast.Load()), [self.visit(node.comparators[0]), self.visit(node.left)], [])
        return found if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), found)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not isinstance(node.value, ast.Name):
            raise _Unfit
        found = self._value(node.value.id)
        owner = found[0] if found is not None else None
        if isinstance(owner, _CONTAINERS) and node.attr in _METHODS:
            self.visit(node.value)
            return node
        name = f"__{node.value.id}_{node.attr}__"
        if owner == Library("math") and node.attr in _MATH:
            self.names[name] = getattr(math, node.attr)
        elif isinstance(owner, Instance) and node.attr in owner.attrs:
            self.names[name] = self._plain(owner.attrs[node.attr])
        else:
            raise _Unfit
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def _value(self, name: str) -> tuple[Value] | None:
        """What a name of the function or its module is; None for one that is not bound."""
        env: Env | None = self.frame.env
        while env is not None:
            if name in env.variables:
                value = imports.resolved(self.run, env.variables, name)
                of_module = self.run.general and env is env.module.env
                if of_module and changing.is_unsteady(self.run, env.module, name, value):
                    raise _Unfit
                return (value,)
            env = env.parent
        return None

    def _plain(self, value: Value) -> Any:
        """A plain value as it is, a table of plain values as a copy."""
        if is_plain(value):
            return value
        if id(value) not in self._held:
            self._held[id(value)] = (value, _table(value))
        return self._held[id(value)][1]

    def changed(self, stored: list[str]) -> list[tuple[Any, Any]]:
        """The tables and what is in them now. Not fit where something that is not plain came of it."""
        if not all(is_plain(self.names[name]) for name in stored if name in self.names):
            raise _Unfit
        for _, now in self._held.values():
            _table(now)
        return list(self._held.values())


def _table(value: Any) -> Any:
    """A copy of a list or dict of plain values."""
    if type(value) is dict and all(is_plain(key) and is_plain(each) for key, each in value.items()):
        return dict(value)
    described = getattr(value, "length", None) is not None or getattr(value, "largest", None) is not None
    if type(value) in (ListValue, list) and not described and all(map(is_plain, value)):
        return list(value)
    raise _Unfit


def _execute(tree: ast.AST, source: list[Value], names: dict[str, Any]) -> int:
    """Run the loop, and count its rounds."""
    work = 0

    def work_on(amount: int = 1) -> None:
        nonlocal work
        work += amount
        if work > _MOST:
            raise _Unfit

    def has(container: Any, item: Any) -> bool:
        work_on(len(container) // 32 if isinstance(container, list) else 0)
        return item in container

    helpers = {"__round__": work_on, "__has__": has, "__operate__": _operate, "__change__": _change}
    module = ast.fix_missing_locations(ast.Module([tree], []))  # type: ignore[list-item]
    exec(compile(module, "<loop>", "exec"), {"__builtins__": {}, "__source__": source, **helpers}, names)
    return work


def _operate(operate: Any, left: Any, right: Any) -> Any:
    """A result that is not much longer than what it is made of."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        if operate is operator.pow and (abs(right) > _HIGHEST_POWER or abs(left) > _LARGEST):
            raise _Unfit
        result = operate(left, right)
        if abs(result) > _LARGEST:
            raise _Unfit
        return result
    if operate is not operator.add or is_too_long(left, right):
        raise _Unfit
    return left + right


def _change(operate: Any, left: Any, right: Any) -> Any:
    """`left += right`: a list stays the same list."""
    if not isinstance(left, list):
        return _operate(operate, left, right)
    if operate is not operator.add or is_too_long(left, right):
        raise _Unfit
    left += right
    return left
