"""Calling things: functions of the program, classes, modules, and names in libraries."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..shapes.dims import Dim, Size, Symbol, symbols
from ..shapes.unknown import Undecided, Unknown
from . import casting, changing, contracts, joins, library, methods, objects, parameters, torch_modules
from .naming import Parameters, plain
from .run import FOREIGN_STEPS, LIBRARY_STEPS, MOST_FRAMES, Frame, Run
from .syntax import nodes_of
from .values import (
    Bound,
    Class,
    Descriptor,
    Env,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Method,
    OutOfBudget,
    Partial,
    Raised,
    Tensor,
    Value,
    is_size,
    is_unknown,
)


def call(run: Run, function: Value, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """`function(*args, **kwargs)`."""
    run.step()
    before, frame.call = frame.call, node
    try:
        return run.settle(_dispatch(run, function, args, kwargs, node, frame))
    except Undecided as undecided:
        return Unknown(undecided.reason)
    finally:
        frame.call = before


def _dispatch(
    run: Run, function: Value, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    if isinstance(function, Bound):
        return _dispatch(run, function.function, [function.receiver, *args], kwargs, node, frame)
    if isinstance(function, Function):
        return _remembered(run, function, args, kwargs)
    if isinstance(function, Library) and methods.is_unbound(function.path, args):
        return methods.call_unbound(run, function.path, args, kwargs, node, frame)
    if isinstance(function, Library):
        return library.call(run, function, args, kwargs, node, frame)
    if isinstance(function, Method):
        return methods.call(run, function, args, kwargs, node, frame)
    if isinstance(function, Class):
        return objects.instantiate(run, function, args, kwargs, node, frame)
    if isinstance(function, Instance):
        return _call_instance(run, function, args, kwargs, node, frame)
    if isinstance(function, Partial):
        return call(run, function.function, [*function.args, *args], {**function.kwargs, **kwargs}, node, frame)
    if isinstance(function, Descriptor):
        return call(run, function.function, args, kwargs, node, frame)
    if isinstance(function, Unknown):
        changing.forget_changed(run, "", [*args, *kwargs.values()])
        return Unknown(f"a call of something unknown ({function.reason})")
    return Unknown("a call of something that cannot be followed")


def binds_names(function: Value) -> bool:
    """Whether it can be called with keyword arguments of unknown name: of a function some parameters are then unknown.

    An object that is built so would be unknown in nearly everything, and so would all that it does.
    """
    if isinstance(function, Method):
        return function.name == "update" and isinstance(function.receiver, dict)
    return isinstance(function.function if isinstance(function, Bound) else function, Function)


def _remembered(run: Run, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A call of a function; under functools.cache one with the same plain arguments is made once."""
    if function.answers is None or not all(is_plain(value) for value in (*args, *kwargs.values())):
        return _within_budget(run, function, args, kwargs)
    key = (tuple(args), tuple(kwargs.items()))
    if key not in function.answers:
        answer = _within_budget(run, function, args, kwargs)
        if not is_plain(answer):
            return answer
        function.answers[key] = answer
    return function.answers[key]


def is_plain(value: Value) -> bool:
    """Whether a value is a constant, or unknown for good: nothing that a call may change."""
    return isinstance(value, str | int | float | bool | Unknown | None)


def _call_instance(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    own = objects.find_method(run, instance, "__call__")
    if own is not None:
        return call(run, own, args, kwargs, node, frame)
    if torch_modules.is_module(instance):
        return torch_modules.call_module(run, instance, args, kwargs, node, frame)
    return Unknown("a call of an object")


def _within_budget(run: Run, function: Function, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """In a library a call gets so many steps only, few where it has nothing to do with torch."""
    caller, callee = run.frames[-1].module if run.frames else function.module, function.module
    if callee.project or caller.foreign or (not caller.project and not callee.foreign):
        return call_function(run, function, args, kwargs)
    limit, run.limit = run.limit, min(run.limit, run.steps + (FOREIGN_STEPS if callee.foreign else LIBRARY_STEPS))
    try:
        return call_function(run, function, args, kwargs)
    except OutOfBudget:
        if run.steps > limit:
            raise
        return Unknown(f"{function.module.name} takes too many steps")
    finally:
        run.limit = limit


_MOST_CIRCLES = 3


def _circles(run: Run, function: Function) -> bool:
    """Whether a function calls itself again and again where it is not known that it does.

    In the project only what became uncertain on the way counts: a recursion that is decided goes as deep as it goes.
    """
    again = [f for f in run.frames if f.function is not None and f.function.node is function.node]
    if function.module.project:
        again = [frame for frame in again if frame.uncertain < run.uncertain]
    return len(again) >= _MOST_CIRCLES


def _is_lost(run: Run, function: Function, bound: dict[str, Value]) -> bool:
    """Whether a function that was itself entered with something unknown calls itself, and learns nothing by it.

    In the project it may learn something as long as an argument is another one.
    """
    again = [f for f in run.frames if f.vague and f.function is not None and f.function.node is function.node]
    return any(not function.module.project or joins.same(frame.given, bound) for frame in again)


def call_function(
    run: Run,
    function: Function,
    args: list[Value],
    kwargs: dict[str, Value],
    at_yield: Callable[[Value], None] | None = None,
) -> Value:
    """Enter a function of the program with these arguments; `at_yield` is run in the place of its `yield`."""
    from . import expressions, managers, statements

    if len(run.frames) >= MOST_FRAMES or (run.uncertain and _circles(run, function)):
        return Unknown("calls nested too deep")
    if at_yield is None and "<manager>" in function.attrs:
        return managers.make_generator_manager(function, args, kwargs)
    bound = parameters.bind(function, args, kwargs)
    if isinstance(bound, Unknown):
        return bound
    held = contracts.enter(run, function, bound)
    refused = contracts.refuse(run, function, held) if held is not None else None
    if refused is not None:
        return refused
    run.entered.add(function.module)
    vague = any(isinstance(value, Unknown) for value in bound.values())
    if vague and run.uncertain and _is_lost(run, function, bound):
        return Unknown("a call by itself with something unknown")
    partly = vague or any(map(_holds_unknown, bound.values()))
    if not partly and not run.muted:
        _note_reached(run, function, list(bound.values()))
    frame = Frame(Env(bound, function.env, function.module), function, function.owner)
    frame.receiver = next(iter(bound.values()), None)
    frame.muted, frame.uncertain, frame.vague = run.muted, run.uncertain, vague
    frame.given = dict(bound) if vague else {}
    frame.at_yield = at_yield
    frame.held = held
    _enter_scope(frame)
    try:
        with _Entered(run, frame, bound, partly), casting.entered(function.attrs.get(casting.MANAGER)):
            if isinstance(function.node, ast.Lambda):
                result = expressions.evaluate(run, function.node.body, frame)
            else:
                result = statements.run_body(run, function.node.body, frame)
                if at_yield is None and _is_generator(function.node):
                    result = _generated(frame)
                result = contracts.left(run, frame, result)
            contracts.keep(run, frame, result)
    except Raised as raised:
        if run.catching or function.module.project or not run.frames or not run.frame.module.project:
            raise  # else the project goes on, and so do we: more likely we do not know the library well enough
        return Unknown(f"a function of a library seems to raise {raised.kind}")
    return result


def _holds_unknown(value: Value, depth: int = 2) -> bool:
    """Whether something in a list or tuple is wholly unknown, so that it may be no tensor of the call that was made."""
    items = value if isinstance(value, list | tuple) and depth else ()
    return any(is_unknown(item) or _holds_unknown(item, depth - 1) for item in items)


def _note_reached(run: Run, function: Function, arguments: list[Value]) -> None:
    key = f"{function.module.name}:{function.qualname}"
    run.reached.add(key)
    if not any(isinstance(value, Tensor) and value.type.dims is None for value in arguments):
        receiver = arguments[0] if arguments and isinstance(arguments[0], Instance) else None
        run.places.add((key, receiver.origin, receiver.path) if receiver is not None else (key, None, None))


def _enter_scope(frame: Frame) -> None:
    """Methods do not see the names of the class body around them."""
    parent = frame.env.parent
    while parent is not None and parent.is_class:
        parent = parent.parent
    frame.env.parent = parent


class _Entered:
    """A frame while it runs: its sizes are named after its parameters, and written out again behind it."""

    def __init__(self, run: Run, frame: Frame, bound: dict[str, Value], vague: bool) -> None:
        self.vague = vague
        self.run = run
        self.frame = frame
        self.named = parameters.paths(bound)
        self.abbreviated: list[Symbol] = []

    def __enter__(self) -> None:
        run, frame = self.run, self.frame
        for _, value in self.named:
            run.settle(value)
        self._abbreviate()
        run.frames.append(frame)
        for _, value in self.named:
            run.settle(value)
        for name, value in frame.env.variables.items():
            if isinstance(value, Dim):
                frame.env.variables[name] = run.settle_size(value)
        assert frame.function is not None
        if frame.held is not None:
            frame.held.bindings.settle(run.settle_size)
        if run.recording.wanted(frame.module) and not run.muted:
            shapes = tuple((p, v.type if isinstance(v, Tensor) else run.settle_size(v)) for p, v in self.named)
            run.seen.append((f"{frame.module.name}:{frame.function.qualname}", shapes))
            is_method = frame.function.owner is not None and torch_modules.is_module(frame.receiver)
            receiver = frame.receiver if is_method else None
            frame.context = run.recording.context(
                frame.function.qualname,
                receiver,
                frame.module,
                (*shapes, *_of_layers(frame.env.variables)),
                run.general,
                self.vague,
                frame.held.names if frame.held is not None else {},
            )
            if run.recording.signatures:
                frame.entered = {name: contracts.described(run, value) for name, value in frame.env.variables.items()}
        if frame.held is not None:
            contracts.begin(run, frame, frame.held)
        for parameter in parameters.nodes(frame.function):
            run.record_binding(parameter, frame, frame.env.variables.get(parameter.arg))

    def _abbreviate(self) -> None:
        """Give every size that is no symbol of its own, and not made of the parameters' symbols, a symbol here."""
        sizes = [size for _, value in self.named for size in _sizes(value) if isinstance(size, Dim)]
        free = {symbol for size in sizes if (symbol := plain(size)) is not None}
        axes = {size for _, value in self.named if isinstance(value, Tensor) for size in _sizes(value)}
        for size in sizes:
            if plain(size) is not None or size in self.frame.abbreviations or free.issuperset(symbols(size)):
                continue
            symbol = Symbol("", None, size)
            symbol.least = symbol.least if size in axes else None
            self.abbreviated.append(symbol)
            self.frame.abbreviations[size] = Dim.of(symbol)

    def __exit__(self, *_: object) -> None:
        self.run.frames.pop()
        for symbol in self.abbreviated:
            symbol.expired = True


def _of_layers(bound: dict[str, Value]) -> Parameters:
    """What layers hold that a function is handed: `model.apply(initialize)` calls it with one after the other."""
    return tuple(
        (f"{name}.{attribute}", held.type)
        for name, value in bound.items()
        if isinstance(value, Instance) and name != "self" and torch_modules.is_leaf(value)
        for attribute, held in value.attrs.items()
        if isinstance(held, Tensor)
    )


def _sizes(value: Value) -> tuple[Size, ...]:
    if isinstance(value, Tensor):
        return value.type.dims or ()
    return (value,) if is_size(value) else ()


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    found = getattr(node, "_is_generator", None)
    if found is None:
        found = _yields(nodes_of(node)) and _yields(_own_nodes(node))
        node._is_generator = found  # type: ignore[union-attr]
    return bool(found)


def _yields(nodes: list[ast.AST]) -> bool:
    return any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in nodes)


def _own_nodes(node: ast.AST) -> list[ast.AST]:
    """The nodes of a function's body without those of functions inside it."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(getattr(node, "body", []))
    while stack:
        each = stack.pop()
        found.append(each)
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack += ast.iter_child_nodes(each)
    return found


def _generated(frame: Frame) -> Value:
    """What a generator yields. A yield in a loop that could not be counted makes it one of many."""
    if any(isinstance(item, Many) for item in frame.yielded) or frame.uncounted:
        element: Value = frame.yielded[0] if frame.yielded else Unknown("yields nothing")
        for item in frame.yielded[1:]:
            element = joins.join(element, item)
        return Many(element, None, bool(frame.yielded))
    return ListValue(frame.yielded)


def call_with(run: Run, function: Value, args: list[Value], frame: Frame) -> Value:
    """A call that stands nowhere in the source (a hook, a sort key)."""
    node = frame.call or ast.Constant(None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    return call(run, function, args, {}, node, frame)
