"""What a function is called with and gives, over all its contexts, as one annotation for each parameter."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..annotations.bindings import Bindings
from ..annotations.check import Unbound, check
from ..annotations.dtypes import BY_CLASS
from ..annotations.hints import NONE, Array, Hint, OneOf, TupleOf
from ..annotations.language import parse
from ..evaluation.entries import Entry, SeenCall
from ..evaluation.naming import axis_name, plain
from ..seeds.model import CallRecord, Seed, SequenceSeed, TensorSeed
from ..shapes.dims import Dim, Size, Symbol, symbols, text
from ..shapes.dtypes import BOOL, BY_NAME, COMPLEX, DType
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown


@dataclass(frozen=True)
class Written:
    """A tensor's annotation: the class of jaxtyping's, the shape, and whether it may be None."""

    kind: str
    shape: str
    optional: bool = False

    def hint(self) -> Hint:
        array = Array(BY_CLASS[self.kind], parse(self.shape))
        return OneOf((array, NONE)) if self.optional else array


@dataclass(frozen=True)
class WrittenTuple:
    """The annotation of several results."""

    items: tuple[Written, ...]

    def hint(self) -> Hint:
        return TupleOf(tuple(item.hint() for item in self.items))


Result = Written | WrittenTuple


@dataclass
class Signature:
    """What is to be written for one function."""

    parameters: dict[str, Written] = field(default_factory=dict)
    result: Result | None = None


@dataclass(frozen=True)
class _Row:
    """One call: its arguments and result, and the names its context has for symbols."""

    call: SeenCall
    entry: Entry


Column = tuple[Size | None, ...]  # a size in each row; None where there is no tensor


def signature(entries: Iterable[Entry], records: list[CallRecord]) -> Signature:
    """One annotation for each parameter and the result that holds in every context and for every recorded call."""
    rows = [_Row(call, entry) for entry in entries for call in entry.calls]
    made = Signature()
    if not rows:
        return made
    names = _Names(rows)
    for name in rows[0].call.arguments:
        written = _written(name, [row.call.arguments.get(name) for row in rows], names, binds=True)
        if isinstance(written, Written):
            made.parameters[name] = written
    made.result = _result([row.call.result for row in rows], names)
    return _holding(made, records)


def _result(values: list[object], names: _Names) -> Result | None:
    if not all(isinstance(value, tuple) for value in values):
        return _written("result", values, names, binds=False)
    tuples = [value for value in values if isinstance(value, tuple)]
    if len({len(value) for value in tuples}) != 1 or not tuples[0]:
        return None
    items = [_written("result", list(column), names, binds=False) for column in zip(*tuples, strict=True)]
    known = [item for item in items if item is not None]
    return WrittenTuple(tuple(known)) if len(known) == len(items) else None


def _written(name: str, values: list[object], names: _Names, binds: bool) -> Written | None:
    """The annotation for what is a tensor (or None) in every row; None for anything else."""
    tensors = [value for value in values if isinstance(value, TensorType)]
    if not tensors or not all(value is None or isinstance(value, TensorType) for value in values):
        return None
    optional = len(tensors) < len(values)
    kind = kind_of([each.dtype for each in tensors])
    ranks = {each.rank for each in tensors}
    if len(ranks) > 1 or None in ranks:
        return Written(kind, "...", optional)
    words = []
    for axis in range(tensors[0].rank or 0):
        column = tuple(value.dims[axis] if isinstance(value, TensorType) and value.dims else None for value in values)
        words.append(names.word(column, axis_name(name, axis, tensors[0]), binds, firm=not optional))
    return Written(kind, " ".join(words), optional)


def kind_of(dtypes: list[DType | None]) -> str:
    """jaxtyping's class for what all these dtypes are: `Float` for every floating one, a model may be cast."""
    if None in dtypes:
        return "Shaped"
    kinds = {_kind(dtype) for dtype in dtypes if dtype is not None}
    if len(kinds) == 1:
        return kinds.pop()
    return "Integer" if kinds == {"Int", "UInt"} else "Shaped"


def _kind(dtype: DType) -> str:
    if dtype.category == BOOL:
        return "Bool"
    if dtype.category == COMPLEX:
        return "Complex" if dtype.name in (BY_CLASS["Complex"] or ()) else "Shaped"
    kind = "Float" if dtype.is_floating_point else "UInt" if dtype.name.startswith("uint") else "Int"
    return kind if dtype.name in (BY_CLASS[kind] or ()) else "Shaped"


class _Names:
    """The names that sizes have in one signature: what is the same size in every row has one name."""

    def __init__(self, rows: list[_Row]) -> None:
        self.rows = rows
        self.by_column: dict[Column, str] = {}
        self.firm: set[str] = set()  # bound by a parameter that is always given
        self.symbols: list[dict[Symbol, str]] = [{} for _ in rows]

    def word(self, column: Column, fallback: str, binds: bool, firm: bool) -> str:
        """An axis as it is written; a name that is not there yet is made where one may be bound."""
        sizes = [size for size in column if size is not None]
        if all(isinstance(size, int) and size == sizes[0] for size in sizes):
            return str(sizes[0])
        for known, name in self.by_column.items():
            if all(size is None or size == other for size, other in zip(column, known, strict=True)):
                return name  # the same wherever it is given
        expression = self._expression(column)
        if expression is not None:
            return expression
        if not binds or not all(isinstance(size, int) or self._name(row, size) for row, size in self._known(column)):
            return "_"
        return self._bound(column, fallback, firm)

    def _known(self, column: Column) -> Iterator[tuple[_Row, Size]]:
        for row, size in zip(self.rows, column, strict=True):
            if size is not None:
                yield row, size

    def _name(self, row: _Row, size: Size) -> str | None:
        """The name a size has in its context, if it is a free one."""
        symbol = plain(size)
        return None if symbol is None else row.entry.naming(symbol)

    def _bound(self, column: Column, fallback: str, firm: bool) -> str:
        wanted = next((n for row, size in self._known(column) if (n := self._name(row, size)) is not None), fallback)
        wanted = wanted if wanted.isidentifier() and not keyword.iskeyword(wanted) else fallback
        wanted = wanted.lstrip("_") or "n"
        name, number = wanted, 1
        while name in self.by_column.values():
            number += 1
            name = f"{wanted}{number}"
        self.by_column[column] = name
        if firm and None not in column:
            self.firm.add(name)
            for known, size in zip(self.symbols, column, strict=True):
                symbol = plain(size)
                if symbol is not None:
                    known.setdefault(symbol, name)
        return name

    def _expression(self, column: Column) -> str | None:
        """The size as one expression over names that are always bound, alike in every row."""
        if None in column or not all(isinstance(size, Dim) for size in column):
            return None
        written: set[str | None] = set()
        for known, size in zip(self.symbols, column, strict=True):
            assert size is not None
            if not set(symbols(size)) <= known.keys():
                return None
            written.add(text(size, known.get))
        (only, *others) = written
        return None if others or only is None else only.replace(" ", "")


def _holding(made: Signature, records: list[CallRecord]) -> Signature:
    """The signature without what some recorded call contradicts."""
    for record in records:
        while (wrong := _contradicted(made, record)) is not None:
            if wrong == "":
                made.result = None
            else:
                del made.parameters[wrong]
    return made


def _contradicted(made: Signature, record: CallRecord) -> str | None:
    """The parameter that a recorded call contradicts, "" for the result, or None."""
    bindings = Bindings()
    arguments = dict(record.arguments)
    for name, written in made.parameters.items():
        if name in arguments and not _fits(written.hint(), arguments[name], bindings):
            return name
    if made.result is not None and record.raised is None and not _fits(made.result.hint(), record.returned, bindings):
        return ""
    return None


def _fits(hint: Hint, seed: Seed, bindings: Bindings) -> bool:
    try:
        return not check(hint, _value(seed), bindings).fails
    except Unbound:
        return False


def _value(seed: Seed) -> object:
    if isinstance(seed, TensorSeed):
        return TensorType(BY_NAME.get(seed.dtype), seed.shape)
    if isinstance(seed, SequenceSeed) and seed.complete and seed.cls in ("tuple", "list"):
        items = [_value(item) for item in seed.items]
        return tuple(items) if seed.cls == "tuple" else items
    return seed if seed is None or isinstance(seed, bool | int | float | str) else Unknown("not looked into")
