"""`Tensor[dtype, dims]`: what is known of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .dims import Naming, Size, Symbol, substitute, text
from .dtypes import DType
from .layout import Layout


@dataclass(frozen=True)
class TensorType:
    """A tensor's dtype and dims; None for an unknown dtype, or an unknown rank.

    `parameter` marks an `nn.Parameter`. An unknown size in dims is a nameless `Symbol`. `layout` is how it lies in
    memory and `device` the kind of device it is on ("cuda"), None where that is not known: what makes a new type says
    nothing of them, `rules/layouts.py` and `rules/devices.py` do.
    """

    dtype: DType | None
    dims: tuple[Size, ...] | None
    parameter: bool = False
    layout: Layout | None = None
    device: str | None = None

    @property
    def rank(self) -> int | None:
        return None if self.dims is None else len(self.dims)

    def with_dims(self, *dims: Size) -> TensorType:
        """The same dtype with other dims, no longer a parameter."""
        return TensorType(self.dtype, dims)

    def with_dtype(self, dtype: DType | None) -> TensorType:
        """The same dims with another dtype, no longer a parameter."""
        return TensorType(dtype, self.dims)

    def laid(self, layout: Layout | None) -> TensorType:
        """The same in another layout (without `replace`, which is slow)."""
        if layout is self.layout:
            return self
        return TensorType(self.dtype, self.dims, self.parameter, layout, self.device)

    def placed(self, device: str | None) -> TensorType:
        """The same on another kind of device."""
        if device == self.device:
            return self
        return TensorType(self.dtype, self.dims, self.parameter, self.layout, device)

    def map_dims(self, function: Callable[[Size], Size]) -> TensorType:
        """Every size replaced by the function of it."""
        if self.dims is None:
            return self
        return TensorType(self.dtype, tuple(map(function, self.dims)), self.parameter, self.layout)

    def substitute(self, binding: Mapping[Symbol, Size]) -> TensorType:
        """Symbols in the dims replaced."""
        return self.map_dims(lambda size: substitute(size, binding))

    def text(self, naming: Naming = lambda symbol: symbol.name) -> str:
        """As people read it: `Tensor[float32, N, 64, _]`; `Tensor[float32]` has rank 0, `...` is an unknown rank."""
        sizes = ["..."] if self.dims is None else [text(size, naming) or "_" for size in self.dims]
        return f"Tensor[{', '.join([self.dtype.name if self.dtype else '_', *sizes])}]"

    def __repr__(self) -> str:
        return self.text()


def fresh(values: tuple[int, ...] | None = None) -> Size:
    """An unknown size, with its observed values where there are any; a single known value stays unknown too."""
    from .dims import Dim

    return Dim.of(Symbol(None, values))
