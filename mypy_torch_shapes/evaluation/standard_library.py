"""Functions of the standard library that have a meaning of their own here."""

from __future__ import annotations

import ast
import copy
import math

from ..shapes.dims import Dim
from ..shapes.unknown import NumpyFloat, Unknown, UnknownNumber
from . import array_operations, arrays, iteration, library
from .run import Frame, Run
from .specials import call_value, special
from .values import (
    Class,
    Descriptor,
    Function,
    Instance,
    Library,
    ListValue,
    Named,
    Partial,
    Real,
    Tensor,
    Value,
    is_size,
)


@special("builtins.print", "warnings.warn")
def _nothing(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return None


@special("builtins.str")
def _str(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if len(args) == 1 and isinstance(args[0], Class):
        return _class_text(args[0])
    if len(args) == 1 and isinstance(args[0], tuple) and all(isinstance(each, Class) for each in args[0]):
        texts = [_class_text(each) for each in args[0]]
        return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"
    return library.pure("builtins.str", args, kwargs)


def _class_text(cls: Class) -> str:
    return f"<class '{cls.module.name}.{cls.qualname}'>"


@special("builtins.property")
def _property(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = dict(zip(("fget", "fset"), args, strict=False)) | kwargs
    return Descriptor("property", given.get("fget"), given.get("fset"))


@special("builtins.staticmethod")
def _staticmethod(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Descriptor("staticmethod", args[0])


@special("builtins.reveal_type", "typing.reveal_type")
def _reveal(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value = args[0] if args else None
    if frame.context is not None and isinstance(value, Tensor) and isinstance(node, ast.Call):
        run.recording.reveal(frame.context, node.args[0], value.type)
    return value


@special("functools.partial")
def _partial(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Partial(args[0], tuple(args[1:]), kwargs)


@special("functools.wraps")
def _wraps(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """What it decorates keeps what it does, and takes over the name."""
    return Partial(Library("builtins.<named>"), (args[0],), {})


@special("builtins.<named>")
def _named(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    wrapped, function = args
    if isinstance(function, Function) and isinstance(wrapped, Function):
        function.attrs.update(__name__=wrapped.attrs.get("__name__", wrapped.name), __wrapped__=wrapped)
    return function


@special("contextlib.contextmanager", "contextlib.asynccontextmanager")
def _contextmanager(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if isinstance(args[0], Function):
        args[0].attrs["<manager>"] = True
    return args[0]


@special("contextlib.nullcontext", "contextlib.closing")
def _nullcontext(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    result = args[0] if args else kwargs.get("enter_result", kwargs.get("thing"))
    return Instance(Library("contextlib.nullcontext"), {"enter_result": result})


@special("contextlib.suppress")
def _suppress(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Instance(Library("contextlib.suppress"), {"enter_result": None})


@special("random.random", "random.uniform", "random.gauss", "random.betavariate", "random.randint", "random.randrange",
         "numpy.random.beta", "time.time", "time.perf_counter", "time.monotonic")  # fmt: skip
def _number(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    most = 0 if name == "random" else 2  # numpy: more arguments ask for an array
    if len(args) > most or "size" in kwargs or not all(isinstance(arg, int | float | UnknownNumber) for arg in args):
        return Unknown("an array of random numbers")
    return UnknownNumber(int if name in ("randint", "randrange") else float, "a random number")


@special("numpy.log", "numpy.sqrt", "numpy.exp", "numpy.cos", "numpy.sin", "numpy.prod", "numpy.log2", "numpy.log10")
def _numpy(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    if args and arrays.tensor_of(args[0]) is not None:
        return array_operations.apply(run, f"torch.{name}", args, kwargs)
    if name == "prod":
        known = iteration.items(run, args[0])
        if not isinstance(known, list) or not all(is_size(item) for item in known) or len(args) > 1 or kwargs:
            return Unknown("numpy.prod of something unknown")
        return math.prod(known)
    if len(args) != 1 or isinstance(args[0], bool) or not isinstance(args[0], int | float | Dim | Real):
        return Unknown(f"numpy.{name} of something unknown")
    computed = library.pure(f"math.{name}", args, kwargs)
    return NumpyFloat(computed) if isinstance(computed, float) else computed


@special("functools.reduce")
def _reduce(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[1])
    if not isinstance(known, list) or (not known and len(args) < 3):
        return Unknown("reduced something unknown")
    total, rest = (args[2], known) if len(args) > 2 else (known[0], known[1:])
    for item in rest:
        total = call_value(run, args[0], [total, item], node, frame)
    return total


@special("copy.deepcopy")
def _deepcopy(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return deep_copy(args[0], {})


@special("copy.copy")
def _copy(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (value,) = args
    if isinstance(value, Tensor):
        return Tensor(value.type)
    if isinstance(value, ListValue):
        return ListValue(value, value.length)
    if isinstance(value, dict | set):
        return copy.copy(value)
    if isinstance(value, Instance):
        return Instance(value.cls, dict(value.attrs), None, value.record, value.complete)
    return value


def deep_copy(value: Value, seen: dict[int, Value]) -> Value:
    """The same value with identities of its own."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, Tensor):
        seen[id(value)] = copy.copy(value)
    elif isinstance(value, ListValue):
        seen[id(value)] = ListValue((deep_copy(item, seen) for item in value), value.length, value.largest)
    elif isinstance(value, Named):
        return value.rebuild([deep_copy(item, seen) for item in value])
    elif type(value) is tuple:
        return tuple(deep_copy(item, seen) for item in value)
    elif isinstance(value, dict):
        made = copy.copy(value)
        for key, item in value.items():
            made[key] = deep_copy(item, seen)
        seen[id(value)] = made
    elif isinstance(value, Instance):
        clone = Instance(value.cls, {}, None, value.record, value.complete)
        seen[id(value)] = clone
        clone.attrs.update((name, deep_copy(item, seen)) for name, item in value.attrs.items())
    else:
        return value
    return seen[id(value)]


@special("typing.cast", "torch.jit.annotate")
def _cast(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return args[1]


@special("dataclasses.field")
def _field(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return {"<field>": True, **kwargs}


@special("collections.namedtuple")
def _namedtuple(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    name, fields = args[:2]
    names = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    if not isinstance(name, str) or not isinstance(names, list | tuple):
        return Unknown("a named tuple of unknown fields")
    cls = Class(name, name, frame.module, [], {"_fields": tuple(names)})
    cls.mro = [cls, Library("typing.NamedTuple")]
    return cls
