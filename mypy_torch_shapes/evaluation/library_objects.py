"""Methods of library objects that the evaluator knows: parsers, optimizers, data sets and the like."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from .specials import Special
from .values import Instance, Library

_TOPICS = (
    "arrays", "array_operations", "command_line", "training", "data_loading", "environment", "distributions",
    "namespaces",
)  # fmt: skip
_loaded: list[bool] = []
_METHODS: dict[tuple[str, str], Special] = {}  # (class, method); a class that ends with a dot stands for a package


def method(*classes: str, name: str) -> Callable[[Special], Special]:
    """Register what a method means: a function of (run, receiver, args, kwargs, node, frame)."""

    def register(function: Special) -> Special:
        _METHODS.update({(cls, name): function for cls in classes})
        return function

    return register


def find(instance: Instance, name: str) -> Special | None:
    """The meaning of a method an object has from a library class, if it is known."""
    from . import objects

    path = objects.library_base(instance.cls)
    if path is None:
        return None
    methods = _methods()
    return methods.get((path, name)) or methods.get((_package(path), name))


def knows(cls: Library) -> bool:
    """Whether the meaning of any method of a library class is known."""
    return any(known in (cls.path, _package(cls.path)) for known, _ in _methods())


def _methods() -> dict[tuple[str, str], Special]:
    if not _loaded:
        _loaded.append(True)
        for topic in _TOPICS:
            importlib.import_module(f".{topic}", __package__)
    return _METHODS


def _package(path: str) -> str:
    return path.rpartition(".")[0] + "."
