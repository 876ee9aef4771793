"""What is known of a tensor besides its sizes stays when these are written otherwise."""

from __future__ import annotations

from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32
from mypy_torch_shapes.shapes.layout import ordered
from mypy_torch_shapes.shapes.tensor_type import TensorType


def test_other_sizes_leave_the_rest() -> None:
    n = Symbol("N", (4,))
    type = TensorType(float32, (Dim.of(n), 3), True, ordered((1, 0)))
    assert type.substitute({n: 4}) == TensorType(float32, (4, 3), True, ordered((1, 0)))
