"""Copies without data: the structure of modules and arguments, each tensor replaced by what it looked like."""

from __future__ import annotations

import collections
import functools
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mypy_torch_shapes.profiling.facade import Torch
from mypy_torch_shapes.profiling.names import mro, raw_dict
from mypy_torch_shapes.profiling.observe import is_open, is_parameter

_MAX_ITEMS = 10_000  # a longer collection is data of the program, not structure: shared, not copied
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True, eq=False)
class Hollow:
    """A tensor without its data, but for a few whole numbers."""

    shape: tuple[int, ...]
    dtype: Any
    device: str
    requires_grad: bool
    parameter: bool
    numbers: Any = None  # a copy of a small tensor of integers or bools


class NotHollow(Exception):
    """A tensor whose shape is not made of numbers: not initialised yet, or nested."""


def hollow_tensor(torch: Torch, value: Any) -> Hollow:
    """What a tensor looks like. Call it inside `torch.guard()`. Raises `NotHollow`."""
    shape = torch.sizes(value)
    if shape is None:
        raise NotHollow
    device, dtype = torch.device_of(value).type, torch.dtype_of(value)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    # Lengths, indices and masks decide what a module does.
    numbers = value.clone() if whole and torch.is_readable(value, shape) else None
    return Hollow(shape, dtype, device, bool(value.requires_grad), is_parameter(torch, value), numbers)


class Copier:
    """Copies structure without running any code of the copied: no `__init__`, `__deepcopy__` or `__reduce__`."""

    def __init__(
        self,
        torch: Torch,
        tensor: Callable[[Any], Any],
        module: Callable[[Any, Any], None] = lambda module, copy: None,
        apart: bool = False,
        hooks: bool = True,
    ) -> None:
        self._torch = torch
        self._tensor = tensor  # what a tensor, or a hollow one, becomes
        self._apart = apart  # whether a tensor that is there twice becomes two
        self._keeps_hooks = hooks  # of the program, as far as they only keep something
        self._module = module  # told of each module and its copy
        self._copies: dict[int, tuple[Any, Any]] = {}  # the original too, so that its id stays its own
        self._hooks: list[tuple[Any, Any, Any]] = []  # the program's: where each goes once its state has been copied
        self._depth = 0  # modules inside modules
        self.hooked = False  # whether a hook of the program is in a copy

    def copy(self, value: Any) -> Any:
        """The copy of one value; equal objects inside stay one object."""
        known = self._copies.get(id(value))
        if known is not None:
            return known[1]
        cls = type(value)
        bases = mro(cls)
        if self._torch.Tensor in bases or cls is Hollow:
            return self._tensor(value) if self._apart else self._remember(value, self._tensor(value))
        if self._torch.Module in bases:
            return self._copy_module(value)
        if cls in (list, tuple, set, frozenset, dict, collections.OrderedDict, collections.deque):
            return self._copy_collection(value) if len(value) <= _MAX_ITEMS else value
        if tuple in bases:
            return self._copy_named(value)
        if cls is types.MethodType:
            return types.MethodType(value.__func__, self.copy(value.__self__))
        if cls is functools.partial:
            return functools.partial(self.copy(value.func), *self.copy(value.args), **self.copy(value.keywords))
        if type not in bases and is_open(cls) and raw_dict(value) is not None:
            return self._copy_object(value)
        return value

    def replace(self, value: Any, by: Any) -> None:
        """Let something else stand for `value` in every copy."""
        self._remember(value, by)

    def _remember(self, original: Any, copy: Any) -> Any:
        self._copies[id(original)] = (original, copy)
        return copy

    def _copy_collection(self, value: Any) -> Any:
        cls = type(value)
        if cls in (tuple, frozenset):
            return self._remember(value, cls([self.copy(item) for item in value]))
        if cls is collections.deque:
            copy: Any = collections.deque(maxlen=value.maxlen)
        else:
            copy = cls()
        self._remember(value, copy)  # first: it may be inside itself
        if isinstance(value, dict):
            copy.update([(self.copy(key), self.copy(item)) for key, item in list(value.items())])
        elif cls is set:
            copy.update([self.copy(item) for item in list(value)])
        else:
            copy.extend([self.copy(item) for item in list(value)])
        return copy

    def _copy_named(self, value: Any) -> Any:
        """A tuple of a class of its own; one made in C (`torch.Size`, `torch.return_types.max`) by its class."""
        cls = type(value)
        new: object = cls.__new__
        items = [self.copy(item) for item in tuple.__iter__(value)]
        if new is tuple.__new__ or isinstance(new, types.FunctionType):
            return self._remember(value, tuple.__new__(cls, items))
        return self._remember(value, cls(items)) if cls.__module__.partition(".")[0] == "torch" else value

    def _copy_object(self, value: Any) -> Any:
        cls: Any = type(value)
        namespace: Any = types.SimpleNamespace.__new__  # which `object` may not make
        try:
            copy = namespace(cls) if cls.__new__ is namespace else object.__new__(cls)
        except TypeError:  # made by a C type: shared
            return value
        attributes = raw_dict(copy)
        if attributes is None or any(base.__dict__.get("__slots__") for base in mro(type(value))):
            return value
        self._remember(value, copy)
        attributes.update({name: self.copy(item) for name, item in list((raw_dict(value) or {}).items())})
        return copy

    def _copy_module(self, value: Any) -> Any:
        self._depth += 1
        copy = self._copy_object(value)
        self._depth -= 1
        attributes = raw_dict(copy)
        if copy is not value and attributes is not None:
            for name in _HOOKS:
                hooks = attributes.get(name)
                if isinstance(hooks, dict):  # torch's own compute weights
                    own = {key: hook for key, hook in hooks.items() if not _is_torchs(hook)}
                    kept = attributes[name] = type(hooks)(each for each in hooks.items() if each[0] not in own)
                    self._hooks += [(kept, *each) for each in own.items()]
            self._module(value, copy)
        if not self._depth and self._keeps_hooks:
            self._attach_hooks()
        return copy

    def _attach_hooks(self) -> None:
        """The program's hooks that only keep something in what has been copied. Others may do anything."""
        copies = {id(copy) for _, copy in self._copies.values()} if self._hooks else ()
        for hooks, key, hook in self._hooks:
            if isinstance(hook, types.MethodType) and id(hook.__self__) in copies:
                hooks[key], self.hooked = hook, True
            elif isinstance(hook, types.FunctionType) and hook.__closure__ is not None:
                contents = _contents(hook)
                if any(id(each) in self._copies for each in contents) and all(map(self._is_harmless, contents)):
                    hooks[key], self.hooked = self._rebound(hook), True
        self._hooks.clear()

    def _is_harmless(self, value: Any) -> bool:
        return id(value) in self._copies or type(value) in (str, int, float, bool, type(None))

    def _rebound(self, function: Any) -> Any:
        """A function that finds the copies where it found the originals."""
        cells = tuple(types.CellType(self.copy(each)) for each in _contents(function))
        code, names = function.__code__, function.__globals__
        made = types.FunctionType(code, names, function.__name__, function.__defaults__, cells)
        made.__kwdefaults__ = function.__kwdefaults__
        return made


def _contents(function: Any) -> list[Any]:
    """What the variables hold that a function has of those around it; nothing where one is not bound (yet)."""
    try:
        return [cell.cell_contents for cell in function.__closure__]
    except ValueError:
        return []


def _is_torchs(hook: Any) -> bool:
    module = getattr(hook if isinstance(hook, types.FunctionType) else type(hook), "__module__", None)
    if isinstance(hook, types.MethodType):
        module = hook.__func__.__module__
    return isinstance(module, str) and module.partition(".")[0] == "torch"
