"""Who answers for an operation: its rule, the rule of its plain form (in-place variants), or torch itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..shapes.dtypes import can_cast
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided
from . import autocast, deliberate, oracle, registry
from .mismatch import DEVICE, DTYPE, Mismatch
from .names import MOVING, RESHAPING
from .vocabulary import show

# In-place methods whose result must have the target's dtype, where others are cast to it.
_EXACT = frozenset({"float_power_"})
RULE, IN_PLACE, ORACLE = "rule", "in place", "oracle"
_ASKED = ("torch.linalg.", "torch.fft.", "torch.special.", "torch.nn.functional.", "torch.Tensor.", "torch.ops.")


def served_by(path: str) -> str | None:
    """RULE, IN_PLACE, ORACLE (torch may know), or None for what is no operation on tensors."""
    if registry.find(path) is not None:
        return RULE
    if is_in_place(path) and (path.rpartition(".")[2] in MOVING or served_by(path[:-1]) is not None):
        return IN_PLACE
    if deliberate.reason(path) is not None:
        return None
    asked = path.startswith(_ASKED) or (path.startswith("torch.") and path.count(".") == 1 and path[6:7].islower())
    return ORACLE if asked and not oracle.has_effects(path) else None


def is_in_place(path: str) -> bool:
    """Whether a name says that its first argument is changed and returned: `add_`, not `clip_grad_norm_`."""
    return path.endswith("_") and not path.endswith("__") and not path.startswith("torch.nn.utils.")


def answer(path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The result of an operation; of an in-place variant, the type its target has afterwards.

    Raises Mismatch (proven to fail) or Undecided.
    """
    found = registry.find(path)
    if found is not None:
        return found(*args, **kwargs)
    if is_in_place(path):
        return _in_place(path, args, kwargs)
    why = deliberate.reason(path)
    if why is not None:
        raise Undecided(why)
    if autocast.regions.get():
        return _asked_in_region(path, args, kwargs)
    return oracle.ask(path, args, dict(kwargs))


def _asked_in_region(path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """torch is asked outside of autocast, so its dtypes say little."""
    try:
        return autocast.forgotten(oracle.ask(path, args, dict(kwargs)))
    except Mismatch as mismatch:
        if mismatch.code == DTYPE:
            raise Undecided("a dtype inside autocast is not known") from None
        raise


def _in_place(path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> TensorType:
    target, name = args[0] if args else None, path.rpartition(".")[2]
    if not isinstance(target, TensorType):
        raise Undecided("an in-place operation on something unknown")
    if name in MOVING:
        return TensorType(None, None)
    try:
        with autocast.within():  # in-place variants cast nothing
            result = answer(path[:-1], args, kwargs)
    except Undecided:
        return TensorType(target.dtype, None) if name in RESHAPING else target
    except Mismatch as mismatch:
        if mismatch.code == DEVICE and any(isinstance(each, TensorType) and each.device == "meta" for each in args):
            return target  # in place, the meta device does not look
        mismatch.operation = name
        raise
    if not isinstance(result, TensorType) or name in RESHAPING:
        return result if isinstance(result, TensorType) else target
    try:
        _require_fit(target, result, name in _EXACT)
    except Mismatch as mismatch:
        mismatch.operation = name
        raise
    return target


def _require_fit(target: TensorType, result: TensorType, exact: bool) -> None:
    """Raise Mismatch where an in-place result would need another shape or a higher dtype."""
    if target.dims is not None and result.dims is not None:
        fits = len(target.dims) == len(result.dims)
        for have, need in zip(target.dims, result.dims, strict=False):
            fits = fits and equal(have, need) is not Truth.NO
        if not fits:
            raise Mismatch(f"the result has shape {show(result.dims)}, the target has {show(target.dims)}")
    if target.dtype is None or result.dtype is None:
        return
    if not can_cast(result.dtype, target.dtype) or (exact and result.dtype != target.dtype):
        raise Mismatch(f"the result has dtype {result.dtype.name}, the target has {target.dtype.name}", DTYPE)
