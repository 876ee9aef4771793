"""Comprehensions and generator expressions: what they yield, where it is known how often they run, and where not."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..shapes.unknown import Unknown
from . import iteration, operators, rising
from .run import Frame, Run
from .values import Env, ListValue, Many, Some, Value


def of_items(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value:
    """What a list or set comprehension, or a generator expression, yields."""
    rows = _rows(run, node.generators, frame, lambda inner: _evaluated(run, node.elt, inner), node.elt)
    if isinstance(rows, Unknown | Some):
        return rows
    if isinstance(node, ast.SetComp):
        try:
            return set(rows) if isinstance(rows, list) else Unknown("a set of unknown size")
        except TypeError:
            return Unknown("a set of unhashable values")
    if isinstance(rows, Many):
        return ListValue([rows.element], rows.length, rows.largest) if rows.length is not None else rows
    return ListValue(rows)


def of_dict(run: Run, node: ast.DictComp, frame: Frame) -> Value:
    """What a dict comprehension makes."""
    pair = (node.key, node.value)
    rows = _rows(run, node.generators, frame, lambda inner: tuple(_evaluated(run, each, inner) for each in pair))
    if not isinstance(rows, list):
        return Unknown("a dict of unknown size")
    if any(isinstance(key, Unknown) for key, _ in rows):
        return Unknown("a dict with an unknown key")
    try:
        return dict(rows)
    except TypeError:
        return Unknown("a dict with an unhashable key")


def _rows(
    run: Run,
    generators: list[ast.comprehension],
    frame: Frame,
    element: Callable[[Frame], Value],
    number: ast.expr | None = None,  # what each is, where it may be a number
) -> list[Value] | Many | Some | Unknown:
    """What a comprehension yields: a list where it is known how often it runs."""
    env = Env({}, frame.env, frame.env.module)
    env.elsewhere["<comprehension>"] = env
    inner = Frame(env, frame.function, frame.owner, frame.receiver, context=frame.context)
    inner.abbreviations, inner.call = frame.abbreviations, frame.call
    first, *others = generators
    source = iteration.items(run, _evaluated(run, first.iter, frame))
    if isinstance(source, Unknown):
        source = Many(source)
    if isinstance(source, Many):
        rows_like = _many_rows(run, first, others, source, inner, element)
        if number is not None and isinstance(rows_like, Many) and not first.ifs:
            rows_like.largest = rising.largest(run, number, first.target, source, inner)
        return rows_like
    rows: list[Value] = []
    doubtful = False  # some item may be left out
    for item in source:
        run.step()
        iteration.assign(run, first.target, item, inner)
        kept = _filtered(run, first, inner)
        if kept is False:
            continue
        doubtful = doubtful or kept is None
        run.uncertain += kept is None
        try:
            below = _rows(run, others, inner, element) if others else [element(inner)]
        finally:
            run.uncertain -= kept is None
        if not isinstance(below, list):
            return Unknown("a nested comprehension of unknown size")
        rows += below
    return Some(rows) if doubtful and rows else rows


def _many_rows(
    run: Run,
    first: ast.comprehension,
    others: list[ast.comprehension],
    source: Many,
    inner: Frame,
    element: Callable[[Frame], Value],
) -> Many | Unknown:
    iteration.assign(run, first.target, source.element, inner)
    if not source.some:
        run.uncertain += 1
    try:
        kept = _filtered(run, first, inner)
        if others:
            return Unknown("a nested comprehension of unknown size")
        row = element(inner)
    finally:
        if not source.some:
            run.uncertain -= 1
    return Many(row, source.length if kept else None, source.some and bool(kept))


def _filtered(run: Run, generator: ast.comprehension, frame: Frame) -> bool | None:
    for condition in generator.ifs:
        truth = operators.truth(run, _evaluated(run, condition, frame), frame)
        if not truth:
            return truth
    return True


def _evaluated(run: Run, node: ast.expr, frame: Frame) -> Value:
    from . import expressions

    return expressions.evaluate(run, node, frame)
