"""itertools of the standard library."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from functools import reduce

from ..shapes.unknown import Unknown
from . import iteration, operators
from .joins import join
from .run import Frame, Run
from .specials import call_value, is_data, special
from .values import ListValue, Many, Value, is_size

_COUNTED = 10_000  # of an endless count, as many as any loop here runs


@special("itertools.chain")
def _chain(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    columns = [iteration.items(run, arg) for arg in args]
    if all(isinstance(column, list) for column in columns):
        return ListValue(item for column in columns if isinstance(column, list) for item in column)
    return Unknown("chained something unknown")


@special("itertools.chain.from_iterable")
def _chain_all(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    rows = iteration.items(run, args[0])
    return _chain(run, rows, {}, node, frame) if isinstance(rows, list) else Unknown("chained something unknown")


@special("itertools.product", "itertools.combinations", "itertools.islice", "itertools.pairwise",
         "itertools.permutations", "itertools.zip_longest")  # fmt: skip
def _arranged(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    columns = [arg if isinstance(arg, int | None) else iteration.items(run, arg) for arg in args]
    if not all(isinstance(column, list | int | None) for column in columns):
        return Unknown("itertools on something unknown")
    function: Callable[..., itertools.chain[Value]] = getattr(itertools, name)
    try:
        return ListValue(itertools.islice(function(*columns, **kwargs), iteration.MOST_ITEMS))
    except (TypeError, ValueError):
        return Unknown("itertools on something unknown")


@special("itertools.accumulate")
def _accumulate(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0])
    function = args[1] if len(args) > 1 else kwargs.get("func")
    if not isinstance(known, list):
        return Unknown("itertools on something unknown")
    totals = [kwargs["initial"]] if kwargs.get("initial") is not None else []
    for item in known:
        if not totals:
            totals.append(item)
        elif function is None:
            totals.append(operators.binary(run, ast.Add, totals[-1], item, node, frame))
        else:
            totals.append(call_value(run, function, [totals[-1], item], node, frame))
    return ListValue(totals)


@special("itertools.starmap")
def _starmap(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    function, rows = args[0], iteration.items(run, args[1])
    if not isinstance(rows, list) or not all(isinstance(row, tuple | list) for row in rows):
        return Unknown("itertools on something unknown")
    return ListValue(call_value(run, function, list(row), node, frame) for row in rows)


@special("itertools.repeat", "itertools.cycle")
def _repeat(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    if name == "repeat":
        counted = len(args) > 1 and isinstance(args[1], int)
        return ListValue([args[0]] * args[1]) if counted else Many(args[0], None, True)
    known = iteration.items(run, args[0])
    return known if not isinstance(known, list) else Many(Unknown("an item of a cycle"), None, bool(known))


@special("itertools.count")
def _count(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    start, step = ([*args, kwargs.get("step", 1)] if args else [kwargs.get("start", 0), kwargs.get("step", 1)])[:2]
    if not is_data(start) or not isinstance(step, int) or not isinstance(start, int) or not step:
        return Unknown("a count from something unknown")
    return range(start, start + step * _COUNTED, step)


@special("random.choice", "random.choices", "random.sample")
def _drawn(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """Some of the items, of which what they have in common is known."""
    known = iteration.items(run, args[0]) if args else Unknown("drawn from nothing")
    if isinstance(known, list):
        known = Many(reduce(join, known), len(known), True) if known else Unknown("drawn from nothing")
    if isinstance(known, Unknown) or name == "choice":
        return known.element if isinstance(known, Many) else known
    count = kwargs.get("k", args[1] if name == "sample" and len(args) > 1 else 1)
    return ListValue([known.element], count) if is_size(count) else Many(known.element)
