"""Small pieces every family of rules uses: requirements, axis numbers, pairs, broadcasting, dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

from ..shapes.dims import Dim, Extreme, Size, text
from ..shapes.dtypes import DType
from ..shapes.relations import Truth, at_most, divides, equal, less, proved_equal
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .mismatch import DTYPE, Mismatch


class Named(tuple[Any, ...]):
    """A tuple whose items have names, as those of torch.return_types: `fields` are they, in order."""

    fields: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[self.__dict__["fields"].index(name)]
        except (KeyError, ValueError):
            raise AttributeError(name) from None


def named(*items: tuple[str, Any]) -> Named:
    """`named(("values", v), ("indices", i))`."""
    result = Named(value for _, value in items)
    result.fields = tuple(name for name, _ in items)
    return result


def show(value: Any) -> str:
    """A size or a row of sizes as messages write it."""
    if isinstance(value, tuple | list):
        return "(" + ", ".join(show(item) for item in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, Dim) and len(value.terms) > 1 and value.values:
        return f"{text(value) or '_'} (= {value.values[0]})"  # a long expression alone says little
    if isinstance(value, int | Dim):
        return text(value) or "_"
    if isinstance(value, Unknown):
        return "_"
    return value.text() if isinstance(value, TensorType) else repr(value)


def is_size(value: Any) -> bool:
    """Whether a value is an integer that may be symbolic."""
    return isinstance(value, int | Dim) and not isinstance(value, bool)


def require(truth: Truth, message: str, code: str | None = None) -> None:
    """Raise Mismatch where the requirement is refuted; what cannot be told passes."""
    if truth is Truth.NO:
        raise Mismatch(message, code) if code else Mismatch(message)


def require_equal(a: Size, b: Size, message: str) -> Size:
    """Two sizes that must agree; the better known of both."""
    require(equal(a, b), message)
    return b if isinstance(b, int) or (isinstance(a, Dim) and text(a) is None) else a


def require_divisible(size: Size, by: Size, message: str) -> Size:
    """The quotient of a division that must go."""
    require(divides(by, size), message)
    return size // by


def axis(dim: Any, rank: int, wrap: bool = True) -> int:
    """An axis number counted from 0. Raises Mismatch out of range (a scalar has the axes -1 and 0)."""
    if isinstance(dim, Unknown | Dim) or not isinstance(dim, int):
        raise Undecided("the axis is unknown")
    span = max(rank, 1) if wrap else rank
    if not -span <= dim < span:
        raise Mismatch(f"dim {dim} is out of range for a tensor of rank {rank} (expected {-span} to {span - 1})")
    return dim % span


def axes(dim: Any, rank: int) -> tuple[int, ...]:
    """Axis numbers from an int, a sequence or None (all of them). Raises Mismatch for repeats."""
    if dim is None:
        return tuple(range(rank))
    listed = tuple(axis(d, rank) for d in dim) if isinstance(dim, tuple | list) else (axis(dim, rank),)
    if len(set(listed)) != len(listed):
        raise Mismatch(f"an axis appears twice in dim = {show(tuple(dim))}")
    return listed


def spread(value: Any, n: int) -> tuple[Any, ...]:
    """A parameter given once or once per spatial axis, as n values."""
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if isinstance(value, tuple | list):
        if len(value) == 1:
            return tuple(value) * n
        if len(value) != n:
            raise Undecided(f"expected {n} values, got {len(value)}")
        return tuple(value)
    return (value,) * n


def broadcast(*shapes: Sequence[Size] | None) -> tuple[Size, ...] | None:
    """The common shape (torch docs: Broadcasting semantics); None where a rank is unknown. Raises Mismatch."""
    known = [tuple(shape) for shape in shapes if shape is not None]
    rank = max((len(shape) for shape in known), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in known]
    result = tuple(_broadcast_axis(column, known) for column in zip(*padded, strict=True))
    return result if len(known) == len(shapes) else None


def _broadcast_axis(column: tuple[Size, ...], shapes: list[tuple[Size, ...]]) -> Size:
    result: Size = 1
    for size in column:
        result = _broadcast_sizes(result, size, shapes)
    return result


def _broadcast_sizes(a: Size, b: Size, shapes: list[tuple[Size, ...]]) -> Size:
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(b, int) and b == 1:
        return a
    same = equal(a, b)
    if same.holds:
        return b if isinstance(b, int) or (isinstance(a, Dim) and text(a) is None) else a
    one_of_a, one_of_b = equal(a, 1), equal(b, 1)
    if one_of_a.holds:
        return b
    if one_of_b.holds:
        return a
    if same is Truth.NO and one_of_a is Truth.NO and one_of_b is Truth.NO:
        listed = " and ".join(show(shape) for shape in shapes)
        raise Mismatch(f"shapes {listed} do not broadcast: {show(a)} against {show(b)}")
    if is_cut(b, a):
        return a  # b = min(a, k): for the operation to run it is a, or both are 1
    if is_cut(a, b):
        return b
    for size in sorted((a, b), key=lambda each: text(each) is None):
        if _never_one(size):
            return size  # whatever the other is, for the operation to run it is 1 or the same
    return fresh(_broadcast_values(a, b))


def _never_one(size: Size) -> bool:
    """Whether a size cannot be 1, at any size of the program's."""
    multiple = isinstance(size, Dim) and gcd(*size.terms.values()) > 1
    return multiple or proved_equal(size, 1) is Truth.NO


def is_cut(size: Size, of: Size) -> bool:
    """Whether a size is min(of, …): what `x[:of]` has, where x may be shorter."""
    if not isinstance(size, Dim) or len(size.terms) != 1:
        return False
    ((monomial, coefficient),) = size.terms.items()
    if len(monomial) != 1 or coefficient != 1 or monomial[0][1] != 1:
        return False
    atom = monomial[0][0]
    return isinstance(atom, Extreme) and atom.which == "min" and of in atom.operands


def _broadcast_values(a: Size, b: Size) -> tuple[int, ...] | None:
    left, right = (size.values if isinstance(size, Dim) else None for size in (a, b))
    if left is None and right is None:
        return None
    worlds = len(left if left is not None else right or ())
    left = left if isinstance(a, Dim) else (a,) * worlds
    right = right if isinstance(b, Dim) else (b,) * worlds
    if left is None or right is None:
        return None
    return tuple(max(x, y) if min(x, y) else 0 for x, y in zip(left, right, strict=True))


def product(sizes: Sequence[Size]) -> Size:
    """The number of elements of a shape."""
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def require_dtype(given: DType | None, needed: DType | None, message: str) -> None:
    """Two dtypes that must be the same; an unknown one passes."""
    if given is not None and needed is not None and given != needed:
        raise Mismatch(message, DTYPE)


def same_dtype(**tensors: TensorType | None) -> DType | None:
    """The one dtype all given tensors must have. Raises Mismatch(tensor-dtype)."""
    given = {name: t.dtype for name, t in tensors.items() if t is not None and t.dtype is not None}
    for name, dtype in given.items():
        first = next(iter(given))
        if dtype != given[first]:
            raise Mismatch(f"{first} has dtype {given[first].name}, {name} has {dtype.name}", DTYPE)
    return next(iter(given.values()), None)


__all__ = [
    "Named",
    "at_most",
    "axes",
    "axis",
    "broadcast",
    "divides",
    "equal",
    "fresh",
    "is_size",
    "less",
    "named",
    "product",
    "require",
    "require_divisible",
    "require_dtype",
    "require_equal",
    "same_dtype",
    "show",
    "spread",
]
