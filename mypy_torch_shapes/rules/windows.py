"""Window functions (torch docs: torch, Spectral Ops; torch.signal.windows)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType
from .creation import sizes_of
from .mismatch import DTYPE, Mismatch
from .promotion import given_dtype
from .registry import rule
from .settings import default_dtype

_NAMES = """
    bartlett blackman cosine exponential gaussian general_cosine general_hamming hamming hann kaiser nuttall
"""


@rule(
    "torch.bartlett_window",
    "torch.blackman_window",
    "torch.hamming_window",
    "torch.hann_window",
    "torch.kaiser_window",
)
def window(window_length: Any, periodic: Any = True, *args: Any, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of(((window_length,),)))


def _register(name: str) -> None:
    @rule(f"torch.signal.windows.{name}")
    def signal_window(M: Any, *, dtype: Any = None, **_: Any) -> TensorType:
        if isinstance(dtype, DType) and dtype.name not in ("float32", "float64"):
            raise Mismatch(f"dtype = {dtype.name}, expected float32 or float64", DTYPE)
        return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of(((M,),)))


for _name in _NAMES.split():
    _register(_name)
