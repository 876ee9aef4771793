"""argparse: a parser is built as the source says and run on the recorded command line, or on none."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..seeds.secrets import NOT_KEPT
from ..shapes.choices import Choice
from ..shapes.dims import Dim
from ..shapes.unknown import Unknown
from . import iteration
from .joins import join, same
from .library_objects import method
from .run import Frame, Run
from .specials import call_value, is_data, special
from .values import Bound, Class, Function, Instance, Library, ListValue, Method, Partial, Value

_PARSER = "argparse.ArgumentParser"
_CALLS = "<calls>"  # what was called on a parser: (method, args, kwargs, what came back)
_MAKERS = ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser")


class CannotParse(Exception):
    """The command line does not fit the options, or they are not known."""


class _Parser(argparse.ArgumentParser):
    """The real one, which neither prints nor ends the process."""

    def error(self, message: str) -> Any:
        raise CannotParse(message)

    def exit(self, status: int = 0, message: str | None = None) -> Any:
        raise CannotParse(message or "exit")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Nothing is printed."""


@dataclass(frozen=True)
class _Held:
    """A value of ours while argparse has it: `convert`, where given, is still to be called with it."""

    value: Value
    convert: Value = None


@special(_PARSER)
def _make(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    inherited = ListValue()
    parents = iteration.items(run, kwargs.get("parents", ()))
    for parent in parents if isinstance(parents, list) else ():
        if isinstance(parent, Instance):
            inherited += parent.attrs.get(_CALLS, ())
    prefix = kwargs.get("prefix_chars", "-")
    options = {"prefix_chars": prefix} if isinstance(prefix, str) else {}
    return Instance(Library(_PARSER), {_CALLS: inherited, "<options>": options}, complete=False)


@special("argparse.Namespace", "types.SimpleNamespace")
def _namespace(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    path = "argparse.Namespace" if name == "Namespace" else "types.SimpleNamespace"
    return Instance(Library(path), dict(kwargs), complete=not args)


def _recorded(name: str) -> Any:
    def call(
        run: Run, parser: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        made = Instance(Library(_PARSER), {_CALLS: ListValue()}, complete=False) if name in _MAKERS else None
        calls = parser.attrs.get(_CALLS)
        if isinstance(calls, ListValue):
            run.journal.touch(calls)
            list.append(calls, (name, args, kwargs, made))
        return made

    return call


for _name in ("add_argument", "set_defaults", *_MAKERS):
    method(_PARSER, name=_name)(_recorded(_name))


@method(_PARSER, name="parse_args")
def _parse_args(
    run: Run, parser: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return _parsed(run, parser, args, kwargs, node, frame)


@method(_PARSER, name="parse_known_args")
def _parse_known_args(
    run: Run, parser: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return (_parsed(run, parser, args, kwargs, node, frame), Unknown("the rest of the command line"))


def _parsed(
    run: Run, parser: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Instance:
    """The options as they were on every recorded command line; an integer given there is a size that may vary."""
    into = args[1] if len(args) > 1 else kwargs.get("namespace")
    words = args[0] if args else kwargs.get("args")
    if isinstance(words, list | tuple) and all(isinstance(word, str) for word in words):
        lines: list[list[str]] = [list(words)]
    else:
        lines = [list(line) for line in run.sightings.command_lines(frame)] if run.sightings else []
    try:
        found = [_options(parser, line) for line in lines or [[]]]
    except Exception:  # noqa: BLE001  (argparse raises all kinds of errors for options that make no sense)
        return Instance(Library("argparse.Namespace"), complete=False)
    attrs = {}
    for name in found[0][0]:
        values = [_settled(run, every.get(name), node, frame) for every, _ in found]
        varies = any(name in given for _, given in found)
        attrs[name] = _several(values) if varies else values[0]
    if isinstance(into, Instance):
        for name, value in attrs.items():
            run.set_attribute(into, name, value)
        return into
    return Instance(Library("argparse.Namespace"), attrs)


def _several(values: list[Value]) -> Value:
    """One value for those of several command lines."""
    if all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in values):
        return Dim.of(Choice(None, tuple(values)))
    lists = all(isinstance(value, ListValue) and value.length is None for value in values)
    if lists and len({len(value) for value in values}) == 1:
        return ListValue(_several(list(column)) for column in zip(*values, strict=True))
    if all(same(value, values[0]) for value in values):
        return values[0]
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return result


def _settled(run: Run, value: Any, node: ast.AST, frame: Frame) -> Value:
    """What argparse made of an option, as a value of ours."""
    word = value.value if isinstance(value, _Held) else value
    if isinstance(word, str) and NOT_KEPT in word:
        return Unknown("it was not kept, because it looks like a secret")
    if isinstance(value, _Held):
        return value.value if value.convert is None else call_value(run, value.convert, [value.value], node, frame)
    if isinstance(value, list):
        return ListValue(_settled(run, item, node, frame) for item in value)
    if is_data(value):
        return value
    return Unknown("an option of a type that is not followed")


def _options(parser: Instance, line: list[str]) -> tuple[dict[str, Any], set[str]]:
    """Every option with its value, and the names of those that are on the command line."""
    whole = vars(_built(parser, needs=bool(line)).parse_known_args(line)[0])
    bare = _built(parser, needs=bool(line))
    for each in _all_parsers(bare):
        each._defaults.clear()
        for action in each._actions:
            action.default = argparse.SUPPRESS
    return whole, set(vars(bare.parse_known_args(line)[0]))


def _all_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _all_parsers(each)


def _built(parser: Instance, needs: bool) -> _Parser:
    """A real parser with the options of ours; without a command line nothing is required."""
    made = _Parser(**parser.attrs.get("<options>", {}))
    _replay(parser, made)
    if not needs:
        for each in _all_parsers(made):
            for action in each._actions:
                if action.required:
                    action.required, action.default = False, _Held(Unknown("an option that must be given"))
            for group in each._mutually_exclusive_groups:
                group.required = False
    return made


def _replay(parser: Instance, real: Any) -> None:
    for name, args, kwargs, below in parser.attrs.get(_CALLS, ()):
        if any(isinstance(arg, Unknown) for arg in args):
            raise CannotParse("an option of unknown name")
        if name == "set_defaults":
            real.set_defaults(**{key: _default(value) for key, value in kwargs.items()})
            continue
        known = {key: _argument(key, value) for key, value in kwargs.items() if key not in ("help", "parents")}
        if not isinstance(known.get("action", ""), str) and known["action"] is not argparse.BooleanOptionalAction:
            del known["action"]  # one of the program's own: what it does with the option is not known
            known["type"] = _type(Unknown(""))
        if name in _MAKERS:
            known = {key: value for key, value in known.items() if key in ("dest", "required")}
            known |= {"parser_class": _Parser} if name == "add_subparsers" else {}
            args = args if name == "add_parser" else []
        made = getattr(real, name)(*args, **known)
        if isinstance(below, Instance):
            _replay(below, made)


def _argument(key: str, value: Value) -> Any:
    """An argument of add_argument as argparse takes it."""
    if key == "type":
        return _type(value)
    if key == "default":
        return _default(value)
    if key == "action" and not isinstance(value, str):
        known = isinstance(value, Library) and value.path == "argparse.BooleanOptionalAction"
        return argparse.BooleanOptionalAction if known else value
    if isinstance(value, Library) and value.path == "argparse.SUPPRESS":
        return argparse.SUPPRESS
    if isinstance(value, Unknown) or not is_data(value):
        return None
    return value


def _default(value: Value) -> Any:
    if isinstance(value, Library) and value.path == "argparse.SUPPRESS":
        return argparse.SUPPRESS
    return value if isinstance(value, str | int | float | bool | None) else _Held(value)


def _type(value: Value) -> Any:
    """What argparse calls with a word: Python's own classes, else something to be called later."""
    if isinstance(value, Library) and value.path in ("builtins.int", "builtins.float", "builtins.str"):
        return {"int": int, "float": float, "str": str}[value.name]
    if isinstance(value, Library) and value.path == "builtins.bool":
        return bool
    if isinstance(value, Function | Class | Bound | Partial | Method | Library):
        return lambda word: _Held(word, value)
    return lambda word: _Held(Unknown("an option of a type that is not followed"))
