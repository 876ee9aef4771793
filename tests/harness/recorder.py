"""What an instrumented program reports while it runs: invocations, and the values of their expressions."""

from __future__ import annotations

import builtins
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from tests.harness import snapshot
from tests.harness.instrument import ENTER, HIDE, INVOCATION, LOCALS, SEE, Tables

Seen = tuple[int, str, tuple[int, ...]]  # site, dtype ("!int" for what is no tensor), shape


@dataclass
class Invocation:
    """One entry of a function, and the distinct values its expressions had."""

    scope: int
    receiver: torch.nn.Module | None
    parameters: snapshot.Data
    seen: dict[Seen, None] = field(default_factory=dict)


class Recorder:
    """Receives the reports of the rewritten code."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.invocations: dict[int, Invocation] = {}
        self.modules: list[torch.nn.Module] = []  # kept alive: a module's root is only known when all are built
        self.numbers = itertools.count(1)

    def install(self) -> None:
        for name, function in ((SEE, self.see), (ENTER, self.enter), (LOCALS, locals), (HIDE, hide)):
            setattr(builtins, name, function)
        original: Callable[..., None] = torch.nn.Module.__init__

        def remember(module: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
            self.modules.append(module)
            original(module, *args, **kwargs)

        torch.nn.Module.__init__ = remember  # type: ignore[method-assign]

    def enter(self, scope: int, parameters: dict[str, Any]) -> int:
        first = parameters.get(self.tables.scopes[scope].receiver or "")
        receiver = first if isinstance(first, torch.nn.Module) else None
        frozen = {name: snapshot.take(value) for name, value in parameters.items() if name != "__class__"}
        number = next(self.numbers)
        self.invocations[number] = Invocation(scope, receiver, frozen)
        return number

    def see(self, invocation: int, site: int, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            shape = snapshot.shape_of(value)
            key = (site, snapshot.dtype_of(value), shape) if shape is not None else None
        else:
            key = (site, "!" + type(value).__name__, ())
        if key is not None:
            self.frame(invocation).seen[key] = None
        return value

    def frame(self, invocation: int) -> Invocation:
        """Module-level code is entered when its first expression is evaluated."""
        if invocation not in self.invocations:
            self.invocations[invocation] = Invocation(-invocation, None, {})
        return self.invocations[invocation]

    def paths(self) -> dict[int, str]:
        """Each module's place below its root, by id; a root is a module in no other."""
        receivers = [each.receiver for each in self.invocations.values() if each.receiver is not None]
        modules = {id(module): module for module in [*self.modules, *receivers]}
        whole = [module for module in modules.values() if "_modules" in module.__dict__]
        inner = {id(child) for module in whole for child in module._modules.values()}
        places: dict[int, str] = {}
        for root in whole:
            if id(root) not in inner:
                for path, module in root.named_modules():
                    places.setdefault(id(module), path)
        return places

    def log(self) -> dict[str, Any]:
        """The run as JSON; equal invocations are told once."""
        places = self.paths()
        rows: dict[str, dict[str, Any]] = {}
        for each in self.invocations.values():
            scope = self.tables.scopes[each.scope]
            row = {
                "function": scope.function,
                "file": scope.file,
                "instance": None if each.receiver is None else places.get(id(each.receiver), ""),
                "parameters": each.parameters,
                "seen": sorted_rows(each.seen),
            }
            rows.setdefault(json.dumps(row, sort_keys=True), row)
        return {"sites": [asdict(site) for site in self.tables.sites], "invocations": list(rows.values())}


def hide(names: dict[str, Any]) -> dict[str, Any]:
    """`locals()` as the program would see it."""
    names.pop(INVOCATION, None)
    return names


def sorted_rows(seen: Iterable[Seen]) -> list[list[Any]]:
    return [[site, dtype, list(shape)] for site, dtype, shape in sorted(seen)]


def write(path: Path, log: dict[str, Any]) -> None:
    path.write_text(json.dumps(log))
