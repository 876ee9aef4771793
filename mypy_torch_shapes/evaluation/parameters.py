"""Binding a call's arguments to a function's parameters, and naming what is reached from them."""

from __future__ import annotations

import ast
from typing import Any

from ..shapes.dims import Dim, symbols
from ..shapes.unknown import Unknown
from .arrays import TENSOR
from .values import Function, Instance, ListValue, Tensor, Value, is_size

_DEPTH = 3
_WIDTH = 16


def bind(function: Function, args: list[Value], kwargs: dict[Any, Value]) -> dict[str, Value] | Unknown:
    """Parameter values by name, as Python binds them; Unknown where the call does not fit.

    Where there may be arguments of unknown name, what none is given for may be among them.
    """
    spec = function.node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    keyword_only = [parameter.arg for parameter in spec.kwonlyargs]
    bound: dict[str, Value] = dict(zip(positional, args, strict=False))
    rest = args[len(positional) :]
    if rest and spec.vararg is None:
        return Unknown("called with too many arguments")
    extra: dict[Any, Value] = {}
    only_positional = {parameter.arg for parameter in spec.posonlyargs}
    for name, value in kwargs.items():
        if (name in positional and name not in only_positional) or name in keyword_only:
            bound[name] = value
        else:
            extra[name] = value
    nameless = [name for name in extra if isinstance(name, Unknown)]
    # What there is on some way only is not there where the program runs.
    named = [name for name, value in extra.items() if not isinstance(name, Unknown) and type(value) is not Unknown]
    if named and spec.kwarg is None:
        return Unknown("called with an argument it does not have")
    if nameless:
        left = [name for name in (*positional, *keyword_only) if name not in bound and name not in only_positional]
        bound |= dict.fromkeys(left, Unknown("may be among keyword arguments of unknown name"))
    return _ordered(function, spec, bound, rest, extra)


def _ordered(
    function: Function, spec: ast.arguments, bound: dict[str, Value], rest: list[Value], extra: dict[str, Value]
) -> dict[str, Value] | Unknown:
    result: dict[str, Value] = {}
    for parameter in (*spec.posonlyargs, *spec.args):
        result[parameter.arg] = bound.get(parameter.arg, _MISSING)
    if spec.vararg is not None:
        result[spec.vararg.arg] = tuple(rest)
    for parameter in spec.kwonlyargs:
        result[parameter.arg] = bound.get(parameter.arg, _MISSING)
    for name, value in result.items():
        if value is _MISSING:
            if name not in function.defaults:
                return Unknown(f"called without its argument {name}")
            result[name] = function.defaults[name]
    if spec.kwarg is not None:
        result[spec.kwarg.arg] = extra
    return result


_MISSING = object()


def nodes(function: Function) -> list[ast.arg]:
    """The parameters where they are written."""
    spec = function.node.args
    found = [*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg]
    return [each for each in found if each is not None]


def paths(bound: dict[str, Value]) -> list[tuple[str, Value]]:
    """The tensors and sizes reached from parameters, each with an expression for it: `x`, `xs[0]`, `batch['ids']`."""
    found: list[tuple[str, Value]] = []
    for name, value in bound.items():
        _collect(name, value, found, _DEPTH)
    return found


def _collect(path: str, value: Value, found: list[tuple[str, Value]], depth: int, one_of_many: bool = False) -> None:
    """`one_of_many`: the value stands for all items of a list, which differ in sizes that nobody has named."""
    if isinstance(value, Tensor) or is_size(value):
        sizes = value.type.dims or () if isinstance(value, Tensor) else (value,)
        if not (one_of_many and any(map(_is_opaque, sizes))):
            found.append((path, value))
    elif not depth:
        return
    elif isinstance(value, ListValue) and value.length is not None:
        found.append((f"len({path})", value.length))
        if value.largest is not None:
            found.append((f"max({path})", value.largest))
        for item in value[:1]:
            _collect(f"{path}[0]", item, found, depth - 1, True)
    elif isinstance(value, ListValue | tuple) and getattr(value, "length", None) is None:
        for i, item in enumerate(value[:_WIDTH]):
            _collect(f"{path}[{i}]", item, found, depth - 1, one_of_many)
    elif isinstance(value, dict):
        for key, item in list(value.items())[:_WIDTH]:
            if isinstance(key, str | int):
                _collect(f"{path}[{key!r}]", item, found, depth - 1, one_of_many)
    elif isinstance(value, Instance) and "training" not in value.attrs:
        for name, item in list(value.attrs.items())[:_WIDTH]:
            if name.startswith("<") and name != TENSOR:  # ours, not the program's
                continue
            if isinstance(item, Tensor | Instance | Dim) or (isinstance(item, ListValue) and item.length is not None):
                _collect(path if name == TENSOR else f"{path}.{name}", item, found, depth - 1, one_of_many)


def _is_opaque(size: Value) -> bool:
    return is_size(size) and any(symbol.name is None for symbol in symbols(size))
