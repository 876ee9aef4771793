"""Function parameters as plain data, from which the definition of a symbol can be evaluated later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

MAX_ITEMS = 64
MAX_DEPTH = 5
Data = Any  # JSON


def take(value: object, depth: int = 0) -> Data:
    """Freeze a value as it stands now."""
    if value is None or isinstance(value, bool | int | float | str):
        return {"v": value}
    if isinstance(value, torch.Tensor):
        shape = shape_of(value)
        return {"u": type(value).__name__} if shape is None else {"t": [dtype_of(value), list(shape)]}
    if isinstance(value, np.ndarray):
        return {"t": [str(value.dtype), list(value.shape)]}
    if depth >= MAX_DEPTH:
        return {"u": type(value).__name__}
    if isinstance(value, tuple | list):
        items = {"l": [take(item, depth + 1) for item in value[:MAX_ITEMS]]}
        fields = getattr(value, "_fields", ())
        return items | ({"f": list(fields)} if fields else {})
    if isinstance(value, Mapping):
        rows = list(value.items())[:MAX_ITEMS]
        return {"d": [[key, take(item, depth + 1)] for key, item in rows if isinstance(key, str | int)]}
    return take_object(value, depth)


def take_object(value: object, depth: int) -> Data:
    held = dict(getattr(value, "__dict__", {}))
    if isinstance(value, torch.nn.Module):  # perhaps one whose super().__init__() is yet to come
        for table in ("_parameters", "_buffers", "_modules"):
            held |= held.get(table, {})
        if torch.nn.utils.parametrize.is_parametrized(value):
            held |= {name: getattr(value, name) for name in held["parametrizations"]}
    elif isinstance(value, type) or callable(value):
        held = {}
    if not held:
        return {"u": type(value).__name__}
    return {"o": {name: take(item, depth + 1) for name, item in held.items() if not name.startswith("_")}}


def dtype_of(value: torch.Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def shape_of(value: torch.Tensor) -> tuple[int, ...] | None:
    """The sizes, or None for a tensor that has none (nested, uninitialised)."""
    try:
        return tuple(int(size) for size in value.shape)
    except RuntimeError:
        return None


class TensorView:
    """Stands for a tensor or an array in a symbol's definition."""

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.dtype, self.shape, self.ndim = dtype, shape, len(shape)

    def size(self, dim: int | None = None) -> int | tuple[int, ...]:
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        return self.ndim

    def numel(self) -> int:
        product = 1
        for size in self.shape:
            product *= size
        return product

    def __len__(self) -> int:
        return self.shape[0]


class ObjectView:
    """Stands for an object or a module; module lists are indexed by their children's numbers."""

    def __init__(self, held: Mapping[str, object]) -> None:
        self.__dict__.update(held)

    def __getitem__(self, key: int | str) -> object:
        return self.__dict__[str(key)]

    def __len__(self) -> int:
        return sum(name.isdigit() for name in self.__dict__)


class TupleView(tuple):  # type: ignore[type-arg]
    """Stands for a NamedTuple."""

    def __new__(cls, items: list[object], fields: list[str]) -> TupleView:
        self = super().__new__(cls, items)
        self.__dict__.update(zip(fields, items, strict=False))
        return self


def view(data: Data) -> object:
    """Thaw what `take` froze."""
    if "v" in data:
        return data["v"]
    if "t" in data:
        return TensorView(data["t"][0], tuple(data["t"][1]))
    if "l" in data:
        return TupleView([view(item) for item in data["l"]], data.get("f", []))
    if "d" in data:
        return {key: view(item) for key, item in data["d"]}
    if "o" in data:
        return ObjectView({name: view(item) for name, item in data["o"].items()})
    return object()
