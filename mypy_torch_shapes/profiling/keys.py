"""Cheap keys of values: a call whose key was seen before need not be looked at again."""

from __future__ import annotations

import collections
import enum
import types
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from mypy_torch_shapes.profiling.facade import Torch
from mypy_torch_shapes.profiling.names import class_name, function_name, mro
from mypy_torch_shapes.profiling.observe import ARRAY, MAX_ITEMS, SCALAR_TYPES, attributes, is_open, whole_numbers

_MAX_PARTS = 200
_MAX_DEPTH = 4


class Keys:
    """Values with equal keys have equal seeds, as far as that can be told quickly."""

    def __init__(self, torch: Torch, token: Callable[[Any], int], numbers: bool = True) -> None:
        self._numbers = numbers  # whether two numbers differ
        self._torch = torch
        self._token = token
        self._makers: dict[type, Callable[[Any, int], Hashable]] = {}
        self._left = 0

    def of(self, values: Iterable[Any]) -> tuple[Hashable, ...]:
        """The key of some values. Call it inside `torch.guard()`."""
        self._left = _MAX_PARTS
        return tuple([self._key(value, 0) for value in values])

    def _key(self, value: Any, depth: int) -> Hashable:
        cls = type(value)
        maker = self._makers.get(cls)
        if maker is None:
            maker = self._makers[cls] = self._choose(cls)
        return maker(value, depth)

    def _choose(self, cls: type) -> Callable[[Any, int], Hashable]:
        torch, bases = self._torch, mro(cls)
        if torch.Tensor in bases:
            shape_of, dtype_of, device_of = torch.shape_of, torch.dtype_of, torch.device_of
            return lambda value, depth: (cls, dtype_of(value), shape_of(value), device_of(value))
        if not self._numbers and cls in (int, float, complex):
            return lambda value, depth: cls
        if cls in SCALAR_TYPES or float in bases or cls in (torch.dtype, torch.device):
            return lambda value, depth: (cls, value if value == value else "nan")
        if torch.Module in bases or torch.DataLoader in bases:
            return lambda value, depth: self._token(value)
        if enum.Enum in bases or type in bases:
            return lambda value, depth: id(value)
        if types.FunctionType in bases:
            return lambda value, depth: function_name(value)
        for base in (tuple, list, set, frozenset, collections.deque):
            if base in bases:
                return self._items(cls, base.__iter__, base.__len__)
        if dict in bases:
            return self._mapping(cls)
        if class_name(cls) == ARRAY:
            return lambda value, depth: (cls, str(value.dtype), value.shape, self._numbers and whole_numbers(value))
        if is_open(cls):
            return self._object(cls)
        return lambda value, depth: cls

    def _within(self, depth: int) -> bool:
        self._left -= 1
        return depth < _MAX_DEPTH and self._left >= 0

    def _items(
        self, cls: type, iterate: Callable[[Any], Any], length_of: Callable[[Any], int]
    ) -> Callable[[Any, int], Hashable]:
        def make(value: Any, depth: int) -> Hashable:
            if not self._within(depth):
                return cls
            length = length_of(value)
            items = zip(range(MAX_ITEMS), iterate(value), strict=False)
            return (cls, length, *[self._key(item, depth + 1) for _, item in items])

        return make

    def _mapping(self, cls: type) -> Callable[[Any, int], Hashable]:
        def make(value: Any, depth: int) -> Hashable:
            if not self._within(depth):
                return cls
            items = list(dict.items(value))[:MAX_ITEMS]
            return (cls, len(items), *[(self._key(k, depth + 1), self._key(v, depth + 1)) for k, v in items])

        return make

    def _object(self, cls: type) -> Callable[[Any, int], Hashable]:
        def make(value: Any, depth: int) -> Hashable:
            attrs = attributes(value) if self._within(depth) else None
            if attrs is None:
                return cls
            return (cls, *[(name, self._key(attr, depth + 1)) for name, attr in attrs.items()])

        return make
