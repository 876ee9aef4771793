"""Results written to `out=`: it keeps its dtype, is made to fit, and has to be able to hold them."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import can_cast
from ..shapes.tensor_type import TensorType
from .mismatch import DTYPE, Mismatch
from .vocabulary import Named, named

# Operations that compute in the dtype of `out`, whatever their input is (found by `conformance --out`).
_COMPUTED_IN_OUT = frozenset({"cumprod", "cumsum", "logsumexp", "lu", "mean", "nanmean", "nansum", "prod", "sum"})
# Operations that return nothing where there is an `out`.
_RETURN_NOTHING = frozenset({"split_copy", "split_with_sizes_copy", "unbind_copy"})


def stored(name: str, out: Any, result: Any) -> Any:
    """What an operation returns that writes its result to `out`. Raises Mismatch where that cannot hold it."""
    if isinstance(out, TensorType) and isinstance(result, TensorType):
        fits = out.dtype is None or result.dtype is None or can_cast(result.dtype, out.dtype)
        if not fits and out.dtype and result.dtype and name not in _COMPUTED_IN_OUT:
            raise Mismatch(f"the result has dtype {result.dtype.name}, out has {out.dtype.name}", DTYPE)
        return TensorType(out.dtype, result.dims)
    if isinstance(out, tuple | list) and isinstance(result, tuple) and len(out) == len(result):
        if name in _RETURN_NOTHING:
            return None
        items = [stored(name, one, item) for one, item in zip(out, result, strict=True)]
        return named(*zip(result.fields, items, strict=True)) if isinstance(result, Named) else tuple(items)
    return result
