"""What things are called: the names of classes and functions, read without running any code of theirs."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any, cast

_mro = type.__dict__["__mro__"].__get__
_name = type.__dict__["__name__"].__get__
_qualname = type.__dict__["__qualname__"].__get__
_module = type.__dict__["__module__"].__get__

MAIN = {"name": "__main__"}  # the real module name of what runs as `__main__`


def real_module(name: str) -> str:
    """The name of a module, the one it is imported by where it runs as `__main__`."""
    return MAIN["name"] if name == "__main__" else name


def mro(cls: type) -> tuple[type, ...]:
    """The bases of a class, itself first; a metaclass is not asked."""
    return cast("tuple[type, ...]", _mro(cls))


def class_name(cls: type) -> str:
    """`module:qualname`; of a class that a decorator made, what the module of the decorated class calls it."""
    qualname = _qualname(cls)
    homes = [_module(base) for base in mro(cls)] if "<locals>" in qualname else []
    for home in homes:
        if isinstance(home, str) and home in sys.modules and vars(sys.modules[home]).get(_name(cls)) is cls:
            return f"{real_module(home)}:{_name(cls)}"
    module = _module(cls)
    return f"{real_module(module) if isinstance(module, str) else 'builtins'}:{qualname}"


_dict_getters: dict[type, Callable[[Any], Any] | None] = {}


def raw_dict(value: object) -> dict[str, Any] | None:
    """The `__dict__` of an instance itself, past any property of that name."""
    cls = type(value)
    try:
        getter = _dict_getters[cls]
    except KeyError:
        getter = _dict_getters[cls] = _dict_getter(cls)
    found = None if getter is None else getter(value)
    return found if type(found) is dict else None


def _dict_getter(cls: type) -> Callable[[Any], Any] | None:
    descriptors = (base.__dict__["__dict__"] for base in mro(cls) if "__dict__" in base.__dict__)
    descriptor = next(descriptors, None)
    kinds = (types.GetSetDescriptorType, types.MemberDescriptorType)  # a SimpleNamespace's is a member
    return descriptor.__get__ if isinstance(descriptor, kinds) else None


def function_name(function: object) -> str | None:
    """`module:qualname` of a Python or built-in function; for torch's own, the name people call it by."""
    if isinstance(function, types.FunctionType):
        return f"{real_module(str(function.__module__))}:{function.__qualname__}"
    if isinstance(function, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)):
        return _builtin_name(function)
    return None


def _builtin_name(function: Any) -> str:
    name = function.__name__
    for module in ("torch", "torch.nn.functional", "torch._C._nn", "torch.special", "torch.linalg", "torch.fft"):
        namespace = sys.modules.get(module)
        if namespace is not None and vars(namespace).get(name) is function:
            return f"{module}:{name}"
    owner = getattr(function, "__objclass__", None)
    module_name = getattr(function, "__module__", None) or (_module(owner) if owner is not None else "builtins")
    return f"{module_name}:{function.__qualname__}"
