"""Lazy layers: each is what it becomes, with its number of inputs not known (torch docs: torch.nn, Lazy Modules)."""

from __future__ import annotations

from typing import Any

from ...shapes.unknown import Unknown
from . import convolution, linear, normalization
from .table import Attributes, ModuleClass, classes, parameters

_BECOME = (
    "Linear",
    *(f"{name}{n}d" for name in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for n in (1, 2, 3)),
)
_AFFINE_BY_DEFAULT = {"affine": True, "track_running_stats": True}
TABLES = (convolution, linear, normalization)  # whose classes these are


def _register(name: str) -> None:
    full = classes[f"torch.nn.{name}"]
    first, *others = full.constructor.parameters.values()
    defaults = _AFFINE_BY_DEFAULT if "Norm" in name else {}
    given = [each.replace(default=defaults.get(each.name, each.default)) for each in others]

    def build(**config: Any) -> Attributes:
        return full.build(**{first.name: Unknown("a lazy module takes it from its first input")}, **config)

    lazy = f"torch.nn.Lazy{name}"
    constructor = parameters("").replace(parameters=given)
    classes[lazy] = ModuleClass(lazy, constructor, build, full.inputs, full.run, full.operation)


for _name in _BECOME:
    _register(_name)
