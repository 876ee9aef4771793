"""One answer from many: what torch gave at each size, with the sizes that vary as expressions."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Size
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown, UnknownNumber
from ..modules.table import ModuleSpec
from .fitting import Column, fit
from .question import Point, Question

FEWEST_SIZES = 4  # of each symbol, to find an expression and to verify it


def merged(question: Question, results: dict[Point, Any]) -> Any:
    """Raises Undecided where the results differ in more than sizes."""
    return _Merger(question, list(results)).merge(list(results.values()))


class _Merger:
    def __init__(self, question: Question, points: list[Point]) -> None:
        self.points = points
        self.observed = len(question.worlds)
        self.features = question.features(points)
        self.held_out = _held_out(points, self.observed)
        # A symbol that torch hardly let vary: nothing can be said of what depends on it.
        self.stuck = any(len(set(column)) < FEWEST_SIZES for column in zip(*points, strict=True))
        self.sizes: dict[Column, Size] = {}

    def merge(self, values: list[Any]) -> Any:
        first = values[0]
        if any(type(value) is not type(first) for value in values):
            raise Undecided("the kind of result depends on sizes")
        if isinstance(first, TensorType):
            return self._tensor(values)
        if isinstance(first, bool) or first is None or not isinstance(first, int | tuple | list | dict | ModuleSpec):
            return self._constant(values)
        if isinstance(first, int):
            return self._size(tuple(values))
        if isinstance(first, ModuleSpec):
            return ModuleSpec(first.cls, self.merge([dict(value.attrs) for value in values]))
        if any(len(value) != len(first) for value in values):
            raise Undecided("the number of results depends on sizes")
        if isinstance(first, dict):
            if any(value.keys() != first.keys() for value in values):
                raise Undecided("the names of results depend on sizes")
            return {key: self.merge([value[key] for value in values]) for key in first}
        return type(first)(self.merge(list(column)) for column in zip(*values, strict=True))

    def _constant(self, values: list[Any]) -> Any:
        first = values[0]
        if isinstance(first, Unknown | UnknownNumber):
            return first
        return first if all(value == first for value in values) else Unknown("it depends on sizes")

    def _tensor(self, values: list[TensorType]) -> TensorType:
        first = values[0]
        if any(
            (value.dtype, value.rank, value.parameter) != (first.dtype, first.rank, first.parameter) for value in values
        ):
            raise Undecided("the dtype or rank depends on sizes")
        dims = zip(*(value.dims or () for value in values), strict=True)
        return TensorType(first.dtype, tuple(map(self._size, dims)), first.parameter)

    def _size(self, column: Column) -> Size:
        if column not in self.sizes:
            found = None if self.stuck else fit(self.features, column, self.held_out)
            if found is None and len(self.points) == 1:
                found = column[0] if not self.features else None
            self.sizes[column] = fresh(column[: self.observed] or None) if found is None else found
        return self.sizes[column]


def _held_out(points: list[Point], observed: int) -> frozenset[int]:
    """Every third point, and the last ones, take no part in finding an expression."""
    if len(points) < 4:
        return frozenset()
    return frozenset({*range(observed + 2, len(points), 3), len(points) - 1, len(points) - 2} - {0})
