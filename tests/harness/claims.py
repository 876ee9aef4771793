"""What `mypy-torch-shapes reveal --json` claims: contexts, and rows by context and expression."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from tests.harness import snapshot

Dims = tuple[int | str | None, ...]
Span = tuple[str, int, int, int, int]  # file, line, column, end line, end column
PURE = {name: getattr(builtins, name) for name in ("len", "max", "min", "abs", "int", "sum", "next", "iter", "list")}


@dataclass(frozen=True)
class Claim:
    """The type claimed of one expression in one context."""

    span: Span
    dtype: str | None
    dims: Dims | None
    text: str
    said: Dims | None  # as people read them, with the names of sizes that only a variable brings

    @property
    def complete(self) -> bool:
        return self.dtype is not None and self.dims is not None and None not in self.dims

    @property
    def named(self) -> bool:
        """Whether it is complete for people alone."""
        return not self.complete and self.dtype is not None and self.said is not None and None not in self.said

    def refuted(self, dtype: str, shape: tuple[int, ...], symbols: dict[str, int]) -> bool:
        """Whether a real value contradicts the claim; what is unknown claims nothing."""
        if dtype.startswith("!") or (self.dtype is not None and self.dtype != dtype):
            return True
        if self.dims is None:
            return False
        sizes = [evaluate_dim(dim, symbols) for dim in self.dims]
        return len(sizes) != len(shape) or any(
            size is not None and size != real for size, real in zip(sizes, shape, strict=True)
        )


    def misnamed(self, shape: tuple[int, ...], symbols: dict[str, int], named: dict[str, set[int]]) -> bool:
        """Whether no sizes its names have in a call make this shape: each is one of those of the variable it names."""
        ways = (symbols | dict(zip(named, sizes, strict=True)) for sizes in product(*named.values()))
        return not any(tuple(evaluate_dim(dim, way) for dim in self.said or ()) == shape for way in ways)


def evaluate_dim(dim: int | str | None, symbols: dict[str, int]) -> int | None:
    """A claimed size as a number; a symbol without a definition makes it one that cannot be checked."""
    if dim is None or isinstance(dim, int):
        return dim
    code = compile(dim, "<dim>", "eval")
    if any(name not in symbols and name not in PURE for name in code.co_names):
        return None
    try:
        return int(eval(code, {"__builtins__": PURE}, symbols))
    except ZeroDivisionError:  # such a claim holds of no call at these sizes
        return -1


@dataclass
class Context:
    """One way a function is entered, and what is claimed of its expressions then."""

    id: int
    function: str
    instance: str | None
    symbols: dict[str, str]
    claims: dict[Span, Claim] = field(default_factory=dict)

    def values(self, parameters: dict[str, snapshot.Data]) -> dict[str, int] | None:
        """Its symbols' sizes in an invocation, or None where a definition does not apply to these parameters."""
        names = {name: snapshot.view(data) for name, data in parameters.items()}
        values = {}
        for symbol, definition in self.symbols.items():
            try:
                value = eval(compile(definition, "<symbol>", "eval"), {"__builtins__": PURE}, names)
            except (AttributeError, IndexError, KeyError, NameError, TypeError, ValueError, StopIteration):
                return None
            if not isinstance(value, int):
                return None
            values[symbol] = value
        return values


def parse(reveal: dict[str, Any], said: Sequence[Sequence[int | str | None] | None] | None = None) -> list[Context]:
    """Read the JSON of `reveal`, and beside each of its rows the dims as people read them."""
    assert reveal["version"] == 1, reveal["version"]
    contexts = {
        each["id"]: Context(each["id"], plain(each["function"]), each["instance"], dict(each["symbols"]))
        for each in reveal["contexts"]
    }
    rows = reveal["expressions"]
    for row, words in zip(rows, [row["type"]["dims"] for row in rows] if said is None else said, strict=True):
        span = (row["file"], row["line"], row["column"], row["end_line"], row["end_column"])
        kind = row["type"]
        dims = None if kind["dims"] is None else tuple(kind["dims"])
        claims = contexts[row["context"]].claims
        assert span not in claims, f"two rows for one expression in one context: {row}"
        claims[span] = Claim(span, kind["dtype"], dims, kind["text"], None if words is None else tuple(words))
    return list(contexts.values())


def plain(function: str) -> str:
    """Lambdas and comprehensions are recorded as part of the function around them."""
    parts = function.split(".<locals>.")
    while len(parts) > 1 and parts[-1].startswith("<"):
        parts.pop()
    return ".<locals>.".join(parts)
