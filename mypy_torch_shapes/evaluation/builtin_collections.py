"""Python's builtins on collections and iterables."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..shapes.dims import Dim, extreme
from ..shapes.relations import less
from ..shapes.unknown import Unknown, UnknownNumber
from . import conditions, containers, iteration, lengths, library_objects, numbers, objects, operators, torch_modules
from .run import Frame, Run
from .specials import call_value, is_data, special
from .values import (
    Instance,
    Library,
    ListValue,
    Many,
    Raised,
    Real,
    Tensor,
    Value,
    is_size,
)


@special("builtins.<identity>")
def _identity(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return args[0] if args else Unknown("nothing")


@special("builtins.len")
def _len(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (value,) = args
    if isinstance(value, Instance):
        children = torch_modules.iterate(value)
        if children is not None:
            return len(children)
        method = objects.find_method(run, value, "__len__")
        if method is not None:
            return call_value(run, method, [], node, frame)
        if containers.is_mapping_like(value):
            return len(containers.entries(value))
        meaning = library_objects.find(value, "__len__")
        if meaning is not None:
            return meaning(run, value, [], {}, node, frame)
    found = iteration.length(value)
    return Unknown("the length is unknown") if found is None else found


@special("builtins.range")
def _range(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return iteration.make_range(args)


@special("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
def _sequence(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    known = iteration.items(run, args[0]) if args else []
    if isinstance(known, Many):
        largest = known.largest if isinstance(known.element, UnknownNumber) else None
        return ListValue([known.element], known.length, largest) if known.length is not None else known
    if not isinstance(known, list):
        return known
    if name == "tuple":
        return tuple(known)
    try:
        return {"set": set, "frozenset": frozenset}.get(name, ListValue)(known)
    except TypeError:
        return Unknown("a set of unhashable values")


@special("builtins.dict", "collections.OrderedDict")
def _dict(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    result: dict[Value, Value] = {}
    if args:
        given = args[0]
        if isinstance(given, Instance):
            given = containers.entries(given) if containers.is_mapping_like(given) else None
        if isinstance(given, dict):
            result.update(given)
        else:
            known = iteration.items(run, given) if given is not None else Unknown("a mapping")
            if not isinstance(known, list) or not all(isinstance(p, tuple | list) and len(p) == 2 for p in known):
                return Unknown("a dict of unknown items")
            for key, value in known:
                if isinstance(key, Unknown | ListValue):
                    return Unknown("a dict with an unknown key")
                result[key] = value
    result.update(kwargs)
    return result


class DefaultDict(dict[Value, Value]):
    """collections.defaultdict: `default` makes the value of a missing key."""

    factory: Value = None
    make: Callable[[Value], Value] | None = None
    keeps = True  # a Counter does not keep what it gives for a missing key

    def default(self, receiver: DefaultDict, key: Value) -> Value:
        """The value of a missing key."""
        if self.make is None:
            raise Raised("KeyError")
        made = self.make(self.factory)
        if self.keeps:
            receiver[key] = made
        return made


@special("collections.defaultdict")
def _defaultdict(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    made = DefaultDict()
    made.factory = args[0] if args else None
    made.make = lambda factory: call_value(run, factory, [], node, frame)
    return made


@special("builtins.zip")
def _zip(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    columns = [iteration.items(run, arg) for arg in args]
    if all(isinstance(column, list) for column in columns):
        return ListValue(zip(*columns, strict=False))
    known = [column for column in columns if isinstance(column, list)]
    if any(isinstance(column, Unknown) for column in columns) and not known:
        return Unknown("zipped something unknown")
    elements = tuple(
        column[0] if isinstance(column, list) and column else (column.element if isinstance(column, Many) else column)
        for column in columns
    )
    if known and not any(_varied(column) for column in known):
        return ListValue([elements[:] for _ in range(min(map(len, known)))])
    lengths = {column.length for column in columns if isinstance(column, Many)}
    some = all(not isinstance(column, Many) or column.some for column in columns)
    elements = tuple(
        Unknown("one of several") if isinstance(c, list) and _varied(c) else e
        for c, e in zip(columns, elements, strict=True)
    )
    return Many(elements, lengths.pop() if len(lengths) == 1 and not known else None, some)


def _varied(column: list[Value]) -> bool:
    from .joins import same

    return any(not same(item, column[0]) for item in column[1:])


@special("builtins.enumerate")
def _enumerate(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    from ..shapes.tensor_type import fresh

    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    known = iteration.items(run, args[0])
    if isinstance(known, list) and isinstance(start, int):
        return ListValue(enumerate(known, start))
    if isinstance(known, Many):
        pairs = (fresh(), known.element), known.length, known.some, (start, known.element)
        return Many(*pairs, counted=True, made=known.made)
    return Many((fresh(), known))


@special("builtins.reversed")
def _reversed(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0])
    return ListValue(reversed(known)) if isinstance(known, list) else known


@special("builtins.map")
def _map(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    function, *sources = args
    columns = [iteration.items(run, source) for source in sources]
    if all(isinstance(column, list) for column in columns):
        return ListValue(call_value(run, function, list(row), node, frame) for row in zip(*columns, strict=False))
    if len(columns) == 1 and isinstance(columns[0], Many):
        many = columns[0]
        if function == Library("builtins.int") and many.largest is not None:
            return Many(UnknownNumber(int, "one of some lengths"), many.length, many.some, largest=many.largest)
        return Many(call_value(run, function, [many.element], node, frame), many.length, many.some)
    return Unknown("mapped over something unknown")


@special("builtins.filter")
def _filter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[1])
    if not isinstance(known, list):
        return Unknown("filtered something unknown")
    kept = ListValue()
    for item in known:
        test = item if args[0] is None else call_value(run, args[0], [item], node, frame)
        truth = operators.truth(run, test, frame)
        if truth is None:
            return Unknown("filtered by something unknown")
        if truth:
            list.append(kept, item)
    return kept


@special("builtins.any", "builtins.all")
def _any_all(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    looking_for = name == "any"
    known = iteration.items(run, args[0])
    if not isinstance(known, list):
        return Unknown("of unknown items")
    answers = [conditions.condition(run, item, frame) for item in known]
    if looking_for in answers:
        return looking_for
    return Unknown("of unknown items") if None in answers else conditions.combined(answers, every=not looking_for)


@special("builtins.sorted")
def _sorted(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return sorted_list(run, args, kwargs, frame)


def sorted_list(run: Run, args: list[Value], kwargs: dict[str, Value], frame: Frame) -> Value:
    """sorted(items, key=…, reverse=…)."""
    from . import calls

    known = iteration.items(run, args[0])
    if not isinstance(known, list):
        return known
    key = kwargs.get("key")
    keys = [item if key is None else calls.call_with(run, key, [item], frame) for item in known]
    if not all(is_data(each) for each in keys) or not isinstance(kwargs.get("reverse", False), bool):
        return Unknown("sorted by something unknown")
    try:
        order = sorted(range(len(known)), key=lambda i: keys[i], reverse=kwargs.get("reverse", False))
    except TypeError:
        return Unknown("sorted what cannot be compared")
    return ListValue(known[i] for i in order)


@special("builtins.sum")
def _sum(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0])
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    if isinstance(known, Many) and isinstance(known.element, Tensor) and known.some:
        known = [known.element]
    if not isinstance(known, list):
        return Unknown("the sum of unknown items")
    total = start
    for item in known:
        total = operators.binary(run, ast.Add, total, item, node, frame)
    return total


@special("builtins.max", "builtins.min")
def _extreme(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    longest = lengths.extreme_of(args[0]) if name == "max" and len(args) == 1 and "key" not in kwargs else None
    if longest is not None:
        return longest
    known = iteration.items(run, args[0]) if len(args) == 1 else args
    if isinstance(known, list) and not known and "default" in kwargs:
        return kwargs["default"]
    if not isinstance(known, list) or not known:
        return Unknown(f"the {name} of unknown items")
    if "key" in kwargs:
        keys = [call_value(run, kwargs["key"], [item], node, frame) for item in known]
        if not all(is_data(key) for key in keys):
            return Unknown(f"the {name} by an unknown key")
        return known[keys.index(_pick(name, keys))]
    if all(is_size(item) for item in known):
        return extreme(name, *known)
    if any(isinstance(item, Dim | Real) for item in known):
        return numbers.apply(max if name == "max" else min, known)
    if not all(is_data(item) for item in known):
        return Unknown(f"the {name} of unknown items")
    return _pick(name, known)


def _pick(name: str, known: list[Value]) -> Value:
    """The largest or smallest. Raises Raised where Python does not compare them: a None among numbers."""
    try:
        return max(known) if name == "max" else min(known)
    except TypeError:
        raise Raised("TypeError") from None


@special("builtins.iter")
def _iter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0])
    return ListValue(known) if isinstance(known, list) else known


@special("builtins.next")
def _next(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    source = args[0]
    if isinstance(source, ListValue) and source.length is None:
        if source:
            run.journal.touch(source)
            return list.pop(source, 0)
        if len(args) > 1:
            return args[1]
        raise Raised("StopIteration")
    known = iteration.items(run, source)
    if not isinstance(known, Many) or not known.some:
        return Unknown("the next of unknown")
    item = iteration.copy_of(known.element if known.first is None else known.first, known.made)
    _take_one(run, known)
    return item


def _take_one(run: Run, iterator: Many) -> None:
    """What is left of an iterator has one item less."""
    run.journal.touch(iterator)
    if iterator.length is not None:
        iterator.length = iterator.length - 1
        iterator.some = less(0, iterator.length).holds
    first, iterator.first = iterator.first, None
    if iterator.counted and isinstance(first, tuple) and is_size(first[0]):
        iterator.first = (first[0] + 1, first[1])
