"""Lengths of padded rows: vectors of whole numbers, the largest of which is the size of an axis beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mypy_torch_shapes.profiling.facade import Torch
from mypy_torch_shapes.profiling.names import mro
from mypy_torch_shapes.seeds.model import Seed, TensorSeed

_WHOLE = ("torch.int64", "torch.int32")


def largest(torch: Torch, values: Sequence[Any]) -> dict[int, int]:
    """The largest number of each such vector, by its place among the arguments. Call it inside `torch.guard()`."""
    vectors: list[tuple[int, Any]] = []
    sizes: set[int] = set()
    for place, value in enumerate(values):
        if torch.Tensor not in mro(type(value)):
            continue
        shape = torch.sizes(value)
        if shape is None:
            continue
        sizes.update(shape)
        if len(shape) == 1 and torch.is_readable(value, shape) and str(torch.dtype_of(value)) in _WHOLE:
            vectors.append((place, value))
    found = {place: (int(value.max()), len(value)) for place, value in vectors} if len(sizes) > 1 else {}
    return {place: number for place, (number, rows) in found.items() if 1 < number != rows and number in sizes}


def noted(seed: Seed, number: int | None) -> Seed:
    """The seed of a vector with its largest number."""
    return replace(seed, largest=number) if isinstance(seed, TensorSeed) and number is not None else seed
