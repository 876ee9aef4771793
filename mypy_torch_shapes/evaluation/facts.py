"""What an evaluation says of a source file: contexts, facts by expression, findings, unknowns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .origins import Origin, Source


class Span(NamedTuple):
    """A stretch of source as `ast` counts it: lines from 1, columns from 0 (UTF-8 bytes)."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Context:
    """One way a function is entered: its symbols are expressions over the function's parameters."""

    id: int
    function: str  # "net.Block.forward"; "net" alone for module-level code
    instance: str | None  # "layer1.0" below the root module, "" for the root itself, None for a plain function
    symbols: tuple[tuple[str, str], ...]  # ("N", "x.shape[0]")
    local: tuple[tuple[str, str], ...] = ()  # what variables bring, for people: ("N", "batch.shape[0] in line 12")


@dataclass(frozen=True)
class Fact:
    """The tensor type of one expression in one context."""

    context: int
    span: Span
    dtype: str | None
    dims: tuple[int | str | None, ...] | None  # None inside: unknown size; None itself: unknown rank
    text: str  # Tensor[float32, N, 64]


@dataclass(frozen=True)
class Finding:
    """One mistake, at the expression that fails."""

    span: Span
    code: str  # "tensor-shape", "tensor-dtype"
    message: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """An expression nothing is claimed of in one context, and the first reason."""

    context: int
    span: Span
    reason: str


@dataclass
class FileReport:
    """Everything known of one source file."""

    contexts: list[Context] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    bindings: list[Fact] = field(default_factory=list)  # of parameters and assigned names, where they are bound
    findings: list[Finding] = field(default_factory=list)
    reveals: list[tuple[Span, str]] = field(default_factory=list)  # argument of reveal_type(...), its text
    gaps: list[Gap] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)  # our own: what they cut short is missing here
    depends_on: dict[str, str] = field(default_factory=dict)  # source path -> digest, the file itself included
    # Only where a session was asked to explain; by context.
    origins: dict[tuple[int, Span], Origin] = field(default_factory=dict)
    sources: dict[int, list[Source]] = field(default_factory=dict)
