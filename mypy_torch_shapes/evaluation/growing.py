"""Lists that outlive a call and that functions append to, and attributes that methods bind: between two calls nobody
knows what is in them.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..shapes.tensor_type import fresh
from ..shapes.unknown import Unknown
from . import objects, outliving
from .joins import join
from .modules import SourceModule
from .run import Run
from .syntax import nodes_of
from .values import Class, Function, Instance, ListValue, Value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)


def forget(run: Run, modules: Iterable[SourceModule], arguments: Iterable[Value]) -> None:
    """Before a recorded call: give up what such lists held when their module or object was made.

    They are of any length; an item is like those it had, or like any that a recorded function appends.
    """
    executed = [module for module in modules if module.executed]
    for name, value in _lists(executed, arguments):
        run.journal.touch(value)
        value[:], value.length = [_item(run, executed, name, value)], fresh()


def note(run: Run, target: ast.AST, name: str, args: list[Value]) -> None:
    """A method adds to the list that `target` evaluates to: kept, if it may be such a list of the project's."""
    frame = run.frame
    if run.sightings is not None and frame.module.project and _name(target) in _grown(frame.module.tree):
        run.sightings.appended.add(run, target, outliving.added(run, name, args))


def outlives(modules: Iterable[SourceModule]) -> bool:
    """Whether such a list can be reached from the variables of modules."""
    return any(True for _ in _lists([module for module in modules if module.executed], ()))


def _lists(executed: list[SourceModule], arguments: Iterable[Value]) -> Iterator[tuple[str, ListValue]]:
    """The lists, by name; not those of arguments of which the recorder saw what this call finds in them."""
    names = names_in(executed)
    if not names:
        return
    variables = (pair for module in executed for pair in module.env.variables.items())
    held = ((name, value) for name, value in _reachable(("", each) for each in arguments) if _as_made(value))
    for name, value in itertools.chain(_reachable(variables), held):
        if name in names and isinstance(value, ListValue) and not any(map(_is_part, value)):
            yield name, value


def _as_made(value: Value) -> bool:
    return isinstance(value, ListValue) and value.length is None


def _item(run: Run, executed: list[SourceModule], name: str, held: ListValue) -> Value:
    """What is true of every item that a list of this name may have."""
    items = [outliving.outliving(item, constants=False) for item in held]
    if run.sightings is not None:
        places = [place for module in executed for place in _places(module).get(name, ())]
        recorded = run.sightings.profile.functions
        known = run.sightings.appended
        items += [known.at(target) for target, function in places if function is None or function in recorded]
    return functools.reduce(join, items) if items else Unknown("an item of a list that grows from call to call")


def names_in(modules: Iterable[SourceModule]) -> set[str]:
    """The names of such lists."""
    return {name for module in modules for name in _grown(module.tree)}


def rebound(cls: Value) -> set[str]:
    """The attributes of a module that its `forward`, or what this calls of its methods, binds: what one call leaves.

    What another method sets up once (a cache, before the first call) stays.
    """
    bodies = [each.node for each in objects.mro(cls) if isinstance(each, Class) and each.node is not None]
    methods = [node for body in bodies for node in body.body if isinstance(node, _FUNCTIONS)]
    waiting, nodes = {"forward"}, list[ast.AST]()
    while waiting:
        entered = [method for method in methods if method.name in waiting]
        methods = [method for method in methods if method.name not in waiting]
        inside = [node for method in entered for node in nodes_of(method) if isinstance(node, ast.Attribute)]
        waiting = {node.attr for node in inside if isinstance(node.ctx, ast.Load)} & {each.name for each in methods}
        nodes += inside
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}


def _is_part(item: Value) -> bool:
    """Layers and functions: a list of these is filled once, though perhaps by a method of its own."""
    return isinstance(item, Instance | Function | Class)


def _reachable(held: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
    """Variables, and the attributes of objects below them, each with its name."""
    stack, seen = list(held), set[int]()
    while stack:
        name, value = stack.pop()
        yield name, value
        if isinstance(value, Instance) and id(value) not in seen:
            seen.add(id(value))
            stack += value.attrs.items()
        elif isinstance(value, ListValue):
            stack += [("", item) for item in value if isinstance(item, Instance)]


def _grown(tree: ast.Module) -> frozenset[str]:
    """Attributes and global names that functions of a module append to (constructors do before any call).

    So does a script's own code, step by step, to what an object keeps.
    """
    found: frozenset[str] | None = getattr(tree, "_grown", None)
    if found is None:
        functions = [node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        names = {name for each in functions if each.name != "__init__" for name in _grown_in(each)}
        own = [each for each in tree.body if not isinstance(each, _DEFINITIONS)]
        names |= {target.attr for each in own for target in _targets(each) if isinstance(target, ast.Attribute)}
        found = frozenset(names)
        tree._grown = found  # type: ignore[attr-defined]
    return found


def _places(module: SourceModule) -> dict[str, list[tuple[ast.AST, str | None]]]:
    """Where a module's code appends to what has a name: the node that names it, and the function ("module:qualname").

    None stands for the module's own code. A constructor's are left out: nothing else has run before.
    """
    found: dict[str, list[tuple[ast.AST, str | None]]] | None = getattr(module.tree, "_places", None)
    if found is None:
        inside: dict[ast.AST, str | None] = {target: None for each in module.tree.body for target in _targets(each)}
        for qualname, function in _functions(module.tree):
            inside.update((target, f"{module.name}:{qualname}") for target in _targets(function))
        found, names = defaultdict(list), _grown(module.tree)
        for target, key in inside.items():
            if _name(target) in names and (key is None or not key.endswith(".__init__")):
                found[_name(target)].append((target, key))
        module.tree._places = found  # type: ignore[attr-defined]
    return found


def _name(target: ast.AST) -> str:
    """The last name of `self.saved` or `saved`."""
    return str(getattr(target, "attr", getattr(target, "id", "")))


def _functions(tree: ast.AST, around: str = "") -> Iterator[tuple[str, ast.AST]]:
    """The functions in a tree with their qualified names, outer ones first."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{around}{node.name}.")
        elif isinstance(node, _FUNCTIONS):
            yield around + node.name, node
            yield from _functions(node, f"{around}{node.name}.<locals>.")
        else:
            yield from _functions(node, around)


def _grown_in(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    nodes = nodes_of(function)
    shared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    local = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for target in _targets(function):
        if isinstance(target, ast.Attribute):
            yield target.attr
        elif isinstance(target, ast.Name) and target.id not in local - shared:
            yield target.id


def _targets(tree: ast.AST) -> Iterator[ast.AST]:
    """What code appends to."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in outliving.GROWERS:
            yield node.func.value
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            yield node.target
