"""Digests of what makes a variable: the statements it depends on, however the rest of the file is edited."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .digests import MODULE, Function, digest_of, dumped, index_functions

Path = tuple[tuple[int, int], ...]  # of the `if`s around a statement: which, and which of its arms


@dataclass(eq=False)
class Unit:
    """A statement that is in a slice or not; `parts` is all its text: those of the conditions around it too."""

    parts: list[ast.AST]
    place: int
    path: Path
    loop: bool = False
    bound: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)  # what it may change without binding it
    used: set[str] = field(default_factory=set)
    stored: set[tuple[str, str]] = field(default_factory=set)  # the attributes it binds: (variable, attribute)
    imported: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Slice:
    """What makes a variable: a digest of the code, and the modules it uses."""

    digest: str
    imported: frozenset[str]


class Slicer:
    """Slices of the variables of one file."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions = index_functions(tree)
        aliases = [each for each in ast.walk(tree) if isinstance(each, ast.alias)]
        self._libraries = {each.asname or each.name.partition(".")[0] for each in aliases}
        self._module = self._taken_apart(tree.body)

    def names(self, scope: str) -> list[str]:
        """The variables of a scope ("<module>" or a function's qualname) that are bound once on every way."""
        units = self._units_of(scope)
        names = dict.fromkeys(name for unit in units for name in sorted(unit.bound))
        return [name for name in names if _bound_once([unit for unit in units if name in unit.bound])]

    def slice(self, scope: str, name: str) -> Slice | None:
        """What makes a variable of a scope; None where it is not bound there, or more than once."""
        units = self._units_of(scope)
        makers = [unit for unit in units if name in unit.bound]
        if not makers or not _bound_once(makers):
            return None
        chosen, missing = _before(makers, units)
        if scope != MODULE:
            chosen += self._around(scope, missing)
        return _slice_of(chosen)

    def attributes(self, scope: str) -> dict[str, Slice]:
        """What makes each attribute that a constructor binds once to what a call returns; its arguments are given."""
        units = self._units_of(scope)
        found = self._functions.get(scope)
        parameters = {each.arg for each in ast.walk(found[0].args) if isinstance(each, ast.arg)} if found else set()
        made: dict[str, Slice] = {}
        stored = dict.fromkeys(each for unit in units for each in sorted(unit.stored))
        for own in dict.fromkeys(own for own, _ in stored if own in parameters):
            names = {name for base, name in stored if base == own}
            apart = [_by_attribute(unit, own, names) for unit in units]
            for name in (name for base, name in stored if base == own):
                makers = [unit for unit in apart if (own, name) in unit.stored]
                if all(map(_binds_a_call, makers)) and _bound_once(makers):
                    chosen, missing = _before(makers, apart)
                    made[name] = _slice_of(chosen + _closure([], self._module, missing - parameters)[0])
        return made

    def _units_of(self, scope: str) -> list[Unit]:
        if scope == MODULE:
            return self._module
        found = self._functions.get(scope)
        return [] if found is None else self._taken_apart(found[0].body)

    def _taken_apart(self, body: list[ast.stmt]) -> list[Unit]:
        units = list(_units(body))
        for unit in units:
            unit.touched -= self._libraries  # `torch.zeros(…)` changes nothing in torch
        return units

    def _around(self, scope: str, missing: set[str]) -> list[Unit]:
        """What a function's slice takes from the module; of the callers everything, if it uses what they give it."""
        function: Function = self._functions[scope][0]
        wanted = set(missing)
        if wanted & {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}:
            callers: list[Unit] = []
            waiting = [function.name]
            while waiting:
                name = waiting.pop()
                found = [unit for unit in self._module if name in unit.used and unit not in callers]
                callers += found
                waiting += [each for unit in found for each in unit.bound if _defines(unit)]
            return _closure(callers, self._module, wanted)[0]
        return _closure([], self._module, wanted)[0]


def _before(makers: list[Unit], units: list[Unit]) -> tuple[list[Unit], set[str]]:
    """The makers, what they depend on of what comes before them, and the names nothing there binds."""
    last = max(unit.place for unit in makers)
    places = {unit.place for unit in makers}
    return _closure(makers, [unit for unit in units if unit.place < last and unit.place not in places])


def _slice_of(chosen: list[Unit]) -> Slice:
    ordered = sorted(chosen, key=lambda unit: unit.place)
    parts = [text for unit in ordered for part in unit.parts for text in dumped(part)]
    return Slice(digest_of(parts), frozenset(module for unit in chosen for module in unit.imported))


def _binds_a_call(unit: Unit) -> bool:
    """Whether a statement is `self.x = f(…)`, and nothing more."""
    node = unit.parts[-1]
    return isinstance(node, ast.Assign) and len(unit.stored) == 1 and isinstance(node.value, ast.Call)


def _by_attribute(unit: Unit, base: str, names: set[str]) -> Unit:
    """A statement with the attributes of `self` as variables; one of its methods uses and changes all of them."""
    inner = [each for part in unit.parts for each in ast.walk(part)]
    calls = [each.func for each in inner if isinstance(each, ast.Call)]
    reached = [each for each in inner if isinstance(each, ast.Attribute) and _is_name(each.value, base)]
    loaded = {each.attr for each in reached if isinstance(each.ctx, ast.Load)}
    bare = sum(_is_name(each, base) for each in inner) > len(reached)
    if bare or any(each in calls and each.attr not in names for each in reached):
        loaded |= names
    read = {f"{base}.{name}" for name in loaded}
    written = {f"{base}.{name}" for owner, name in unit.stored if owner == base}
    touched = unit.touched - {base} | written | (read if calls else set())
    return replace(unit, used=unit.used - {base} | read, touched=touched)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _closure(seeds: list[Unit], units: list[Unit], wanted: set[str] | None = None) -> tuple[list[Unit], set[str]]:
    """All units that the seeds depend on, and the names none of them binds."""
    chosen = list(seeds)
    names = {name for unit in seeds for name in unit.used} | (wanted or set())
    waiting, missing = list(names), set()
    while waiting:
        name = waiting.pop()
        found = [unit for unit in units if name in unit.bound or name in unit.touched]
        if not any(name in unit.bound for unit in found):
            missing.add(name)
        for unit in found:
            if unit not in chosen:
                chosen.append(unit)
                waiting += unit.used - names
                names |= unit.used
    return chosen, missing


def _bound_once(makers: list[Unit]) -> bool:
    """Whether no way of the program binds the variable twice."""
    if any(unit.loop for unit in makers):
        return False
    return all(_exclude(a.path, b.path) for i, a in enumerate(makers) for b in makers[i + 1 :])


def _exclude(a: Path, b: Path) -> bool:
    arms = dict(a)
    return any(arms.get(which, arm) != arm for which, arm in b)


def _defines(unit: Unit) -> bool:
    return isinstance(unit.parts[-1], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _units(body: list[ast.stmt], guards: tuple[ast.expr, ...] = (), path: Path = ()) -> Iterator[Unit]:
    """The statements of a block; what is inside of conditions, `with` and `try` is taken apart."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _units(node.body, (*guards, node.test), (*path, (node.lineno, 0)))
            yield from _units(node.orelse, (*guards, node.test), (*path, (node.lineno, 1)))
        elif isinstance(node, ast.With):
            yield _unit([*guards, *node.items], node, path)
            yield from _units(node.body, guards, path)
        elif isinstance(node, ast.Try):
            for block in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                yield from _units(block, guards, path)
        else:
            yield _unit([*guards, node], node, path)


def _unit(parts: list[ast.AST], node: ast.stmt, path: Path) -> Unit:
    unit = Unit(parts, node.lineno, path, isinstance(node, ast.For | ast.While | ast.AsyncFor))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        unit.bound.add(node.name)
        unit.used |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - {node.name}
        return unit
    for each in (inner for part in parts for inner in ast.walk(part)):
        _note(unit, each)
    return unit


def _note(unit: Unit, node: ast.AST) -> None:
    if isinstance(node, ast.Name):
        (unit.bound if isinstance(node.ctx, ast.Store) else unit.used).add(node.id)
    elif isinstance(node, ast.alias):
        unit.bound.add(node.asname or node.name.partition(".")[0])
        unit.imported.add(node.name)
    elif isinstance(node, ast.ImportFrom):
        unit.imported.add(node.module or "")
    elif isinstance(node, ast.AugAssign):
        unit.used |= {each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)}
    elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        unit.touched.update(_base(node))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            unit.stored.add((node.value.id, node.attr))
    elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id == "print"):
        given = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        unit.touched.update(name for value in given if not isinstance(value, ast.Name) or value is not node.func
                            for name in _base(value))  # fmt: skip


def _base(node: ast.expr) -> list[str]:
    """The variable that `x.a[0].b` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return [node.id] if isinstance(node, ast.Name) else []
