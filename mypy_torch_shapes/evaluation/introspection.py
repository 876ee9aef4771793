"""What `inspect` says of functions of the program: decorators ask it for the parameters of what they wrap."""

from __future__ import annotations

import ast

from ..shapes.unknown import Unknown
from . import objects
from .run import Frame, Run
from .specials import special
from .values import Bound, Class, Function, Instance, Library, Value

_KINDS = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")
_CONSTANTS = {name: Library(f"inspect.Parameter.{name}") for name in (*_KINDS, "empty")}


@special("inspect.isfunction", "inspect.ismethod", "inspect.isclass")
def _is_kind(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """`default() if isfunction(default) else default`; of a library's names it is not known which are written in C."""
    value = args[0] if len(args) == 1 else Unknown("what is inspected")
    if isinstance(value, Unknown | Library):
        return Unknown(f"inspect.{name} of something that is not the program's")
    return isinstance(value, {"isfunction": Function, "ismethod": Bound, "isclass": Class}[name])


@special("inspect.signature")
def _signature(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    function = args[0] if args else None
    bound = isinstance(function, Bound | Class)
    if isinstance(function, Class):
        function = objects.lookup(function, "__init__")
    elif isinstance(function, Bound):
        function = function.function
    while isinstance(function, Function) and "__wrapped__" in function.attrs:
        function = function.attrs["__wrapped__"]
    if not isinstance(function, Function):
        return Unknown("the signature of something unknown")
    parameters = dict(list(_parameters(function).items())[1 if bound else 0 :])
    return Instance(Library("inspect.Signature"), {"parameters": parameters})


def _parameters(function: Function) -> dict[Value, Value]:
    spec = function.node.args
    groups: tuple[list[ast.arg | None] | list[ast.arg], ...] = (
        spec.posonlyargs,
        spec.args,
        [spec.vararg],
        spec.kwonlyargs,
        [spec.kwarg],
    )
    return {
        each.arg: _parameter(function, each.arg, kind)
        for kind, group in zip(_KINDS, groups, strict=True)
        for each in group
        if each is not None
    }


def _parameter(function: Function, name: str, kind: str) -> Instance:
    default = function.defaults.get(name, _CONSTANTS["empty"])
    attrs = {**_CONSTANTS, "name": name, "kind": _CONSTANTS[kind], "default": default}
    return Instance(Library("inspect.Parameter"), {**attrs, "annotation": Unknown("an annotation")})
