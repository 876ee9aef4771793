"""Evaluating expressions."""

from __future__ import annotations

import ast
import builtins as python
from collections.abc import Callable
from functools import partial
from typing import Any

from ..shapes.unknown import Undecided, Unknown
from . import (
    attributes,
    calls,
    changing,
    comprehensions,
    conditions,
    deferred,
    equalities,
    imports,
    iteration,
    miscounts,
    operators,
    subscripts,
)
from .joins import join
from .modules import SourceModule
from .run import Frame, Run
from .syntax import nodes_of
from .values import Condition, Env, Function, Library, ListValue, Raised, Value

Handler = Callable[[Run, Any, Frame], Value]


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression; what it is gets recorded."""
    run.step()
    handler = _HANDLERS.get(type(node))
    if handler is None:
        value: Value = Unknown(f"{type(node).__name__} is not evaluated")
    else:
        try:
            value = handler(run, node, frame)
        except Undecided as undecided:
            value = Unknown(undecided.reason)
        except Raised as raised:
            if raised.stated or run.catching:
                raise
            value = Unknown(f"{raised.kind} while evaluating")
    value = run.settle(value)
    run.record(node, frame, value)
    return value


def _constant(run: Run, node: ast.Constant, frame: Frame) -> Value:
    return node.value


def _name(run: Run, node: ast.Name, frame: Frame) -> Value:
    env: Env | None = frame.env
    while env is not None:
        if env.parent is None:
            deferred.demand(run, env.module, node.id)
        if node.id in env.variables:
            return _found(run, env, node.id)
        env = env.parent
    if run.catching and frame.function is not None and node.id in _bound(frame.function.node):
        raise Raised("UnboundLocalError")  # `try: next(batches)`, before the first `batches = iter(…)`
    return global_name(run, node.id, frame.env)


def _bound(function: ast.AST) -> frozenset[str]:
    """The names that are a function's own, as Python sees it: it binds them somewhere."""
    names: frozenset[str] | None = getattr(function, "_bound", None)
    if names is None:
        nodes = nodes_of(function)
        elsewhere = {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        names = frozenset(stored - elsewhere)
        function._bound = names  # type: ignore[attr-defined]
    return names


def _found(run: Run, env: Env, name: str) -> Value:
    value = imports.resolved(run, env.variables, name)
    if run.general and env is env.module.env and changing.is_unsteady(run, env.module, name, value):
        return Unknown(f"{name} is a global that functions change")
    return value


def is_missing(run: Run, name: str, frame: Frame) -> bool:
    """Whether a name is surely not bound: neither here, nor in the module, in what it star-imports, or in Python."""
    env: Env | None = frame.env
    while env is not None:
        if name in env.variables:
            return False
        env = env.parent
    if hasattr(python, name):
        return False
    return all(
        isinstance(run.loader.find(star), SourceModule) and isinstance(imports.member(run, star, name), Unknown)
        for star in frame.module.stars
    )


def global_name(run: Run, name: str, env: Env) -> Value:
    """A name of the module, of what it star-imports, or of Python."""
    module = env.module
    deferred.demand(run, module, name)
    if name in module.env.variables:
        return _found(run, module.env, name)
    for source in module.stars:
        value = imports.member(run, source, name)
        if isinstance(value, Library) and hasattr(python, name) and not imports.exports(value):
            continue
        if not isinstance(value, Unknown):
            return value
    if hasattr(python, name) or name == "reveal_type":
        return Library(f"builtins.{name}")
    return Unknown(f"the name {name} is not known here")


def _tuple(run: Run, node: ast.Tuple, frame: Frame) -> Value:
    items = _items(run, node.elts, frame)
    return Unknown("a tuple of unknown length") if isinstance(items, Unknown) else tuple(items)


def _list(run: Run, node: ast.List, frame: Frame) -> Value:
    items = _items(run, node.elts, frame)
    return Unknown("a list of unknown length") if isinstance(items, Unknown) else ListValue(items)


def _set(run: Run, node: ast.Set, frame: Frame) -> Value:
    items = _items(run, node.elts, frame)
    if isinstance(items, Unknown):
        return items
    try:
        return set(items)
    except TypeError:
        return Unknown("a set of unhashable values")


def _items(run: Run, nodes: list[ast.expr], frame: Frame) -> list[Value] | Unknown:
    items: list[Value] = []
    for node in nodes:
        if not isinstance(node, ast.Starred):
            items.append(evaluate(run, node, frame))
            continue
        known = iteration.items(run, evaluate(run, node.value, frame))
        if not isinstance(known, list):
            return Unknown("unpacked something of unknown length")
        items += known
    return items


def _dict(run: Run, node: ast.Dict, frame: Frame) -> Value:
    result: dict[Value, Value] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(run, value_node, frame)
        if key_node is None:
            if not isinstance(value, dict):
                return Unknown("unpacked an unknown mapping")
            result.update(value)
            continue
        key = evaluate(run, key_node, frame)
        if isinstance(key, Unknown):
            return Unknown("a dict with an unknown key")
        try:
            result[key] = value
        except TypeError:
            return Unknown("a dict with an unhashable key")
    return result


def _attribute(run: Run, node: ast.Attribute, frame: Frame) -> Value:
    return attributes.get(run, evaluate(run, node.value, frame), node.attr, node, frame)


def _subscript(run: Run, node: ast.Subscript, frame: Frame) -> Value:
    receiver, index = evaluate(run, node.value, frame), evaluate(run, node.slice, frame)
    wrong = miscounts.out_of_range(receiver, index, node.value, frame)
    if wrong is not None and not run.catching:
        return run.mismatch(node, wrong, miscounts.asked(run, node.value, frame))
    return subscripts.subscript(run, receiver, index, node, frame)


def _slice(run: Run, node: ast.Slice, frame: Frame) -> Value:
    return slice(*(evaluate(run, part, frame) if part else None for part in (node.lower, node.upper, node.step)))


def _call(run: Run, node: ast.Call, frame: Frame) -> Value:
    function = evaluate(run, node.func, frame)
    args, kwargs = arguments(run, node, frame, calls.binds_names(function))
    if isinstance(args, Unknown):
        columns = _columns(run, node, frame) if function == Library("builtins.zip") else None
        changing.forget_receiver(run, function, args)
        return args if columns is None else columns
    return calls.call(run, function, args, kwargs, node, frame)


def _columns(run: Run, node: ast.Call, frame: Frame) -> Value:
    """`zip(*rows)` of rows that are all alike: one list for each of their items; None for anything else."""
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Starred):
        return None
    rows = evaluate(run, node.args[0].value, frame)
    if not isinstance(rows, ListValue) or rows.length is None or not isinstance(rows[0], tuple):
        return None
    return ListValue(ListValue([item], rows.length) for item in rows[0])


def arguments(run: Run, node: ast.Call, frame: Frame, open_to_names: bool) -> tuple[Any, dict[Any, Value]]:
    """The values of a call's arguments; an Unknown in place of the positional ones where they cannot be counted.

    Only what is `open_to_names` gets keyword arguments of unknown name.
    """
    args: list[Value] = []
    vague: Unknown | None = None
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            args.append(evaluate(run, argument, frame))
            continue
        value = evaluate(run, argument.value, frame)
        known = iteration.items(run, value)
        if isinstance(known, list):
            args += known
        else:
            vague = Unknown("called with an unknown number of arguments")
    kwargs: dict[Any, Value] = {}
    for keyword in node.keywords:
        value = evaluate(run, keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str | Unknown if open_to_names else str) for key in value):
            kwargs.update(value)
        elif open_to_names and isinstance(value, Unknown):
            kwargs[value] = value
        else:
            vague = Unknown("called with unknown keyword arguments")
    return (vague if vague is not None else args), kwargs


def _binary(run: Run, node: ast.BinOp, frame: Frame) -> Value:
    left, right = evaluate(run, node.left, frame), evaluate(run, node.right, frame)
    return operators.binary(run, type(node.op), left, right, node, frame)


def _unary(run: Run, node: ast.UnaryOp, frame: Frame) -> Value:
    return operators.unary(run, type(node.op), evaluate(run, node.operand, frame), node, frame)


def _boolean(run: Run, node: ast.BoolOp, frame: Frame) -> Value:
    """`and` / `or`: stops where Python stops; past an unknown operand the result is a join."""
    stop = isinstance(node.op, ast.Or)
    reached: list[Value] = []
    opened = 0
    try:
        for operand in node.values:
            value = evaluate(run, operand, frame)
            test = conditions.condition(run, value, frame)
            truth = test.decided if isinstance(test, Condition) else test
            if truth is None:
                reached.append(value if test is None else test)
                run.uncertain += 1
                opened += 1
            elif truth is stop and any(not isinstance(each, Condition) for each in reached):
                return stop  # whichever operand it is that decides
            elif truth is stop or isinstance(test, Condition) or operand is node.values[-1]:
                reached.append(test if isinstance(test, Condition) else value)
                if truth is stop:
                    break
    finally:
        run.uncertain -= opened
    return _any_of(reached, stop)


def _any_of(reached: list[Value], stop: bool) -> Value:
    """What `and` / `or` is, being decided by one of these operands."""
    if all(isinstance(value, bool | Condition) for value in reached):
        return conditions.combined(reached, every=not stop)
    *first, result = reached
    for value in first:
        if not isinstance(value, Condition) or value.decided is None:
            result = join(value, result)
    return result


def _compare(run: Run, node: ast.Compare, frame: Frame) -> Value:
    left = evaluate(run, node.left, frame)
    results: list[Value] = []
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(run, right_node, frame)
        result = operators.compare(run, type(operator), left, right, node, frame)
        if not isinstance(result, bool | Condition) or result is False or len(node.ops) == 1:
            return result
        results.append(result)
        left = right
    return conditions.combined(results, every=True)


def _conditional(run: Run, node: ast.IfExp, frame: Frame) -> Value:
    test = conditions.condition(run, evaluate(run, node.test, frame), frame)
    if isinstance(test, bool):
        return evaluate(run, node.body if test else node.orelse, frame)
    holds, fails = conditions.bindings(node.test, frame)
    body = partial(conditions.bound, run, holds, partial(evaluate, run, node.body, frame), frame)
    orelse = partial(conditions.bound, run, fails, partial(evaluate, run, node.orelse, frame), frame)
    even = equalities.on_both_ways(run, node.test, frame)
    if test is not None:
        return conditions.conditional(run, test, body, orelse, even)
    return conditions.either(run, None, body, orelse, even)


def _lambda(run: Run, node: ast.Lambda, frame: Frame) -> Value:
    return make_function(run, node, "<lambda>", frame)


def make_function(
    run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, frame: Frame
) -> Function:
    """A function defined in a frame, its defaults evaluated now."""
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults = {
        parameter.arg: evaluate(run, default, frame)
        for parameter, default in zip(reversed(positional), reversed(node.args.defaults), strict=False)
    }
    for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            defaults[parameter.arg] = evaluate(run, default, frame)
    defaults = {each: changing.steady_default(node, each, value) for each, value in defaults.items()}
    owner = frame.owner if frame.env.is_class else None
    return Function(node, frame.env, qualify(frame, name), defaults, owner)


def qualify(frame: Frame, name: str) -> str:
    """A name as Python's `__qualname__` has it."""
    if frame.env.is_class and frame.owner is not None:
        return f"{frame.owner.qualname}.{name}"
    if frame.function is not None:
        return f"{frame.function.qualname}.<locals>.{name}"
    return name


def _walrus(run: Run, node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame)
    env = frame.env
    while env.elsewhere.get("<comprehension>") is not None and env.parent is not None:
        env = env.parent
    run.set_variable(env, node.target.id, value)
    run.record_binding(node.target, frame, value)
    return value


def _joined(run: Run, node: ast.JoinedStr, frame: Frame) -> Value:
    parts = [evaluate(run, part, frame) for part in node.values]
    unknown = next((part for part in parts if not isinstance(part, str)), None)
    return "".join(parts) if unknown is None else Unknown("a string with unknown parts")


def _formatted(run: Run, node: ast.FormattedValue, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame)
    spec = evaluate(run, node.format_spec, frame) if node.format_spec else ""
    if not isinstance(value, str | int | float | bool | None) or not isinstance(spec, str):
        return Unknown("a string with unknown parts")
    if node.conversion == ord("r"):
        value = repr(value)
    try:
        return format(value, spec)
    except (ValueError, TypeError):
        return Unknown("a string with unknown parts")


def _starred(run: Run, node: ast.Starred, frame: Frame) -> Value:
    """`*x` inside a subscript's tuple."""
    return evaluate(run, node.value, frame)


def _yield(run: Run, node: ast.Yield, frame: Frame) -> Value:
    value = evaluate(run, node.value, frame) if node.value else None
    if frame.at_yield is not None:
        frame.at_yield(value)
        return None
    frame.yielded.append(value)
    return Unknown("what is sent to a generator")


def _yield_from(run: Run, node: ast.YieldFrom, frame: Frame) -> Value:
    known = iteration.items(run, evaluate(run, node.value, frame))
    frame.yielded += known if isinstance(known, list) else [known]
    return Unknown("what a generator returns")


def _await(run: Run, node: ast.Await, frame: Frame) -> Value:
    return evaluate(run, node.value, frame)


_HANDLERS: dict[type[ast.expr], Handler] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: comprehensions.of_dict,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: comprehensions.of_items,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: comprehensions.of_items,
    ast.Name: _name,
    ast.NamedExpr: _walrus,
    ast.Set: _set,
    ast.SetComp: comprehensions.of_items,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
