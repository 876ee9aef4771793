"""Lengths of padded rows, and sizes in tensors: what operations that programs put them through leave of the largest."""

from __future__ import annotations

import operator

from ..shapes.dims import Size
from ..shapes.dtypes import BY_NAME, INTEGER
from ..shapes.relations import Truth, less
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import UnknownNumber
from .values import Lengths, ListValue, Named, Tensor, Value, is_size

_SAME = frozenset({"to", "cpu", "cuda", "long", "int", "detach", "clone", "contiguous", "type", "type_as", "flatten"})
_LARGEST = frozenset({"max", "amax"})
_COUNTS = frozenset({"torch.arange", "torch.zeros", "torch.ones", "torch.empty", "torch.full"})  # take a size
_SHAPING = frozenset({"view", "reshape", "expand", "repeat", "new_zeros", "new_ones", "new_empty", "new_full"})
_PYTHON = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "floor_divide": operator.floordiv}


def after(path: str, args: list[Value], kwargs: dict[str, Value], result: Value) -> Value:
    """The result of an operation, with the largest length where the operation hands that on."""
    given = args[0] if args else None
    name = path.rpartition(".")[2]
    if name in _PYTHON and any(map(is_one, args)) and len(args) == 2 and not kwargs:
        left, right = map(as_number, args)
        return _with(result, _PYTHON[name](left, right)) if is_size(left) and is_size(right) else result
    if not isinstance(given, Lengths) or given.largest is None:
        return result
    if name == "sort" and isinstance(result, Named) and result:
        return Named(result.fields, [_with(result[0], given.largest), *result[1:]])
    alone = len(args) == 1 and not kwargs
    return _with(result, given.largest) if name in _SAME or (name in _LARGEST and alone) else result


def _with(result: Value, largest: Size) -> Value:
    whole = isinstance(result, Tensor) and result.type.dtype is not None and result.type.dtype.category == INTEGER
    return Lengths(result.type, largest, result.origin) if whole else result


def read(tensor: Lengths, name: str) -> Value | None:
    """Lengths read as Python's numbers; None for any other method."""
    dims = tensor.type.dims
    if name == "item" and dims == ():
        return tensor.largest
    if name == "tolist" and tensor.largest is not None and dims is not None and len(dims) == 1:
        return as_list(dims[0], tensor.largest)
    return None


def as_list(length: Size, largest: Size) -> ListValue:
    """A list of that many numbers."""
    number = UnknownNumber(int, "a number of a list")
    return ListValue([number] * length) if isinstance(length, int) else ListValue([number], length, largest)


def as_number(value: Value) -> Value:
    """The largest length, where it is all that a value holds."""
    return value.largest if is_one(value) else value


def is_one(value: Value) -> bool:
    """Whether a value is a tensor of nothing but the largest length."""
    return isinstance(value, Lengths) and value.largest is not None and value.type.dims == ()


def as_counts(path: str, args: list[Value]) -> list[Value]:
    """The arguments of an operation that takes sizes, also where the program hands it tensors."""
    if path in _COUNTS:
        return [as_number(arg) for arg in args]
    if path.rpartition(".")[2] in _SHAPING:
        return [*args[:1], *map(_numbers_in, args[1:])]
    return args


def _numbers_in(value: Value) -> Value:
    if isinstance(value, tuple | ListValue) and any(map(is_one, value)):
        return tuple(map(as_number, value))
    return as_number(value)


def quotient(args: list[Value], kwargs: dict[str, Value]) -> Value | None:
    """`torch.div(length, width, rounding_mode="floor")` of two numbers: a tensor that programs take for a size."""
    whole = len(args) == 2 and kwargs.keys() == {"rounding_mode"} and kwargs["rounding_mode"] in ("floor", "trunc")
    if not whole or not all(map(is_size, args)) or not less(0, args[1]).holds or less(args[0], 0) is not Truth.NO:
        return None
    return Lengths(TensorType(BY_NAME["int64"], ()), args[0] // args[1])


def of(value: Value) -> Size | None:
    """The largest of some lengths, where it is known."""
    return value.largest if isinstance(value, Lengths | ListValue) else None


def extreme_of(value: Value) -> Value:
    """`max(lengths)` of Python, a tensor of a tensor; None where that is not known."""
    largest = of(value)
    if largest is None or not isinstance(value, Lengths):
        return largest
    return Lengths(TensorType(value.type.dtype, ()), largest)
