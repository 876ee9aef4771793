"""Dataclasses, named tuples, enums and mapping-like objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..shapes.unknown import Unknown
from . import calls, objects, torch_modules
from .run import Frame, Run
from .values import Bound, Class, Descriptor, Function, Instance, Library, ListValue, Named, Raised, Value

MAPPING_METHODS = frozenset({"keys", "values", "items", "get", "to_tuple", "pop", "update", "setdefault"})
_MAPPINGS = ("collections.OrderedDict", "builtins.dict", "collections.UserDict", "transformers.utils.ModelOutput")


def is_dataclass(cls: Value) -> bool:
    """Whether a class or one of its bases is a dataclass."""
    return any(
        isinstance(entry, Class) and any(_is_dataclass_decorator(d) for d in entry.decorators)
        for entry in objects.mro(cls)
    )


def _is_dataclass_decorator(decorator: Value) -> bool:
    return isinstance(decorator, Library) and decorator.path in (
        "dataclasses.dataclass",
        "attr.s",
        "attrs.define",
        "pydantic.dataclasses.dataclass",
    )


def fields(cls: Class) -> Iterator[tuple[str, Class, ast.AnnAssign]]:
    """The annotated fields of a class and its bases, bases first."""
    for entry in reversed(cls.mro):
        if isinstance(entry, Class) and entry.node is not None:
            for statement in entry.node.body:
                if not isinstance(statement, ast.AnnAssign) or _is_class_variable(statement.annotation):
                    continue
                if isinstance(statement.target, ast.Name):
                    yield statement.target.id, entry, statement


def _is_class_variable(annotation: ast.expr) -> bool:
    """Whether an annotation is `ClassVar` or `typing.ClassVar[…]`, also as a string."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, ast.Constant):
        return "ClassVar" in str(annotation.value)
    return getattr(annotation, "attr", getattr(annotation, "id", None)) == "ClassVar"


def field_names(cls: Class) -> list[str]:
    """The names of a dataclass's fields in order."""
    return list(dict.fromkeys(name for name, _, _ in fields(cls)))


_MISSING = Library("dataclasses.MISSING")


def described_fields(cls: Class) -> dict[str, Instance]:
    """A dataclass's fields by name, as `dataclasses.fields` and `__dataclass_fields__` have them."""
    return {name: _field(cls, name) for name in field_names(cls)}


def _field(cls: Class, name: str) -> Instance:
    given = objects.lookup(cls, name) if objects.defines(cls, name) else _MISSING
    options = given if isinstance(given, dict) and "<field>" in given else {"default": given}
    found = {option: options.get(option, _MISSING) for option in ("default", "default_factory")}
    return Instance(Library("dataclasses.Field"), {"name": name, **found})


def init_dataclass(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> None:
    """The `__init__` a dataclass gets."""
    assert isinstance(instance.cls, Class)
    from . import contracts

    names = field_names(instance.cls)
    given = dict(zip(names, args, strict=False)) | kwargs
    passed = {name: value for name, value in given.items() if name in names}
    given = given | contracts.constructed(run, instance.cls, passed, node)
    for name in names:
        value = given[name] if name in given else _default(run, instance.cls, name, node, frame)
        run.set_attribute(instance, name, value)
    after = objects.lookup(instance.cls, "__post_init__")
    if isinstance(after, Function) and not is_model_output(instance):
        calls.call(run, Bound(after, instance), [], {}, node, frame)


def _default(run: Run, cls: Class, name: str, node: ast.AST, frame: Frame) -> Value:
    value = objects.lookup(cls, name)
    if isinstance(value, dict) and "<field>" in value:
        if "default_factory" in value:
            return calls.call(run, value["default_factory"], [], {}, node, frame)
        return value.get("default", Unknown("a field without a default"))
    return value


def is_named_tuple(cls: Value) -> bool:
    """Whether a class derives from NamedTuple."""
    return objects.is_subclass(cls, "typing.NamedTuple")


def make_named_tuple(cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """An instance of a NamedTuple class."""
    names = cls.namespace.get("_fields") or tuple(name for name, _, _ in fields(cls))
    given = dict(zip(names, args, strict=False)) | kwargs
    items = [given.get(name, objects.lookup(cls, name)) for name in names]
    return Named(tuple(names), items, cls)


def is_enum(cls: Value) -> bool:
    """Whether a class is an enumeration."""
    return any(isinstance(entry, Library) and entry.path.startswith("enum.") for entry in objects.mro(cls))


def enum_member(cls: Class, args: list[Value]) -> Value:
    """`Color(value)`, or of a member."""
    for entry in cls.namespace.values():
        if isinstance(entry, Instance) and entry.cls is cls and args and args[0] in (entry, entry.attrs.get("value")):
            return entry
    return Unknown("a member of an enumeration")


def enum_by_name(cls: Class, name: Value) -> Value:
    """`Color["RED"]`."""
    found = cls.namespace.get(name) if isinstance(name, str) else None
    return found if isinstance(found, Instance) else Unknown("a member of an enumeration")


def same(left: Value, right: Value) -> bool | Unknown:
    """`==` of two values, one of them an object, where no class of theirs defines it."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Instance) and not isinstance(other, Instance):
            if is_enum(one.cls) and type(other).__name__ in _mixed_in(one.cls):
                value = one.attrs.get("value")
                return value if isinstance(value, Unknown) else value == other
            base = objects.library_base(one.cls)
            plain = objects.is_complete(one.cls) and (base is None or torch_modules.is_module_class(base))
            if other is None or plain or is_enum(one.cls):
                return False
            return Unknown("an operator on an object")
    return left is right


def _mixed_in(cls: Value) -> set[str]:
    """Which kinds of plain values the members of an enumeration are as well."""
    paths = {entry.path for entry in objects.mro(cls) if isinstance(entry, Library)}
    kinds = {"str": {"builtins.str", "enum.StrEnum"}, "int": {"builtins.int", "enum.IntEnum", "enum.IntFlag"}}
    return {kind for kind, bases in kinds.items() if bases & paths}


def make_enum(cls: Class) -> None:
    """Turn the plain values of an enum's body into members."""
    text = "str" in _mixed_in(cls)
    for name, value in list(cls.namespace.items()):
        if not name.startswith("_") and not isinstance(value, Function | Descriptor | Instance):
            attrs = {"name": name, "value": name.lower() if isinstance(value, Unknown) and text else value}
            cls.namespace[name] = Instance(cls, attrs)


def is_model_output(instance: Instance) -> bool:
    """Whether it is one of transformers' output dataclasses."""
    return any(isinstance(entry, Class) and entry.name == "ModelOutput" for entry in objects.mro(instance.cls))


def is_mapping_like(instance: Instance) -> bool:
    """Whether an object is a kind of dict."""
    return any(isinstance(entry, Library) and entry.path in _MAPPINGS for entry in objects.mro(instance.cls))


def entries(instance: Instance) -> dict[str, Value]:
    """The items of a mapping-like object; an output dataclass leaves out what is None."""
    if is_model_output(instance):
        return {name: value for name, value in instance.attrs.items() if value is not None}
    return instance.attrs


def mapping_item(instance: Instance, index: Value) -> Value:
    """`output["logits"]`, `output[0]`."""
    items = entries(instance)
    if isinstance(index, str):
        if index in items:
            return items[index]
        raise Raised("KeyError")
    if isinstance(index, int | slice) and is_model_output(instance):
        if any(isinstance(value, Unknown) for value in items.values()):
            return Unknown("an item of an output that is not wholly known")
        try:
            return tuple(items.values())[index]
        except IndexError:
            raise Raised("IndexError") from None
    return Unknown("an item of an object")


def call_mapping_method(run: Run, instance: Instance, name: str, args: list[Value]) -> Value:
    """A method of a mapping-like object."""
    items = entries(instance)
    if name == "__getitem__" and args:
        return mapping_item(instance, args[0])
    if name == "__setitem__" and len(args) == 2 and isinstance(args[0], str):
        return run.set_attribute(instance, args[0], args[1])
    if name == "__contains__" and args and isinstance(args[0], str):
        return args[0] in items
    if name == "get" and args and isinstance(args[0], str):
        return items.get(args[0], args[1] if len(args) > 1 else None)
    if name == "keys":
        return tuple(items)
    if name in ("values", "to_tuple"):
        return tuple(items.values())
    if name == "items":
        return tuple(items.items())
    return Unknown(f"{name} of a mapping")


# What collections.abc.Mapping makes of a class's own `__getitem__`, `__setitem__` and `__iter__`.
MIXINS = frozenset({"get", "keys", "values", "items", "__contains__", "update", "setdefault"})
_ABSTRACT = frozenset(f"{m}.{name}" for m in ("collections.abc", "typing") for name in ("Mapping", "MutableMapping"))


def is_abstract_mapping(instance: Instance) -> bool:
    """Whether an object derives from collections.abc.Mapping."""
    return any(isinstance(entry, Library) and entry.path in _ABSTRACT for entry in objects.mro(instance.cls))


def mixin(run: Run, instance: Instance, name: str, args: list[Value], node: ast.AST, frame: Frame) -> Value:
    """A method that an object has from collections.abc.Mapping."""
    if name in ("get", "__contains__") and args:
        run.catching += 1
        try:
            found = objects.subscript(run, instance, args[0], node, frame)
        except Raised:
            return (args[1] if len(args) > 1 else None) if name == "get" else False
        finally:
            run.catching -= 1
        return found if name == "get" or isinstance(found, Unknown) else True
    if name == "update" and args and isinstance(args[0], dict):
        for key, value in args[0].items():
            objects.store_item(run, instance, key, value, node, frame)
        return None
    keys = objects.iterate(run, instance)
    if name not in ("keys", "values", "items") or not isinstance(keys, list):
        return Unknown(f"{name} of a mapping")
    if name == "keys":
        return ListValue(keys)
    pairs = [(key, objects.subscript(run, instance, key, node, frame)) for key in keys]
    return ListValue(pairs if name == "items" else (value for _, value in pairs))
