"""torch's values as rule values, claims compared with them, and the same call at other sizes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from mypy_torch_shapes.shapes.dims import Dim, Symbol, substitute, symbols
from mypy_torch_shapes.shapes.dtypes import BY_NAME, DType
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Opaque, Reference, Unknown

from .memory import holds, layout_of

OK, PARTIAL, WRONG = "ok", "partial", "wrong"


def map_tensors(function: Callable[[torch.Tensor], Any], value: Any) -> Any:
    """A value with each tensor in its tuples, lists and dicts replaced."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, torch.Size):
        return tuple(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(function, item) for item in value))
    if isinstance(value, tuple | list):
        return type(value)(map_tensors(function, item) for item in value)
    if isinstance(value, dict):
        return {key: map_tensors(function, item) for key, item in value.items()}
    return value


def dtype_of(dtype: torch.dtype) -> DType | None:
    return BY_NAME.get(str(dtype).removeprefix("torch."))


def tensor_type(tensor: torch.Tensor) -> TensorType:
    return TensorType(dtype_of(tensor.dtype), tuple(tensor.shape), isinstance(tensor, torch.nn.Parameter))


def laid_type(tensor: torch.Tensor) -> TensorType:
    """The same, with how the tensor lies in memory."""
    strided = tensor.layout is torch.strided and not tensor.is_nested
    return replace(tensor_type(tensor), layout=layout_of(tensor) if strided else None, device=tensor.device.type)


def to_value(value: Any) -> Any:
    """What a rule is given for a Python value."""
    if isinstance(value, torch.Tensor):
        return laid_type(value)
    if isinstance(value, torch.dtype):
        return dtype_of(value) or Unknown(f"{value} is quantized")
    if isinstance(value, tuple | list):  # a torch.Size or a named tuple is a tuple
        return (list if isinstance(value, list) else tuple)(to_value(item) for item in value)
    if isinstance(value, dict):
        return {key: to_value(item) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*(to_value(item) for item in (value.start, value.stop, value.step)))
    if isinstance(value, torch.memory_format | torch.layout):
        return Reference(str(value))
    if value is None or value is Ellipsis or isinstance(value, bool | int | float | complex | str):
        return value
    return Opaque(value)


def compare(claim: Any, real: Any, binding: Mapping[Symbol, int] | None = None) -> tuple[str, str]:
    """OK, PARTIAL (it leaves something open) or WRONG, and what differs; sizes are taken at a binding of symbols."""
    if isinstance(claim, Opaque) and claim.value is real:
        return OK, ""
    if isinstance(claim, Reference):
        real_path = f"{getattr(real, '__module__', '')}.{getattr(real, '__name__', '')}"
        return (OK, "") if claim.path == real_path else (WRONG, f"{claim!r}, torch gives {real!r}")
    if isinstance(claim, Unknown):
        return PARTIAL, f"unknown: {claim.reason}"
    if isinstance(real, torch.Tensor):
        found = _compare_tensor(claim, tensor_type(real), binding or {})
        layout = claim.layout if isinstance(claim, TensorType) else None
        if found[0] != WRONG and layout is not None and not holds(layout, real):
            return WRONG, f"{claim} lies as {layout}, torch's has strides {real.stride()}"
        device = claim.device if isinstance(claim, TensorType) else None
        if device not in (None, real.device.type):
            return WRONG, f"{claim} is on {device}, torch's on {real.device}"
        return found
    if isinstance(real, tuple | list):
        if not isinstance(claim, tuple | list):
            return WRONG, f"{claim!r} for a sequence"
        if len(claim) != len(real):
            return WRONG, f"{len(claim)} items, torch gives {len(real)}"
        return _worst([compare(a, b, binding) for a, b in zip(claim, real, strict=True)])
    if isinstance(claim, Dim):
        claim = substitute(claim, binding or {})
        if isinstance(claim, Dim):
            return PARTIAL, "an unknown size"
    real = to_value(real)
    if isinstance(real, Unknown):
        return OK, ""
    same = type(claim) is type(real) and (claim == real or claim != claim)
    return (OK, "") if same else (WRONG, f"{claim!r}, torch gives {real!r}")


def _compare_tensor(claim: Any, real: TensorType, binding: Mapping[Symbol, int]) -> tuple[str, str]:
    if not isinstance(claim, TensorType):
        return WRONG, f"{claim!r}, torch gives {real}"
    if claim.dtype is not None and claim.dtype != real.dtype:
        return WRONG, f"{claim}, torch gives {real}"
    if claim.dims is None:
        return PARTIAL, "unknown rank"
    dims = [substitute(size, binding) for size in claim.dims]
    assert real.dims is not None
    if len(dims) != len(real.dims) or any(isinstance(a, int) and a != b for a, b in zip(dims, real.dims, strict=True)):
        return WRONG, f"{claim} = {dims}, torch gives {real}"
    if claim.dtype is None:
        return PARTIAL, "unknown dtype"
    if any(isinstance(size, Dim) for size in dims):
        return PARTIAL, f"{claim}: unknown size"
    return OK, ""


def _worst(outcomes: list[tuple[str, str]]) -> tuple[str, str]:
    for kind in (WRONG, PARTIAL):
        for outcome in outcomes:
            if outcome[0] == kind:
                return outcome
    return OK, ""


def resized(tensor: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor of another shape whose elements are the tensor's, repeated; so indices stay indices."""
    result = tensor.detach()
    for axis, (old, new) in enumerate(zip(tensor.shape, shape, strict=True)):
        if old != new:
            result = result.index_select(axis, torch.arange(new, device=tensor.device) % max(old, 1))
    return result


def has_symbols(value: Any) -> bool:
    """Whether any size in a rule value is symbolic."""
    if isinstance(value, TensorType):
        return any(isinstance(size, Dim) for size in value.dims or ())
    if isinstance(value, tuple | list):
        return any(map(has_symbols, value))
    return isinstance(value, Dim) and any(True for _ in symbols(value))


def one_on_meta(values: Any) -> Any:
    """The same values with one of their tensors on the meta device, another one at each call."""
    tensors: list[torch.Tensor] = []
    map_tensors(tensors.append, values)
    chosen = tensors[next(_turn) % len(tensors)] if len(tensors) > 1 else None
    return map_tensors(lambda tensor: tensor.to("meta") if tensor is chosen else tensor, values)


_turn = itertools.count()
