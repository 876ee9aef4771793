"""Which parameters a call left to their defaults, by the source of the call."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable
from itertools import islice
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from mypy_torch_shapes.profiling.names import mro, raw_dict


def left_out(frame: FrameType, cls: type | None = None) -> frozenset[str]:
    """The parameters that a function, or the constructor `cls(…)`, was called without; none where that cannot be told.

    What was left out follows the source: a default that is edited is another one from then on.
    """
    caller = frame.f_back
    call = _call(caller) if caller is not None else None
    if caller is None or call is None:
        return frozenset()
    if cls is not None:
        found, bound = _named(call.func, caller) is cls, True
    else:
        function, bound = _function(call.func, caller)
        found = function is not None and function.__code__ is frame.f_code
    if not found:
        return frozenset()
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(each.arg is None for each in call.keywords):
        return frozenset()
    given = [each.arg for each in call.keywords if each.arg is not None]
    return not_given(frame.f_code, len(call.args) + bound, given)


def not_given(code: CodeType, positional: int, keywords: Iterable[str]) -> frozenset[str]:
    """The parameters of a function that get neither one of so many positional arguments nor one of these names."""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]  # without *args and **kwargs
    return frozenset(names) - {*names[: min(positional, code.co_argcount)], *keywords}


def _function(node: ast.expr, frame: FrameType) -> tuple[FunctionType | None, bool]:
    """The function that a call names, and whether it is a method of the object before the dot."""
    owner = _named(node.value, frame) if isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Attribute) and owner is not None and not isinstance(owner, ModuleType | type):
        found = None if node.attr in (raw_dict(owner) or {}) else _of_class(type(owner), node.attr)
        return (found if isinstance(found, FunctionType) else None), True
    found = _named(node, frame)
    return (found if isinstance(found, FunctionType) else None), False


def _of_class(cls: type, name: str) -> Any:
    return next((base.__dict__[name] for base in mro(cls) if name in base.__dict__), None)


def _call(caller: FrameType) -> ast.Call | None:
    """The call a frame is making (its place in the source is known from Python 3.11 on)."""
    positions = getattr(caller.f_code, "co_positions", None)
    if positions is None:
        return None
    line, end_line, column, end_column = next(islice(positions(), caller.f_lasti // 2, None), (None,) * 4)
    if line is None or end_line is None or column is None or end_column is None:
        return None
    lines = [text.encode() for text in linecache.getlines(caller.f_code.co_filename)[line - 1 : end_line]]
    if len(lines) != end_line - line + 1:
        return None
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    try:
        found = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return found if isinstance(found, ast.Call) else None


def _named(node: ast.expr, frame: FrameType) -> Any:
    """What a plain name, or a name in a module, stands for; nothing of the program's own is run for it."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _named(node.value, frame)
        return (raw_dict(owner) or {}).get(node.attr) if isinstance(owner, ModuleType) else None
    return None
