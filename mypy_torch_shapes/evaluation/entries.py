"""A context while it is being gathered: what its sizes are called, and what is known in it."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from ..shapes.dims import Naming, Size, Symbol, text
from ..shapes.tensor_type import TensorType
from .facts import Span
from .modules import SourceModule
from .naming import Parameters, axis_name, plain, unused
from .origins import Origin, Source
from .values import Instance


@dataclass(frozen=True)
class SeenCall:
    """One call in a context: its arguments and its result, as annotations see values."""

    arguments: dict[str, object]
    result: object


@dataclass(eq=False)
class Entry:
    """A context while it is being gathered."""

    function: str
    receiver: Instance | None
    module: SourceModule
    parameters: Parameters
    names: dict[Symbol, str]
    definitions: dict[str, str]
    vague: bool  # some argument is unknown
    general: bool  # seeded by a profile or an annotation; not from the literals of module-level code
    written: Mapping[str, Size] = field(default_factory=dict)  # names that annotations give to sizes
    local_names: dict[Symbol, str] = field(default_factory=dict)  # of sizes that come in elsewhere: a loop's batches
    local_definitions: dict[str, str] = field(default_factory=dict)  # what such a name stands for -> the name
    calls: list[SeenCall] = field(default_factory=list)  # only where signatures are kept
    facts: dict[Span, TensorType] = field(default_factory=dict)
    gaps: dict[Span, str] = field(default_factory=dict)
    reveals: dict[Span, str] = field(default_factory=dict)
    plain: set[Span] = field(default_factory=set)  # expressions that were None or a number at times
    bound: set[Span] = field(default_factory=set)  # names where they are bound: no expressions, so not among the facts
    origins: dict[Span, Origin | None] = field(default_factory=dict)
    sources: set[Source] = field(default_factory=set)

    @property
    def origin(self) -> Hashable:
        """What tells the receiver from others at the same place below roots of their own."""
        return None if self.receiver is None else self.receiver.origin

    @property
    def instance(self) -> str | None:
        """The receiver's place below its root; a module under construction learns it later."""
        return None if self.receiver is None else self.receiver.path

    def naming(self, symbol: Symbol) -> str | None:
        """What a symbol is called that the parameters define."""
        return self.names.get(symbol)

    def shown(self, symbol: Symbol) -> str | None:
        """What a symbol is called for people: also one that only a variable brings, as far as a run saw its size."""
        return self.names.get(symbol) or self.local_names.get(symbol)

    def name_locals(self, node: ast.AST, type: TensorType) -> None:
        """Sizes that nothing has named yet are named after the variable that is bound to them here."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return
        path = ast.unparse(node)
        for axis, size in enumerate(type.dims or ()):
            symbol = plain(size)
            if symbol is not None and symbol.values and self.shown(symbol) is None:
                self._name_local(symbol, axis_name(path, axis, type), f"{path}.shape[{axis}] in line {node.lineno}")

    def take_locals(self, other: Entry) -> None:
        """The same names for what another entry of the same context has named."""
        meanings = {name: meaning for meaning, name in other.local_definitions.items()}
        for symbol, name in other.local_names.items():
            if self.shown(symbol) is None:
                self._name_local(symbol, name, meanings[name])

    def _name_local(self, symbol: Symbol, wanted: str, meaning: str) -> None:
        if meaning not in self.local_definitions:
            taken = {*self.definitions, *self.local_definitions.values()}
            self.local_definitions[meaning] = unused(wanted, taken)
        self.local_names[symbol] = self.local_definitions[meaning]


def is_complete(type: TensorType, entry: Entry) -> bool:
    return (
        type.dtype is not None
        and type.dims is not None
        and None not in (written_size(d, entry.naming) for d in type.dims)
    )


def written_size(size: Size, naming: Naming) -> int | str | None:
    return size if isinstance(size, int) else text(size, naming)


def wording(value: TensorType | Size, names: dict[Symbol, str]) -> str:
    if isinstance(value, TensorType):
        return value.text(names.get)
    return text(value, names.get) or "_"
