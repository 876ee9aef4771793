"""Modules of libraries: a statement of their top level is run when a name that it binds or changes is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..rules import autocast
from ..shapes.unknown import Unknown
from .modules import SourceModule
from .run import IDLE_IMPORT_STEPS, IDLE_STEPS, MOST_STEPS, Run
from .values import ListValue


def execute(run: Run, module: SourceModule) -> None:
    """Evaluate a module's top level once, apart from whatever is being evaluated; of a library, what it imports."""
    if module.executed:
        return
    run.entered.add(module)
    start = run.loader.scripts.pop(module.name, None)
    if start is not None:  # once: a class made twice would be two classes
        with autocast.within():
            start()
        return
    module.executed = True
    if module.project:
        _apart(run, module, module.tree.body)
        return
    first = [statement for statement in module.tree.body if _comes_first(statement)]
    for statement in module.tree.body:
        if statement not in first:
            for name in dict.fromkeys(_concerned(statement)):
                module.pending.setdefault(name, []).append(statement)
    _apart(run, module, first)


def demand(run: Run, module: SourceModule, name: str) -> None:
    """Run what makes a name of the module what it is, if that is still to be done."""
    statements = module.pending.pop(name, None)
    if statements is None:
        return
    left = [statement for statement in statements if statement not in module.ran]
    module.ran.update(left)
    _apart(run, module, left)
    value = module.env.variables.get(name)
    if isinstance(value, dict | ListValue) and not value:
        module.env.variables[name] = Unknown(f"{name}, which modules of the library that were not run may fill")


def _apart(run: Run, module: SourceModule, body: list[ast.stmt]) -> None:
    from . import statements

    saved = run.journal, run.frames, run.uncertain, run.guarded, run.steps, run.general
    catching, run.catching = run.catching, 0
    limit, run.limit = run.limit, run.steps + MOST_STEPS
    worked, run.worked = run.worked, run.steps
    patience = run.patience
    if patience == IDLE_STEPS:  # the file that imports is one that nobody ran
        run.patience = IDLE_IMPORT_STEPS
    constructing, run.constructing = run.constructing, 0
    run.journal = type(run.journal)()
    run.frames, run.uncertain, run.guarded, run.general = [], 1, 0, False
    try:
        with autocast.within():
            statements.run_module(run, module, None, body)
    finally:
        run.limit, run.worked, run.patience, run.constructing = limit, worked, patience, constructing
        run.journal, run.frames, run.uncertain, run.guarded, run.steps, run.general = saved
        run.catching = catching


def _comes_first(statement: ast.stmt) -> bool:
    """Imports, and blocks that may star-import anything (but for those that only a type checker reads)."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    if not isinstance(statement, ast.If | ast.Try):
        return False
    if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
        return False
    return any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in ast.walk(statement))


def _concerned(statement: ast.stmt) -> Iterator[str]:
    """The names a statement binds, or whose objects it may change."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Expr):
            yield from _root(node.value)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from _root(node)
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.withitem | ast.match_case | ast.Tuple | ast.List):
            waiting += ast.iter_child_nodes(node)
        elif isinstance(node, ast.NamedExpr | ast.Starred):
            waiting.append(node.target if isinstance(node, ast.NamedExpr) else node.value)


def _root(node: ast.expr) -> Iterator[str]:
    """The name at the front of `name.method(…)`, `name[key]`, `name.attribute`."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
