"""What functions append to lists that outlive their calls, as a later call finds it: kinds, dtypes, constant sizes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown, UnknownNumber
from . import arrays, iteration
from .joins import join
from .numbers import kind_of
from .values import Instance, Many, Named, Tensor, Value

if TYPE_CHECKING:
    from .run import Run

GROWERS = frozenset({"append", "extend", "insert"})


@dataclass(eq=False)
class Appended:
    """What evaluations were seen to append, by the place in the source that names the list."""

    generally: dict[ast.AST, Value] = field(default_factory=dict)
    in_scripts: dict[ast.AST, Value] = field(default_factory=dict)  # at the sizes a script's own code has

    def add(self, run: Run, target: ast.AST, items: list[Value]) -> None:
        """Something is appended to the list that `target` evaluates to."""
        table = self.generally if run.general else self.in_scripts
        for item in items:
            kept = outliving(item, constants=run.general)
            table[target] = join(table[target], kept) if target in table else kept

    def at(self, target: ast.AST) -> Value:
        """What was appended at a place; Unknown where no evaluation got there.

        What a script does when it is evaluated as a whole was recorded as well, as calls that are more general.
        """
        missing = Unknown("what a list gets is not known")
        return self.generally.get(target, self.in_scripts.get(target, missing))


def added(run: Run, name: str, args: list[Value]) -> list[Value]:
    """The items that a method of a list, called with these arguments, adds to it."""
    if name != "extend":
        return args[-1:]
    if any(isinstance(arg, Instance) and arrays.tensor_of(arg) is None for arg in args):
        return [Unknown("an item of an object")]  # to ask it runs the program's code, which the method does as well
    items = iteration.items(run, args[0]) if args else []
    return items if isinstance(items, list) else [items.element if isinstance(items, Many) else items]


def outliving(value: Value, constants: bool = True) -> Value:
    """A value in a call that is not the one that made it: there, sizes with names have none.

    Constants are kept only where a call with sizes of any kind has made it.
    """
    if isinstance(value, Tensor):
        return Tensor(_nameless(value.type, constants))
    array = arrays.tensor_of(value)
    if array is not None and array.type.dims is not None:
        return arrays.make(array.type.dtype, _nameless(array.type, constants).dims)
    if isinstance(value, Named):
        return value.rebuild([outliving(item, constants) for item in value])
    if type(value) is tuple:
        return tuple(outliving(item, constants) for item in value)
    if isinstance(value, UnknownNumber) or value is None or isinstance(value, str):
        return value
    kind = kind_of(value)
    return UnknownNumber(kind, "appended by another call") if kind else Unknown("appended by another call")


def _nameless(type: TensorType, constants: bool) -> TensorType:
    if type.dims is None:
        return TensorType(type.dtype, None, device=type.device)
    dims = tuple(size if constants and isinstance(size, int) else fresh() for size in type.dims)
    return TensorType(type.dtype, dims, device=type.device)
