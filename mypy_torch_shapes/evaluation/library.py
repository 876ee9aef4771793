"""Calls of names in libraries: Python's builtins and pure functions, and what is special in torch."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from ..rules import modules as module_rules
from ..rules import registry
from ..shapes.dims import Dim, extreme
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from . import containers, imports, iteration, numbers, objects, operators, tensors, torch_modules
from .run import Frame, Run
from .values import (
    Bound,
    Class,
    Descriptor,
    Env,
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
    is_size,
)

Special = Callable[..., Value]  # (run, args, kwargs, node, frame), and the name called where several share one
_SPECIAL: dict[str, Special] = {}


def special(*paths: str) -> Callable[[Special], Special]:
    """Register what calling a library name means. Raises ValueError for a second meaning."""

    def register(function: Special) -> Special:
        for path in paths:
            if path in _SPECIAL:
                raise ValueError(f"two meanings of {path}")
            takes_name = "name" in inspect.signature(function).parameters
            _SPECIAL[path] = partial(function, name=path.rpartition(".")[2]) if takes_name else function
        return function

    return register


def call(
    run: Run, function: Library, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`library.name(*args, **kwargs)`."""
    path = function.path
    if path in _SPECIAL:
        return _SPECIAL[path](run, args, kwargs, node, frame)
    if path in _TRANSPARENT or path in _SAME_RESULT:
        return _transparent(args)
    if torch_modules.is_module_class(path):
        instance = Instance(function)
        torch_modules.init(run, instance, path, args, kwargs, node, frame)
        return instance
    if path.startswith("torch."):
        return _torch(run, path, args, kwargs, node, frame)
    if path.partition(".")[0] in imports.PURE or path.startswith("builtins."):
        return _pure(path, args, kwargs)
    return Unknown(f"{path} is not followed")


# Decorators and wrappers that give back what they are given.
_TRANSPARENT = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.compile", "torch.jit.script",
     "torch.jit.ignore", "torch.jit.export", "torch.jit.unused", "torch.nn.DataParallel",
     "torch.nn.parallel.DistributedDataParallel", "torch.autograd.Variable", "torch.jit._overload_method",
     "functools.lru_cache", "functools.cache", "functools.wraps", "abc.abstractmethod", "typing.overload",
     "torch.fx.wrap", "contextlib.contextmanager", "dataclasses.dataclass", "typing.final", "functools.total_ordering",
     "typing.no_type_check", "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm",
     "torch.nn.utils.parametrizations.weight_norm", "torch.nn.utils.parametrizations.spectral_norm",
     "torch.set_grad_enabled", "typing.runtime_checkable"}
)  # fmt: skip
_SAME_RESULT = frozenset({"copy.copy", "tqdm.tqdm", "tqdm.auto.tqdm", "typing.NewType", "tqdm.trange"})


def _transparent(args: list[Value]) -> Value:
    """What is wrapped; called with options only, it is itself a decorator or a context."""
    if args and isinstance(
        args[0], Function | Class | Descriptor | Instance | Tensor | Bound | Partial | ListValue | Many
    ):
        return args[0]
    return Library("builtins.<identity>")


def _torch(run: Run, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if registry.find(path) is not None or _may_ask(path):
        return tensors.operate(run, path, args, kwargs, node, frame)
    if module_rules.known(path):
        return Unknown("a module class")
    return Unknown(f"{path} is not followed")


_ASKED = ("torch.linalg.", "torch.fft.", "torch.special.", "torch.nn.functional.", "torch.Tensor.", "torch.ops.")


def _may_ask(path: str) -> bool:
    """Whether the oracle may know it: a function of torch's tensor namespaces."""
    return path.startswith(_ASKED) or (path.count(".") == 1 and path[6:7].islower())


def _pure(path: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A pure function of the standard library, computed where its arguments are plain data."""
    module, _, name = path.partition(".")
    function: Any = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part, None)
    if function is None or not callable(function) or name in _IMPURE:
        return Unknown(f"{path} is not followed")
    if isinstance(function, type) and issubclass(function, BaseException):
        return Unknown("an exception")
    given = [*args, *kwargs.values()]
    if any(isinstance(value, Dim | Real) for value in given) and module == "math":
        return numbers.apply(function, args)
    if not all(_is_data(value) for value in given) or module not in ("math", "builtins", "operator", "cmath"):
        return Unknown(f"{path} on values it does not know")
    try:
        result = function(*args, **kwargs)
    except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise Raised(type(error).__name__) from None
    except TypeError:
        return Unknown(f"{path} on values it does not know")
    return ListValue(result) if type(result) is list else result


_IMPURE = frozenset(
    {"open", "input", "exec", "eval", "compile", "__import__", "breakpoint", "globals", "locals", "vars", "exit",
     "quit", "id", "hash", "help", "memoryview", "object", "classmethod", "dir", "iter", "next", "map", "filter"}
)  # fmt: skip


def _is_data(value: Value, depth: int = 4) -> bool:
    if isinstance(value, ListValue) and value.length is not None:
        return False
    if isinstance(value, list | tuple | set | frozenset):
        return depth > 0 and len(value) < 10_000 and all(_is_data(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_data(item, depth - 1) for item in value.values())
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 1 << 64
    return isinstance(value, str | bytes | float | complex | bool | range | slice | None)


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
            return _call(run, method, [], node, frame)
        if containers.is_mapping_like(value):
            return len(containers.entries(value))
    found = iteration.length(value)
    return Unknown("the length is unknown") if found is None else found


@special("builtins.range")
def _range(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return iteration.make_range(args)


@special("builtins.isinstance")
def _isinstance(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value, wanted = args
    if isinstance(value, Unknown):
        return value
    answers = [_is_instance(value, each) for each in (wanted if isinstance(wanted, tuple) else (wanted,))]
    if True in answers:
        return True
    return Unknown("cannot tell the class") if None in answers else False


def _is_instance(value: Value, wanted: Value) -> bool | None:
    if isinstance(wanted, Class):
        if isinstance(value, Named):
            return value.cls is wanted
        return isinstance(value, Instance) and wanted in objects.mro(value.cls)
    if not isinstance(wanted, Library):
        return None
    path = wanted.path
    if path in ("torch.Tensor", "torch.nn.Parameter"):
        return isinstance(value, Tensor) and (path == "torch.Tensor" or value.type.parameter)
    if path.startswith("builtins.") or path.startswith("collections."):
        return _is_builtin(value, wanted.name)
    if path == "torch.Size":
        return None if isinstance(value, tuple) else False
    if path == "torch.dtype":
        return isinstance(value, DType)
    if isinstance(value, Instance):
        if any(isinstance(entry, Library) and entry.path == path for entry in objects.mro(value.cls)):
            return True
        if path == "torch.nn.Module":
            return torch_modules.is_module(value)
        module = torch_modules.module_path(value)
        return _torch_subclass(module, path) if module else (None if not value.complete else False)
    plain = isinstance(value, Tensor | int | float | str | tuple | list | dict | Dim | None)
    return False if plain and path.startswith(("torch.nn.", "numpy.", "omegaconf.")) else None


_BASES = {
    "torch.nn.modules.batchnorm._BatchNorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
    "torch.nn._BatchNorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
    "torch.nn._ConvNd": ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
}


def _torch_subclass(module: str, path: str) -> bool:
    """Whether a torch.nn class derives from another one."""
    return module == path or module.rsplit(".", 1)[-1] in _BASES.get(path, ())


def _is_builtin(value: Value, name: str) -> bool | None:
    if isinstance(value, Dim):
        return name in ("int", "Hashable")
    if isinstance(value, Real):
        return name == "float"
    if name in ("Iterable", "Sequence", "Mapping", "Callable", "Hashable", "Collection"):
        kinds: dict[str, Any] = {
            "Iterable": list | tuple | dict | set | str | Many | Tensor,
            "Collection": list | tuple | dict | set | str,
            "Sequence": list | tuple | str | range,
            "Mapping": dict,
            "Callable": Function | Bound | Partial | Class | Method,
        }
        kind = kinds.get(name)
        return isinstance(value, kind) if kind is not None and not isinstance(value, Instance) else None
    python = getattr(importlib.import_module("builtins"), name, None) or getattr(
        importlib.import_module("collections"), name, None
    )
    if not isinstance(python, type):
        return None
    if isinstance(value, Instance):
        return any(isinstance(e, Library) and e.name == name for e in objects.mro(value.cls))
    if python is type:
        return isinstance(value, Class)
    if isinstance(value, Library | Function | Class | Tensor | Many):
        return python is object
    return isinstance(value, python)


@special("builtins.issubclass")
def _issubclass(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    cls, wanted = args
    if isinstance(cls, Class) and isinstance(wanted, Class | Library):
        return wanted in objects.mro(cls)
    return cls == wanted if isinstance(cls, Library) and cls == wanted else Unknown("cannot tell the class")


@special("builtins.type")
def _type(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if len(args) != 1:
        return Unknown("a class made at run time")
    (value,) = args
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Tensor):
        return Library("torch.Tensor")
    if isinstance(value, ListValue):
        return Library("builtins.list")
    if isinstance(value, str | int | float | bool | tuple | dict | None):
        return Library(f"builtins.{type(value).__name__}")
    return Unknown("the type of something unknown")


@special("builtins.hasattr")
def _hasattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value, name = args
    if not isinstance(name, str):
        return Unknown("an attribute of unknown name")
    try:
        found = _attribute(run, value, name, node, frame)
    except Raised:
        return False
    if isinstance(value, Tensor):
        return True
    return found if isinstance(found, Unknown) and not _has(value, name) else True


def _has(value: Value, name: str) -> bool:
    return isinstance(value, Instance) and (name in value.attrs or objects.defines(value.cls, name))


@special("builtins.getattr")
def _getattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value, name = args[:2]
    if not isinstance(name, str):
        return Unknown("an attribute of unknown name")
    try:
        return _attribute(run, value, name, node, frame)
    except Raised:
        if len(args) > 2:
            return args[2]
        raise


def _attribute(run: Run, value: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    from . import attributes

    return attributes.get(run, value, name, node, frame)


@special("builtins.setattr")
def _setattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    from . import attributes

    value, name, new = args
    if isinstance(name, str):
        attributes.assign(run, value, name, new)
    elif isinstance(value, Instance):
        value.complete = False
    return None


@special("builtins.delattr")
def _delattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    from . import attributes

    if isinstance(args[1], str):
        attributes.delete(run, args[0], args[1])
    return None


@special("builtins.super")
def _super(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if len(args) == 2 and isinstance(args[0], Class):
        return Super(args[0], args[1])
    inner: Frame | None = frame
    env: Env | None = frame.env
    while env is not None and "<comprehension>" in env.elsewhere:
        env = env.parent
    if inner is not None and inner.owner is not None and inner.function is not None:
        return Super(inner.owner, inner.receiver)
    return Unknown("super() outside a method")


@special("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset")
def _sequence(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    known = iteration.items(run, args[0]) if args else []
    if isinstance(known, Many):
        return ListValue([known.element], known.length) if known.length is not None else known
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

    def default(self, receiver: DefaultDict, key: Value) -> Value:
        """The value of a missing key, kept from now on."""
        if self.make is None:
            raise Raised("KeyError")
        receiver[key] = self.make(self.factory)
        return receiver[key]


@special("collections.defaultdict")
def _defaultdict(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    made = DefaultDict()
    made.factory = args[0] if args else None
    made.make = lambda factory: _call(run, factory, [], node, frame)
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
        return Many((fresh(), known.element), known.length, known.some)
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
        return ListValue(_call(run, function, list(row), node, frame) for row in zip(*columns, strict=False))
    if len(columns) == 1 and isinstance(columns[0], Many):
        many = columns[0]
        return Many(_call(run, function, [many.element], node, frame), many.length, many.some)
    return Unknown("mapped over something unknown")


@special("builtins.filter")
def _filter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[1])
    if not isinstance(known, list):
        return Unknown("filtered something unknown")
    kept = ListValue()
    for item in known:
        test = item if args[0] is None else _call(run, args[0], [item], node, frame)
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
    answers = [operators.truth(run, item, frame) for item in known]
    if looking_for in answers:
        return looking_for
    return Unknown("of unknown items") if None in answers else not looking_for


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
    if not all(_is_data(each) for each in keys) or not isinstance(kwargs.get("reverse", False), bool):
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
    known = iteration.items(run, args[0]) if len(args) == 1 else args
    if not isinstance(known, list) or not known or "key" in kwargs:
        return Unknown(f"the {name} of unknown items")
    if all(is_size(item) for item in known):
        return extreme(name, *known)
    if any(isinstance(item, Dim | Real) for item in known):
        return numbers.apply(max if name == "max" else min, known)
    if not all(_is_data(item) for item in known):
        return Unknown(f"the {name} of unknown items")
    return max(known) if name == "max" else min(known)


@special("builtins.int")
def _int(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args:
        return 0
    if isinstance(args[0], Tensor):
        return Unknown("a number read from a tensor")
    if isinstance(args[0], str):
        return _pure("builtins.int", args, kwargs)
    return numbers.to_int(args[0])


@special("builtins.float")
def _float(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if args and isinstance(args[0], Dim):
        return numbers.binary(_multiply, args[0], 1.0)
    if args and isinstance(args[0], Real):
        return args[0]
    return _pure("builtins.float", args, kwargs)


def _multiply(a: Any, b: Any) -> Any:
    return a * b


_multiply.__name__ = "mul"


@special("builtins.bool")
def _bool(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    truth = operators.truth(run, args[0] if args else False, frame)
    return Unknown("the truth of something unknown") if truth is None else truth


@special("builtins.round")
def _round(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if isinstance(args[0], Dim | Real) and len(args) == 1:
        return numbers.nearest(args[0])
    return _pure("builtins.round", args, kwargs)


@special("math.floor")
def _floor(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return numbers.floor(args[0])


@special("math.ceil")
def _ceil(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return numbers.ceil(args[0])


@special("builtins.print", "warnings.warn")
def _nothing(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return None


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
    return (
        iteration.copy_of(known.element) if isinstance(known, Many) and known.some else Unknown("the next of unknown")
    )


@special("builtins.property")
def _property(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return Descriptor("property", args[0], args[1] if len(args) > 1 else None)


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


@special("functools.reduce")
def _reduce(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[1])
    if not isinstance(known, list) or (not known and len(args) < 3):
        return Unknown("reduced something unknown")
    total, rest = (args[2], known) if len(args) > 2 else (known[0], known[1:])
    for item in rest:
        total = _call(run, args[0], [total, item], node, frame)
    return total


@special("copy.deepcopy")
def _deepcopy(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return deep_copy(args[0], {})


def deep_copy(value: Value, seen: dict[int, Value]) -> Value:
    """The same value with identities of its own."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, Tensor):
        seen[id(value)] = Tensor(value.type)
    elif isinstance(value, ListValue):
        seen[id(value)] = ListValue((deep_copy(item, seen) for item in value), value.length)
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


@special("itertools.chain")
def _chain(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    columns = [iteration.items(run, arg) for arg in args]
    if all(isinstance(column, list) for column in columns):
        return ListValue(item for column in columns if isinstance(column, list) for item in column)
    return Unknown("chained something unknown")


@special("itertools.product", "itertools.combinations", "itertools.repeat", "itertools.islice", "itertools.pairwise",
         "itertools.permutations", "itertools.accumulate")  # fmt: skip
def _itertools(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    import itertools

    function = getattr(itertools, name)
    if name in ("repeat", "accumulate") or not all(isinstance(a, list | tuple | range | int | None) for a in args):
        return Unknown("itertools on something unknown")
    rows = list(itertools.islice(function(*args, **kwargs), iteration.MOST_ITEMS))
    return ListValue(rows)


@special("torch.nn.Parameter", "torch.nn.Buffer")
def _parameter(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    data = args[0] if args else kwargs.get("data")
    if isinstance(data, Tensor):
        run.settle(data)
        return Tensor(TensorType(data.type.dtype, data.type.dims, parameter=True))
    return Unknown("a parameter of something unknown")


@special("torch.Size")
def _size(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0]) if args else []
    return tuple(known) if isinstance(known, list) else known


@special("torch.autocast", "torch.amp.autocast", "torch.cuda.amp.autocast", "torch.cpu.amp.autocast")
def _autocast(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    enabled = kwargs.get("enabled", True)
    return (
        Unknown("autocast that is off") if enabled is False else Instance(Library("torch.amp.autocast"), complete=False)
    )


@special("torch.utils.checkpoint.checkpoint")
def _checkpoint(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    own = {"use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug"}
    return _call(run, args[0], args[1:], node, frame, {k: v for k, v in kwargs.items() if k not in own})


@special("torch.is_tensor")
def _is_tensor(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return args[0] if isinstance(args[0], Unknown) else isinstance(args[0], Tensor)


@special("torch.jit.is_scripting", "torch.jit.is_tracing", "torch._C._get_tracing_state",
         "torch.onnx.is_in_onnx_export",
         "torch.compiler.is_compiling", "torch._dynamo.is_compiling",
         "torch.fx._symbolic_trace.is_fx_tracing", "torch.cuda.is_available",
         "torch.backends.mps.is_available")  # fmt: skip
def _off(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    return Unknown("depends on the machine") if name == "is_available" else False


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


def _call(
    run: Run,
    function: Value,
    args: list[Value],
    node: ast.AST,
    frame: Frame,
    kwargs: dict[str, Value] | None = None,
) -> Value:
    from . import calls

    return calls.call(run, function, args, kwargs or {}, node, frame)
