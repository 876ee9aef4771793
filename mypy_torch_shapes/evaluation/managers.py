"""`with`: entering and leaving context managers, and the exceptions they keep to themselves."""

from __future__ import annotations

import ast
from typing import Any

from ..shapes.unknown import Unknown
from . import attributes, calls, casting, expressions, iteration, objects, operators
from .run import Frame, Run
from .values import Bound, Function, Instance, Library, Raised, Value

_GENERATOR = "contextlib._GeneratorContextManager"
# Managers that keep exceptions from the program, by the name they are called by.
_CATCHING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


def run_with(run: Run, node: ast.With | ast.AsyncWith, frame: Frame) -> Any:
    """`with`, its managers from left to right."""
    return _nested(run, node.items, node.body, frame)


def _nested(run: Run, items: list[ast.withitem], body: list[ast.stmt], frame: Frame) -> Any:
    from .statements import run_block

    if not items:
        return run_block(run, body, frame)
    item, *rest = items
    manager = expressions.evaluate(run, item.context_expr, frame)
    if isinstance(manager, Instance) and manager.cls == Library(_GENERATOR):
        return _around_yield(run, manager, item, rest, body, frame)
    entered = _entered(run, manager, item.context_expr, frame)
    if item.optional_vars is not None:
        iteration.assign(run, item.optional_vars, entered, frame)
    catches = _catches(manager, item.context_expr)
    leaves = isinstance(manager, Instance) and objects.find_method(run, manager, "__exit__") is not None
    run.guarded += catches
    run.catching += catches or leaves
    try:
        with casting.entered(manager):
            flow = _nested(run, rest, body, frame)
    except Raised:
        if not catches and not _left(run, manager, item.context_expr, frame, raised=True):
            raise
        from .statements import Flow

        return Flow.NORMAL
    finally:
        run.guarded -= catches
        run.catching -= catches or leaves
    _left(run, manager, item.context_expr, frame, raised=False)
    return flow


def _catches(manager: Value, node: ast.expr) -> bool:
    if isinstance(manager, Instance) and manager.cls != Library("contextlib.suppress"):
        return False
    callee = node.func if isinstance(node, ast.Call) else node
    return (callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")) in _CATCHING


def _entered(run: Run, manager: Value, node: ast.expr, frame: Frame) -> Value:
    if isinstance(manager, Instance):
        if "enter_result" in manager.attrs:
            return manager.attrs["enter_result"]
        try:
            enter = attributes.get(run, manager, "__enter__", node, frame)
        except Raised:
            return Unknown("what a context manager gives")
        return calls.call(run, enter, [], {}, node, frame) if isinstance(enter, Bound) else manager
    known = iteration.items(run, manager)
    if isinstance(known, list) and len(known) == 1:
        return known[0]
    return Unknown("what a context manager gives")


def _left(run: Run, manager: Value, node: ast.expr, frame: Frame, raised: bool) -> bool:
    """Call `__exit__`; whether it keeps the exception to itself."""
    leave = objects.find_method(run, manager, "__exit__") if isinstance(manager, Instance) else None
    if leave is None:
        return False
    given: list[Value] = [Unknown("an exception") if raised else None for _ in range(3)]
    return operators.truth(run, calls.call(run, leave, given, {}, node, frame), frame) is True


def make_generator_manager(function: Function, args: list[Value], kwargs: dict[str, Value]) -> Instance:
    """What calling a function behind `contextlib.contextmanager` gives."""
    return Instance(Library(_GENERATOR), {"<call>": (function, args, kwargs)})


def _around_yield(
    run: Run, manager: Instance, item: ast.withitem, rest: list[ast.withitem], body: list[ast.stmt], frame: Frame
) -> Any:
    """Run the generator function, with the body of the `with` in the place of its `yield`."""
    flows: list[Any] = []

    def at_yield(value: Value) -> None:
        run.frames.append(frame)
        try:
            if item.optional_vars is not None:
                iteration.assign(run, item.optional_vars, value, frame)
            flows.append(_nested(run, rest, body, frame))
        finally:
            run.frames.pop()

    function, args, kwargs = manager.attrs["<call>"]
    result = calls.call_function(run, function, args, kwargs, at_yield)
    if not flows:  # it could not be entered
        at_yield(result if isinstance(result, Unknown) else Unknown("what a context manager gives"))
    return flows[-1]
