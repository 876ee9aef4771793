"""How layers read their arguments: tensors that may be unknown, channels behind an optional batch axis, options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..shapes.dims import Dim, Size
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .mismatch import DTYPE, Mismatch
from .signature import list_of
from .vocabulary import equal, is_size, require, show, spread

ANYTHING = TensorType(None, None)


def operand(value: Any, name: str = "input") -> TensorType:
    """A tensor argument; of unknown dtype and rank where it is unknown. Raises Undecided for what is no tensor."""
    if isinstance(value, TensorType):
        return value
    if isinstance(value, Unknown):
        return ANYTHING
    raise Undecided(f"{name} is no tensor")


def optional(value: Any, name: str) -> TensorType | None:
    """A tensor argument that may be None; one that is unknown may be None too."""
    return None if value is None or isinstance(value, Unknown) else operand(value, name)


def flag(value: Any, name: str) -> bool:
    """A known bool. Raises Undecided where it is unknown."""
    if isinstance(value, Unknown | Dim):
        raise Undecided(f"{name} is unknown")
    return bool(value)


def size_or_fresh(value: Any) -> Size:
    """A size argument; an unknown size where it is unknown."""
    return value if is_size(value) else fresh()


def per_axis(value: Any, n: int) -> tuple[Size, ...]:
    """A setting given once or once for each of n spatial axes. Raises Mismatch for another number of values."""
    if isinstance(value, Unknown):
        return tuple(fresh() for _ in range(n))
    if isinstance(value, tuple | list) and len(value) not in (1, n):
        raise Mismatch(f"{show(value)} has {len(value)} values, expected one or {n}")
    return tuple(map(size_or_fresh, spread(value, n)))


def rank_is(input: TensorType, ranks: Sequence[int], name: str = "input") -> bool:
    """Whether the rank is known. Raises Mismatch for a rank that is not among those allowed."""
    if input.dims is None:
        return False
    if len(input.dims) not in ranks:
        expected = " or ".join(map(str, ranks))
        raise Mismatch(f"{name} has rank {len(input.dims)}, expected {expected}: {name}{list_of(input.dims)}")
    return True


def rank_from(input: TensorType, least: int, name: str = "input") -> bool:
    """Whether the rank is known. Raises Mismatch for a rank below the least."""
    if input.dims is None:
        return False
    if len(input.dims) < least:
        raise Mismatch(f"{name} has rank {len(input.dims)}, expected at least {least}: {name}{list_of(input.dims)}")
    return True


def require_same_shape(input: TensorType, target: TensorType, name: str = "target") -> None:
    """Raise Mismatch where the shapes differ."""
    if input.dims is None or target.dims is None:
        return
    message = f"{name}{list_of(target.dims)} must have the shape of input{list_of(input.dims)}"
    if len(input.dims) != len(target.dims):
        raise Mismatch(message)
    for a, b in zip(input.dims, target.dims, strict=True):
        require(equal(a, b), message)


def dtype_in(tensor: TensorType, allowed: Sequence[DType], name: str) -> None:
    """Raise Mismatch for a dtype that is not among those allowed."""
    if tensor.dtype is not None and tensor.dtype not in allowed:
        expected = " or ".join(dtype.name for dtype in allowed)
        raise Mismatch(f"{name} has dtype {tensor.dtype.name}, expected {expected}", DTYPE)


def common_dtype(**tensors: TensorType | None) -> DType | None:
    """The dtype all given tensors must share. Raises Mismatch(tensor-dtype) for two different ones."""
    first: tuple[str, DType] | None = None
    for name, tensor in tensors.items():
        if tensor is None or tensor.dtype is None:
            continue
        if first is None:
            first = (name, tensor.dtype)
        elif tensor.dtype != first[1]:
            raise Mismatch(f"{first[0]} has dtype {first[1].name}, {name} has dtype {tensor.dtype.name}", DTYPE)
    return None if first is None else first[1]


def options(names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a function of tensors further optional parameters, by torch's names, that do not influence its type."""

    def extend(function: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(function).parameters.values())

        def call(*args: Any) -> Any:
            return function(*args[: len(own)])

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        further = [inspect.Parameter(name, kind, default=None) for name in names.split()]
        call.__signature__ = inspect.Signature([*own, *further])  # type: ignore[attr-defined]
        return call

    return extend
