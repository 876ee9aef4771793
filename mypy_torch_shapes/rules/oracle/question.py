"""A question to torch: its arguments with symbols renamed, its key in the memory, and the sizes to ask it at."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...shapes.dims import Dim, Size, Symbol, substitute, symbols
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Reference, Undecided, Unknown
from ..settings import default_name
from .expressions import Construction, encode

Point = tuple[int, ...]  # a size for each symbol

# Arguments that do not influence a result's dtype or sizes; they may be unknown.
INDIFFERENT = frozenset(
    {
        "copy",
        "device",
        "generator",
        "layout",
        "memory_format",
        "names",
        "non_blocking",
        "out",
        "pin_memory",
        "requires_grad",
    }
)
CONSECUTIVE = 24  # sizes tried of one symbol


@dataclass(frozen=True)
class Question:
    """What to ask: kind is "function", "module" or "attributes"; the content is a rule value without Unknowns."""

    kind: str
    path: str
    content: Any

    @staticmethod
    def of(kind: str, path: str, content: Any) -> Question:
        """Raises Undecided where something that may matter is unknown."""
        return Question(kind, path, _known(content))

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        return tuple(dict.fromkeys(symbol for size in sizes(self.content) for symbol in symbols(size)))

    @cached_property
    def names(self) -> dict[Symbol, str]:
        return {symbol: f"s{number}" for number, symbol in enumerate(self.symbols)}

    def key(self, versions: str) -> str:
        """The canonical text of the question."""
        binding: dict[Symbol, Size] = {symbol: Dim.of(Symbol(name)) for symbol, name in self.names.items()}
        renamed = substituted(self.content, binding)
        names = {symbol: str(symbol.name) for size in sizes(renamed) for symbol in symbols(size)}
        worlds = [[symbol.minimum, symbol.values] for symbol in self.symbols]
        asked = [self.kind, self.path, encode(renamed, names), worlds, default_name(), versions]
        return json.dumps(asked, separators=(",", ":"))

    @cached_property
    def worlds(self) -> tuple[Point, ...]:
        """The observed sizes; none where a symbol was never observed."""
        columns = [symbol.values for symbol in self.symbols]
        known = [column for column in columns if column]
        if len(known) != len(columns) or len({len(column) for column in known}) > 1:
            return ()
        return tuple(dict.fromkeys(zip(*known, strict=True))) if known else ((),)

    def content_at(self, point: Point) -> Any:
        """The arguments with numbers for symbols. Raises Undecided where a size is no length of a tensor there."""
        content = substituted(self.content, dict(zip(self.symbols, point, strict=True)))
        if any(size < 0 for tensor in _tensors(content) for size in tensor.dims or () if isinstance(size, int)):
            raise Undecided("a negative size")
        return content

    def features(self, points: list[Point]) -> dict[Size, tuple[int, ...]]:
        """Every size in the arguments, and the symbols, with their values at the points."""
        found: dict[Size, None] = dict.fromkeys(size for size in sizes(self.content) if isinstance(size, Dim))
        found.update(dict.fromkeys(Dim.of(symbol) for symbol in self.symbols))
        bindings = [dict(zip(self.symbols, point, strict=True)) for point in points]
        return {size: tuple(_number(substitute(size, binding)) for binding in bindings) for size in found}

    def further(self) -> Iterator[Point]:
        """Sizes nobody observed, the most telling first: one symbol (or all that vary together) moved, then all."""
        base = self.worlds[0] if self.worlds else tuple(7 + 4 * i for i in range(len(self.symbols)))
        rows = [self._moved(base, group) for group in self._groups()]
        rows.append([tuple(value * factor for value in base) for factor in (2, 3, 5)])
        rows.append([tuple(value + shift * (i + 1) for i, value in enumerate(base)) for shift in (3, 8, 16, 33)])
        for column in itertools.zip_longest(*rows):
            yield from (point for point in column if point is not None)

    def _moved(self, base: Point, group: tuple[int, ...]) -> list[Point]:
        """The base with one group of symbols at other sizes; at 1 only where nothing was observed."""
        size = base[group[0]]
        near = [size + step for step in range(1, CONSECUTIVE + 1)]
        small = [size // 2, size - 1, 2, 3, size // 3, *range(4, min(size, 9))]
        wide = [size * factor for factor in (2, 3, 4, 5, 6)]
        mixed = [step for row in itertools.zip_longest(near, small, wide) for step in row if step is not None]
        tried = [step for step in dict.fromkeys(mixed) if step > 1]
        if not self.worlds:
            tried.insert(3, 1)
        return [tuple(step if i in group else value for i, value in enumerate(base)) for step in tried]

    def _groups(self) -> list[tuple[int, ...]]:
        """Each symbol alone, and those equal in every world together."""
        alone = [(i,) for i in range(len(self.symbols))]
        tied: dict[tuple[int, ...], list[int]] = {}
        for i, column in enumerate(zip(*self.worlds, strict=True)):
            tied.setdefault(column, []).append(i)
        return alone + [tuple(group) for group in tied.values() if len(group) > 1]


def sizes(content: Any) -> Iterator[Size]:
    """Every size in a rule value."""
    if isinstance(content, Dim):
        yield content
    elif isinstance(content, TensorType):
        yield from content.dims or ()
    elif isinstance(content, tuple | list):
        for item in content:
            yield from sizes(item)
    elif isinstance(content, dict):
        yield from sizes(list(content.values()))
    elif isinstance(content, slice):
        yield from sizes((content.start, content.stop, content.step))
    elif isinstance(content, Construction):
        yield from sizes((content.args, dict(content.kwargs)))


def substituted(content: Any, binding: Mapping[Symbol, Size]) -> Any:
    """A rule value with symbols replaced."""
    if isinstance(content, Dim):
        return substitute(content, binding)
    if isinstance(content, TensorType):
        return content.substitute(binding)
    if isinstance(content, tuple | list):
        return type(content)(substituted(item, binding) for item in content)
    if isinstance(content, dict):
        return {key: substituted(item, binding) for key, item in content.items()}
    if isinstance(content, slice):
        return slice(*(substituted(item, binding) for item in (content.start, content.stop, content.step)))
    if isinstance(content, Construction):
        args, kwargs = substituted((tuple(content.args), dict(content.kwargs)), binding)
        return Construction(content.cls, args, kwargs)
    return content


def _known(content: Any) -> Any:
    """The value as it can be asked: indifferent unknowns left out. Raises Undecided for any other unknown."""
    if isinstance(content, Unknown) and not isinstance(content, Reference):
        raise Undecided(content.reason)
    if isinstance(content, TensorType):
        if content.dims is None or content.dtype is None:
            raise Undecided(f"{content} is not wholly known")
        return content
    if isinstance(content, tuple | list):
        return (list if isinstance(content, list) else tuple)(_known(item) for item in content)
    if isinstance(content, dict):
        kept = {k: v for k, v in content.items() if not (k in INDIFFERENT and isinstance(v, Unknown))}
        return {key: _known(item) for key, item in kept.items()}
    if isinstance(content, Construction):
        return Construction(content.cls, _known(tuple(content.args)), _known(dict(content.kwargs)))
    return content


def _tensors(content: Any) -> Iterator[TensorType]:
    if isinstance(content, TensorType):
        yield content
    elif isinstance(content, tuple | list):
        for item in content:
            yield from _tensors(item)
    elif isinstance(content, dict):
        yield from _tensors(list(content.values()))
    elif isinstance(content, Construction):
        yield from _tensors((content.args, dict(content.kwargs)))


def _number(size: Size) -> int:
    if isinstance(size, Dim):
        raise Undecided("a size is unknown")
    return size
