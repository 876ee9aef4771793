"""Parameters that are computed from others: weight normalization, the old way and the new."""

from __future__ import annotations

import ast

from ..rules import registry
from ..rules.mismatch import Mismatch
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided
from .run import Frame, Run
from .specials import special
from .values import Instance, Library, Tensor, Value

_NAMES = ("module", "name", "dim")


@special("torch.nn.utils.parametrizations.weight_norm")
def _weight_norm(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The weight is computed from its magnitudes along an axis and its direction: these are the parameters now."""
    module, name, parts = _split(run, args, kwargs)
    if parts:
        held = {"original0": parts[0], "original1": parts[1], "training": True}
        before = module.attrs.get("parametrizations")
        earlier = before.attrs if isinstance(before, Instance) else {"training": True}
        each = Instance(Library("torch.nn.Module"), held)
        run.set_attribute(module, "parametrizations", Instance(Library("torch.nn.ModuleDict"), {**earlier, name: each}))
    return module


@special("torch.nn.utils.weight_norm")
def _old_weight_norm(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The same, with both parameters in the module itself."""
    module, name, parts = _split(run, args, kwargs)
    if parts:
        run.set_attribute(module, f"{name}_g", parts[0])
        run.set_attribute(module, f"{name}_v", parts[1])
    return module


@special("torch.nn.utils.parametrize.register_parametrization")
def _register(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """torch refuses one that gives the tensor another shape or dtype, unless it is `unsafe`."""
    module = args[0] if args else kwargs.get("module")
    if (args[3] if len(args) > 3 else kwargs.get("unsafe", False)) is not False and isinstance(module, Instance):
        module.complete = False
    return module


@special("torch.nn.utils.remove_weight_norm")
def _removed(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The weight is a parameter again."""
    given = {"name": "weight", **dict(zip(_NAMES, args, strict=False)), **kwargs}
    module, name = given.get("module"), given["name"]
    if isinstance(module, Instance) and isinstance(name, str) and isinstance(module.attrs.get(f"{name}_v"), Tensor):
        weight = module.attrs[f"{name}_v"]
        run.journal.touch(module)
        for part in (f"{name}_g", f"{name}_v"):
            del module.attrs[part]
        module.attrs[name] = Tensor(weight.type)
    return module


def _split(run: Run, args: list[Value], kwargs: dict[str, Value]) -> tuple[Value, str, list[Tensor]]:
    """The module, the parameter's name, and what it is split into; nothing where it is no parameter."""
    given = {"name": "weight", "dim": 0, **dict(zip(_NAMES, args, strict=False)), **kwargs}
    module, name = given.get("module"), given["name"]
    weight = module.attrs.get(name) if isinstance(module, Instance) and isinstance(name, str) else None
    if not isinstance(module, Instance) or not isinstance(weight, Tensor) or not weight.type.parameter:
        return module, "", []
    direction = TensorType(weight.type.dtype, weight.type.dims, parameter=True)
    run.set_attribute(module, name, Tensor(TensorType(weight.type.dtype, weight.type.dims)))
    return module, name, [Tensor(_magnitude(weight.type, given["dim"])), Tensor(direction)]


def _magnitude(weight: TensorType, dim: Value) -> TensorType:
    try:
        found = registry.apply("torch.norm_except_dim", weight, 2, -1 if dim is None else dim)
    except (Mismatch, Undecided):
        found = TensorType(weight.dtype, None)
    return TensorType(weight.dtype, found.dims, parameter=True)
