"""Lengths of padded rows, and sizes in tensors: what operations that programs put them through leave of the largest."""

from __future__ import annotations

import operator
from collections.abc import Callable

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import BY_NAME, INTEGER
from ..shapes.relations import Truth, at_most, less
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown, UnknownNumber
from . import numbers
from .values import Lengths, ListValue, Named, Real, Tensor, Value, is_size

_SAME = frozenset({
    "to", "cpu", "cuda", "long", "int", "float", "double", "detach", "clone", "contiguous", "type", "type_as",
    "flatten", "tensor", "as_tensor", "asarray", "from_numpy", "LongTensor", "IntTensor",
})  # fmt: skip
_LARGEST = frozenset({"max", "amax"})
_COUNTS = frozenset({"torch.arange", "torch.zeros", "torch.ones", "torch.empty", "torch.full"})  # take a size
# Where one number is larger than another, so is the sum with a third, the quotient by a positive one …
RISING: dict[str, Callable[[Value, Value], Value]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "true_divide": operator.truediv, "floor_divide": operator.floordiv,
}  # fmt: skip
_POSITIVE = frozenset({"mul", "div", "true_divide", "floor_divide"})  # rise where the other number is positive
_WHOLE = {"floor": numbers.floor, "ceil": numbers.ceil}
_SHAPING = frozenset({"view", "reshape", "expand", "repeat", "new_zeros", "new_ones", "new_empty", "new_full"})


def after(path: str, args: list[Value], kwargs: dict[str, Value], result: Value) -> Value:
    """The result of an operation, with the largest length where the operation hands that on."""
    name = path.rpartition(".")[2]
    if name in RISING:
        return _with(result, _computed(name, args, kwargs))
    given = args[0] if args else None
    largest = getattr(given, "largest", None)
    if largest is None or not isinstance(given, Lengths | ListValue):
        return result
    if name == "sort" and isinstance(result, Named) and result:
        return Named(result.fields, [_with(result[0], largest), *result[1:]])
    alone = len(args) == 1 and not kwargs
    if name in _WHOLE and alone:
        return _with(result, _WHOLE[name](largest))
    return _with(result, largest) if name in _SAME or (name in _LARGEST and alone) else result


def _computed(name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """The largest length after an operator with another number; None where that is not known."""
    if len(args) != 2 or not kwargs.keys() <= {"rounding_mode"}:
        return None
    alone = any(map(is_one, args))  # a number is all there is: which is the largest does not matter
    left, right = map(as_number, args) if alone else args
    if isinstance(right, Lengths) and name in ("add", "mul"):
        left, right = right, left
    largest = left.largest if isinstance(left, Lengths) else left if alone else None
    if not is_number(largest) or not is_number(right) or not (alone or keeps_order(name, right)):
        return None
    plain = all(isinstance(each, int | float) for each in (largest, right))
    if plain and right == 0 and RISING[name] is not operator.add:
        return None
    found = RISING[name](largest, right) if plain else numbers.binary(RISING[name], largest, right)
    rounding = kwargs.get("rounding_mode")
    if rounding is None or isinstance(found, Unknown):
        return found
    return numbers.floor(found) if rounding == "floor" else numbers.to_int(found)


def keeps_order(name: str, other: Value) -> bool:
    """Whether an operator with this number at its other side makes no larger number the smaller one."""
    return name not in _POSITIVE or _is_positive(other)


def is_number(value: Value) -> bool:
    """Whether a value is a number that is known, perhaps as a size."""
    return isinstance(value, int | float | Dim | Real) and not isinstance(value, bool)


def _is_positive(value: Value) -> bool:
    return value > 0 if isinstance(value, int | float) else isinstance(value, Dim) and at_most(1, value).holds


def _with(result: Value, largest: Value) -> Value:
    """A tensor of lengths; whole ones are at most a size, others at most a number."""
    if largest is None or not isinstance(result, Tensor) or result.type.dtype is None:
        return result
    if result.type.dtype.category == INTEGER:
        largest = numbers.floor(largest)
        return Lengths(result.type, largest, result.origin) if is_size(largest) else result
    floating = result.type.dtype.is_floating_point and is_number(largest)
    return Lengths(result.type, numbers.as_real(largest), result.origin) if floating else result


def read(tensor: Lengths, name: str) -> Value | None:
    """Lengths read as Python's numbers; None for any other method."""
    dims, largest = tensor.type.dims, of(tensor)
    if name == "item" and dims == ():
        return largest
    if name == "tolist" and largest is not None and dims is not None and len(dims) == 1:
        return as_list(dims[0], largest)
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
    return isinstance(value, Lengths) and of(value) is not None and value.type.dims == ()


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
    """The largest of some lengths, where it is known, and whole."""
    largest: Value = getattr(value, "largest", None) if isinstance(value, Lengths | ListValue) else None
    return largest if is_size(largest) else None


def extreme_of(value: Value) -> Value:
    """`max(lengths)` of Python, a tensor of a tensor; None where that is not known."""
    largest = of(value)
    if largest is None or not isinstance(value, Lengths):
        return largest
    return Lengths(TensorType(value.type.dtype, ()), largest)
