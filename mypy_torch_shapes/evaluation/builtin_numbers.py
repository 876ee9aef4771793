"""Python's number builtins and rounding, on symbolic sizes too."""

from __future__ import annotations

import ast
from typing import Any

from ..shapes.dims import Dim
from ..shapes.relations import Truth, at_most
from ..shapes.unknown import Unknown, UnknownNumber
from . import conditions, lengths, library, numbers, operators, tensors
from .run import Frame, Run
from .specials import special
from .values import (
    Real,
    Tensor,
    Value,
)


@special("builtins.int")
def _int(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args:
        return 0
    if lengths.is_one(args[0]):
        return lengths.as_number(args[0])
    if isinstance(args[0], Tensor | UnknownNumber):
        return UnknownNumber(int, "a number read from a tensor")
    if isinstance(args[0], str):
        return library.pure("builtins.int", args, kwargs)
    return numbers.to_int(args[0])


@special("builtins.float")
def _float(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if args and isinstance(args[0], Dim):
        return numbers.binary(_multiply, args[0], 1.0)
    if args and isinstance(args[0], Real):
        return args[0]
    if args and isinstance(args[0], Tensor | UnknownNumber):
        return UnknownNumber(float, "a number read from a tensor")
    return library.pure("builtins.float", args, kwargs)


def _multiply(a: Any, b: Any) -> Any:
    return a * b


_multiply.__name__ = "mul"


@special("builtins.bool")
def _bool(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    truth = conditions.condition(run, args[0] if args else False, frame)
    return Unknown("the truth of something unknown") if truth is None else truth


@special("builtins.divmod")
def _divmod(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return tuple(operators.binary(run, op, args[0], args[1], node, frame) for op in (ast.FloorDiv, ast.Mod))


@special("builtins.abs")
def _abs(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (value,) = args
    if isinstance(value, Tensor):
        return tensors.operate(run, "torch.abs", [value], {}, node, frame)
    if isinstance(value, Dim):
        if at_most(0, value) is Truth.YES:
            return value
        return -value if at_most(value, 0) is Truth.YES else numbers.apply(abs, [value])
    return numbers.apply(abs, [value]) if isinstance(value, Real) else library.pure("builtins.abs", args, kwargs)


@special("builtins.round")
def _round(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if isinstance(args[0], Dim | Real) and len(args) == 1:
        return numbers.nearest(args[0])
    return library.pure("builtins.round", args, kwargs)


@special("math.floor")
def _floor(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return numbers.floor(args[0])


@special("math.ceil")
def _ceil(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return numbers.ceil(args[0])
