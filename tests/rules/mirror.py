"""One program text run twice: by torch on tensors, and by the rules on tensor types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from mypy_torch_shapes.rules import registry
from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided

from .samples import OK, PARTIAL, WRONG, compare, to_value

RAISED = (RuntimeError, IndexError, ValueError, NotImplementedError, TypeError)


def wrapped(value: Any) -> Any:
    if isinstance(value, TensorType):
        return Mirror(value)
    return type(value)(map(wrapped, value)) if type(value) in (tuple, list) else value


def unwrapped(value: Any) -> Any:
    if isinstance(value, Mirror):
        return value.type
    if isinstance(value, slice):
        return slice(*map(unwrapped, (value.start, value.stop, value.step)))
    if type(value) in (tuple, list):
        return type(value)(map(unwrapped, value))
    return to_value(value) if isinstance(value, torch.dtype | torch.Tensor) else value


class Mirror:
    """A tensor type with torch.Tensor's methods and properties."""

    def __init__(self, type_: TensorType) -> None:
        self.type = type_

    def __getattr__(self, name: str) -> Any:
        rule = registry.find(f"torch.Tensor.{name}")
        if rule is None:
            raise AttributeError(name)
        if rule.attribute:
            return wrapped(rule(self.type))
        return lambda *args, **kwargs: call(rule, self.type, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return call(registry.find("torch.Tensor.__getitem__"), self.type, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        call(registry.find("torch.Tensor.__setitem__"), self.type, key, value)

    def __matmul__(self, other: Any) -> Any:
        return call(registry.find("torch.matmul"), self.type, other)

    def __len__(self) -> Any:
        return call(registry.find("torch.Tensor.__len__"), self.type)


def call(rule: Any, *args: Any, **kwargs: Any) -> Any:
    plain = {name: unwrapped(value) for name, value in kwargs.items()}
    return wrapped(rule(*map(unwrapped, args), **plain))


class Namespace:
    """`torch` and its submodules, as the rules know them."""

    def __init__(self, path: str = "torch") -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}"
        rule = registry.find(path)
        if rule is not None:
            return lambda *args, **kwargs: call(rule, *args, **kwargs)
        value = getattr(torch, name, None)
        return value if isinstance(value, torch.dtype) else Namespace(path)

    def zeros(self, *sizes: Any, dtype: torch.dtype = torch.float32) -> Mirror:
        dims = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes
        return Mirror(TensorType(to_value(dtype), dims))


Program = Callable[..., Any]  # of a namespace (torch, or its mirror) and sizes


def run_torch(program: Program, sizes: Sequence[int]) -> Any:
    """What torch gives; the exception where it raises."""
    try:
        return program(torch, *sizes)
    except RAISED as error:
        return error


def run_rules(program: Program, sizes: Sequence[int | Dim]) -> Any:
    """What the rules give; Mismatch or Undecided where they raise it."""
    try:
        return unwrapped(program(Namespace(), *sizes))
    except (Mismatch, Undecided) as outcome:
        return outcome


def judge(claim: Any, real: Any, binding: dict[Symbol, int] | None = None) -> str:
    """`compare`, and of exceptions: "false" (a mismatch where torch runs), "missed", "undecided", "both"."""
    if isinstance(real, Exception):
        return {Mismatch: "both", Undecided: "undecided"}.get(type(claim), "missed")
    if isinstance(claim, Mismatch):
        return "false"
    if isinstance(claim, Undecided):
        return "undecided"
    return compare(claim, real, binding)[0]


def agrees_at(program: Program, sizes: Sequence[int]) -> str:
    """The verdict on concrete sizes."""
    return judge(run_rules(program, sizes), run_torch(program, sizes))


def agrees_symbolically(program: Program, worlds: Sequence[Sequence[int]], others: Sequence[Sequence[int]]) -> str:
    """The worst verdict of one symbolic run, at its worlds and at other sizes for which torch runs."""
    symbols = [Symbol(name, values) for name, values in zip("ABCDEFG", zip(*worlds, strict=True), strict=False)]
    claim = run_rules(program, [Dim.of(symbol) for symbol in symbols])
    results = [(sizes, run_torch(program, sizes)) for sizes in worlds]
    ran = [(sizes, real) for sizes, real in results if not isinstance(real, Exception)]
    if isinstance(claim, Mismatch):
        return "false" if ran else "both"
    if isinstance(claim, Undecided):
        return "undecided"
    if not ran:
        return "missed"
    ran += [(sizes, real) for sizes in others if not isinstance(real := run_torch(program, sizes), Exception)]
    verdicts = {judge(claim, real, dict(zip(symbols, sizes, strict=False))) for sizes, real in ran}
    return next(verdict for verdict in (WRONG, PARTIAL, OK) if verdict in verdicts)
