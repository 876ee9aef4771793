"""Whether what was evaluated is what a run recorded, as far as both are known."""

from __future__ import annotations

from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from .joins import same, same_types
from .values import Class, Function, Instance, ListValue, Many, Some, Tensor, Value


def alike(have: Value, recorded: Value) -> bool:
    """Whether an evaluated attribute agrees with the recorded one, as far as both are known."""
    if isinstance(have, Tensor) and isinstance(recorded, Tensor):  # which may have been moved since
        return same_types(TensorType(have.type.dtype, have.type.dims), recorded.type.laid(None).placed(None))
    if isinstance(recorded, list | dict) and _is_vague(have):  # what was read from a file, say
        return not isinstance(have, Unknown) and _is_vague(recorded)
    if isinstance(have, Instance | Function | Class) or not isinstance(
        recorded, Tensor | int | float | str | tuple | None
    ):
        return True
    if isinstance(have, tuple) and isinstance(recorded, tuple):
        return len(have) == len(recorded) and all(alike(a, b) for a, b in zip(have, recorded, strict=True))
    return same(have, recorded)


def _is_vague(value: Value) -> bool:
    """Whether a value is unknown, or part of a collection is."""
    if isinstance(value, ListValue | tuple):
        return getattr(value, "length", None) is not None or any(map(_is_vague, value))
    if isinstance(value, dict):
        return any(map(_is_vague, value.values()))
    return isinstance(value, Unknown | Some | Many)
