"""What a module's own code, or a function that runs once, has that its source cannot say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mypy_torch_shapes.profiling.names import class_name
from mypy_torch_shapes.profiling.observe import Observer, PendingIterable
from mypy_torch_shapes.profiling.resolving import Resolver
from mypy_torch_shapes.seeds.model import IterableSeed, OpaqueSeed, ScopeRecord, Seed, Sighting, TensorSeed
from mypy_torch_shapes.seeds.references import parts
from mypy_torch_shapes.seeds.slices import Slicer

MAX_WORDS = 200  # of a command line
MAX_PARTS = 200  # of one variable: what is larger is not kept
_Found = dict[str, tuple[str, Seed]]  # variable -> digest of what makes it, and what it was


class Scopes:
    """The command lines that were parsed, and the variables of scopes that ran once."""

    def __init__(self, slicer: Callable[[str], Slicer | None]) -> None:
        self._slicer = slicer  # of a source file
        self._command_lines: dict[str, list[tuple[str, ...]]] = {}
        self._variables: dict[str, _Found | None] = {}  # None: it ran more than once

    def parsed(self, scope: str, words: object) -> None:
        """argparse was given these words in a scope."""
        if isinstance(words, list | tuple) and len(words) <= MAX_WORDS and all(type(word) is str for word in words):
            lines = self._command_lines.setdefault(scope, [])
            if tuple(words) not in lines:
                lines.append(tuple(words))

    def ended(self, scope: str, file: str, variables: Mapping[str, Any], observer: Observer) -> None:
        """A scope ran to its end with these variables."""
        if scope in self._variables:
            self._variables[scope] = None
            return
        slicer, own = self._slicer(file), scope.partition(":")[2]
        found: _Found = {}
        for name in slicer.names(own) if slicer is not None else ():
            if name in variables:
                seed = observer.seed(variables[name])
                made = slicer.slice(own, name) if slicer is not None and _is_telling(seed) else None
                if made is not None:
                    found[name] = (made.digest, seed)
        self._variables[scope] = found

    def records(self, resolver: Resolver) -> dict[str, ScopeRecord]:
        """All that was seen, by scope."""
        found = {}
        for scope in sorted({*self._command_lines, *self._variables}):
            variables = self._variables.get(scope) or {}
            sightings = [
                Sighting(name, digest, seeds)
                for name, (digest, seed) in variables.items()
                if (seeds := tuple(each for each in resolver.seeds(seed) if not isinstance(each, OpaqueSeed)))
            ]
            lines = tuple(self._command_lines.get(scope, ()))
            if lines or sightings:
                found[scope] = ScopeRecord(lines, tuple(sightings))
        return found


def observer_of(observer: Observer, loader_seed: Callable[[Any], Seed]) -> Observer:
    """One that looks at variables: a module among them is not followed."""
    return Observer(observer.torch, lambda module: OpaqueSeed(class_name(type(module))), loader_seed)


def _is_telling(seed: Seed) -> bool:
    """Whether there is a size in it, and not too much of everything."""
    inside = list(_all_parts(seed, MAX_PARTS + 1))
    return len(inside) <= MAX_PARTS and any(
        isinstance(part, TensorSeed | PendingIterable | IterableSeed) or type(part) is int for part in inside
    )


def _all_parts(seed: Seed, most: int) -> Iterator[Seed]:
    waiting = [seed]
    while waiting and most:
        most -= 1
        part = waiting.pop()
        yield part
        waiting.extend(parts(part))
