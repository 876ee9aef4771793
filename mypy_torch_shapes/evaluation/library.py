"""Calls of names in libraries: what is special, what has a rule, what is pure, and what is not followed."""

from __future__ import annotations

import ast
import importlib
import re
from typing import Any

from ..rules import modules as module_rules
from ..rules import service
from ..shapes.dims import Dim
from ..shapes.unknown import Unknown, UnknownObject
from . import custom_operations, imports, numbers, tensors, torch_modules
from .changing import forget_changed
from .run import Frame, Run
from .specials import find_special, is_data
from .values import (
    Bound,
    Class,
    Descriptor,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Partial,
    Raised,
    Real,
    Tensor,
    Value,
)


def call(
    run: Run, function: Library, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`library.name(*args, **kwargs)`."""
    path = function.path
    meaning = find_special(path)
    if meaning is not None:
        return meaning(run, args, kwargs, node, frame)
    if path in _TRANSPARENT or path in _SAME_RESULT:
        return _transparent(args)
    if path in ("functools.lru_cache", "functools.cache"):
        return args[0] if args and isinstance(args[0], Function | Bound | Partial) else Library("functools.cache")
    if torch_modules.is_module_class(path):
        instance = Instance(function)
        torch_modules.init(run, instance, path, args, kwargs, node, frame)
        return instance
    if path.startswith("torch.ops."):
        own = custom_operations.call(run, path, args, kwargs, node, frame)
        if own is not None:
            return own
    if path.startswith(("torch.", "einops.")):
        return _torch(run, path, args, kwargs, node, frame)
    if path.partition(".")[0] in imports.PURE or path.startswith("builtins."):
        return pure(path, args, kwargs)
    forget_changed(run, path, [*args, *kwargs.values()])
    return _not_followed(path)


def has_meaning(path: str) -> bool:
    """Whether calling a library name is followed without a rule."""
    return find_special(path) is not None or path in _TRANSPARENT


# Decorators and wrappers that give back what they are given.
_TRANSPARENT = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.compile", "torch.jit.script",
     "torch.jit.trace", "torch.jit.freeze", "torch.jit.ignore", "torch.jit.export", "torch.jit.unused",
     "torch.jit.script_method",
     "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "torch.autograd.Variable", "torch.jit._overload_method",
     "functools.update_wrapper", "abc.abstractmethod", "typing.overload",
     "torch.fx.wrap", "dataclasses.dataclass", "typing.final", "functools.total_ordering",
     "typing.no_type_check", "torch.nn.utils.spectral_norm", "torch.nn.utils.parametrizations.spectral_norm",
     "torch.nn.utils.parametrizations.orthogonal", "torch.nn.utils.parametrize.remove_parametrizations",
     "torch.nn.utils.remove_spectral_norm",
     "torch.set_grad_enabled", "typing.runtime_checkable"}
)  # fmt: skip
_IDENTITY = Library("builtins.<identity>")
_SAME_RESULT = frozenset({"typing.NewType"})


def _transparent(args: list[Value]) -> Value:
    """What is wrapped; called with options only, it is itself a decorator or a context."""
    if args and isinstance(
        args[0], Function | Class | Descriptor | Instance | Tensor | Bound | Partial | ListValue | Many
    ):
        return args[0]
    return _IDENTITY


def _torch(run: Run, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if service.served_by(path) is not None:
        return tensors.operate(run, path, args, kwargs, node, frame)
    if module_rules.known(path):
        return Unknown("a module class")
    return _not_followed(path)


# Of Python's own modules those that make no tensor, and hand none back.
_WITHOUT_TENSORS = frozenset({"argparse", "datetime", "json", "logging", "os", "pathlib", "sys", "time"})


def _not_followed(path: str) -> Unknown:
    """What a library's function or class gives; not even a tensor where that is plain from its name."""
    name = path.rpartition(".")[2]
    of_torch = path.startswith("torch.") and name[:1].isupper() and not name.endswith(("Tensor", "Parameter", "Buffer"))
    kind = UnknownObject if of_torch or path.partition(".")[0] in _WITHOUT_TENSORS else Unknown
    return kind(f"{path} is not followed")


def pure(path: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A pure function of the standard library, computed where its arguments are plain data."""
    module, _, name = path.partition(".")
    function: Any = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part, None)
    if function is None or not callable(function) or (module == "builtins" and name in _IMPURE):
        return Unknown(f"{path} is not followed")
    if isinstance(function, type) and issubclass(function, BaseException):
        return Unknown("an exception")
    given = [*args, *kwargs.values()]
    if any(isinstance(value, Dim | Real) for value in given) and module == "math":
        return numbers.apply(function, args)
    if not all(is_data(value) for value in given) or module not in ("math", "builtins", "operator", "cmath", "re"):
        return Unknown(f"{path} on values it does not know")
    try:
        result = function(*args, **kwargs)
    except (ValueError, ArithmeticError, LookupError, AttributeError, re.error) as error:
        raise Raised(type(error).__name__) from None
    except TypeError:
        return Unknown(f"{path} on values it does not know")
    return ListValue(result) if type(result) is list else result


_IMPURE = frozenset(
    {"open", "input", "exec", "eval", "compile", "__import__", "breakpoint", "globals", "exit",
     "quit", "id", "hash", "help", "memoryview", "object", "classmethod", "dir", "iter", "next", "map", "filter"}
)  # fmt: skip
