"""Iterating over values, and binding what comes out to targets."""

from __future__ import annotations

import ast
from functools import reduce
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.relations import Truth, less
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown, UnknownKeys
from . import lengths, objects
from .joins import join
from .run import Frame, Run
from .values import Condition, Instance, Known, ListValue, Many, Raised, Real, Some, Tensor, Value, is_size

MOST_ITEMS = 4096


def items(run: Run, value: Value) -> list[Value] | Many | Unknown:
    """The items of an iterable: all of them, or what they are all like, or unknown."""
    if isinstance(value, ListValue):
        return list(value) if value.length is None else _counted(repeated(value[0], value.length), value.largest)
    if isinstance(value, set | frozenset) and _may_shrink(value):
        return Many(reduce(join, value))
    if isinstance(value, dict) and is_open(value):
        return Many(reduce(join, value))
    if isinstance(value, tuple | list | set | frozenset | str | bytes | dict | range):
        if len(value) > MOST_ITEMS:
            return Many(Unknown("one of many"), len(value), True)
        return list(value)
    if isinstance(value, Tensor):
        return _rows(value)
    if isinstance(value, Many):
        return value
    if isinstance(value, Some):
        return Many(reduce(join, value.items)) if value.items else []
    if isinstance(value, Instance):
        return objects.iterate(run, value)
    if isinstance(value, Unknown):
        return value
    return Unknown("iterated over something unknown")


def _may_shrink(values: set[Any] | frozenset[Any]) -> bool:
    """Whether a set may have fewer items than it seems: sizes and unknown numbers among them may be equal."""
    from .operators import equal_values

    open_ = [value for value in values if not _is_fixed(value)]
    return any(equal_values(value, other) is not Truth.NO for value in open_ for other in values if other is not value)


def is_open(value: dict[Any, Any]) -> bool:
    """Whether a dict may have other keys than are known."""
    return any(isinstance(key, UnknownKeys) for key in value)


def _is_fixed(value: Value) -> bool:
    """Whether a value equals another one or does not, whatever the sizes are."""
    if isinstance(value, tuple | frozenset):
        return all(map(_is_fixed, value))
    return not isinstance(value, Unknown | Dim | Real | Condition | Some | Many)


def repeated(element: Value, length: Size) -> list[Value] | Many:
    """`length` items like `element`, counted out where that is possible."""
    if isinstance(length, int):
        return [copy_of(element) for _ in range(min(length, MOST_ITEMS))]
    return Many(element, length, less(0, length).holds)


def copy_of(value: Value, whole: bool = False) -> Value:
    """The same type again with an identity of its own; `whole`: and so has what is in it."""
    if whole:
        from .standard_library import deep_copy

        return deep_copy(value, {})
    return Tensor(value.type) if isinstance(value, Tensor) else value


def _rows(tensor: Tensor) -> list[Value] | Many | Unknown:
    dims = tensor.type.dims
    if dims is None:
        return Many(Tensor(TensorType(tensor.type.dtype, None)))
    if not dims:
        return Unknown("iterated over a scalar tensor")
    if isinstance(tensor, Known) and isinstance(tensor.numbers, tuple):
        return [Known(TensorType(tensor.type.dtype, ()), number) for number in tensor.numbers]
    row = Tensor(TensorType(tensor.type.dtype, dims[1:]))
    return _counted(repeated(row, dims[0]), lengths.of(tensor))


def _counted(items: list[Value] | Many, largest: Size | None) -> list[Value] | Many:
    if isinstance(items, Many):
        items.largest = largest
    return items


def length(value: Value) -> Size | None:
    """len(value) where it is known."""
    if isinstance(value, ListValue) and value.length is not None:
        return value.length
    if (isinstance(value, set | frozenset) and _may_shrink(value)) or (isinstance(value, dict) and is_open(value)):
        return None
    if isinstance(value, tuple | list | set | frozenset | str | bytes | dict | range):
        return len(value)
    if isinstance(value, Tensor):
        return value.type.dims[0] if value.type.dims else None
    return value.length if isinstance(value, Many) else None


def assign(run: Run, target: ast.expr, value: Value, frame: Frame, noted: bool = True) -> None:
    """Bind a value to an assignment target; `noted` says whether to note what it is bound to."""
    from . import attributes, contracts, expressions, subscripts

    if isinstance(target, ast.Name):
        if run.sightings is not None:
            value = run.sightings.completed(run, frame, target.id, value)
        run.set_variable(frame.env, target.id, value)
        if noted:
            run.record_binding(target, frame, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(run, target.elts, value, frame)
    elif isinstance(target, ast.Attribute):
        receiver = expressions.evaluate(run, target.value, frame)
        value = contracts.attribute(run, target, receiver, value)
        if run.kept is not None:
            value = run.kept(frame, receiver, target.attr, value)
        attributes.assign(run, receiver, target.attr, value)
        if noted:
            run.record_binding(target, frame, value)
    elif isinstance(target, ast.Subscript):
        receiver = expressions.evaluate(run, target.value, frame)
        index = expressions.evaluate(run, target.slice, frame)
        subscripts.store_item(run, receiver, index, value, target, frame)
    elif isinstance(target, ast.Starred):
        assign(run, target.value, value, frame)


def _unpack(run: Run, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    known = items(run, value)
    star = next((i for i, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    if isinstance(known, list) and star is not None and len(known) >= len(targets) - 1:
        after = len(targets) - star - 1
        middle = ListValue(known[star : len(known) - after])
        known = [*known[:star], middle, *known[len(known) - after :]]
    if isinstance(known, list) and len(known) != len(targets):
        if run.catching:
            raise Raised("ValueError")
        known = Unknown("unpacked a sequence of another length")
    if isinstance(known, Many):
        known = [
            copy_of(known.element) if star != i else ListValue([known.element], fresh()) for i in range(len(targets))
        ]
    for i, target in enumerate(targets):
        assign(run, target, known[i] if isinstance(known, list) else known, frame)


def make_range(args: list[Value]) -> Value:
    """range(...): Python's where the bounds are plain, else as many symbolic ints as there are."""
    if all(isinstance(arg, int) for arg in args):
        return range(*args)
    if not all(is_size(arg) for arg in args):
        return Many(fresh())
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    if not isinstance(step, int) or step <= 0:
        return Many(fresh())
    count: Any = (stop - start + step - 1) // step
    if isinstance(count, int):
        return ListValue([start + i * step for i in range(max(count, 0))])
    return Many(fresh(), count if less(0, count).holds else None, less(0, count).holds)
