"""Loops: run as they are where the rounds are known, else until what they do has settled."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from ..shapes.dims import Size
from ..shapes.relations import less
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from . import conditions, expressions, iteration, plain_loops
from .joins import choosing, join, same
from .journal import Changes, content
from .run import Frame, Run
from .values import Condition, Env, ListValue, Many, Raised, Some, Tensor, Value, births, is_size

MOST_ROUNDS = 512  # of a loop that is run as it is
_CHEAP = 1000  # steps that are taken rather than saved by not looking at every epoch
_SETTLING = 3  # rounds a loop of unknown length may take to settle before what still changes is unknown


def run_for(run: Run, node: ast.For | ast.AsyncFor, frame: Frame) -> Any:
    """`for target in iterable`."""
    from .statements import Flow

    value = expressions.evaluate(run, node.iter, frame)
    if isinstance(value, Some) and len(value.items) <= MOST_ROUNDS:
        return _skipping(run, node, value.items, frame)
    source = iteration.items(run, value)
    if isinstance(source, Unknown):
        source = Many(source)
    if isinstance(source, list) and plain_loops.ran(run, node, source, frame):
        return Flow.NORMAL
    if isinstance(source, list) and len(source) <= MOST_ROUNDS:
        return _counted(run, node, source, frame)
    if isinstance(source, list):
        some = fresh() if all(map(is_size, source)) else Unknown("one of very many")
        source = Many(some, len(source), True, source[0])
    many = source
    coming = [many.element] if many.first is None else [many.element, many.first]

    def begin() -> None:
        item = coming[-1]
        del coming[1:]
        iteration.assign(run, node.target, iteration.copy_of(item, many.made), frame)

    return _settled(run, node, frame, many.length, many.some, begin)


def _counted(run: Run, node: ast.For | ast.AsyncFor, source: list[Value], frame: Frame) -> Any:
    from .statements import Flow, rejoin, run_block

    counter = _counter(node) if len(source) > 3 and all(map(is_size, source)) else None
    for number, item in enumerate(source):
        yields, steps, began = len(frame.yielded), run.steps, births()
        run.journal.open()
        try:
            iteration.assign(run, node.target, item, frame)
            flow = run_block(run, node.body, frame)
            rejoin(run, frame, Flow.CONTINUE)
        finally:
            before, after = _lasting(run.journal.close(keep=True), began)
        if flow is Flow.RETURN:
            return flow
        yields -= len(frame.yielded)
        long = counter and not yields and (run.steps - steps) * (len(source) - number) > _CHEAP
        if long and flow is not Flow.BREAK and _is_settled(before, after, [], counter):
            _skip_rounds(run, node, source[-1], frame)
            break  # an epoch like the one before
        if flow is Flow.BREAK:
            rejoin(run, frame, Flow.BREAK)
            return Flow.NORMAL
    flow = run_block(run, node.orelse, frame)
    rejoin(run, frame, Flow.BREAK)
    return flow


def _skipping(run: Run, node: ast.For | ast.AsyncFor, items: list[Value], frame: Frame) -> Any:
    """Rounds each of which may be left out."""
    from .statements import Flow, alternatives, rejoin, run_block

    def taken(item: Value) -> Any:
        iteration.assign(run, node.target, item, frame)
        flow = run_block(run, node.body, frame)
        rejoin(run, frame, Flow.CONTINUE)
        return Flow.NORMAL if flow is Flow.CONTINUE else flow

    yields = len(frame.yielded)
    for item in items:
        alternatives(run, [partial(taken, item), lambda: Flow.NORMAL], frame)
    frame.uncounted = frame.uncounted or len(frame.yielded) > yields
    flow = run_block(run, node.orelse, frame)
    rejoin(run, frame, Flow.BREAK)
    return flow


def _skip_rounds(run: Run, node: ast.For | ast.AsyncFor, last: Value, frame: Frame) -> None:
    """Instead of the rounds that are left: one in which every branch may be taken."""
    from .statements import Flow, rejoin, run_block

    if any(isinstance(statement, ast.If) for statement in node.body):
        run.uncertain += 1
        run.journal.open()
        try:
            iteration.assign(run, node.target, fresh(), frame)
            run_block(run, node.body, frame)
            rejoin(run, frame, Flow.CONTINUE)
        except Raised:
            pass  # not a way the program goes
        finally:
            run.uncertain -= 1
            changes = run.journal.close(keep=False)[1]
        run.journal.merge([changes, {}])
    iteration.assign(run, node.target, last, frame)


def _counter(node: ast.For | ast.AsyncFor) -> str | None:
    """The loop's variable, if it is only used in statements for their effect: a count of epochs."""
    if not isinstance(node.target, ast.Name):
        return None
    name = node.target.id
    for statement in node.body:
        if isinstance(statement, (ast.Expr, ast.If)):
            continue
        if any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(statement)):
            return None
    return name


def run_while(run: Run, node: ast.While, frame: Frame) -> Any:
    """`while test`."""
    run.journal.open()
    try:
        flow, worlds = _while_rounds(run, node, frame)
    finally:
        before, after = run.journal.close(keep=True)
    if worlds and not run.muted:
        _other_counts(run, node, frame, before, after, worlds)
    if flow is not None:
        return flow
    return _settled(run, node, frame, None, False, lambda: expressions.evaluate(run, node.test, frame))


def _while_rounds(run: Run, node: ast.While, frame: Frame) -> tuple[Any, int]:
    """The rounds as the observed sizes go them: how they end (None: unknown), and the worlds that were asked."""
    from .statements import Flow, rejoin, run_block

    worlds = 0
    for _ in range(MOST_ROUNDS):
        test = conditions.condition(run, expressions.evaluate(run, node.test, frame), frame)
        if isinstance(test, Condition):
            worlds = len(test.values)
            test = test.decided
        if test is None:
            return None, worlds
        if not test:
            flow = run_block(run, node.orelse, frame)
            rejoin(run, frame, Flow.BREAK)
            return flow, worlds
        began = births()
        run.journal.open()
        try:
            flow = run_block(run, node.body, frame)
            rejoin(run, frame, Flow.CONTINUE)
        finally:
            before, after = _lasting(run.journal.close(keep=True), began)
        if flow is Flow.RETURN:
            return flow, worlds
        if flow is Flow.BREAK or _is_settled(before, after, []):
            rejoin(run, frame, Flow.BREAK)
            return Flow.NORMAL, worlds
        if isinstance(node.test, ast.Constant) and any(how is Flow.BREAK for how, _ in frame.left):
            break  # which round is the last is not known
    return None, worlds


def _other_counts(
    run: Run, node: ast.While, frame: Frame, before: Changes, after: Changes, worlds: int
) -> None:
    """Other sizes may take fewer rounds, or one more: what depends on it keeps no expression."""
    from .journal import join_contents, restore
    from .statements import run_block

    run.uncertain += 1
    run.journal.open()
    try:
        expressions.evaluate(run, node.test, frame)
        run_block(run, node.body, frame)
    except Raised:
        pass  # no size goes one more round
    finally:
        run.uncertain -= 1
        more = run.journal.close(keep=False)[1]
    with choosing((True,) * worlds):
        for key, (target, now) in {**more, **after}.items():
            here = now if key in after else content(target)
            for other in (before[key][1] if key in before else here, more[key][1] if key in more else here):
                if isinstance(target, Env):
                    other = {**here, **other}
                here = join_contents(here, other)
            run.journal.touch(target)
            restore(target, here)


def _settled(
    run: Run,
    node: ast.For | ast.AsyncFor | ast.While,
    frame: Frame,
    length: Size | None,
    some: bool,
    begin: Callable[[], Any],
) -> Any:
    """Run a loop of unknown length round by round until a round changes nothing but growing lists."""
    from .statements import Flow, perhaps_left, rejoin, run_block

    if not some:
        run.journal.open()
        run.uncertain += 1
    yields = len(frame.yielded)
    grown: dict[int, tuple[ListValue, Size, Size]] = {}
    rounds = 0
    flow = Flow.NORMAL
    while True:
        rounds += 1
        run.uncertain += rounds > 1
        began = births()
        run.journal.open()
        try:
            begin()
            flow = run_block(run, node.body, frame)
            rejoin(run, frame, Flow.CONTINUE)
        finally:
            run.uncertain -= rounds > 1
            before, after = _lasting(run.journal.close(keep=True), began)
        growing = _growth(before, after)
        settled = flow in (Flow.NORMAL, Flow.CONTINUE) and _is_settled(before, after, growing) and rounds > 1
        for target, old, new in growing:
            first = grown.get(id(target), (target, old, new))
            grown[id(target)] = (target, first[1], new - old)
        if settled or flow in (Flow.RETURN, Flow.BREAK):
            break
        if rounds >= _SETTLING:
            _widen(run, before, after, growing)
            if rounds >= 2 * _SETTLING:
                break
    frame.uncounted = frame.uncounted or len(frame.yielded) > yields
    stretched = [_stretched(grown_list, rounds, length) for grown_list in grown.values()]
    if not some:
        run.uncertain -= 1
        changes = run.journal.close(keep=False)[1]
        run.journal.merge([changes, {}])
    for target, items, total in stretched:
        run.journal.touch(target)
        target[:] = items
        target.length = total
    rejoin(run, frame, Flow.BREAK)
    if flow is Flow.RETURN and some and rounds == 1:
        return flow
    if flow is Flow.RETURN:
        perhaps_left(run, frame)
    return run_block(run, node.orelse, frame)


def _lasting(changes: tuple[Changes, Changes], began: int) -> tuple[Changes, Changes]:
    """What a round changed of what there was before it; of what it made, only what is left in that counts.

    The scopes of functions that were called and have returned are such, and each round has its own.
    """
    before, after = changes
    kept = {key: pair for key, pair in before.items() if getattr(pair[0], "born", -1) < began}
    return kept, {key: after[key] for key in kept}


def _growth(before: Changes, after: Changes) -> list[tuple[ListValue, Size, Size]]:
    """The lists a round appended to, or put something at the front of: each with its length before and after."""
    found = []
    for key, (target, old) in before.items():
        new = after[key][1]
        if not isinstance(target, ListValue):
            continue
        if old.length is not None and new.length is not None and less(old.length, new.length).holds:
            found.append((target, old.length, new.length))
        elif old.length is new.length is None and len(new) > len(old) and (_ends(new, old) or _begins(new, old)):
            found.append((target, len(old), len(new)))
    return found


def _begins(items: list[Value], first: list[Value]) -> bool:
    return all(x is y for x, y in zip(items, first, strict=False))


def _ends(items: list[Value], last: list[Value]) -> bool:
    return all(x is y for x, y in zip(reversed(items), reversed(last), strict=False))


def _is_settled(
    before: Changes,
    after: Changes,
    growing: list[tuple[ListValue, Size, Size]],
    beside: str | None = None,
) -> bool:
    """Whether a round left all as it found it, but for lists that grew by what the round before added."""
    lists = {id(target) for target, _, _ in growing}
    for target, old, new in growing:
        if isinstance(old, int) and isinstance(new, int) and target.length is None:
            added = new - old
            rows = target if _begins(target, before[id(target)][1]) else target[::-1]
            if not same(list(rows[old:new]), list(rows[max(old - added, 0) : old])):
                return False
        elif not same(target[0], before[id(target)][1][0]):
            return False
    for key, (target, old) in before.items():
        if key in lists:
            continue
        new = after[key][1]
        if isinstance(target, Env):
            if not all(name == beside or (name in old and same(old[name], value)) for name, value in new.items()):
                return False
        elif isinstance(old, TensorType):
            if not same(Tensor(old), Tensor(new)):
                return False
        elif not same(old, new):
            return False
    return True


def _widen(run: Run, before: Changes, after: Changes, growing: list[tuple[ListValue, Size, Size]]) -> None:
    """Give up on what still changes from round to round."""
    from .journal import join_contents, restore

    lists = {id(target) for target, _, _ in growing}
    for key, (target, old) in before.items():
        if key not in lists:
            run.journal.touch(target)
            restore(target, join_contents(old, after[key][1]))


def _stretched(
    grown: tuple[ListValue, Size, Size], rounds: int, length: Size | None
) -> tuple[ListValue, list[Value], Size]:
    """What a list is that grew in every round: its items' join, and as many as the loop makes, where that is known."""
    target, start, step = grown
    element = target[0] if target else Unknown("an empty list")
    for item in target[1:]:
        element = join(element, item)
    now = target.length if target.length is not None else len(target)
    steady = now == start + step * rounds
    return target, [element], start + step * length if length is not None and steady else fresh()
