"""The classes of torch.nn: what their constructors make, and what their forward does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import Parameter
from typing import Any

from ...shapes.unknown import Undecided
from .. import autocast, layouts
from ..mismatch import Mismatch
from .table import ModuleClass, ModuleSpec, classes

_TABLES = (
    "adaptive_softmax",
    "attention",
    "convolution",
    "einops_layers",
    "functions",
    "lazy",
    "linear",
    "losses",
    "normalization",
    "pooling",
    "recurrent",
    "transformer",
)
_PREFIX = "torch.nn."


def known(cls: str) -> bool:
    """Whether a class, by its full name "torch.nn.Conv2d", is described here."""
    _load()
    return cls in classes


def construct(cls: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a new instance. Raises Mismatch where torch's constructor raises, or Undecided."""
    found = _find(cls)
    try:
        return found.construct(args, kwargs)
    except Mismatch as mismatch:
        mismatch.operation = mismatch.operation or cls.removeprefix(_PREFIX)
        raise


def forward(cls: str, attrs: Mapping[str, Any], training: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What an instance with these current attributes returns. Raises Mismatch or Undecided."""
    found = _find(cls)
    try:
        if autocast.regions.get() and autocast.is_composite_class(cls):
            with autocast.within():
                given = autocast.forgotten(args), autocast.forgotten(dict(kwargs))
                return autocast.forgotten(found.forward(attrs, training, *given))
        result = found.forward(attrs, training, args, kwargs)
        return layouts.forgotten(result) if autocast.is_composite_class(cls) else result
    except Mismatch as mismatch:
        mismatch.operation = mismatch.operation or found.operation
        raise


def gathering(cls: str) -> tuple[str | None, str | None]:
    """The names of a constructor's `*args` and `**kwargs`."""
    kinds = {parameter.kind: name for name, parameter in _find(cls).constructor.parameters.items()}
    return kinds.get(Parameter.VAR_POSITIONAL), kinds.get(Parameter.VAR_KEYWORD)


def _find(cls: str) -> ModuleClass:
    if not known(cls):
        raise Undecided(f"{cls} is not described")
    return classes[cls]


@cache
def _load() -> None:
    """Import every table once; a table registers its classes as it is imported."""
    for table in _TABLES:
        import_module(f".{table}", __package__)


__all__ = ["ModuleSpec", "construct", "forward", "gathering", "known"]
