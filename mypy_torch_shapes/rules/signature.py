"""Signature lines: one notation that states, checks and names the axes of a call's tensors.

    input[N? C H W], weight[O C/groups K_h K_w], bias[O]?

A repeated name must agree; `N?` is an axis that may be missing; `*D` is a run of axes, equal wherever it is repeated;
`...` is a run nothing is asked of; a number is itself; `C/groups` and `2*H` may use other names and the call's integer
parameters. `bias[O]?` may be None. What is unknown matches anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..shapes.dims import Dim, Size, text
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from .mismatch import Mismatch

_PARAMETER = re.compile(r"\s*(\w+)\[([^\]]*)\](\?)?\s*(?:,|$)")
_AXIS = re.compile(r"(?P<run>\*\w+|\.\.\.)|(?P<name>[A-Za-z]\w*)(?P<may>\?)?|(?P<number>\d+)|(?P<any>_)")
_SCALED = re.compile(r"(\w+)([*/])(\w+)")

# How messages call an axis, by its name in a signature line.
WORDS = {"C": "channels", "D_in": "features", "N": "batch size", "T": "steps", "E": "embedding size"}


@dataclass(frozen=True)
class Axis:
    """One entry of a signature: kind is "name", "optional", "run", "number", "any" or "scaled"."""

    kind: str
    text: str
    factor: tuple[str, str] | None = None  # ("/", "groups") for C/groups

    @staticmethod
    def parse(word: str) -> Axis:
        scaled = _SCALED.fullmatch(word)
        if scaled:
            return Axis("scaled", scaled[1], (scaled[2], scaled[3]))
        found = _AXIS.fullmatch(word)
        if not found:
            raise ValueError(f"not an axis of a signature line: {word!r}")
        if found["run"]:
            return Axis("run", word.lstrip("*"))
        if found["number"] or found["any"]:
            return Axis("number" if found["number"] else "any", word)
        return Axis("optional" if found["may"] else "name", found["name"])


class Axes:
    """The sizes a signature line gave names to; an optional axis or a run is a tuple."""

    def __init__(self) -> None:
        self.sizes: dict[str, Any] = {}
        self.source: dict[str, str] = {}  # which parameter named it first

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["sizes"][name]
        except KeyError:
            raise Undecided(f"axis {name} is unknown") from None


@dataclass(frozen=True)
class Signature:
    """A parsed signature line."""

    line: str
    tensors: tuple[tuple[str, tuple[Axis, ...], bool], ...]

    @staticmethod
    def parse(line: str) -> Signature:
        """Raises ValueError where the line is not in the notation."""
        tensors, at = [], 0
        text_ = line.split("->")[0].strip()
        while at < len(text_):
            found = _PARAMETER.match(text_, at)
            if not found:
                raise ValueError(f"not a signature line: {line!r}")
            tensors.append((found[1], tuple(map(Axis.parse, found[2].split())), bool(found[3])))
            at = found.end()
        return Signature(line, tuple(tensors))

    @staticmethod
    def match_any(signatures: tuple[Signature, ...], arguments: Mapping[str, Any]) -> Axes:
        """The axes by the first signature that fits. Raises the Mismatch of the one that came furthest."""
        nearest: tuple[int, Mismatch] | None = None
        for signature in signatures:
            axes = Axes()
            try:
                signature._match(arguments, axes)
                return axes
            except Mismatch as mismatch:
                if nearest is None or len(axes.sizes) > nearest[0]:
                    nearest = (len(axes.sizes), mismatch)
        assert nearest is not None
        raise nearest[1]

    def _match(self, arguments: Mapping[str, Any], axes: Axes) -> None:
        for name, pattern, optional in self.tensors:
            value = arguments.get(name)
            if value is None and optional:
                continue
            if isinstance(value, Unknown) or (isinstance(value, TensorType) and value.dims is None):
                continue
            if not isinstance(value, TensorType):
                raise Undecided(f"{name} is no tensor")
            self._match_tensor(name, value.dims or (), pattern, arguments, axes)

    def _match_tensor(
        self, name: str, dims: tuple[Size, ...], pattern: tuple[Axis, ...], arguments: Mapping[str, Any], axes: Axes
    ) -> None:
        flexible = [axis for axis in pattern if axis.kind in ("optional", "run")]
        spare = len(dims) - (len(pattern) - len(flexible))
        runs = any(axis.kind == "run" for axis in flexible)
        if (
            spare < 0
            or (not runs and spare > len(flexible))
            or (not runs and flexible and spare not in (0, len(flexible)))
        ):
            raise Mismatch(f"{name} has rank {len(dims)}, expected {self._ranks(pattern)}: {name}{list_of(dims)}")
        at = 0
        for axis in pattern:
            if axis.kind in ("optional", "run"):
                width = spare if axis.kind == "run" else min(spare, 1)
                spare -= width
                _bind_run(axes, name, axis, dims[at : at + width])
            else:
                width = 1
                _bind_axis(axes, name, axis, dims[at], arguments)
            at += width

    def _ranks(self, pattern: tuple[Axis, ...]) -> str:
        fixed = sum(axis.kind not in ("optional", "run") for axis in pattern)
        if any(axis.kind == "run" for axis in pattern):
            return f"at least {fixed}"
        return str(fixed) if fixed == len(pattern) else f"{fixed} or {len(pattern)}"


def list_of(dims: tuple[Size, ...]) -> str:
    """Sizes in brackets, as a signature line writes them."""
    return "[" + ", ".join(text(size) or "_" for size in dims) + "]"


def _bind_run(axes: Axes, name: str, axis: Axis, found: tuple[Size, ...]) -> None:
    before = axes.sizes.get(axis.text)
    if before is None or axis.text == "...":
        axes.sizes[axis.text] = found
        axes.source[axis.text] = name
        return
    if len(before) != len(found):
        raise Mismatch(f"{name} has {list_of(found)} where {axes.source[axis.text]} has {list_of(before)}")
    axes.sizes[axis.text] = tuple(
        _agree(axes, name, axis.text, old, new) for old, new in zip(before, found, strict=True)
    )


def _bind_axis(axes: Axes, name: str, axis: Axis, size: Size, arguments: Mapping[str, Any]) -> None:
    if axis.kind == "any":
        return
    if axis.kind == "number":
        if equal(size, int(axis.text)) is Truth.NO:
            raise Mismatch(f"{name} has size {text(size)}, expected {axis.text}")
        return
    if axis.factor is not None:
        operator, factor_name = axis.factor
        factor = arguments.get(factor_name, axes.sizes.get(factor_name))
        if not isinstance(factor, int | Dim):
            return
        size = size * factor if operator == "/" else size // factor
    if axis.text in axes.sizes:
        axes.sizes[axis.text] = _agree(axes, name, axis.text, axes.sizes[axis.text], size)
    else:
        axes.sizes[axis.text] = size
        axes.source[axis.text] = name


def _agree(axes: Axes, name: str, axis: str, before: Size, now: Size) -> Size:
    if equal(before, now) is Truth.NO:
        word = WORDS.get(axis, f"size {axis}")
        raise Mismatch(f"{axes.source[axis]} has {text(before) or '_'} {word}, {name} expects {text(now) or '_'}")
    return now if isinstance(now, int) or (isinstance(before, Dim) and text(before) is None) else before
