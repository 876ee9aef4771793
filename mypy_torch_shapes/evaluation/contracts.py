"""What functions promise in jaxtyping annotations: held against values at entry, return and assignment."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import messages
from ..annotations.bindings import Bindings, Declared
from ..annotations.check import Unbound, check
from ..annotations.hints import Array, Hint, TupleOf, constrains, read
from ..annotations.language import Anonymous, Axis, Fixed, Malformed, Symbolic, Variadic
from ..rules.mismatch import ANNOTATION, Mismatch
from ..shapes.dims import Dim, Size, symbols
from ..shapes.dtypes import BY_NAME
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from . import joins, objects
from .annotation_names import names_of
from .entries import SeenCall
from .run import Frame, Run
from .syntax import nodes_of
from .values import Class, Deque, Env, Function, Instance, ListValue, Tensor, Value, is_unknown


@dataclass(frozen=True)
class Contract:
    """The annotations of a function that say something of tensors, each with its place."""

    parameters: dict[str, tuple[Hint, ast.expr]]
    returns: tuple[Hint, ast.expr] | None
    is_stub: bool  # there is nothing in its body that could return


@dataclass
class Held:
    """A contract while its function runs."""

    contract: Contract
    bindings: Bindings
    broken: list[tuple[str, Value, str]] = field(default_factory=list)  # parameter, argument, why it does not fit
    owners: dict[str, ast.AST] = field(default_factory=dict)  # names that an annotated assignment has bound

    @property
    def names(self) -> dict[str, Size]:
        return {name: size for name, size in self.bindings.sizes.items() if size is not None}


_NONE = Contract({}, None, False)


def of(run: Run, function: Function) -> Contract | None:
    """The contract of a function of the project; None where it has none."""
    if isinstance(function.node, ast.Lambda) or not function.module.project:
        return None
    found: Contract | None = getattr(function.node, "_contract", _NONE)
    if found is _NONE:
        found = _contract(run, function.node, function)
        function.node._contract = found  # type: ignore[union-attr]
    return found


def _contract(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, function: Function) -> Contract | None:
    if any(_last_name(decorator) == "no_type_check" for decorator in node.decorator_list):
        return None
    spec = node.args
    annotated = [(each.arg, each.annotation) for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    parameters = {}
    for name, annotation in annotated:
        hint = None if annotation is None else hint_of(run, annotation, function.env)
        if annotation is not None and hint is not None:
            parameters[name] = (hint, annotation)
    result = None if node.returns is None or _yields(node) else hint_of(run, node.returns, function.env)
    if not parameters and result is None:
        return None
    returns = None if result is None or node.returns is None else (result, node.returns)
    return Contract(parameters, returns, all(map(_says_nothing, node.body)))


def hint_of(run: Run, annotation: ast.expr, env: Env) -> Hint | None:
    """What an annotation says of tensors; None where it says nothing, or is malformed (that is reported once)."""
    found: Hint | bool | None = getattr(annotation, "_hint", True)
    if isinstance(found, bool):
        try:
            hint = read(annotation, names_of(env.module, run.loader))
            found = hint if constrains(hint) else None
        except Malformed:
            found = None
        annotation._hint = found  # type: ignore[attr-defined]
    return found


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _yields(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in nodes_of(node))


def _says_nothing(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass | ast.Raise)


def enter(run: Run, function: Function, bound: dict[str, Value]) -> Held | None:
    """Hold the arguments of a call against a function's annotations; what they leave unknown the annotations say.

    Arguments that were left to their defaults are not looked at, nor are they at run time.
    """
    contract = of(run, function)
    if contract is None:
        return None
    held = Held(contract, _bindings(run, lambda node: _within(run, node, function, bound)))
    for name, (hint, _) in contract.parameters.items():
        value = bound[name]
        if name in function.defaults and function.defaults[name] is value and not isinstance(value, Tensor):
            continue
        reason = _misfit(run, hint, value, held.bindings)
        if reason is None:
            bound[name] = refined(run, hint, value, held.bindings, declare=True)
        else:
            held.broken.append((name, value, reason))
    return held


def _bindings(run: Run, braces: Callable[[ast.expr], object]) -> Bindings:
    return Bindings(braces=braces, apart=not run.doubts)


def _within(run: Run, node: ast.expr, function: Function, bound: dict[str, Value]) -> Value:
    """`{self.size}`: an expression over a call's arguments."""
    from . import expressions

    return expressions.evaluate(run, node, Frame(Env(dict(bound), function.env, function.module), function))


def _misfit(run: Run, hint: Hint, value: Value, bindings: Bindings) -> str | None:
    """Why a value certainly does not fit, or None; names are bound by the way."""
    bindings.apart = not run.doubts
    try:
        answer = check(hint, described(run, value), bindings)
    except Unbound:
        return None  # reported with the annotation
    return answer.reason if answer.fails else None


def described(run: Run, value: Value) -> object:
    """A value as annotations see it."""
    if isinstance(value, Tensor):
        run.settle(value)
        return value.type
    if isinstance(value, ListValue) and not isinstance(value, Deque):
        return [described(run, item) for item in value]
    if isinstance(value, tuple):
        return tuple(described(run, item) for item in value)
    if isinstance(value, dict):
        return {key: described(run, item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    return 0 if isinstance(value, Dim) else Unknown("nothing an annotation is held against")


def _mismatch(where: str, what: str, value: Value, says: tuple[Hint, ast.expr], reason: str) -> Mismatch:
    shown = value.type.text() if isinstance(value, Tensor) else f"a {type(value).__name__}"
    shown = "None" if value is None else "a list" if isinstance(value, ListValue) else shown
    mismatch = Mismatch(messages.contradicts(what, shown, written(*says), reason), ANNOTATION)
    mismatch.operation = where
    return mismatch


def written(hint: Hint, annotation: ast.expr) -> str:
    """An annotation as it is read in a message, with what an alias stands for."""
    text = ast.unparse(annotation)
    if isinstance(annotation, ast.Name | ast.Attribute) and isinstance(hint, Array):
        text = f"{text} ({hint.text})"
    return text.replace("'", '"')


def refuse(run: Run, function: Function, held: Held) -> Value | None:
    """Report a call whose arguments do not fit, where it is made; its result is unknown. None: go on with the call."""
    if not held.broken or not run.frames or run.guarded or run.frame.call is None:
        return None
    return _report(run, function, held, run.frame.call)


def _report(run: Run, function: Function, held: Held, place: ast.AST | None) -> Value:
    """Say of each argument that does not fit why; at its annotation, where there is no other place."""
    result: Value = None
    for name, value, reason in held.broken:
        says = held.contract.parameters[name]
        mismatch = _mismatch(function.name, messages.argument(name), value, says, reason)
        result = run.mismatch(place or says[1], mismatch, [value])
    return result


def begin(run: Run, frame: Frame, held: Held) -> None:
    """The function runs: where no call of the program is to blame, a contradiction is said at the annotation."""
    if held.broken and len(run.frames) == 1 and not run.guarded and frame.function is not None:
        _report(run, frame.function, held, None)
    if held.broken:
        frame.held = None  # one message for one mistake


def returned(run: Run, node: ast.Return, value: Value, frame: Frame) -> Value:
    """`return value`: held against the annotation."""
    held = frame.held
    if held is None or held.contract.returns is None or frame.function is None:
        return value
    hint, _ = held.contract.returns
    trial = held.bindings.copy()
    trial.numbers_too = True
    reason = _misfit(run, hint, value, trial)
    if reason is None or run.guarded:
        return refined(run, hint, value, trial)
    mismatch = _mismatch(frame.function.name, messages.RESULT, value, held.contract.returns, reason)
    return run.mismatch(node.value or node, mismatch, [value])


def left(run: Run, frame: Frame, result: Value) -> Value:
    """What a call gives whose body says less than its annotation."""
    held = frame.held
    if held is None or held.contract.returns is None:
        return result
    if held.contract.is_stub:
        result = Unknown("a function without a body")
    return refined(run, held.contract.returns[0], result, held.bindings.copy())


def keep(run: Run, frame: Frame, result: Value) -> None:
    """Keep what a function was called with and what it returned, where that is wanted."""
    if frame.entered is not None and frame.context is not None:
        call = SeenCall(frame.entered, described(run, result))
        run.recording.entries[frame.context].calls.append(call)


def declared(run: Run, node: ast.AnnAssign, value: Value, frame: Frame) -> Value:
    """`name: annotation = value`, in a function with the names its call has bound."""
    if not frame.module.project or frame.env.is_class:
        return value
    hint = hint_of(run, node.annotation, frame.env)
    if hint is None:
        return value
    bindings = Bindings(apart=not run.doubts)
    if frame.function is not None:
        if frame.held is None:
            function, variables = frame.function, frame.env.variables
            frame.held = Held(_NONE, _bindings(run, lambda each: _within(run, each, function, variables)))
        bindings = frame.held.bindings
        for name in [name for name, owner in frame.held.owners.items() if owner is node]:
            bindings.sizes.pop(name, None)  # another round of a loop
            bindings.runs.pop(name, None)
    known = {*bindings.sizes, *bindings.runs}
    reason = _misfit(run, hint, value, bindings)
    if reason is not None and not run.guarded:
        mismatch = _mismatch(ast.unparse(node.target), messages.VALUE, value, (hint, node.annotation), reason)
        return run.mismatch(node.value or node, mismatch, [value])
    if frame.held is not None:
        _own(run, frame.held, node, {*bindings.sizes, *bindings.runs} - known)
    return refined(run, hint, value, bindings)


def _own(run: Run, held: Held, node: ast.AST, names: set[str]) -> None:
    """Names that an assignment brought: it may run again; where it may not run at all, they are not known."""
    for name in names:
        held.owners[name] = node
        if run.uncertain or run.muted:
            if name in held.bindings.sizes:
                held.bindings.sizes[name] = None
            if name in held.bindings.runs:
                held.bindings.runs[name] = None


def attribute(run: Run, target: ast.Attribute, receiver: Value, value: Value) -> Value:
    """`self.name = value` where the class says what the attribute is."""
    if not isinstance(receiver, Instance) or not isinstance(receiver.cls, Class):
        return value
    found = _field(run, receiver.cls, target.attr)
    if found is None:
        return value
    hint, _ = found
    bindings = _bindings(run, lambda node: None)
    reason = _misfit(run, hint, value, bindings)
    if reason is None or run.guarded:
        return refined(run, hint, value, bindings)
    return run.mismatch(target, _mismatch(target.attr, messages.VALUE, value, found, reason), [value])


def constructed(run: Run, cls: Class, values: dict[str, Value], node: ast.AST) -> dict[str, Value]:
    """The fields of a dataclass, whose names are bound by one call of its constructor."""
    bindings = _bindings(run, lambda each: None)
    result = dict(values)
    for name, value in values.items():
        found = _field(run, cls, name)
        if found is None:
            continue
        reason = _misfit(run, found[0], value, bindings)
        if reason is None or run.guarded:
            result[name] = refined(run, found[0], value, bindings)
        elif run.frames:
            what = messages.argument(name)
            result[name] = run.mismatch(node, _mismatch(cls.name, what, value, found, reason), [value])
    return result


def _field(run: Run, cls: Class, name: str) -> tuple[Hint, ast.expr] | None:
    """What the body of a class, or of one of its bases, says of an attribute."""
    for entry in objects.mro(cls):
        if isinstance(entry, Class) and entry.node is not None and entry.module.project:
            annotation = _annotated(entry.node).get(name)
            if annotation is not None:
                hint = hint_of(run, annotation, entry.module.env)
                return None if hint is None else (hint, annotation)
    return None


def _annotated(node: ast.ClassDef) -> dict[str, ast.expr]:
    """The annotations in a class body by name, looked up once."""
    found: dict[str, ast.expr] | None = getattr(node, "_annotated", None)
    if found is None:
        statements = [each for each in node.body if isinstance(each, ast.AnnAssign)]
        found = {each.target.id: each.annotation for each in statements if isinstance(each.target, ast.Name)}
        node._annotated = found  # type: ignore[attr-defined]
    return found


def refined(run: Run, hint: Hint, value: Value, bindings: Bindings, declare: bool = False) -> Value:
    """A value with what its annotation says where nothing is known; `declare` gives unbound names a symbol."""
    if isinstance(hint, TupleOf) and isinstance(value, tuple) and len(value) == len(hint.items):
        items = [refined(run, each, item, bindings, declare) for each, item in zip(hint.items, value, strict=True)]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return joins._rebuild(value, items) if changed else value
    if isinstance(hint, TupleOf) and type(value) is Unknown:
        return tuple(refined(run, each, value, bindings, declare) for each in hint.items)
    if not isinstance(hint, Array):
        return value
    if is_unknown(value) and hint.constrains:
        return Tensor(type_of(hint, bindings, declare))
    if isinstance(value, Tensor) and hint.constrains and _is_vague(value.type):
        says = type_of(hint, bindings, declare)
        more = TensorType(value.type.dtype or says.dtype, _completed(value.type.dims, says.dims), value.type.parameter)
        if more != value.type:
            run.set_type(value, more)
    return value


def _is_vague(type: TensorType) -> bool:
    return type.dtype is None or type.dims is None or any(_is_unknown(size) for size in type.dims)


def _is_unknown(size: Size) -> bool:
    """A size of which nothing is known, not even what it was in the run."""
    return isinstance(size, Dim) and size.values is None and any(symbol.name is None for symbol in symbols(size))


def _completed(dims: tuple[Size, ...] | None, says: tuple[Size, ...] | None) -> tuple[Size, ...] | None:
    if dims is None or says is None or len(dims) != len(says):
        return says if dims is None else dims
    return tuple(b if _is_unknown(a) and not _is_unknown(b) else a for a, b in zip(dims, says, strict=True))


def type_of(hint: Array, bindings: Bindings, declare: bool) -> TensorType:
    """The tensor an annotation describes, as far as its names are bound."""
    only = next(iter(hint.dtypes)) if hint.dtypes is not None and len(hint.dtypes) == 1 else ""
    dims: list[Size] | None = []
    for axis in hint.axes or ():
        if isinstance(axis, Variadic):
            run = None if axis.name is None or axis.broadcast else bindings.runs.get(axis.name)
            dims = None if run is None or dims is None else [*dims, *run[1]]
        elif dims is not None:
            dims.append(_size(axis, bindings, declare))
    return TensorType(BY_NAME.get(only), None if dims is None or hint.axes is None else tuple(dims))


def _size(axis: Axis, bindings: Bindings, declare: bool) -> Size:
    if isinstance(axis, Anonymous | Variadic) or axis.broadcast:
        return fresh()
    if isinstance(axis, Fixed):
        return axis.size
    if isinstance(axis, Symbolic):
        try:
            size = bindings.size_of(axis)
        except KeyError:
            size = None
        return size if isinstance(size, int | Dim) else fresh()
    if axis.name not in bindings.sizes and declare:
        bindings.sizes[axis.name] = Dim.of(Declared(axis.name))
    bound = bindings.sizes.get(axis.name)
    if bound is None and declare and axis.name:
        bindings.sizes[axis.name] = bound = Dim.of(Declared(axis.name))
    return fresh() if bound is None else bound
