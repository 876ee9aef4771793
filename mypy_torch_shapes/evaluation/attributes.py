"""Attribute access on every kind of value."""

from __future__ import annotations

import ast

from ..shapes.dims import Dim
from ..shapes.dtypes import DType
from ..shapes.unknown import NumpyFloat, Unknown, UnknownDevice
from . import containers, deferred, imports, namespaces, objects, tensors
from .modules import SourceModule
from .run import Frame, Run
from .values import (
    Bound,
    Class,
    Descriptor,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Method,
    Named,
    Partial,
    Raised,
    Real,
    Super,
    Tensor,
    Value,
)


def get(run: Run, value: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    """`value.name`; Unknown where it is not known. A missing attribute of a known object raises AttributeError."""
    if isinstance(value, Tensor):
        data = tensors.attribute(run, value, name, node, frame)
        return Method(value, name) if data is None else data
    if isinstance(value, UnknownDevice) and name == "type" and value.kind is not None:
        return value.kind
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Instance):
        return objects.attribute(run, value, name, node, frame)
    if name == "__dict__" and isinstance(value, SourceModule | Library):
        return namespaces.of(value)
    if isinstance(value, SourceModule):
        return imports.source_member(run, value, name)
    if isinstance(value, Library):
        return imports.library_member(value, name)
    if isinstance(value, Super):
        return _super(run, value, name, node, frame)
    if isinstance(value, Class):
        return class_attribute(run, value, name)
    if isinstance(value, Named):
        return _of_named(run, value, name, node, frame)
    if isinstance(value, Function | Bound | Partial):
        return _of_function(value, name)
    if isinstance(value, DType):
        return getattr(value, name, Unknown(f"{name} of a dtype")) if name in _DTYPE_ATTRIBUTES else Method(value, name)
    return _of_plain(value, name)


_DTYPE_ATTRIBUTES = frozenset({"is_floating_point", "is_complex", "itemsize"})


def _of_plain(value: Value, name: str) -> Value:
    if isinstance(value, slice) and name in ("start", "stop", "step"):
        return getattr(value, name)
    if isinstance(value, int | float | complex) and name in ("real", "imag", "numerator", "denominator"):
        return getattr(value, name)
    of_numpy = isinstance(value, NumpyFloat) and name == "item"
    of_size = isinstance(value, tuple) and name == "numel"  # of a torch.Size, which is a tuple here
    if of_numpy or of_size or isinstance(value, ListValue | Dim | Real | Many) or hasattr(value, name):
        return Method(value, name)
    if value is None:
        raise Raised("AttributeError")
    return Unknown(f"the attribute {name} of a {type(value).__name__}")


def _of_named(run: Run, value: Named, name: str, node: ast.AST, frame: Frame) -> Value:
    if name in value.fields:
        return value[value.fields.index(name)]
    if name in ("_asdict", "_replace"):
        return Method(value, name)
    if value.cls is not None and objects.defines(value.cls, name):
        return objects.bind(run, objects.lookup(value.cls, name), value, name, node, frame)
    return value.fields if name == "_fields" else _of_plain(value, name)


def _of_function(value: Value, name: str) -> Value:
    if isinstance(value, Bound):
        if name == "__self__":
            return value.receiver
        if name == "__func__":
            return value.function
        value = value.function
    if isinstance(value, Function):
        if name in value.attrs:
            return value.attrs[name]
        if name in ("__name__", "__qualname__"):
            return value.name if name == "__name__" else value.qualname
        if name == "__module__":
            return value.module.name
        if name == "__doc__":
            return None
        if name == "__code__":
            return _code_of(value)
    if isinstance(value, Partial) and name in ("func", "args", "keywords"):
        return {"func": value.function, "args": value.args, "keywords": value.kwargs}[name]
    return Unknown(f"the attribute {name} of a function")


def _code_of(function: Function) -> Value:
    """`function.__code__`, as far as it says which parameters there are."""
    spec = function.node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    keyword = [parameter.arg for parameter in spec.kwonlyargs]
    names = (*positional, *keyword, *(rest.arg for rest in (spec.vararg, spec.kwarg) if rest is not None))
    fields = {"co_varnames": names, "co_argcount": len(positional), "co_kwonlyargcount": len(keyword)}
    return Named(tuple(fields), fields.values())


def class_attribute(run: Run, cls: Class, name: str) -> Value:
    """`Class.name`."""
    if objects.defines(cls, name):
        found = objects.lookup(cls, name)
        if isinstance(found, Descriptor):
            return Bound(found.function, cls) if found.kind == "classmethod" else found.function
        return found
    if name in ("__name__", "__qualname__", "__module__"):
        return {"__name__": cls.name, "__qualname__": cls.qualname, "__module__": cls.module.name}[name]
    if name == "__mro__":
        return tuple(cls.mro)
    if name == "__bases__":
        return tuple(cls.bases) or (Library("builtins.object"),)
    if name == "__dict__":
        return dict(cls.namespace)
    if name == "__dataclass_fields__" and containers.is_dataclass(cls) and objects.is_complete(cls):
        return containers.described_fields(cls)
    base = objects.library_base(cls)
    if base is not None:
        return Method(cls, name) if name in ("apply", "__init__", "from_pretrained") else Library(f"{base}.{name}")
    return Unknown(f"the attribute {name} of a class")


def _super(run: Run, value: Super, name: str, node: ast.AST, frame: Frame) -> Value:
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, Class):
        return Unknown("super() of something unknown")
    if objects.defines(cls, name, value.owner):
        found = objects.lookup(cls, name, value.owner)
        if isinstance(receiver, Instance):
            if isinstance(found, Descriptor) and found.kind == "property":
                from . import calls

                return calls.call(run, Bound(found.function, receiver), [], {}, node, frame)
            return objects.bind(run, found, receiver, name, node, frame)
        if isinstance(found, Descriptor):
            return Bound(found.function, receiver) if found.kind == "classmethod" else found.function
        return found
    return Method(value, name)


def assign(run: Run, target: Value, name: str, value: Value) -> None:
    """`target.name = value`."""
    if isinstance(target, Instance):
        own = objects.find_method(run, target, "__setattr__")
        if own is not None:
            from . import calls

            calls.call(run, own, [name, value], {}, run.frame.call or own.function.node, run.frame)
            return
        plain_assign(run, target, name, value)
    elif isinstance(target, Class):
        run.journal.touch(target)
        target.namespace[name] = value
    elif isinstance(target, Tensor) and name == "data" and isinstance(value, Tensor):
        run.set_type(target, value.type)
    elif isinstance(target, Function):
        target.attrs[name] = value
    elif isinstance(target, SourceModule):
        deferred.execute(run, target)
        deferred.demand(run, target, name)  # else the module's own binding would come after this one
        run.set_variable(target.env, name, value)


def plain_assign(run: Run, target: Instance, name: str, value: Value) -> None:
    """`instance.name = value` where the class has no `__setattr__` of its own."""
    found = objects.lookup(target.cls, name)
    if isinstance(found, Descriptor) and found.kind == "property" and isinstance(found.setter, Function):
        from . import calls

        calls.call(run, Bound(found.setter, target), [value], {}, run.frame.call or found.setter.node, run.frame)
        return
    setter = objects.find_method(run, found, "__set__") if isinstance(found, Instance) else None
    if setter is not None:
        from . import calls

        calls.call(run, setter, [target, value], {}, run.frame.call or setter.function.node, run.frame)
        return
    run.set_attribute(target, name, value)


def assign_somewhere(run: Run, target: Instance, value: Value) -> None:
    """`setattr(target, name, value)` where the name is not known: what is of the value's kind may be this one now."""
    run.journal.touch(target)
    target.complete = False
    for name, held in target.attrs.items():
        if any(isinstance(each, Unknown) or each is None for each in (held, value)) or _kind(held) is _kind(value):
            target.attrs[name] = Unknown("an attribute that was set under a name that is not known")


def _kind(value: Value) -> type:
    """A layer takes the place of a layer, a tensor that of a tensor, and a setting that of a setting."""
    return next((kind for kind in (Tensor, Instance) if isinstance(value, kind)), object)


def delete(run: Run, target: Value, name: str) -> None:
    """`del target.name`."""
    if isinstance(target, Instance) and name in target.attrs:
        run.journal.touch(target)
        del target.attrs[name]
