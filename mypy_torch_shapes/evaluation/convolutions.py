"""Convolutions whose `_conv_forward`, which torch's forward calls with the weights, a program overrides."""

from __future__ import annotations

import ast

from . import calls, torch_modules
from .run import Frame, Run
from .values import Bound, Function, Instance, Library, Value

_CLASSES = frozenset(f"torch.nn.Conv{n}d" for n in (1, 2, 3))


def overridden(instance: Instance, path: str | None) -> Function | None:
    """The program's own `_conv_forward` of a convolution."""
    from . import objects

    found = objects.lookup(instance.cls, "_conv_forward") if path in _CLASSES else None
    return found if isinstance(found, Function) else None


def forward(run: Run, instance: Instance, own: Function, input: Value, node: ast.AST, frame: Frame) -> Value:
    """What such a convolution makes of its input."""
    weights = [instance.attrs.get(name) for name in ("weight", "bias")]
    return calls.call(run, Bound(own, instance), [input, *weights], {}, node, frame)


def convolve(
    run: Run, instance: Instance, input: Value, weight: Value, bias: Value = None, *, node: ast.AST, frame: Frame
) -> Value:
    """torch's own `_conv_forward`: with these weights instead of the module's."""
    plain = Library(torch_modules.module_path(instance) or "")
    given = Instance(plain, {**instance.attrs, "weight": weight, "bias": bias}, complete=instance.complete)
    return torch_modules.library_forward(run, given, [input], {}, node, frame)
