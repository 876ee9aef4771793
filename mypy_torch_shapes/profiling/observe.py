"""Live values as seeds: bounded, safe on cycles, without running any code of the values' own."""

from __future__ import annotations

import argparse
import collections
import enum
import functools
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mypy_torch_shapes.profiling.facade import Torch
from mypy_torch_shapes.profiling.names import class_name, function_name, mro, raw_dict
from mypy_torch_shapes.seeds.model import (
    MappingSeed,
    ModuleSeed,
    NameSeed,
    ObjectSeed,
    OpaqueSeed,
    Seed,
    SequenceSeed,
    TensorSeed,
)

ARRAY = "numpy:ndarray"
MAX_DEPTH = 6
MAX_ITEMS = 64  # a longer list or dict is cut
MAX_ATTRS = 256
MAX_TEXT = 500
MAX_PARTS = 1000  # in one value
_KEPT_OF_LONG = 16

# Objects of these are looked into though they are the standard library's or torch's.
_OPEN_CLASSES = (types.SimpleNamespace, argparse.Namespace)
_OPEN_MODULES = ("torch.distributions.", "torch.utils.data.dataset", "torch.nn.utils.rnn", "torch.return_types")
_CLOSED_PACKAGES = frozenset({*sys.stdlib_module_names, "torch", "numpy", "functorch"})


@dataclass(frozen=True)
class PendingModule(ModuleSeed):
    """A module whose record is only chosen after the run; `id` is the token of the live module."""


@dataclass(frozen=True)
class PendingIterable(OpaqueSeed):
    """A DataLoader; what it yields is only known after the run."""

    token: int = -1


class Observer:
    """Makes seeds of values. Modules and loaders are named by whoever watches them."""

    def __init__(
        self,
        torch: Torch,
        module_seed: Callable[[Any], Seed],
        loader_seed: Callable[[Any], Seed],
        defaulted: Callable[[Any, dict[str, Any]], Iterable[str]] = lambda value, attrs: (),
    ) -> None:
        self.torch = torch
        self.device: str | None = None  # what "meta" stands for while the probe runs
        self._module_seed = module_seed
        self._loader_seed = loader_seed
        self.defaulted = defaulted
        self._makers: dict[type, Callable[[_Looker, Any, int], Seed]] = {}

    def seed(self, value: object) -> Seed:
        """The seed of one value. Call it inside `torch.guard()`."""
        return _Looker(self).look(value, 0)

    def tensor(self, value: Any) -> Seed:
        """A tensor as it is now."""
        torch = self.torch
        shape = torch.sizes(value)
        if shape is None:
            return OpaqueSeed(class_name(type(value)))
        device = torch.device_of(value).type
        order = None
        if device == "meta" and self.device is not None:
            device = self.device
        else:  # meta kernels need not give the strides of others
            order = torch.order(value, shape)
        return TensorSeed(str(torch.dtype_of(value))[6:], shape, device, is_parameter(torch, value), order)

    def maker(self, cls: type) -> Callable[[_Looker, Any, int], Seed]:
        """How seeds are made of instances of this class; decided once."""
        found = self._makers.get(cls)
        if found is None:
            found = self._makers[cls] = self._choose(cls)
        return found

    def _choose(self, cls: type) -> Callable[[_Looker, Any, int], Seed]:
        torch, bases = self.torch, mro(cls)
        by_base: tuple[tuple[type, Callable[[_Looker, Any, int], Seed]], ...] = (
            (torch.Tensor, lambda looker, value, depth: self.tensor(value)),
            (torch.Module, lambda looker, value, depth: self._module_seed(value)),
            (torch.DataLoader, lambda looker, value, depth: self._loader_seed(value)),
            (torch.dtype, lambda looker, value, depth: NameSeed("dtype", str(value)[6:])),
            (torch.device, lambda looker, value, depth: NameSeed("device", str(value))),
            (enum.Enum, _enum),
            (type, lambda looker, value, depth: NameSeed("class", class_name(value))),
            (types.ModuleType, lambda looker, value, depth: NameSeed("module", str(value.__dict__.get("__name__")))),
            (types.MethodType, _method),
            (functools.partial, _partial),
            (slice, _slice),
            (range, _slice),
            (float, lambda looker, value, depth: float.__float__(value)),  # numpy's float64 is one
            (torch.Size, _sequence("torch:Size", tuple.__iter__, tuple.__len__)),
            (tuple, _sequence(None, tuple.__iter__, tuple.__len__)),
            (list, _sequence(None, list.__iter__, list.__len__)),
            (collections.deque, _sequence(None, collections.deque.__iter__, collections.deque.__len__)),
            (set, _set(set.__iter__, set.__len__)),
            (frozenset, _set(frozenset.__iter__, frozenset.__len__)),
            (dict, _mapping),
            (collections.UserDict, _user_dict),
        )
        if cls in _SCALARS:
            return _SCALARS[cls]
        for base, make in by_base:
            if base in bases:
                return make
        if class_name(cls) == ARRAY:
            return _array
        if any(base in (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType) for base in bases):
            return lambda looker, value, depth: NameSeed("function", function_name(value) or class_name(cls))
        for kind, base in torch.named:
            if base in bases:
                return lambda looker, value, depth: NameSeed(kind, str(value).removeprefix("torch."))
        return _object if is_open(cls) else lambda looker, value, depth: OpaqueSeed(class_name(cls))


def is_parameter(torch: Torch, value: object) -> bool:
    """Whether a tensor is a `Parameter`, also one of another tensor subclass."""
    cls = type(value)
    return torch.Parameter in mro(cls) or (cls is not torch.Tensor and (raw_dict(value) or {}).get("_is_param") is True)


def is_open(cls: type) -> bool:
    """Whether instances are looked into: those of the program and of most libraries."""
    module = class_name(cls).partition(":")[0]
    if cls in _OPEN_CLASSES or module.startswith(_OPEN_MODULES):
        return True
    return module.partition(".")[0] not in _CLOSED_PACKAGES


class _Looker:
    """One value being looked at: what is left of its bounds, and what it is inside of."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._left = MAX_PARTS
        self._inside: set[int] = set()

    def look(self, value: object, depth: int) -> Seed:
        self._left -= 1
        cls = type(value)
        if id(value) in self._inside:
            return OpaqueSeed(class_name(cls))
        return self._observer.maker(cls)(self, value, depth)

    def defaulted(self, value: object, attrs: dict[str, Any]) -> Iterable[str]:
        """The attributes that are defaults of the value's constructor."""
        return self._observer.defaulted(value, attrs)

    def parts(self, owner: object, values: Iterable[Any], depth: int) -> list[Seed] | None:
        """Seeds of what is directly inside `owner`; None past the bounds."""
        if depth >= MAX_DEPTH or self._left <= 0:
            return None
        self._inside.add(id(owner))
        try:
            return [self.look(value, depth + 1) for value in values]
        finally:
            self._inside.discard(id(owner))


def _text(looker: _Looker, value: Any, depth: int) -> Seed:
    return value if len(value) <= MAX_TEXT else OpaqueSeed(class_name(type(value)))


def _int(looker: _Looker, value: Any, depth: int) -> Seed:
    return value if value.bit_length() <= 256 else OpaqueSeed("builtins:int")


def _itself(looker: _Looker, value: Any, depth: int) -> Seed:
    return value  # type: ignore[no-any-return]


_SCALARS: dict[type, Callable[[_Looker, Any, int], Seed]] = {
    type(None): _itself, bool: _itself, float: _itself, complex: _itself, int: _int, str: _text, bytes: _text,
}  # fmt: skip


SCALAR_TYPES = frozenset(_SCALARS)


def _enum(looker: _Looker, value: Any, depth: int) -> Seed:
    name = (raw_dict(value) or {}).get("_name_")
    return NameSeed("enum", f"{class_name(type(value))}.{name}")


def _method(looker: _Looker, value: Any, depth: int) -> Seed:
    found = looker.parts(value, (value.__func__, value.__self__), depth)
    if found is None:
        return OpaqueSeed("builtins:method")
    return ObjectSeed("builtins:method", tuple(zip(("__func__", "__self__"), found, strict=True)))


def _partial(looker: _Looker, value: Any, depth: int) -> Seed:
    found = looker.parts(value, (value.func, value.args, value.keywords), depth)
    if found is None:
        return OpaqueSeed("functools:partial")
    return ObjectSeed("functools:partial", tuple(zip(("func", "args", "keywords"), found, strict=True)))


def _slice(looker: _Looker, value: Any, depth: int) -> Seed:
    cls = class_name(type(value))
    found = looker.parts(value, (value.start, value.stop, value.step), depth)
    names = ("start", "stop", "step")
    return OpaqueSeed(cls) if found is None else ObjectSeed(cls, tuple(zip(names, found, strict=True)))


def kept_of(length: int) -> int:
    """How many items of a collection are looked at."""
    return length if length <= MAX_ITEMS else _KEPT_OF_LONG


def _array(looker: _Looker, value: Any, depth: int) -> Seed:
    """A numpy array as what a tensor is made of; of a short vector of whole numbers (a configuration) also these."""
    shape = SequenceSeed("tuple", tuple(int(size) for size in value.shape))
    return ObjectSeed(ARRAY, (("dtype", str(value.dtype)), ("shape", shape), ("numbers", whole_numbers(value))))


def whole_numbers(array: Any) -> str | None:
    """A short vector of whole numbers as text; None for any other array."""
    if array.ndim != 1 or array.dtype.kind not in "iu" or len(array) > MAX_ITEMS:
        return None
    return " ".join(map(str, array.tolist()))


def _sequence(
    name: str | None, iterate: Callable[[Any], Any], length_of: Callable[[Any], int]
) -> Callable[[_Looker, Any, int], Seed]:
    def make(looker: _Looker, value: Any, depth: int) -> Seed:
        cls = name or _sequence_name(type(value))
        length = length_of(value)
        items = [item for item, _ in zip(iterate(value), range(kept_of(length)), strict=False)]
        found = looker.parts(value, items, depth)
        return OpaqueSeed(cls) if found is None else SequenceSeed(cls, tuple(found), len(items) == length)

    return make


def _sequence_name(cls: type) -> str:
    return cls.__name__ if cls in (tuple, list, set, frozenset) else class_name(cls)


def _set(iterate: Callable[[Any], Any], length_of: Callable[[Any], int]) -> Callable[[_Looker, Any, int], Seed]:
    ordered = _sequence(None, iterate, length_of)

    def make(looker: _Looker, value: Any, depth: int) -> Seed:
        found = ordered(looker, value, depth)
        if isinstance(found, SequenceSeed):  # the order of a set of strings changes from run to run
            return SequenceSeed(found.cls, tuple(sorted(found.items, key=repr)), found.complete)
        return found

    return make


def _mapping(looker: _Looker, value: Any, depth: int) -> Seed:
    cls = type(value)
    # dict.items on an OrderedDict forgets move_to_end; on a subclass OrderedDict.items would call its methods.
    items = list(value.items() if cls is collections.OrderedDict else dict.items(value))
    return _make_mapping("dict" if cls is dict else class_name(cls), looker, value, items, depth)


def _user_dict(looker: _Looker, value: Any, depth: int) -> Seed:
    data = (raw_dict(value) or {}).get("data")
    items = list(dict.items(data)) if isinstance(data, dict) else []
    return _make_mapping(class_name(type(value)), looker, value, items, depth)


def _make_mapping(cls: str, looker: _Looker, owner: object, items: list[Any], depth: int) -> Seed:
    kept = items[: kept_of(len(items))]
    keys = looker.parts(owner, [key for key, _ in kept], depth)
    values = looker.parts(owner, [value for _, value in kept], depth)
    if keys is None or values is None:
        return OpaqueSeed("builtins:dict" if cls == "dict" else cls)
    return MappingSeed(cls, tuple(zip(keys, values, strict=True)), len(kept) == len(items))


def _object(looker: _Looker, value: Any, depth: int) -> Seed:
    cls = class_name(type(value))
    attrs = attributes(value)
    if attrs is None:
        return OpaqueSeed(cls)
    kept = list(attrs.items())[:MAX_ATTRS]
    found = looker.parts(value, [attr for _, attr in kept], depth)
    if found is None:
        return OpaqueSeed(cls)
    names = [name for name, _ in kept]
    defaulted = tuple(looker.defaulted(value, attrs))
    return ObjectSeed(cls, tuple(zip(names, found, strict=True)), len(kept) == len(attrs), defaulted)


def attributes(value: object) -> dict[str, Any] | None:
    """The attributes an instance holds, in its `__dict__` and its slots; None if it can hold none."""
    own = raw_dict(value)
    found = {name: attr for name, attr in dict(own or {}).items() if type(name) is str}
    slotted = False
    for base in mro(type(value)):
        if "__slots__" in base.__dict__:
            for name, descriptor in list(base.__dict__.items()):
                if isinstance(descriptor, types.MemberDescriptorType):
                    slotted = True
                    try:
                        found.setdefault(name, descriptor.__get__(value))
                    except AttributeError:  # a slot that was never set
                        continue
    return found if own is not None or slotted else None
