"""Python's builtins that ask for classes and attributes."""

from __future__ import annotations

import ast
import importlib
import numbers
from typing import Any

from ..shapes.dims import Dim
from ..shapes.dtypes import DType
from ..shapes.unknown import Unknown
from . import imports, objects, torch_bases, torch_modules
from .run import Frame, Run
from .specials import special
from .syntax import nodes_of
from .values import (
    Bound,
    Class,
    Condition,
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
    Some,
    Super,
    Tensor,
    Value,
)


@special("builtins.isinstance", "torch.jit.isinstance")
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
    if path.startswith(("builtins.", "collections.", "typing.")):
        return _is_builtin(value, wanted.name)
    if path.startswith("numbers."):
        return _is_number(value, getattr(numbers, wanted.name, None))
    if path in ("functools.partial", "types.FunctionType"):
        return _is_function(value, path)
    if path == "torch.Size":
        return None if isinstance(value, tuple) else False
    if path == "torch.dtype":
        return isinstance(value, DType)
    if isinstance(value, Instance):
        if any(torch_bases.is_named(entry, path) for entry in objects.mro(value.cls)):
            return True
        if path == "torch.nn.Module":
            return torch_modules.is_module(value)
        module = torch_modules.module_path(value)
        return _torch_subclass(module, path) if module else (None if not value.complete else False)
    plain = isinstance(value, Tensor | int | float | str | tuple | list | dict | Dim | None)
    return False if plain and path.startswith(_NEVER_PLAIN) else None


# Of these libraries no class is one of Python's own, or of tensors as a run has them.
_NEVER_PLAIN = ("torch.nn.", "torch.fx.", "torch._subclasses.", "numpy.", "omegaconf.")


def _is_function(value: Value, path: str) -> bool | None:
    """Whether it is a function of the program, or a partial; of a library's things it is not known."""
    if isinstance(value, Library) and not torch_modules.is_module_class(value.path):
        return None
    return isinstance(value, Partial if path == "functools.partial" else Function)


_BASES = {
    "torch.nn.modules.batchnorm._BatchNorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
    "torch.nn._BatchNorm": ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"),
    "torch.nn._ConvNd": ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
}


def _torch_subclass(module: str, path: str) -> bool:
    """Whether a torch.nn class derives from another one."""
    return module == path or module.rsplit(".", 1)[-1] in _BASES.get(path, ())


def _is_number(value: Value, kind: type | None) -> bool | None:
    """Whether it is a number of a kind (`numbers.Integral`); objects of other classes may have been registered."""
    if kind is None or isinstance(value, Instance | Library):
        return None
    likeness = 1 if isinstance(value, Dim | Condition) else 1.0 if isinstance(value, Real) else value
    return isinstance(likeness, kind)


def _is_builtin(value: Value, name: str) -> bool | None:
    if isinstance(value, Dim | Condition):
        return name in ("int", "Hashable") or (name == "bool" and isinstance(value, Condition))
    if isinstance(value, Real):
        return name == "float"
    if isinstance(value, Some):
        return None
    if name in ("Sequence", "Mapping") and isinstance(value, Instance):
        return _derives(value.cls, name)
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
        return isinstance(value, Class) or (isinstance(value, Library) and torch_modules.is_module_class(value.path))
    if isinstance(value, Library | Function | Class | Tensor | Many):
        return python is object
    return isinstance(value, python)


def _derives(cls: Class | Library, name: str) -> bool | None:
    """Whether a class has an abstract base class among its bases; what some library's class has is not known."""
    libraries = [entry.path for entry in objects.mro(cls) if isinstance(entry, Library)]
    if any(path in (f"typing.{name}", f"collections.abc.{name}") for path in libraries):
        return True
    without = all(path == "builtins.object" or path.startswith("torch.nn.") for path in libraries)
    return False if without and not any(isinstance(entry, Unknown) for entry in objects.mro(cls)) else None


@special("builtins.callable")
def _callable(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    (value,) = args
    if isinstance(value, Unknown | Library):
        return Unknown("cannot tell whether it can be called")
    if isinstance(value, Instance):
        return torch_modules.is_module(value) or objects.defines(value.cls, "__call__") or not value.complete
    return isinstance(value, Function | Bound | Partial | Class | Method)


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


@special("builtins.vars")
def _vars(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return args[0].attrs if args and isinstance(args[0], Instance) else Unknown("the variables of something unknown")


@special("builtins.hasattr")
def _hasattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value, name = args
    if not isinstance(name, str):
        return Unknown("an attribute of unknown name")
    run.catching += 1
    try:
        found = _attribute(run, value, name, node, frame)
    except Raised:
        return False
    finally:
        run.catching -= 1
    if isinstance(value, Tensor):
        return True
    if isinstance(value, tuple) and name == "numel":
        return Unknown("whether a tuple is a torch.Size")
    if isinstance(value, Library) and isinstance(found, Library):
        return _library_has(found)
    return found if isinstance(found, Unknown) and not _has(value, name) else True


def _library_has(member: Library) -> Value:
    """Whether there is such a name: what has a rule or a meaning is there, and the standard library can be asked."""
    from ..rules import modules, registry
    from . import library

    if registry.find(member.path) is not None or modules.known(member.path) or library.has_meaning(member.path):
        return True
    module, _, name = member.path.rpartition(".")
    if module in imports.PURE:
        return hasattr(importlib.import_module(module), name)
    return Unknown("a name of a library that is not followed")


def _has(value: Value, name: str) -> bool:
    return isinstance(value, Instance) and (name in value.attrs or objects.defines(value.cls, name))


@special("builtins.getattr")
def _getattr(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    value, name = args[:2]
    if not isinstance(name, str):
        return Unknown("an attribute of unknown name")
    run.catching += len(args) > 2
    try:
        return _attribute(run, value, name, node, frame)
    except Raised:
        if len(args) > 2:
            return args[2]
        raise
    finally:
        run.catching -= len(args) > 2


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
        attributes.assign_somewhere(run, value, new)
    return None


@special("builtins.object.__setattr__")
def _set_plainly(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    from . import attributes

    value, name, new = args
    if isinstance(value, Instance) and isinstance(name, str):
        run.set_attribute(value, name, new)
    elif isinstance(value, Instance):
        attributes.assign_somewhere(run, value, new)
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


@special("builtins.locals")
def _locals(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The variables of the running function, as they are now."""
    from .imports import resolved

    if args or frame.function is None or "<comprehension>" in frame.env.elsewhere:
        return Unknown("the variables of a scope")
    found = {name: resolved(run, frame.env.variables, name) for name in list(frame.env.variables)}
    if frame.owner is not None and _names_its_class(frame.function.node):
        found["__class__"] = frame.owner
    return found


def _names_its_class(node: ast.AST) -> bool:
    """Whether a method uses super(), which makes its class one of its variables."""
    return any(isinstance(each, ast.Name) and each.id in ("super", "__class__") for each in nodes_of(node))
