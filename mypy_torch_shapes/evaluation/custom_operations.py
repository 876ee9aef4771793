"""Operators that a program registers with torch.library: they are the functions it registers."""

from __future__ import annotations

import ast

from ..shapes.unknown import Unknown
from . import calls
from .run import Frame, Run
from .specials import special
from .values import Bound, Function, Library, Partial, Value

_OVERLOADS = (".default",)


@special("torch.library.custom_op", "torch.library.triton_op", "torch.library.register_fake")
def _register(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """`custom_op("mine::op", mutates_args=())`, with a function or as a decorator. The first function stands."""
    name = args[0] if args else kwargs.get("name")
    function = args[1] if len(args) > 1 else kwargs.get("fn", kwargs.get("func"))
    if function is None:
        return Partial(Library("torch.library.<register>"), (name,), {})
    return _keep(run, [name, function], {}, node, frame)


@special("torch.library.<register>")
def _keep(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    name, function = args
    if isinstance(name, str) and isinstance(function, Function | Bound | Partial):
        run.loader.operators.setdefault(name.replace("::", "."), function)
    return function


def call(
    run: Run, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value | None:
    """`torch.ops.mine.op(...)`; None where the program registers no such operator."""
    name = path.removeprefix("torch.ops.")
    for ending in _OVERLOADS:
        name = name.removesuffix(ending)
    function = run.loader.operators.get(name)
    if function is None:
        return None
    found = calls.call(run, function, args, kwargs, node, frame)
    return found if found is not None else Unknown(f"{path} gives nothing")
