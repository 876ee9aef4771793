"""The public names of what an OpInfo calls, and how its samples become calls of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .samples import to_value

NAMESPACES: dict[str, ModuleType] = {
    "torch": torch,
    "torch.nn.functional": torch.nn.functional,
    "torch.linalg": torch.linalg,
    "torch.fft": torch.fft,
    "torch.special": torch.special,
    "torch.masked": torch.masked,
    "torch.sparse": torch.sparse,
    "torch.signal.windows": torch.signal.windows,
}

_OPERATORS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "div": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
    **{name: name for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}


@dataclass(frozen=True)
class Call:
    """One call of a public name: its arguments, the function that really does it, and what a rule is given."""

    path: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    function: Callable[..., Any]
    given: tuple[tuple[Any, ...], dict[str, Any]]  # taken before the call, which may change its arguments

    @staticmethod
    def of(path: str, args: tuple[Any, ...], kwargs: dict[str, Any], function: Callable[..., Any]) -> Call:
        return Call(path, args, kwargs, function, (to_value(args), to_value(kwargs)))

    def run(self) -> Any:
        return self.function(*self.args, **self.kwargs)

    def __repr__(self) -> str:
        args, kwargs = self.given
        return f"{self.path}({', '.join([*map(repr, args), *(f'{k}={v!r}' for k, v in kwargs.items())])})"


@functools.cache
def index() -> dict[int, tuple[str, ...]]:
    """Every public path of an object, by identity."""
    paths: dict[int, list[str]] = {}
    for prefix, namespace in NAMESPACES.items():
        for name, value in vars(namespace).items():
            if not name.startswith("_") and callable(value) and not isinstance(value, type):
                paths.setdefault(id(value), []).append(f"{prefix}.{name}")
    for name in dir(torch.Tensor):
        if not name.startswith("__"):
            paths.setdefault(id(inspect.getattr_static(torch.Tensor, name)), []).append(f"torch.Tensor.{name}")
    return {key: tuple(found) for key, found in paths.items()}


def calls(op: Any, sample: Any) -> Iterator[Call]:
    """The calls that a sample of an OpInfo stands for: the function under each name, the method, the operator."""
    args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
    found = index().get(id(op.op), ())
    if found:
        for path in found:
            yield Call.of(path, args, kwargs, op.op)
    elif op.name == "__getitem__":
        yield Call.of("torch.Tensor.__getitem__", args, kwargs, op.op)
    elif op.name.startswith("__"):
        yield from _operator(op, args, kwargs)
    else:
        yield from _watched(op.op, args, kwargs)
    method = op.method_variant
    if method is not None and isinstance(sample.input, torch.Tensor):
        for path in index().get(id(method), ()):
            yield Call.of(path, args, kwargs, method)


def _operator(op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Call]:
    """`__radd__` and its like: the evaluator asks for the function with the operands in their order."""
    name = op.name.strip("_")
    reflected = name not in _OPERATORS
    name = name[1:] if reflected else name
    swapped = (args[1], args[0], *args[2:]) if reflected else args

    def function(*given: Any, **options: Any) -> Any:
        return op.op(given[1], given[0], *given[2:], **options) if reflected else op.op(*given, **options)

    yield Call.of(f"torch.{_OPERATORS[name]}", swapped, kwargs, function)


class _Watch(TorchFunctionMode):
    """Notes every outermost call of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any, Any]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        self.seen.append((func, args, kwargs, (to_value(args), to_value(kwargs)), self))
        result = func(*args, **kwargs)
        self.seen[-1] = (*self.seen[-1][:-1], result)
        return result


def _watched(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Call]:
    """What a wrapper really calls: the one call of a public name whose result it returns."""
    with _Watch() as watch:
        result = function(*args, **kwargs)
    for func, its_args, its_kwargs, given, its_result in watch.seen:
        if its_result is result:
            for path in _names(func):
                yield Call(path, its_args, its_kwargs, func, given)
            return


def attempted(op: Any, sample: Any) -> tuple[Exception | None, list[Call]]:
    """The error a sample raises, and the calls that it stands for."""
    args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
    each = list(calls(op, sample)) if index().get(id(op.op)) else []
    with _Watch() as watch:
        try:
            op.op(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - which is what it is for
            if not each and watch.seen:
                func, its_args, its_kwargs, given, _ = watch.seen[-1]
                each = [Call(path, its_args, its_kwargs, func, given) for path in _names(func)]
            return error, each
    return None, each


def _names(func: Any) -> tuple[str, ...]:
    if getattr(func, "__name__", "") == "__get__":  # a property of Tensor
        return (f"torch.Tensor.{func.__self__.__name__}",)
    return index().get(id(func), ())
