"""What has sizes among the arguments of a root call, by where it is: `x`, `batch['ids']`, `xs[0]`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling.hollow import Hollow
from mypy_torch_shapes.profiling.names import raw_dict

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import RootCall


_MOST_ITEMS = 64


def tensors(call: RootCall) -> Iterator[tuple[str, Hollow]]:
    """Every tensor among the arguments of a call, by its path: `x`, `batch['ids']`, `xs[0]`, `batch.ids`."""
    for name, value in bound_arguments(call):
        yield from _inside(name, value, set(), _is_hollow)


def lists(call: RootCall) -> Iterator[tuple[str, list[Any]]]:
    """Every list of numbers, tensors, or equal structures of them that is an argument itself.

    There may be one for each item of a batch.
    """
    for name, value in bound_arguments(call):
        if type(value) is list and len(value) > 1:
            kinds = [_kind(item) for item in value[:_MOST_ITEMS]]
            if kinds[0] is not None and all(kind == kinds[0] for kind in kinds):
                yield name, value


def inner_lists(call: RootCall) -> Iterator[tuple[str, list[Any]]]:
    """Every list of numbers inside an argument: the lengths of a batch's sentences."""
    for name, value in bound_arguments(call):
        for path, part in _inside(name, value, set(), _is_numbers):
            if path != name:
                yield path, part


def _is_numbers(value: Any) -> bool:
    return type(value) is list and len(value) > 1 and all(type(item) in (int, float) for item in value[:_MOST_ITEMS])


def numbers(call: RootCall) -> Iterator[tuple[str, int]]:
    """Every number among the arguments that may be a size."""
    return ((name, value) for name, value in bound_arguments(call) if type(value) is int and value > 1)


def _kind(item: Any, depth: int = 3) -> object:
    """Equal for items that differ in sizes only; None for what is no item of a batch."""
    if type(item) is int or item is None:
        return type(item)
    if isinstance(item, Hollow):
        return (item.dtype, len(item.shape))
    if type(item) in (tuple, dict) and item and depth:
        keys, values = (list(item), list(item.values())) if type(item) is dict else (len(item), item)
        kinds = [_kind(value, depth - 1) for value in values]
        return None if None in kinds else (type(item), keys, kinds)
    return None


def bound_arguments(call: RootCall) -> Iterator[tuple[str, Any]]:
    """The arguments by the names of forward's parameters."""
    plain = [name for name in call.names if name not in call.variadic]
    for i, value in enumerate(call.args):
        if i < call.positional:
            yield call.names[i], value
        else:
            yield f"{call.names[call.positional]}[{i - call.positional}]", value
    for name, value in call.kwargs.items():
        yield (name if name in plain else f"{call.names[-1]}[{name!r}]"), value


def _inside(path: str, value: Any, above: set[int], wanted: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    if wanted(value):
        yield path, value
    elif id(value) in above or len(above) > 6:
        return
    else:
        for step, part in _steps(value, wanted):
            yield from _inside(path + step, part, above | {id(value)}, wanted)


def _is_hollow(value: Any) -> bool:
    return isinstance(value, Hollow)


def _steps(value: Any, wanted: Callable[[Any], bool]) -> Iterable[tuple[str, Any]]:
    if type(value) in (list, tuple) or isinstance(value, tuple):
        return ((f"[{i}]", part) for i, part in enumerate(tuple(value)[:_MOST_ITEMS]))
    if isinstance(value, dict):
        return ((f"[{key!r}]", part) for key, part in list(value.items())[:_MOST_ITEMS] if isinstance(key, (str, int)))
    return ((f".{name}", part) for name, part in (raw_dict(value) or {}).items() if wanted(part))
