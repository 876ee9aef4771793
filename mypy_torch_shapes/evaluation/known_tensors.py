"""Vectors whose numbers are known: rates that torch.linspace spreads over layers, axes that torch.arange counts."""

from __future__ import annotations

import ast
import struct
from itertools import accumulate

from ..shapes.dtypes import float32, int64
from ..shapes.tensor_type import TensorType
from . import lengths, tensors
from .run import Frame, Run
from .specials import special
from .values import Known, ListValue, Tensor, Value

_MOST = 1024  # steps


@special("torch.linspace")
def _linspace(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    result = tensors.operate(run, "torch.linspace", args, kwargs, node, frame)
    given = dict(zip(("start", "end", "steps"), args, strict=False)) | kwargs
    start, end, steps = (given.get(name) for name in ("start", "end", "steps"))
    if not isinstance(result, Tensor) or result.type.dtype != float32:
        return result
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return result
    if not isinstance(steps, int) or not 0 < steps <= _MOST:
        return result
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    half = steps // 2  # torch counts the second half from its end
    numbers = [start + step * i if i < half or steps == 1 else end - step * (steps - 1 - i) for i in range(steps)]
    return Known(result.type, tuple(map(_rounded, numbers)))


@special("torch.arange")
def _arange(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    result = tensors.operate(run, "torch.arange", args, kwargs, node, frame)
    named = [kwargs[name] for name in ("start", "end", "step") if name in kwargs]
    if not isinstance(result, Tensor) or result.type.dtype != int64 or named:
        return result
    if not all(type(arg) is int for arg in args) or not 0 < len(args) <= 3:
        return result
    numbers = range(*args)
    return Known(result.type, tuple(numbers)) if len(numbers) <= _MOST else result


@special("torch.div")
def _div(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    number = lengths.quotient(args, kwargs)
    return tensors.operate(run, "torch.div", args, kwargs, node, frame) if number is None else number


def _rounded(number: float) -> float:
    """As a float32 keeps it."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded


def method(tensor: Known, name: str, args: list[Value]) -> Value | None:
    """The result of a method that only hands on the numbers; None for any other."""
    numbers = tensor.numbers
    if name == "item" and isinstance(numbers, int | float):
        return numbers
    if name == "tolist":
        return ListValue(numbers) if isinstance(numbers, tuple) else numbers
    if name in ("cpu", "detach", "clone") and numbers is not None:
        return Known(tensor.type, numbers)
    if name == "split" and isinstance(numbers, tuple) and len(args) == 1:
        return _pieces(tensor, numbers, args[0])
    return None


def _pieces(tensor: Known, numbers: tuple[float, ...], widths: Value) -> Value | None:
    if isinstance(widths, int) and widths > 0:
        widths = [min(widths, len(numbers) - at) for at in range(0, len(numbers), widths)]
    whole = isinstance(widths, list | tuple) and all(isinstance(width, int) and width >= 0 for width in widths)
    if not whole or getattr(widths, "length", None) is not None or sum(widths) != len(numbers):
        return None
    ends = list(accumulate(widths))
    rows = [numbers[end - width : end] for width, end in zip(widths, ends, strict=True)]
    return tuple(Known(TensorType(tensor.type.dtype, (len(row),)), row) for row in rows)
