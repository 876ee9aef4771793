"""Where two ways of a program meet: joining values, and telling whether a value has settled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..shapes.dims import Dim, Size, Symbol, substitute, symbols, values, written_out
from ..shapes.dtypes import DType
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown, UnknownDevice
from . import numbers
from .naming import plain
from .values import (
    Bound,
    Condition,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Method,
    Partial,
    Perhaps,
    Real,
    Some,
    Tensor,
    Value,
    is_size,
)

_DEPTH = 6

Pairs = list[tuple[Size, Size]]  # sizes that are equal
BothWays = tuple[Pairs, Pairs]  # on the first of two ways, and on the second

# What is equal on the ways that are being joined.
_equalities: list[BothWays] = []


@contextmanager
def assuming(first: Pairs, second: Pairs) -> Iterator[None]:
    """While joins know that these sizes are equal on the first way, and those on the second."""
    _equalities.append((first, second))
    try:
        yield
    finally:
        _equalities.pop()


# In which worlds the first of two joined ways is taken.
_chosen: list[tuple[bool, ...]] = []


@contextmanager
def choosing(worlds: tuple[bool, ...] | None) -> Iterator[None]:
    """While joins know in which worlds the first way is taken: a size then has that way's values there."""
    if worlds is None:
        yield
        return
    _chosen.append(worlds)
    try:
        yield
    finally:
        _chosen.pop()


def join(a: Value, b: Value, depth: int = _DEPTH) -> Value:
    """A value that stands for both. What they do not share is unknown."""
    if a is b or (same(a, b) and not isinstance(a, Tensor | list | dict)):
        return a
    if _is_device(a) and _is_device(b):
        kinds = {getattr(device, "kind", device) for device in (a, b)}
        return UnknownDevice("one of several devices", kinds.pop() if len(kinds) == 1 else None)
    if is_size(a) and is_size(b):
        return join_sizes(a, b)
    if isinstance(a, Condition) and isinstance(b, Condition) and a.values == b.values:
        return Condition(a.values)
    number = numbers.joined(a, b)
    if number is not None:
        return number
    perhaps = _perhaps(a, b)
    if perhaps is not None:
        return perhaps
    if isinstance(a, Unknown) and type(a) is type(b):
        return a
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Unknown(a.reason if isinstance(a, Unknown) else b.reason)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return Tensor(join_types(a.type, b.type))
    if type(a) is tuple and type(b) is tuple and len(a) != len(b):
        shorter, longer = sorted((a, b), key=len)
        if all(isinstance(item, str) for item in longer) and longer[: len(shorter)] == shorter:
            return Some(list(longer))  # of names, of which more were added on one way
    if depth and type(a) is type(b):
        if isinstance(a, tuple) and len(a) == len(b):
            return _rebuild(a, [join(x, y, depth - 1) for x, y in zip(a, b, strict=True)])
        if isinstance(a, ListValue) and len(a) == len(b) and a.length == b.length:
            return ListValue((join(x, y, depth - 1) for x, y in zip(a, b, strict=True)), a.length)
        if isinstance(a, dict) and list(a) == list(b):
            return type(a)((key, join(a[key], b[key], depth - 1)) for key in a)
        if isinstance(a, Many) and a.length == b.length:
            return Many(join(a.element, b.element, depth - 1), a.length, a.some and b.some)
    return Unknown("two ways of the program give different values")


def _perhaps(a: Value, b: Value) -> Perhaps | None:
    """A tensor or None, where one of two values is or may be None, and nothing else."""
    tensors = [way.tensor if isinstance(way, Perhaps) else way for way in (a, b) if way is not None]
    if not all(isinstance(each, Tensor) for each in tensors) or (isinstance(a, Tensor) and isinstance(b, Tensor)):
        return None
    return Perhaps(Tensor(join_types(tensors[0].type, tensors[-1].type)))


def _is_device(value: Value) -> bool:
    if isinstance(value, str):
        return value.partition(":")[0] in ("cpu", "cuda", "mps", "xpu")
    return isinstance(value, UnknownDevice)


def join_types(a: TensorType, b: TensorType) -> TensorType:
    """What two tensor types share."""
    dtype = a.dtype if a.dtype == b.dtype else None
    device = a.device if a.device == b.device else None
    if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
        return TensorType(dtype, None, device=device)
    layout = a.layout if a.layout == b.layout else None
    dims = tuple(join_sizes(x, y) for x, y in zip(a.dims, b.dims, strict=True))
    return TensorType(dtype, dims, layout=layout, device=device)


def join_sizes(a: Size, b: Size) -> Size:
    """One size for two: the same, or unknown."""
    if a == b or equal(a, b) is Truth.YES:
        return a
    first, second = _equalities[-1] if _equalities else ((), ())
    for pairs, equal_there, differing in ((first, a, b), (second, b, a)):
        if pairs and _made_equal(equal_there, differing, pairs):
            return differing  # what it is where they may differ is true where they are equal, too
        for left, right in pairs:
            filled = _filled_up(equal_there, differing, left - right)
            if filled is not None:
                return filled
    return fresh(_joined_values(a, b))


def _made_equal(a: Size, b: Size, pairs: Pairs) -> bool:
    """Whether two sizes are the same where each of these pairs is."""
    binding: dict[Symbol, Size] = {}
    for left, right in pairs:
        rest = written_out(left - right)
        if written_out(a - b) in (rest, -rest):
            return True
        left, right = substitute(left, binding), substitute(right, binding)
        symbol, size = (plain(left), right) if plain(left) is not None else (plain(right), left)
        if symbol is not None and symbol not in symbols(size):
            binding = {name: substitute(bound, {symbol: size}) for name, bound in binding.items()}
            binding[symbol] = size
    return substitute(a - b, binding) == 0


def _filled_up(even: Size, filled: Size, rest: Size) -> Size | None:
    """One size for one that is filled up only where it has a rest: `x += k - x % k` behind `if x % k`."""
    if filled - even == 1 and rest % 2 == rest:
        return even + rest
    whole = filled - even + rest
    if not isinstance(whole, int) or whole < 2 or rest % whole != rest:
        return None
    return even - rest + whole * ((rest + whole - 1) // whole)


def _joined_values(a: Size, b: Size) -> tuple[int, ...] | None:
    """What a size is in each world, being one of two."""
    if not _chosen:
        left, right = (size.values if isinstance(size, Dim) else None for size in (a, b))
        return left if left == right else None
    worlds = _chosen[-1]
    left, right = (values(size, len(worlds)) for size in (a, b))
    if all(worlds):
        return left if left is not None and len(left) == len(worlds) else None
    if left is None or right is None or not len(left) == len(right) == len(worlds):
        return None
    return tuple(x if first else y for x, y, first in zip(left, right, worlds, strict=True))


def same(a: Value, b: Value, depth: int = _DEPTH) -> bool:
    """Whether two values are alike for everything that follows (tensors by type, not by identity)."""
    if a is b:
        return True
    if isinstance(a, Perhaps) or isinstance(b, Perhaps):
        return isinstance(a, Perhaps) and isinstance(b, Perhaps) and same_types(a.tensor.type, b.tensor.type)
    if isinstance(a, Unknown) and isinstance(b, Unknown):
        return not isinstance(a, UnknownDevice) or not isinstance(b, UnknownDevice) or a.kind == b.kind
    if type(a) is not type(b):
        return False
    if isinstance(a, Tensor):
        return same_types(a.type, b.type)
    if isinstance(a, Dim):
        return same_sizes(a, b)
    if isinstance(a, bool | int | float | complex | str | bytes | range | slice):
        return bool(a == b)
    if depth and isinstance(a, tuple | list):
        lengths = (getattr(a, "length", None), getattr(b, "length", None))
        return (
            len(a) == len(b)
            and lengths[0] == lengths[1]
            and all(same(x, y, depth - 1) for x, y in zip(a, b, strict=True))
        )
    if depth and isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key], depth - 1) for key in a)
    if depth and isinstance(a, Many):
        return a.length == b.length and same(a.element, b.element, depth - 1)
    if depth and isinstance(a, Instance):
        return a.cls == b.cls and same(a.attrs, b.attrs, depth - 1)
    if depth and isinstance(a, Bound | Method | Partial):
        return all(same(x, y, depth - 1) for x, y in zip(vars(a).values(), vars(b).values(), strict=True))
    if isinstance(a, Function):
        around = a.env is b.env or same(a.env.variables, b.env.variables, depth - 1)
        return a.node is b.node and around and same(a.defaults, b.defaults, depth - 1)
    return isinstance(a, Library | Real | Condition | DType) and bool(a == b)


def same_types(a: TensorType, b: TensorType) -> bool:
    """Whether two tensor types are the same, an unknown size being like any other unknown size."""
    if a.dtype != b.dtype or (a.dims is None) != (b.dims is None):
        return False
    if a.layout != b.layout or a.device != b.device:
        return False
    if a.dims is None or b.dims is None:
        return True
    return len(a.dims) == len(b.dims) and all(same_sizes(x, y) for x, y in zip(a.dims, b.dims, strict=True))


def same_sizes(a: Size, b: Size) -> bool:
    """Whether two sizes are the same expression, or both unknown with the same observed values."""
    return a == b or (_nameless(a) and _nameless(b) and a.values == b.values)  # type: ignore[union-attr]


def _nameless(size: Size) -> bool:
    if not isinstance(size, Dim) or len(size.terms) != 1:
        return False
    ((monomial, coefficient),) = size.terms.items()
    return coefficient == 1 and len(monomial) == 1 and getattr(monomial[0][0], "name", "") is None


def _rebuild(like: Value, items: list[Value]) -> Value:
    """A tuple of the same kind (plain, torch.Size or named) with other items."""
    make = getattr(like, "rebuild", None)
    return make(items) if make else tuple(items)
