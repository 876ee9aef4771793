"""The registry of library names whose call means something special here."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable
from functools import partial

from .run import Frame, Run
from .values import (
    ListValue,
    Value,
)

Special = Callable[..., Value]  # (run, args, kwargs, node, frame), and the name called where several share one
_TOPICS = (
    "builtin_collections", "builtin_numbers", "builtin_types", "environment", "standard_collections",
    "standard_iteration", "standard_library", "torch_library", "casting", "custom_operations", "packed",
    "command_line", "training", "data_loading", "distributions", "arrays", "array_operations", "introspection",
    "known_tensors", "namespaces", "parametrizing", "versions", "wrappers",
)  # fmt: skip
_loaded: list[bool] = []
SPECIALS: dict[str, Special] = {}


def special(*paths: str) -> Callable[[Special], Special]:
    """Register what calling a library name means. Raises ValueError for a second meaning."""

    def register(function: Special) -> Special:
        for path in paths:
            if path in SPECIALS:
                raise ValueError(f"two meanings of {path}")
            takes_name = "name" in inspect.signature(function).parameters
            SPECIALS[path] = partial(function, name=path.rpartition(".")[2]) if takes_name else function
        return function

    return register


def find_special(path: str) -> Special | None:
    """The meaning of calling a library name, if it has one."""
    if not _loaded:
        _loaded.append(True)
        for topic in _TOPICS:
            importlib.import_module(f".{topic}", __package__)
    return SPECIALS.get(path)


def is_data(value: Value, depth: int = 4) -> bool:
    if isinstance(value, ListValue) and value.length is not None:
        return False
    if isinstance(value, list | tuple | set | frozenset):
        return depth > 0 and len(value) < 10_000 and all(is_data(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return depth > 0 and all(is_data(item, depth - 1) for item in value.values())
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 1 << 64
    return isinstance(value, str | bytes | float | complex | bool | range | slice | None)


def call_value(
    run: Run,
    function: Value,
    args: list[Value],
    node: ast.AST,
    frame: Frame,
    kwargs: dict[str, Value] | None = None,
) -> Value:
    from . import calls

    return calls.call(run, function, args, kwargs or {}, node, frame)
