"""collections, dataclasses and operator of the standard library."""

from __future__ import annotations

import ast
import collections

from ..shapes.unknown import Unknown
from . import containers, iteration, objects, operators, subscripts
from .builtin_collections import DefaultDict
from .run import Frame, Run
from .specials import call_value, is_data, special
from .values import Class, Deque, Instance, Library, ListValue, Partial, Value


@special("collections.deque")
def _deque(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0]) if args else []
    most = args[1] if len(args) > 1 else kwargs.get("maxlen")
    if not isinstance(known, list) or not isinstance(most, int | None):
        return Unknown("a deque of unknown length")
    return Deque(known if most is None else known[max(len(known) - most, 0) :], most)


@special("collections.Counter")
def _counter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = args[0] if args else {}
    if not is_data(given):
        return Unknown("a count of unknown items")
    made = DefaultDict(collections.Counter(given))
    made.make = lambda _: 0
    made.keeps = False
    return made


@special("dataclasses.replace")
def _replace(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (old,) = args
    if not isinstance(old, Instance) or not isinstance(old.cls, Class):
        return Unknown("a copy of something unknown")
    names = [name for name in containers.field_names(old.cls) if name in old.attrs]
    return objects.instantiate(run, old.cls, [], {name: old.attrs[name] for name in names} | kwargs, node, frame)


@special("dataclasses.fields")
def _fields(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    cls = args[0].cls if args and isinstance(args[0], Instance) else args[0] if args else None
    if not isinstance(cls, Class) or not objects.is_complete(cls):
        return Unknown("the fields of something unknown")
    return tuple(containers.described_fields(cls).values())


@special("dataclasses.asdict")
def _asdict(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (value,) = args
    if not isinstance(value, Instance) or not isinstance(value.cls, Class) or not containers.is_dataclass(value.cls):
        return Unknown("a dict of something unknown")
    return {name: _plain(value.attrs.get(name)) for name in containers.field_names(value.cls)}


def _plain(value: Value) -> Value:
    if isinstance(value, Instance) and isinstance(value.cls, Class) and containers.is_dataclass(value.cls):
        return {name: _plain(value.attrs.get(name)) for name in containers.field_names(value.cls)}
    if isinstance(value, ListValue) and value.length is None:
        return ListValue(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@special("operator.itemgetter", "operator.attrgetter", "operator.methodcaller")
def _getter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    return Partial(Library(f"operator.<{name}>"), tuple(args), kwargs) if len(args) == 1 else Unknown("several items")


@special("operator.<itemgetter>", "operator.<attrgetter>", "operator.<methodcaller>")
def _get(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    from . import attributes

    key, value = args
    if name == "<itemgetter>":
        return subscripts.subscript(run, value, key, node, frame)
    if not isinstance(key, str):
        return Unknown("an attribute of unknown name")
    for part in key.split("."):
        value = attributes.get(run, value, part, node, frame)
    return value if name == "<attrgetter>" else call_value(run, value, [], node, frame, kwargs)


_OPERATORS = {"add": ast.Add, "sub": ast.Sub, "mul": ast.Mult, "truediv": ast.Div, "floordiv": ast.FloorDiv,
              "mod": ast.Mod, "pow": ast.Pow, "matmul": ast.MatMult, "iadd": ast.Add, "imul": ast.Mult}  # fmt: skip


@special(*(f"operator.{name}" for name in _OPERATORS))
def _operator(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    return operators.binary(run, _OPERATORS[name], args[0], args[1], node, frame)
