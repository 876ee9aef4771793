"""Methods of library objects that the evaluator knows: parsers, optimizers, data sets and the like."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from .specials import Special
from .values import Instance

_TOPICS = ("arrays", "command_line", "training", "data_loading", "environment", "distributions")
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
    if not _loaded:
        _loaded.append(True)
        for topic in _TOPICS:
            importlib.import_module(f".{topic}", __package__)
    from . import objects

    path = objects.library_base(instance.cls)
    if path is None:
        return None
    package = path.rpartition(".")[0] + "."
    return _METHODS.get((path, name)) or _METHODS.get((package, name))
