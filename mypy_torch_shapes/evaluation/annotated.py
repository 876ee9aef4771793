"""Functions whose annotations are enough to evaluate them: roots without a recorded call; and malformed annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .. import messages
from ..annotations.bindings import Bindings, Declared
from ..annotations.hints import Array, Hint, Mapping, OneOf, Sequence, TupleOf, arrays, constrains, read
from ..annotations.language import Malformed, names_bound, names_used
from ..rules.mismatch import ANNOTATION
from ..shapes.dims import Dim
from ..shapes.unknown import Unknown, UnknownNumber
from . import calls, contracts, objects, torch_modules
from .annotation_names import Names, names_of
from .facts import Finding
from .modules import Loader, SourceModule
from .recording import span
from .run import Frame, Run
from .values import Bound, Class, Descriptor, Env, Function, Instance, Raised, Tensor, Value

_Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Root:
    """A function of a module, or a method of a class, that has a contract."""

    function: Function
    cls: Class | None
    kind: str  # "function", "method", "classmethod", "staticmethod"
    contract: contracts.Contract

    @property
    def key(self) -> str:
        return f"{self.function.module.name}:{self.function.qualname}"

    @property
    def ways(self) -> tuple[bool, ...]:
        """Whether arguments that may be left out are given: without them; and with them, where they are tensors."""
        given = any(
            name in self.function.defaults and _chosen(hint) is not None
            for name, (hint, _) in self.contract.parameters.items()
        )
        return (False, True) if given else (False,)


def roots(run: Run, module: SourceModule) -> Iterator[Root]:
    """The annotated functions of a module's top level, and the annotated methods of its classes."""
    for name, value in list(module.env.variables.items()):
        if isinstance(value, Class) and value.module is module and value.name == name:
            for member in list(value.namespace.values()):
                yield from _root(run, module, member, value)
        elif isinstance(value, Function) and value.module is module:
            yield from _root(run, module, value, None)


def _root(run: Run, module: SourceModule, value: Value, cls: Class | None) -> Iterator[Root]:
    kind = value.kind if isinstance(value, Descriptor) else "method" if cls is not None else "function"
    function = value.function if isinstance(value, Descriptor) else value
    if not isinstance(function, Function) or function.module is not module or function.name == "__init__":
        return
    contract = contracts.of(run, function)
    is_here = function.env.parent is None or function.env.is_class
    if contract is not None and not contract.is_stub and is_here:
        yield Root(function, cls, "method" if kind in ("property", "cached_property") else kind, contract)


MOST_STEPS = 20_000  # of one annotated function: nobody waits for what nobody ran
MOST_IN_FILE = 80_000  # of all of a file
_PATIENCE = 20_000  # of a constructor


def enter(run: Run, root: Root, given: bool, receivers: dict[Class, Value]) -> None:
    """Evaluate a function with what its annotations say of its arguments; `receivers` are the objects made so far."""
    bindings = Bindings()
    spec = root.function.node.args
    positional = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    function: Value = root.function
    frame = Frame(Env({}, None, root.function.module))
    if root.kind in ("method", "classmethod") and root.cls is not None and positional:
        receiver = root.cls if root.kind == "classmethod" else receivers[root.cls]
        function = Bound(root.function, receiver)
        del positional[0]
    args = [_argument(run, root, name, bindings, given) for name in positional]
    kwargs = {each.arg: _argument(run, root, each.arg, bindings, given) for each in spec.kwonlyargs}
    run.doubts = 0
    calls.call(run, function, args, kwargs, root.function.node, frame)


def _argument(run: Run, root: Root, name: str, bindings: Bindings, given: bool) -> Value:
    has_default = name in root.function.defaults
    hint = root.contract.parameters[name][0] if name in root.contract.parameters else None
    if hint is not None and (given or not has_default):
        chosen = _chosen(hint)
        return Unknown(f"the argument {name}") if chosen is None else _seed(run, chosen, bindings)
    if has_default:
        return root.function.defaults[name]
    spec = root.function.node.args
    annotated = next(e.annotation for e in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs) if e.arg == name)
    return _unknown(name, annotated)


def _chosen(hint: Hint) -> Hint | None:
    """What an argument is that is given: the one thing that an optional one can be."""
    if not isinstance(hint, OneOf):
        return None if isinstance(hint, Sequence | Mapping) else hint
    saying = [option for option in hint.options if constrains(option)]
    return _chosen(saying[0]) if len(saying) == 1 else None


def _seed(run: Run, hint: Hint, bindings: Bindings) -> Value:
    """A value as an annotation describes it: sizes are symbols named as written."""
    if isinstance(hint, TupleOf):
        return tuple(_seed(run, each, bindings) for each in hint.items)
    found = arrays(hint) if not isinstance(hint, Sequence | Mapping | OneOf) else []
    if not found:
        return Unknown("an argument of a kind no annotation describes")
    return Tensor(contracts.type_of(found[0], bindings, declare=True))


def _unknown(name: str, annotation: ast.expr | None) -> Unknown:
    if isinstance(annotation, ast.Name) and annotation.id in ("int", "float", "bool"):
        return UnknownNumber({"int": int, "float": float, "bool": bool}[annotation.id], f"the argument {name}")
    return Unknown(f"the argument {name}")


def instance(run: Run, cls: Class) -> Value:
    """An object made with its constructor's defaults; what has none is a size of its own, or unknown."""
    frame = Frame(Env({}, None, cls.module))
    initializer = objects.lookup(cls, "__init__")
    kwargs: dict[str, Value] = {}
    if isinstance(initializer, Function):
        spec = initializer.node.args
        for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)[1:]:
            if each.arg not in initializer.defaults:
                is_size = isinstance(each.annotation, ast.Name) and each.annotation.id == "int"
                kwargs[each.arg] = Dim.of(Declared(each.arg)) if is_size else _unknown(each.arg, each.annotation)
    elif not torch_modules.is_module_class(objects.library_base(cls) or ""):
        return Instance(cls, complete=False)
    place = initializer.node if isinstance(initializer, Function) else ast.Constant(None)
    run.steps = 0
    try:
        made = run.within(_PATIENCE, lambda: calls.call(run, cls, [], kwargs, place, frame))
    except Raised:
        made = None
    if not isinstance(made, Instance):
        return Instance(cls, complete=False)
    if torch_modules.is_module(made):
        torch_modules.assign_paths(made, "")
    return made


def malformed(module: SourceModule, loader: Loader) -> Iterator[Finding]:
    """What jaxtyping refuses, wherever an annotation stands in a module."""
    names = names_of(module, loader)
    for node in ast.walk(module.tree):
        for annotation in _annotations(node):
            yield from _read(annotation, names)
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                alias = _alias(statement)
                if alias is not None:
                    yield from _read(alias, names)
                if isinstance(statement, _Def):
                    yield from _unbound(statement, names)


def _annotations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation is not None else []
    return [node.returns] if isinstance(node, _Def) and node.returns is not None else []


def _alias(statement: ast.stmt) -> ast.expr | None:
    """`Image = Float[Tensor, "3 h w"]`."""
    value = getattr(statement, "value", None)
    is_alias = isinstance(statement, ast.Assign | ast.AnnAssign) or type(statement).__name__ == "TypeAlias"
    return value if is_alias and isinstance(value, ast.Subscript | ast.BinOp) else None


def _read(annotation: ast.expr, names: Names) -> Iterator[Finding]:
    try:
        read(annotation, names)
    except Malformed as wrong:
        place = wrong.node if wrong.node is not None else annotation
        yield Finding(span(place), ANNOTATION, wrong.message)


def _unbound(node: _Def, names: Names) -> Iterator[Finding]:
    """Expressions over names that no annotation before them binds: jaxtyping raises where it checks them."""
    known: set[str] = set()
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    needed = {each.arg for each in positional[: len(positional) - len(spec.defaults)]}
    needed |= {each.arg for each, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if default is None}
    parameters = [*positional, *filter(None, [spec.vararg]), *spec.kwonlyargs]
    annotations = [(each.annotation, each.arg in needed) for each in parameters]
    body = ast.Module(node.body, [])
    if not any(isinstance(each, ast.Subscript) and _is_array(each, names) for each in ast.walk(body)):
        annotations.append((node.returns, True))  # else what the body checks binds names, too
    for annotation, is_checked in annotations:
        if annotation is None:
            continue
        try:
            hint = read(annotation, names)
        except Malformed:
            return  # it may have bound any
        for array in arrays(hint):
            for axis in array.axes or ():
                missing = [name for name in names_used(axis) if name not in known]
                if missing and is_checked and isinstance(hint, Array | TupleOf):
                    yield Finding(span(annotation), ANNOTATION, messages.unbound(getattr(axis, "text", ""), missing[0]))
                    return
                known.update(names_bound((axis,)))


def _is_array(node: ast.Subscript, names: Names) -> bool:
    try:
        return constrains(read(node, names))
    except Malformed:
        return True
