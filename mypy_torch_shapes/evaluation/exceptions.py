"""`raise`, `try` and `assert`: which handler an exception goes to, and what is run on the way."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from ..shapes.unknown import Unknown
from . import expressions, objects, operators
from .run import Frame, Run
from .values import Class, Instance, Library, Raised

if TYPE_CHECKING:
    from .statements import Flow

_OF_TORCH = ("RuntimeError", "IndexError", "ValueError")  # what torch raises of shapes and dtypes


def run_raise(run: Run, node: ast.Raise, frame: Frame) -> None:
    """`raise`. Raises Raised."""
    if node.exc is None:
        raise run.handled[-1] if run.handled else Raised("RuntimeError", stated=True)
    callee = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "Exception")
    value = expressions.evaluate(run, node.exc, frame)
    if isinstance(value, Class):
        value = objects.instantiate(run, value, [], {}, node, frame)
    raise Raised(name, stated=True, value=value if isinstance(value, Instance) else None)


def run_assert(run: Run, node: ast.Assert, frame: Frame) -> None:
    """`assert`. Raises Raised."""
    value = expressions.evaluate(run, node.test, frame)
    truth = operators.truth(run, value, frame)
    run.doubts += truth is None
    if truth is False:
        raise Raised("AssertionError", stated=True)


def run_try(run: Run, node: ast.Try, frame: Frame) -> Flow:
    """`try`: what is under `finally` is run however the rest ends."""
    from .statements import Flow, run_block

    try:
        flow = _handled(run, node, frame)
    except Raised:
        if run_block(run, node.finalbody, frame) is Flow.NORMAL:
            raise
        return Flow.RETURN  # a `return` under `finally` ends the exception
    last = run_block(run, node.finalbody, frame)
    return flow if last is Flow.NORMAL else last


def _handled(run: Run, node: ast.Try, frame: Frame) -> Flow:
    from .statements import Flow, run_block

    guards = any(
        _catches(run, handler, Raised(kind), frame) and not isinstance(handler.body[-1], ast.Raise)
        for handler in node.handlers
        for kind in _OF_TORCH
    )
    run.guarded += guards
    run.catching += bool(node.handlers)
    try:
        flow = run_block(run, node.body, frame)
    except Raised as raised:
        handler = next((each for each in node.handlers if _catches(run, each, raised, frame)), None)
        if handler is None:
            raise
        caught = raised
    else:
        handler = None
    finally:
        run.guarded -= guards
        run.catching -= bool(node.handlers)
    if handler is not None:
        return _in_handler(run, handler, caught, frame)
    return run_block(run, node.orelse, frame) if flow is Flow.NORMAL else flow


def _in_handler(run: Run, handler: ast.ExceptHandler, raised: Raised, frame: Frame) -> Flow:
    from .statements import run_block

    if handler.name:
        value = raised.value if raised.value is not None else Unknown("an exception")
        run.set_variable(frame.env, handler.name, value)
    run.handled.append(raised)
    try:
        return run_block(run, handler.body, frame)
    finally:
        run.handled.pop()
        if handler.name and handler.name in frame.env.variables:
            run.journal.touch(frame.env)
            del frame.env.variables[handler.name]


def _catches(run: Run, handler: ast.ExceptHandler, raised: Raised, frame: Frame) -> bool:
    """Whether an except clause catches an exception."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    ancestors = _ancestors(raised)
    for kind in kinds:
        name = kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")
        if name in ancestors:
            return True
        if raised.value is not None:
            wanted = expressions.evaluate(run, kind, frame)
            if isinstance(wanted, Class) and wanted in objects.mro(raised.value.cls):
                return True
    return False


def common(ways: list[Raised]) -> Raised:
    """What is raised where several ways all raise: the first class that all their exceptions are of."""
    shared = set.intersection(*map(_ancestors, ways))
    if ways[0].kind in shared:
        return Raised(ways[0].kind, stated=True, value=ways[0].value if len(ways) == 1 else None)
    bases = getattr(getattr(builtins, ways[0].kind, Exception), "__mro__", ())
    return Raised(next((each.__name__ for each in bases if each.__name__ in shared), "Exception"), stated=True)


def _ancestors(raised: Raised) -> set[str]:
    """The names of the exception's class and of those it derives from."""
    names = {raised.kind, "Exception", "BaseException"}
    if raised.value is not None:
        names |= {entry.name for entry in objects.mro(raised.value.cls) if isinstance(entry, Class | Library)}
    for name in list(names):
        found = getattr(builtins, name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            names |= {each.__name__ for each in found.__mro__}
    return names
