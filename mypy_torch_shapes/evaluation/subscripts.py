"""Subscripts of values: items that are read, bound and deleted."""

from __future__ import annotations

import ast
import re
from contextlib import suppress

from ..shapes.dims import Dim, Size
from ..shapes.tensor_type import fresh
from ..shapes.unknown import Unknown
from . import containers, imports, methods, objects, tensors
from .joins import join
from .run import Frame, Run
from .values import (
    Class,
    Condition,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Raised,
    Real,
    Tensor,
    Value,
    is_size,
)  # fmt: skip


def subscript(run: Run, receiver: Value, index: Value, node: ast.AST, frame: Frame) -> Value:
    """`receiver[index]`."""
    if isinstance(index, Condition):
        index = Unknown("indexed by a condition on sizes") if index.decided is None else index.decided
    if isinstance(receiver, Tensor):
        return tensors.operate(run, "torch.Tensor.__getitem__", [receiver, index], {}, node, frame)
    if isinstance(receiver, Unknown):
        return receiver
    if isinstance(receiver, Instance):
        return objects.subscript(run, receiver, index, node, frame)
    if isinstance(receiver, Class) and containers.is_enum(receiver):
        return containers.enum_by_name(receiver, index)
    if receiver == Library("sys.modules") and isinstance(index, str):
        return frame.module if index == frame.module.env.variables.get("__name__") else imports.module(run, index)
    if isinstance(receiver, Class | Library):
        return receiver  # List[int], Generic[T]
    if isinstance(receiver, int | float | None | Dim | Real | Function):
        raise Raised("TypeError")
    if isinstance(index, Unknown):
        return _any_item(receiver, index)
    if isinstance(receiver, dict):
        return _entry(receiver, index)
    if isinstance(receiver, ListValue) and receiver.length is not None:
        return _repeated_item(receiver, index)
    if isinstance(receiver, list | tuple | str | bytes | range | re.Match):
        return _item(receiver, index)
    if not isinstance(receiver, Many) or not isinstance(receiver.element, Tensor):  # not pieces of a tensor
        return Unknown("indexed something unknown")
    return Many(receiver.element) if isinstance(index, slice) else _another(receiver.element)


def _any_item(receiver: Value, index: Unknown) -> Value:
    """An item at an unknown place: what all items share. What was stored at that very key is found again."""
    if isinstance(receiver, dict) and index in receiver:
        return receiver[index]
    choices = list(receiver.values()) if isinstance(receiver, dict) else receiver
    if isinstance(choices, list | tuple) and 0 < len(choices) <= 64:
        result = choices[0]
        for item in choices[1:]:
            result = join(result, item)
        return result
    return index


def _entry(receiver: dict[Value, Value], index: Value) -> Value:
    try:
        if index in receiver:
            return receiver[index]
    except TypeError:
        return Unknown("indexed by something unhashable")
    if any(isinstance(key, Unknown) for key in receiver):
        return Unknown("an entry of a dict that has one at an unknown key")
    default = getattr(receiver, "default", None)
    if default is not None:
        return default(receiver, index)
    raise Raised("KeyError")


def _repeated_item(receiver: ListValue, index: Value) -> Value:
    if isinstance(index, slice):
        if index in (slice(None), slice(0, None), slice(None, None, -1)):
            return ListValue(receiver, receiver.length)
        stop, length = index.stop, receiver.length
        count = length + stop if isinstance(stop, int) and stop < 0 and length is not None else None
        if index.start in (None, 0) and index.step is None and count is not None:
            return ListValue(receiver, count)
        return Many(receiver[0])
    return _another(receiver[0])


def _another(item: Value) -> Value:
    """An item as another index gives it: what differs from item to item is not what the first index gave."""
    if isinstance(item, Tensor) and any(map(_differs, item.type.dims or ())):
        return Tensor(item.type.map_dims(lambda size: fresh() if _differs(size) else size))
    if type(item) is tuple:
        return tuple(map(_another, item))
    return fresh() if is_size(item) and _differs(item) else item


def _differs(size: Size) -> bool:
    """Whether the items of a list may have any size there: nobody has seen one that they all have."""
    return isinstance(size, Dim) and size.values is None


def _item(receiver: Value, index: Value) -> Value:
    if isinstance(index, Dim) or (isinstance(index, slice) and _symbolic_slice(index)):
        return (
            _any_item(receiver, Unknown("indexed at an unknown place"))
            if isinstance(index, Dim)
            else Unknown("a slice with unknown bounds")
        )
    try:
        result = receiver[index]
    except (IndexError, ValueError):
        raise Raised("IndexError") from None
    except TypeError:
        return Unknown("indexed by something it does not know")
    return ListValue(result) if type(result) is list else result


def _symbolic_slice(index: slice) -> bool:
    return any(not isinstance(part, int | None) for part in (index.start, index.stop, index.step))


def store_item(run: Run, receiver: Value, index: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    """`receiver[index] = value`."""
    if isinstance(receiver, Tensor):
        tensors.operate(run, "torch.Tensor.__setitem__", [receiver, index, value], {}, node, frame)
    elif isinstance(receiver, Instance):
        objects.store_item(run, receiver, index, value, node, frame)
    elif isinstance(receiver, dict):
        run.journal.touch(receiver)
        if isinstance(index, Unknown):
            run.step(len(receiver))
            for key in receiver:
                receiver[key] = join(receiver[key], value)
        with suppress(TypeError):
            receiver[index] = value
    elif isinstance(receiver, ListValue):
        run.journal.touch(receiver)
        _store_in_list(receiver, index, value)


def _store_in_list(receiver: ListValue, index: Value, value: Value) -> None:
    if (isinstance(index, int) and receiver.length is None and -len(receiver) <= index < len(receiver)) or (
        isinstance(index, slice) and not _symbolic_slice(index) and isinstance(value, list | tuple)
    ):
        receiver[index] = value
    else:
        receiver[:] = [join(item, value) for item in receiver]


def delete_item(run: Run, receiver: Value, index: Value, node: ast.AST, frame: Frame) -> None:
    """`del receiver[index]`."""
    if isinstance(receiver, Instance):
        objects.delete_item(run, receiver, index, node, frame)
        return
    if isinstance(receiver, dict) and isinstance(index, Unknown):
        methods.doubt(run, receiver, "del of an unknown key", of_its_own=True)
    elif isinstance(receiver, ListValue) and receiver and isinstance(index, Unknown | Dim):
        methods.remove_one(run, receiver)
    elif isinstance(receiver, dict | ListValue) and not isinstance(index, Unknown | Dim):
        run.journal.touch(receiver)
        if isinstance(receiver, ListValue) and receiver.length is not None:
            whole = index == slice(None)
            receiver[:], receiver.length = ([], None) if whole else (receiver, fresh())
            return
        try:
            del receiver[index]
        except (KeyError, IndexError, TypeError):
            raise Raised("KeyError") from None
