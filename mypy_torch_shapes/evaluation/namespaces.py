"""What a program looks up by text: `models.__dict__[name]`, `globals()[name]`, `sys.modules[name]`, `eval(name)`."""

from __future__ import annotations

import ast
from dataclasses import replace

from ..shapes.unknown import Unknown
from . import deferred, expressions, imports
from .library_objects import method
from .methods import doubt
from .modules import LazyImport, SourceModule
from .run import Frame, Run
from .specials import special
from .values import Class, Function, Instance, Library, Raised, Value

_LASTING = (Class, Function, LazyImport, Library, SourceModule)  # what settings are not
_NAMESPACE = "types.ModuleType.__dict__"
_OF = "<module>"

# What an expression may be made of that is evaluated from a text: nothing that binds names of its own.
_PLAIN = (
    ast.Attribute, ast.BinOp, ast.Call, ast.Constant, ast.Dict, ast.List, ast.Load, ast.Name, ast.Subscript, ast.Tuple,
    ast.UnaryOp, ast.keyword, ast.operator, ast.unaryop,
)  # fmt: skip


def of(module: SourceModule | Library) -> Instance:
    """The `__dict__` of a module, or of a class of a library."""
    return Instance(Library(_NAMESPACE), {_OF: module})


def _member(run: Run, namespace: Instance, name: str) -> Value:
    """What a module has under a name. Raises KeyError where it has nothing."""
    module = namespace.attrs[_OF]
    if isinstance(module, Library):
        return imports.library_member(module, name)
    found = imports.source_member(run, module, name)
    if isinstance(found, Unknown) and _has(run, namespace, name) is False:
        raise Raised("KeyError")
    return found


def _has(run: Run, namespace: Instance, name: str) -> Value:
    module = namespace.attrs[_OF]
    if isinstance(module, Library):
        return True if imports.exports(Library(f"{module.path}.{name}")) else Unknown("a name of a library")
    deferred.execute(run, module)
    if name in module.env.variables:
        return True
    return Unknown("a name that may be imported by a star") if module.stars or module.foreign else False


@method(_NAMESPACE, name="__getitem__")
def _getitem(run: Run, namespace: Instance, args: list[Value], *_: object) -> Value:
    return _member(run, namespace, args[0]) if isinstance(args[0], str) else Unknown("a name that is not known")


@method(_NAMESPACE, name="get")
def _get(run: Run, namespace: Instance, args: list[Value], *_: object) -> Value:
    if not args or not isinstance(args[0], str):
        return Unknown("a name that is not known")
    try:
        return _member(run, namespace, args[0])
    except Raised:
        return args[1] if len(args) > 1 else None


@method(_NAMESPACE, name="__contains__")
def _contains(run: Run, namespace: Instance, args: list[Value], *_: object) -> Value:
    return _has(run, namespace, args[0]) if isinstance(args[0], str) else Unknown("a name that is not known")


@method(_NAMESPACE, name="__setitem__")
def _setitem(run: Run, namespace: Instance, args: list[Value], *_: object) -> None:
    module, (name, value) = namespace.attrs[_OF], args
    if isinstance(module, SourceModule) and isinstance(name, str):
        run.set_variable(module.env, name, value)


@method(_NAMESPACE, name="update")
def _update(run: Run, namespace: Instance, args: list[Value], kwargs: dict[str, Value], *_: object) -> None:
    module = namespace.attrs[_OF]
    given = {**args[0], **kwargs} if args and isinstance(args[0], dict) else kwargs if not args else None
    if isinstance(module, SourceModule) and (given is None or not all(isinstance(name, str) for name in given)):
        _forget(run, module, Frame(module.env))
    elif isinstance(module, SourceModule):
        for name, value in (given or {}).items():
            run.set_variable(module.env, name, value)


@method(_NAMESPACE, name="items")
def _items(run: Run, namespace: Instance, *_: object) -> Value:
    module = namespace.attrs[_OF]
    if not isinstance(module, SourceModule) or not module.project or module.stars:
        return Unknown("the names of a library")
    deferred.execute(run, module)
    return [(name, imports.resolved(run, module.env.variables, name)) for name in list(module.env.variables)]


@special("builtins.globals")
def _globals(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return of(frame.module)


@special("builtins.exec")
def _exec(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """It may bind any variable of the module anew, as scripts do that read settings from a file or a command line."""
    given = args[1] if len(args) > 1 else None
    if given is None and frame.function is None:
        _forget(run, frame.module, frame)
    elif isinstance(given, Instance) and isinstance(module := given.attrs.get(_OF), SourceModule):
        _forget(run, module, Frame(module.env))
    elif isinstance(given, dict):
        doubt(run, given, "code that was executed may have changed it", of_its_own=True)
    return None


def _forget(run: Run, module: SourceModule, frame: Frame) -> None:
    """The variables of a module may be anything, but for what a run saw there."""
    for name, value in list(module.env.variables.items()):
        if not isinstance(value, _LASTING) and not name.startswith("__"):
            unknown: Value = Unknown("a variable that code from a text may have bound")
            found = unknown if run.sightings is None else run.sightings.completed(run, frame, name, unknown)
            run.set_variable(module.env, name, found)


@special("importlib.import_module")
def _import_module(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    from .statements import require_there, run_imported

    if len(args) != 1 or not isinstance(args[0], str) or args[0].startswith("."):
        return Unknown("a module of unknown name")
    require_there(run, args[0])
    run_imported(run, args[0], frame)
    return imports.module(run, args[0])


@special("builtins.eval")
def _eval(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """A short expression from a text that is known; its parts stand at no place of the source."""
    if len(args) != 1 or not isinstance(args[0], str):
        return Unknown("a text that is not known")
    try:
        tree = ast.parse(args[0].strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise Raised("SyntaxError") from None
    parts = list(ast.walk(tree))
    if not all(isinstance(part, _PLAIN) for part in parts):
        return Unknown("a text that is more than a name or a call")
    for part in parts:
        if isinstance(part, ast.Name) and expressions.is_missing(run, part.id, frame):
            raise Raised("NameError")
        if isinstance(part, ast.expr | ast.keyword):
            ast.copy_location(part, node)
    return expressions.evaluate(run, tree, replace(frame, context=None))
