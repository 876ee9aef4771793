"""Running statements: control flow, definitions, and the joins where ways of the program meet."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Any

from ..shapes.unknown import Undecided
from . import (
    arrays,
    attributes,
    calls,
    conditions,
    contracts,
    deferred,
    definitions,
    equalities,
    exceptions,
    expressions,
    imports,
    iteration,
    loops,
    managers,
    miscounts,
    objects,
    operators,
    subscripts,
)
from .joins import BothWays, Pairs, assuming, choosing, join
from .journal import Changes, content
from .modules import LazyImport, SourceModule, absolute
from .run import Frame, Run
from .values import Instance, OutOfBudget, Raised, Tensor, Value


class Flow(Enum):
    """How a block ends."""

    NORMAL = "normal"
    RETURN = "return"
    BREAK = "break"
    CONTINUE = "continue"


_OUTWARDS = (Flow.NORMAL, Flow.CONTINUE, Flow.BREAK, Flow.RETURN)


def run_body(run: Run, body: list[ast.stmt], frame: Frame) -> Value:
    """Run a function's body; what it returns, joined over the ways that may return."""
    try:
        flow = run_block(run, body, frame)
    except Raised:
        if not frame.silenced:
            raise
        flow = Flow.RETURN  # no size goes on that way
    finally:
        run.muted -= frame.silenced > 0
        run.uncertain -= frame.perhaps_left
    rejoin(run, frame, Flow.RETURN)
    if flow is not Flow.RETURN:
        (frame.otherwise if frame.silenced else frame.returned).append((None, []))
    observed = _joined(*frame.returned)
    with choosing((True,) * frame.silenced if frame.silenced else None):
        return _joined(observed, *frame.otherwise)[0]


def _joined(first: tuple[Value, Pairs], *others: tuple[Value, Pairs]) -> tuple[Value, Pairs]:
    """What several ways return, and the sizes that are equal on all of them."""
    result, even = first
    for value, there in others:
        with assuming(even, there):
            result = join(result, value)
        even = [pair for pair in even if pair in there]
    return result, even


def rejoin(run: Run, frame: Frame, how: Flow) -> None:
    """Join the ways that were set aside because they may have left the block here."""
    back = [changes for flow, changes in frame.left if flow is how]
    for changes in back:  # a name that was not bound there can only be used where it was bound since
        env, then = changes[id(frame.env)]
        changes[id(env)] = (env, {**env.variables, **then})
    if back:
        frame.left = [(flow, changes) for flow, changes in frame.left if flow is not how]
        run.journal.merge([*back, {}])


def run_module(run: Run, module: SourceModule, context: int | None, body: list[ast.stmt]) -> None:
    """Run statements of a module's top level, one by one: one that raises does not end the others.

    Nor does one of a library that takes too long.
    """
    frame = Frame(module.env, context=context)
    run.frames.append(frame)
    try:
        for statement in body:
            if not module.project:
                run.limit = run.steps + _PATIENCE
            try:
                if run_block(run, [statement], frame) is not Flow.NORMAL:
                    break
            except (Raised, Undecided):
                continue
            except OutOfBudget:
                if module.project:
                    raise
    finally:
        run.frames.pop()


_PATIENCE = 20_000  # steps one statement of a library's module may take


def run_block(run: Run, body: list[ast.stmt], frame: Frame) -> Flow:
    """Run statements until one leaves the block."""
    before = len(frame.even)
    try:
        for statement in body:
            run.step()
            handler = _HANDLERS.get(type(statement))
            if handler is None:
                continue
            flow = handler(run, statement, frame)
            if flow is not None and flow is not Flow.NORMAL:
                return flow
    finally:
        del frame.even[before:]
    return Flow.NORMAL


def _expression(run: Run, node: ast.Expr, frame: Frame) -> None:
    expressions.evaluate(run, node.value, frame)


def _assign(run: Run, node: ast.Assign, frame: Frame) -> None:
    value = equalities.kept(run, expressions.evaluate(run, node.value, frame), node.value, frame)
    for target in node.targets:
        wrong = None if run.catching else miscounts.unpacked(run, target, value, node.value)
        if wrong is not None:
            value = run.mismatch(target, wrong, miscounts.asked(run, node.value, frame))
        iteration.assign(run, target, value, frame)


def _annotated(run: Run, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        value = contracts.declared(run, node, expressions.evaluate(run, node.value, frame), frame)
        iteration.assign(run, node.target, value, frame)


def _augmented(run: Run, node: ast.AugAssign, frame: Frame) -> None:
    from .values import ListValue

    target = _loadable(node.target)
    left = expressions.evaluate(run, target, frame)
    right = expressions.evaluate(run, node.value, frame)
    if isinstance(left, ListValue) and isinstance(node.op, ast.Add):
        from . import growing, methods

        growing.note(run, node.target, "extend", [right])
        methods.extend(run, left, right)
        return
    in_place = _in_place_method(run, left, type(node.op))
    if in_place is not None:
        value = calls.call(run, in_place, [right], {}, node, frame)
    elif isinstance(left, Tensor) and not isinstance(right, Instance):
        from . import tensors

        path = f"torch.{operators.TORCH[type(node.op)]}"
        value = tensors.augmented(run, path, left, right, node, frame)
    elif arrays.tensor_of(left) is not None:  # stays the array it is, and of its dtype
        value = arrays.written_to(run, left)
    else:
        value = operators.binary(run, type(node.op), left, right, node, frame)
    iteration.assign(run, node.target, run.settle(value), frame, noted=False)  # it is an expression, too


def _in_place_method(run: Run, left: Value, op: type) -> Value:
    """The program's own `__iadd__` of an object, or None."""
    name = operators.DUNDER.get(op)
    return objects.find_method(run, left, f"__i{name}__") if isinstance(left, Instance) and name else None


def _loadable(target: ast.expr) -> ast.expr:
    """The target of `x += y` as the expression it reads."""
    cached: ast.expr | None = getattr(target, "_load", None)
    if cached is None:
        fields = {name: getattr(target, name) for name in target._fields}
        cached = ast.copy_location(type(target)(**{**fields, "ctx": ast.Load()}), target)
        target._load = cached  # type: ignore[attr-defined]
    return cached


def _return(run: Run, node: ast.Return, frame: Frame) -> Flow:
    value = expressions.evaluate(run, node.value, frame) if node.value else None
    value = contracts.returned(run, node, value, frame)
    (frame.otherwise if run.muted > frame.muted else frame.returned).append((value, list(frame.even)))
    return Flow.RETURN


def _if(run: Run, node: ast.If, frame: Frame) -> Flow:
    test = conditions.condition(run, expressions.evaluate(run, node.test, frame), frame)
    if isinstance(test, bool):
        return run_block(run, node.body if test else node.orelse, frame)
    even = equalities.on_both_ways(run, node.test, frame)
    body, orelse = (
        partial(conditions.bound, run, names, partial(_along, run, way, frame, pairs), frame)
        for names, way, pairs in zip(conditions.bindings(node.test, frame), (node.body, node.orelse), even, strict=True)
    )
    if test is None or test.decided is None:
        flow = alternatives(run, [body, orelse], frame, test.values if test is not None else None, even)
    elif test.decided:
        flow = decided(run, body, orelse, len(test.values), frame, even)
    else:
        flow = decided(run, orelse, body, len(test.values), frame, even[::-1])
    for way, of_the_other in ((node.body, even[1]), (node.orelse, even[0])):
        if way and isinstance(way[-1], ast.Return | ast.Raise):
            frame.even.extend(of_the_other)
    return flow


def _along(run: Run, block: list[ast.stmt], frame: Frame, even: Pairs) -> Flow:
    """One way of a condition, on which these sizes are equal."""
    before = len(frame.even)
    frame.even.extend(even)
    try:
        return run_block(run, block, frame)
    finally:
        del frame.even[before:]


def decided(
    run: Run, taken: Callable[[], Flow], other: Callable[[], Flow], worlds: int, frame: Frame, even: BothWays
) -> Flow:
    """Go the way that all observed sizes take; what the other way would leave keeps claims true at other sizes.

    Sizes that depend on the way have the values of the one that is taken, and no expression, unless they are the same
    by what is `even` on one of them.
    """
    if run.muted:
        return taken()
    flow, changes = conditions.taken_back(run, taken)
    other_flow, otherwise = conditions.aside(run, other)
    if otherwise is None or flow in (Flow.BREAK, Flow.CONTINUE) or (flow is Flow.RETURN and not frame.function):
        run.journal.merge([changes])
    elif flow is other_flow:
        with choosing((True,) * worlds), assuming(*even):
            run.journal.merge([changes, otherwise])
    elif flow is Flow.RETURN:
        _set_aside(frame, flow, changes)
        frame.silenced = worlds
        run.muted += 1  # until the function ends: only other sizes go on
        run.journal.merge([otherwise])
        assert other_flow is not None
        return other_flow
    else:
        assert other_flow is not None
        _set_aside(frame, other_flow, otherwise)
        run.journal.merge([changes])
    return flow


def _set_aside(frame: Frame, flow: Flow, changes: Changes) -> None:
    """Keep what a way left that has left the block."""
    changes.setdefault(id(frame.env), (frame.env, content(frame.env)))
    frame.left.append((flow, changes))


def alternatives(
    run: Run,
    ways: Sequence[Callable[[], Flow]],
    frame: Frame,
    worlds: tuple[bool, ...] | None = None,
    even: BothWays = ([], []),
) -> Flow:
    """Run several ways from the same state and join what they leave; a way that leaves the block is set aside.

    A way that raises is taken to be one the program does not go. `worlds` says in which worlds the first of two is
    taken, `even` which sizes are equal on each.
    """
    gone = conditions.undecided(run, ways)
    ended = [(flow, changes) for flow, changes in gone if not isinstance(flow, Raised)]
    if not ended:
        raise exceptions.common([flow for flow, _ in gone if isinstance(flow, Raised)])
    nearest = min((flow for flow, _ in ended), key=_OUTWARDS.index)  # no other way leaves less behind
    going_on = [changes for flow, changes in ended if flow is nearest]
    for flow, changes in ended:
        if flow is not nearest:
            _set_aside(frame, flow, changes)
            if flow is Flow.RETURN and worlds is None:
                perhaps_left(run, frame)
    both = len(going_on) == len(ways) == 2
    with choosing(worlds if both and nearest is Flow.NORMAL else None), assuming(*even if both else ([], [])):
        run.journal.merge(going_on)
    return nearest


def perhaps_left(run: Run, frame: Frame) -> None:
    """The function may have returned: what follows, until it ends, may never run."""
    frame.perhaps_left += 1
    run.uncertain += 1


def _delete(run: Run, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in frame.env.variables:
            run.journal.touch(frame.env)
            del frame.env.variables[target.id]
        elif isinstance(target, ast.Attribute):
            attributes.delete(run, expressions.evaluate(run, target.value, frame), target.attr)
        elif isinstance(target, ast.Subscript):
            receiver = expressions.evaluate(run, target.value, frame)
            subscripts.delete_item(run, receiver, expressions.evaluate(run, target.slice, frame), target, frame)


def _import(run: Run, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        require_there(run, alias.name)
        run_imported(run, alias.name, frame)
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        run.set_variable(frame.env, alias.asname or name, LazyImport(name, None))


def _import_from(run: Run, node: ast.ImportFrom, frame: Frame) -> None:
    source = absolute(frame.module, node.level, node.module)
    require_there(run, source, [alias.name for alias in node.names])
    run_imported(run, source, frame)
    for alias in node.names:
        if alias.name == "*":
            frame.module.stars.insert(0, source)
        elif source != "__future__":
            run.set_variable(frame.env, alias.asname or alias.name, LazyImport(source, alias.name))


def run_imported(run: Run, name: str, frame: Frame) -> None:
    """Run what an import in the project runs of the project, in Python's order: modules register things elsewhere."""
    if not frame.module.project:
        return
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        source = run.loader.find(".".join(parts[:end]))
        if source is not None and source.project:
            deferred.execute(run, source)


def require_there(run: Run, name: str, members: Sequence[str] = ()) -> None:
    """Raises ImportError inside a `try`, where an optional package or a name of Python 2 is asked for."""
    if run.catching and not run.loader.may_import(name):
        raise Raised("ModuleNotFoundError")
    if run.catching and any(imports.is_missing(name, member) for member in members):
        raise Raised("ImportError")


def _global(run: Run, node: ast.Global, frame: Frame) -> None:
    for name in node.names:
        frame.env.elsewhere[name] = frame.module.env


def _nonlocal(run: Run, node: ast.Nonlocal, frame: Frame) -> None:
    for name in node.names:
        env = frame.env.parent
        while env is not None and name not in env.variables:
            env = env.parent
        if env is not None:
            frame.env.elsewhere[name] = env


def _match(run: Run, node: ast.Match, frame: Frame) -> Flow:
    from . import patterns

    subject = expressions.evaluate(run, node.subject, frame)
    for number, case in enumerate(node.cases):
        fits = patterns.fits(run, case, subject, frame)
        if fits:
            return run_block(run, case.body, frame)
        if fits is None:
            rest = list(node.cases[number:])
            ways = [lambda body=c.body: run_block(run, body, frame) for c in rest]
            return alternatives(run, [*ways, lambda: Flow.NORMAL], frame)
    return Flow.NORMAL


_HANDLERS: dict[type[ast.stmt], Callable[[Run, Any, Frame], Flow | None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: exceptions.run_assert,
    ast.Assign: _assign,
    ast.AsyncFor: loops.run_for,
    ast.AsyncFunctionDef: definitions.define_function,
    ast.AsyncWith: managers.run_with,
    ast.AugAssign: _augmented,
    ast.Break: lambda run, node, frame: Flow.BREAK,
    ast.ClassDef: definitions.define_class,
    ast.Continue: lambda run, node, frame: Flow.CONTINUE,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: loops.run_for,
    ast.FunctionDef: definitions.define_function,
    ast.Global: _global,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _nonlocal,
    ast.Raise: exceptions.run_raise,
    ast.Return: _return,
    ast.Try: exceptions.run_try,
    ast.While: loops.run_while,
    ast.With: managers.run_with,
}
