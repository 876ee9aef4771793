"""Objects of the program: making them, finding their methods, and what Python's protocols do with them."""

from __future__ import annotations

import ast

from ..shapes.dims import Dim
from ..shapes.unknown import Unknown
from . import calls, containers, library_objects, module_hooks, module_members, module_methods, torch_modules
from .run import Frame, Run
from .specials import find_special
from .values import Bound, Class, Descriptor, Function, Instance, Library, Many, Method, Named, Raised, Value

_MISSING = object()


def linearize(bases: list[Value]) -> list[Value]:
    """The MRO behind a class with these bases (C3; depth first where that fails or a base is unknown)."""
    rows = [list(base.mro) if isinstance(base, Class) else _library_mro(base) for base in bases]
    rows.append([base for base in bases if isinstance(base, Class | Library)])
    rows = [row for row in rows if row]
    result: list[Value] = []
    while rows:
        head = next((row[0] for row in rows if not any(row[0] in other[1:] for other in rows)), rows[0][0])
        result.append(head)
        rows = [[entry for entry in row if entry != head] for row in rows]
        rows = [row for row in rows if row]
    return result


def _library_mro(base: Value) -> list[Value]:
    module = Library("torch.nn.Module")
    is_layer = isinstance(base, Library) and base != module and torch_modules.is_module_class(base.path)
    return [base, module] if is_layer else [base]


def mro(cls: Class | Library) -> list[Value]:
    """The classes attributes are looked up in, in order."""
    return cls.mro if isinstance(cls, Class) else [cls]


def lookup(cls: Class | Library, name: str, after: Class | None = None) -> Value:
    """A name in the class's own source, or None: `after` starts behind that class (super)."""
    order = mro(cls)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    for entry in order:
        if isinstance(entry, Class) and name in entry.namespace:
            return entry.namespace[name]
    return None


def defines(cls: Class | Library, name: str, after: Class | None = None) -> bool:
    """Whether the class's own source has a name."""
    order = mro(cls)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    return any(isinstance(entry, Class) and name in entry.namespace for entry in order)


def library_base(cls: Class | Library, after: Class | None = None) -> str | None:
    """The first library class in the MRO (behind `after`), by its full name."""
    order = mro(cls)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    libraries = [entry.path for entry in order if isinstance(entry, Library) and entry.path != "builtins.object"]
    known = [path for path in libraries if torch_modules.is_module_class(path)]
    return next(iter(known or libraries), None)


def is_subclass(cls: Value, path: str) -> bool:
    """Whether a class has a library class among its bases."""
    return any(isinstance(entry, Library) and entry.path == path for entry in mro(cls))


def is_complete(cls: Class | Library) -> bool:
    """Whether everything the class inherits is known."""
    return not any(isinstance(entry, Unknown) for entry in mro(cls))


def find_method(run: Run, instance: Instance, name: str) -> Value:
    """A method of the program's own, bound; None where the class's source has none."""
    found = lookup(instance.cls, name)
    return Bound(found, instance) if isinstance(found, Function) else None


def instantiate(
    run: Run, cls: Class, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`Class(…)`."""
    if containers.is_named_tuple(cls):
        return containers.make_named_tuple(cls, args, kwargs)
    if containers.is_enum(cls):
        return containers.enum_member(cls, args)
    maker = lookup(cls, "__new__")
    maker = maker.function if isinstance(maker, Descriptor) else maker
    instance: Value = None
    if isinstance(maker, Function):
        instance = calls.call(run, maker, [cls, *args], kwargs, node, frame)
        if not isinstance(instance, Instance) or cls not in mro(instance.cls):
            return instance
    else:
        instance = Instance(cls, complete=is_complete(cls))
    is_module = torch_modules.is_module(instance)
    if is_module:
        instance.attrs["training"] = True
    run.constructing += is_module
    try:
        _initialize(run, instance, cls, args, kwargs, node, frame)
    finally:
        run.constructing -= is_module
    return instance


def _initialize(
    run: Run, instance: Instance, cls: Class, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> None:
    initializer = lookup(cls, "__init__")
    if isinstance(initializer, Function):
        if isinstance(calls.call(run, Bound(initializer, instance), args, kwargs, node, frame), Unknown):
            instance.complete = False  # it was not followed to its end
    elif containers.is_dataclass(cls):
        containers.init_dataclass(run, instance, args, kwargs, node, frame)
    else:
        library_init(run, instance, library_base(cls), args, kwargs, node, frame)


def library_init(
    run: Run,
    instance: Instance,
    path: str | None,
    args: list[Value],
    kwargs: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> None:
    """The `__init__` an object inherits from a library class."""
    if path is None or path in _PLAIN_BASES:
        return
    if torch_modules.is_module_class(path):
        torch_modules.init(run, instance, path, args, kwargs, node, frame)
    elif path in ("collections.OrderedDict", "builtins.dict", "collections.UserDict"):
        for key, value in {**(args[0] if args and isinstance(args[0], dict) else {}), **kwargs}.items():
            run.set_attribute(instance, str(key), value)
    else:
        meaning = find_special(path)
        made = meaning(run, args, kwargs, node, frame) if meaning is not None else None
        for name, value in made.attrs.items() if isinstance(made, Instance) else ():
            run.set_attribute(instance, name, value)
        instance.complete = False


_PLAIN_BASES = frozenset(
    {"typing.Generic", "typing.Protocol", "abc.ABC", "builtins.object", "torch.utils.data.Dataset",
     "torch.utils.data.IterableDataset",
     "torch.autograd.Function", "builtins.Exception", "builtins.ValueError", "builtins.RuntimeError"}
)  # fmt: skip


def attribute(run: Run, instance: Instance, name: str, node: ast.AST, frame: Frame) -> Value:
    """`instance.name`: what the class's own `__getattribute__` says, if it has one."""
    own = lookup(instance.cls, "__getattribute__")
    if isinstance(own, Function):
        return calls.call(run, Bound(own, instance), [name], {}, node, frame)
    return plain_attribute(run, instance, name, node, frame)


def plain_attribute(run: Run, instance: Instance, name: str, node: ast.AST, frame: Frame) -> Value:
    """`instance.name`, as Python finds it: data, then the class, then the library class, then `__getattr__`."""
    found = lookup(instance.cls, name)
    if isinstance(found, Descriptor) and found.kind == "property":
        return calls.call(run, Bound(found.function, instance), [], {}, node, frame)
    if isinstance(found, Instance):
        getter = find_method(run, found, "__get__")
        if getter is not None and (name not in instance.attrs or find_method(run, found, "__set__") is not None):
            return calls.call(run, getter, [instance, instance.cls], {}, node, frame)
    if name in instance.attrs:
        return instance.attrs[name]
    if found is not None or defines(instance.cls, name):
        return bind(run, found, instance, name, node, frame)
    if name == "__class__":
        return instance.cls
    if name == "__module__":
        return instance.cls.module.name if isinstance(instance.cls, Class) else instance.cls.path.rpartition(".")[0]
    if name == "__dict__":
        return instance.attrs
    if name == "__dataclass_fields__" and isinstance(instance.cls, Class) and containers.is_dataclass(instance.cls):
        from . import attributes

        return attributes.class_attribute(run, instance.cls, name)
    inherited = Method(instance, name) if name in ATTRIBUTE_ACCESS else _inherited(run, instance, name)
    if inherited is not _MISSING:
        return inherited
    fallback = lookup(instance.cls, "__getattr__")
    if isinstance(fallback, Function):
        return calls.call(run, Bound(fallback, instance), [name], {}, node, frame)
    if not instance.complete:
        return Unknown(f"the attribute {name} of an object that is not wholly known")
    raise Raised("AttributeError")


ATTRIBUTE_ACCESS = frozenset({"__setattr__", "__getattr__", "__getattribute__", "__delattr__"})


def access_attribute(run: Run, instance: Instance, method: str, args: list[Value]) -> Value:
    """`instance.__getattr__(name)` and the like, as object and torch.nn.Module have them."""
    name = args[0] if args else None
    if not isinstance(name, str):
        return Unknown("an attribute of unknown name")
    if method == "__setattr__":
        from . import attributes

        attributes.plain_assign(run, instance, name, args[1])
        return None
    if method == "__getattribute__" and run.frames:
        return plain_attribute(run, instance, name, run.frame.call or ast.Constant(None), run.frame)
    if name not in instance.attrs:
        raise Raised("AttributeError")
    value = instance.attrs[name]
    if method == "__delattr__":
        run.journal.touch(instance)
        del instance.attrs[name]
        return None
    return value


def _inherited(run: Run, instance: Instance, name: str) -> Value:
    if torch_modules.is_module(instance):
        if module_methods.has_method(instance, name):
            return Method(instance, name)
        if name == "_modules":
            return torch_modules.registered(instance)
        if module_methods.has_data(instance, name):
            return module_members.data(run, instance, name)
    if containers.is_mapping_like(instance) and name in containers.MAPPING_METHODS:
        return Method(instance, name)
    if containers.is_abstract_mapping(instance) and name in containers.MIXINS:
        return Method(instance, name)
    if library_objects.find(instance, name) is not None or (name == "remove" and module_hooks.is_handle(instance)):
        return Method(instance, name)
    return _MISSING


def bind(run: Run, found: Value, instance: Instance | Named, name: str, node: ast.AST, frame: Frame) -> Value:
    """What a class attribute becomes on an instance."""
    if isinstance(found, Function):
        return Bound(found, instance)
    if isinstance(found, Descriptor):
        if found.kind == "staticmethod":
            return found.function
        if found.kind == "classmethod":
            return Bound(found.function, instance.cls)
        value = calls.call(run, Bound(found.function, instance), [], {}, node, frame)
        if found.kind == "cached_property" and isinstance(instance, Instance):
            run.set_attribute(instance, name, value)
        return value
    return found


def iterate(run: Run, instance: Instance) -> list[Value] | Many | Unknown:
    """`iter(instance)`."""
    children = torch_modules.iterate(instance)
    if children is not None:
        return children
    if containers.is_mapping_like(instance):
        return list(instance.attrs)
    method = find_method(run, instance, "__iter__")
    if method is not None and run.frames:
        produced = calls.call(run, method, [], {}, run.frame.call or method.function.node, run.frame)
        if produced is not instance:
            from .iteration import items

            return items(run, produced)
    if method is None and run.frames and defines(instance.cls, "__getitem__"):
        return _by_index(run, instance)
    meaning = library_objects.find(instance, "__iter__")
    if meaning is not None and run.frames:
        from .iteration import items

        node = run.frame.call or ast.Constant(None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        return items(run, meaning(run, instance, [], {}, node, run.frame))
    return Unknown("iterated over an object")


def _by_index(run: Run, instance: Instance) -> list[Value] | Unknown:
    """The items of an object that has no `__iter__` but a length and `__getitem__`."""
    length, item = find_method(run, instance, "__len__"), find_method(run, instance, "__getitem__")
    if length is None or item is None:
        return Unknown("iterated over an object")
    node = run.frame.call or item.function.node
    count = calls.call(run, length, [], {}, node, run.frame)
    if not isinstance(count, int) or count > _MOST_BY_INDEX:
        return Unknown("iterated over an object")
    return [calls.call(run, item, [index], {}, node, run.frame) for index in range(count)]


_MOST_BY_INDEX = 256


def truth(run: Run, instance: Instance, frame: Frame) -> bool | None:
    """bool(instance)."""
    children = torch_modules.iterate(instance)
    if children is not None:
        return bool(children)
    method = find_method(run, instance, "__bool__") or find_method(run, instance, "__len__")
    if method is not None:
        result = calls.call(run, method, [], {}, frame.call or method.function.node, frame)
        return bool(result) if isinstance(result, bool | int) else None
    if containers.is_mapping_like(instance):
        return bool(instance.attrs)
    return True if instance.complete else None


def contains(run: Run, instance: Instance, item: Value) -> Value:
    """`item in instance`."""
    method = find_method(run, instance, "__contains__")
    if method is not None and run.frames:
        return calls.call(run, method, [item], {}, run.frame.call or method.function.node, run.frame)
    if isinstance(item, str) and (torch_modules.is_mapping(instance) or containers.is_mapping_like(instance)):
        return item in instance.attrs
    if containers.is_abstract_mapping(instance) and run.frames:
        return containers.mixin(run, instance, "__contains__", [item], run.frame.call or ast.Constant(None), run.frame)
    meaning = library_objects.find(instance, "__contains__")
    return meaning(run, instance, [item]) if meaning is not None else Unknown("cannot tell what is in it")


def subscript(run: Run, instance: Instance, index: Value, node: ast.AST, frame: Frame) -> Value:
    """`instance[index]`."""
    if torch_modules.iterate(instance) is not None:
        return torch_modules.subscript(run, instance, index)
    method = find_method(run, instance, "__getitem__")
    if method is not None and not containers.is_model_output(instance):
        return calls.call(run, method, [index], {}, node, frame)
    if containers.is_mapping_like(instance):
        return containers.mapping_item(instance, index)
    meaning = library_objects.find(instance, "__getitem__")
    if meaning is not None:
        return meaning(run, instance, [index], {}, node, frame)
    return Unknown("indexed an object")


def store_item(run: Run, instance: Instance, index: Value, value: Value, node: ast.AST, frame: Frame) -> None:
    """`instance[index] = value`."""
    if torch_modules.iterate(instance) is not None and isinstance(index, str | int):
        children = torch_modules.child_names(instance)
        name = (
            index if isinstance(index, str) else (children[index] if -len(children) <= index < len(children) else None)
        )
        if name is not None:
            run.set_attribute(instance, name, value)
        return
    if torch_modules.iterate(instance) is not None and isinstance(index, Unknown | Dim):
        for name in torch_modules.child_names(instance):
            run.set_attribute(instance, name, Unknown("a layer that may have been replaced"))
        return
    method = find_method(run, instance, "__setitem__")
    if method is not None:
        calls.call(run, method, [index, value], {}, node, frame)
    elif containers.is_mapping_like(instance) and isinstance(index, str):
        run.set_attribute(instance, index, value)
    elif (meaning := library_objects.find(instance, "__setitem__")) is not None:
        meaning(run, instance, [index, value], {}, node, frame)


def delete_item(run: Run, instance: Instance, index: Value, node: ast.AST, frame: Frame) -> None:
    """`del instance[index]`."""
    method = find_method(run, instance, "__delitem__")
    if method is not None:
        calls.call(run, method, [index], {}, node, frame)
    elif torch_modules.iterate(instance) is not None:
        module_methods.delete_item(run, instance, index)
    elif index in instance.attrs:
        run.journal.touch(instance)
        del instance.attrs[index]


def add(run: Run, left: Instance, right: Value) -> Value:
    """`module_list + other`; None for what cannot be added."""
    base = torch_modules.iterate(left)
    other = torch_modules.iterate(right) if isinstance(right, Instance) else right
    if base is None or not isinstance(other, list):
        return None
    return torch_modules.make_list(left.cls, [*base, *other])
