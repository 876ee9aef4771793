"""Conditions on sizes: proved for every size, or known only at the observed ones; and what follows for branches."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TypeVar

from ..shapes.dims import Dim
from ..shapes.relations import Truth, proved_equal, proved_less
from ..shapes.unknown import Unknown
from . import numbers, operators, syntax
from .joins import BothWays, assuming, choosing, join
from .journal import Changes
from .run import Frame, Run, Way
from .values import Condition, Perhaps, Raised, Real, Tensor, Value, is_size

T = TypeVar("T")


def condition(run: Run, value: Value, frame: Frame) -> bool | Condition | None:
    """bool(value): proved, known at the observed sizes, or None where it is not known at all."""
    if isinstance(value, Condition):
        return value
    if isinstance(value, Dim):
        proof = proved_equal(value, 0)
        if proof is not Truth.UNKNOWN:
            return proof is Truth.NO
        run.doubts += value.values is None
        return _at_worlds(value.values)
    if isinstance(value, Real):
        run.doubts += value.values is None
        return _at_worlds(value.values)
    truth = operators.truth(run, value, frame)
    run.doubts += truth is None
    return truth


def _at_worlds(values: Iterable[object] | None) -> Condition | None:
    return Condition(tuple(map(bool, values))) if values is not None else None


Bindings = dict[str, Value]


def bindings(test: ast.expr, frame: Frame) -> tuple[Bindings, Bindings]:
    """What variables that may be None are where a test holds, and where it does not: `if mask is not None:`."""
    holds, fails = syntax.on_both_ways(test, lambda each: _of_none(each, frame))
    return dict(holds), dict(fails)


def _of_none(test: ast.expr, frame: Frame) -> tuple[list[tuple[str, Value]], list[tuple[str, Value]]]:
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or len(test.ops) != 1:
        return [], []
    name, other = test.left.id, test.comparators[0]
    value = frame.env.variables.get(name)
    of_none = isinstance(other, ast.Constant) and other.value is None
    if not isinstance(value, Perhaps) or not of_none or not isinstance(test.ops[0], ast.Is | ast.IsNot):
        return [], []
    none: list[tuple[str, Value]] = [(name, None)]
    tensor: list[tuple[str, Value]] = [(name, Tensor(value.tensor.type))]
    return (none, tensor) if isinstance(test.ops[0], ast.Is) else (tensor, none)


def bound(run: Run, names: Bindings, way: Callable[[], T], frame: Frame) -> T:
    """Go a way on which variables are known to be these."""
    for name, value in names.items():
        run.set_variable(frame.env, name, value)
    return way()


def negated(test: Value) -> Value:
    """`not test` of a bool or a condition."""
    if isinstance(test, Condition):
        return Condition(tuple(not value for value in test.values), test.even[::-1])
    return not test


def combined(tests: list[Value], every: bool) -> Value:
    """`and` (`every`) or `or` of bools and conditions; Unknown where their worlds do not match."""
    counts = {len(test.values) for test in tests if isinstance(test, Condition)}
    if len(counts) > 1:
        return Unknown("conditions on sizes of different calls")
    count = counts.pop() if counts else 0
    columns = [test.values if isinstance(test, Condition) else (bool(test),) * count for test in tests]
    if not count:
        return all(tests) if every else any(tests)
    how: Callable[[Iterable[bool]], bool] = all if every else any
    proved = [test for test in tests if not isinstance(test, Condition)]
    if (every and False in proved) or (not every and True in proved):
        return not every
    return Condition(tuple(how(row) for row in zip(*columns, strict=True)))


def compared(op: type, left: Value, right: Value) -> Value:
    """A comparison of two sizes (or numbers made of them)."""
    if op in (ast.Eq, ast.NotEq):
        proof = proved_equal(left, right) if is_size(left) and is_size(right) else Truth.UNKNOWN
        wanted = op is ast.Eq
    elif is_size(left) and is_size(right):
        swap = op in (ast.Gt, ast.LtE)  # a > b is b < a; a <= b is not b < a
        proof = proved_less(right, left) if swap else proved_less(left, right)
        wanted = op in (ast.Lt, ast.Gt)
    else:
        proof, wanted = Truth.UNKNOWN, True
    if proof is not Truth.UNKNOWN:
        return (proof is Truth.YES) is wanted
    return numbers.as_observed(operators.PYTHON[op], left, right)


def equal_sequences(left: tuple[Value, ...] | list[Value], right: tuple[Value, ...] | list[Value]) -> Value:
    """`left == right` of two sequences of equal length that hold sizes."""
    parts = [
        compared(ast.Eq, a, b) if is_size(a) and is_size(b) else operators.equal_values(a, b).holds
        for a, b in zip(left, right, strict=True)
    ]
    unknown = next((part for part in parts if isinstance(part, Unknown)), None)
    known = combined([part for part in parts if not isinstance(part, Unknown)], every=True)
    return known if unknown is None or known is False else unknown


def conditional(
    run: Run, test: Condition, body: Callable[[], Value], orelse: Callable[[], Value], even: BothWays = ([], [])
) -> Value:
    """`body if test else orelse`, where the test is known at the observed sizes only."""
    if test.decided is None:
        return either(run, test.values, body, orelse, even)
    taken, other, even = (body, orelse, even) if test.decided else (orelse, body, even[::-1])
    if run.muted:
        return taken()
    result, changes = taken_back(run, taken)
    instead, otherwise = aside(run, other)
    with choosing((True,) * len(test.values)), assuming(*even):
        run.journal.merge([changes, otherwise] if otherwise is not None else [changes])
        return join(result, instead) if otherwise is not None else result


def either(
    run: Run,
    worlds: tuple[bool, ...] | None,
    body: Callable[[], Value],
    orelse: Callable[[], Value],
    even: BothWays = ([], []),
) -> Value:
    """`body` or `orelse`, whichever; in these worlds `body`. `even`: the sizes that are equal on each way."""
    gone = undecided(run, (body, orelse))
    with choosing(worlds), assuming(*even):
        run.journal.merge([changes for _, changes in gone])
        left, right = (Unknown("raises") if isinstance(value, Raised) else value for value, _ in gone)
        return join(left, right)


def undecided(run: Run, ways: Iterable[Callable[[], T]]) -> list[tuple[T | Raised, Changes]]:
    """Go each of several ways and take it back: what came of it, or what it raised, and what it changed.

    Where every way that ends makes a mistake, the mistakes are reported.
    """
    gone: list[tuple[T | Raised, Changes]] = []
    ended: list[Way] = []
    run.uncertain += 1
    try:
        for way in ways:
            run.journal.open()
            try:
                with run.way() as here:
                    outcome: T | Raised = way()
                ended.append(here)
            except Raised as raised:
                outcome = raised
            finally:
                changes = run.journal.close(keep=False)[1]
            gone.append((outcome, changes))
    finally:
        run.uncertain -= 1
    run.all_fail(ended)
    return gone


def taken_back(run: Run, way: Callable[[], T]) -> tuple[T, Changes]:
    """Go a way and take back what it changed: its result, and what it would leave."""
    run.journal.open()
    try:
        result = way()
    finally:
        changes = run.journal.close(keep=False)[1]
    return result, changes


def aside(run: Run, way: Callable[[], T]) -> tuple[T | None, Changes | None]:
    """Go a way that no observed size takes, saying nothing of it: its result, and its changes (None if it raises)."""
    run.muted += 1
    try:
        return taken_back(run, way)
    except Raised:
        return None, None
    finally:
        run.muted -= 1
