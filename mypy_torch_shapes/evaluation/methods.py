"""Methods of values that are not the program's own: tensors, lists, dicts, strings, torch.nn modules, super()."""

from __future__ import annotations

import ast
import collections
import functools
import itertools
import math
import re
from typing import Any

from ..rules.filling import dtype_of_class
from ..shapes.dims import Dim
from ..shapes.dtypes import DType
from ..shapes.tensor_type import fresh
from ..shapes.unknown import NumpyFloat, Undecided, Unknown, UnknownKeys
from . import (
    arrays,
    containers,
    growing,
    iteration,
    known_tensors,
    lengths,
    library_objects,
    module_methods,
    numbers,
    objects,
    outliving,
    tensors,
    torch_modules,
)
from .joins import join
from .plain_values import is_too_long
from .run import Frame, Run
from .values import (
    Class,
    Deque,
    Instance,
    Known,
    Lengths,
    Library,
    ListValue,
    Many,
    Method,
    Named,
    Raised,
    Real,
    Super,
    Tensor,
    Value,
    is_size,
)


def call(run: Run, method: Method, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """`receiver.name(*args, **kwargs)`."""
    receiver, name = method.receiver, method.name
    if isinstance(receiver, Tensor):
        return _tensor(run, receiver, name, args, kwargs, node, frame)
    if isinstance(receiver, Super):
        return _super(run, receiver, name, args, kwargs, node, frame)
    if isinstance(receiver, Instance):
        meaning = library_objects.find(receiver, name)
        if meaning is not None:
            return meaning(run, receiver, args, kwargs, node, frame)
        if name in objects.ATTRIBUTE_ACCESS:
            return objects.access_attribute(run, receiver, name, args)
        if containers.is_mapping_like(receiver) and not torch_modules.is_module(receiver):
            return containers.call_mapping_method(run, receiver, name, args)
        if containers.is_abstract_mapping(receiver):
            return containers.mixin(run, receiver, name, args, node, frame)
        return module_methods.call_method(run, receiver, name, args, kwargs, node, frame)
    if isinstance(receiver, Class):
        return _of_class(run, receiver, name, args, kwargs, node, frame)
    if isinstance(receiver, ListValue):
        if name in outliving.GROWERS and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            growing.note(run, node.func.value, name, args)
        return _list(run, receiver, name, args, kwargs, frame)
    if isinstance(receiver, dict):
        return _dict(run, receiver, name, args, kwargs)
    if isinstance(receiver, set):
        run.journal.touch(receiver)
    if isinstance(receiver, Real | Dim):
        return numbers.to_int(receiver) if name == "__int__" else Unknown(f"{name} of a size")
    return _plain(receiver, name, args, kwargs)


_NOTHING = frozenset({"backward", "register_hook", "retain_grad", "share_memory_", "record_stream"})
_SAME = frozenset({"requires_grad_", "detach_", "share_memory_", "rename_", "coalesce"})


def _tensor(
    run: Run, tensor: Tensor, name: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    if name in _SAME:
        return tensor
    if name in _NOTHING:
        return None
    if name == "type" and args and isinstance(args[0], Library):
        args = [dtype_of_class(args[0].name) or args[0], *args[1:]]
    if isinstance(tensor, Known) and tensor.numbers is not None:
        known = known_tensors.method(tensor, name, args)
        if known is not None:
            return known
    if isinstance(tensor, Lengths):
        number = lengths.read(tensor, name)
        if number is not None:
            return number
    if name == "numpy":
        return arrays.of_tensor(tensor)
    if name == "size" and tensor.type.dims is not None and not args and not kwargs:
        return tensor.type.dims
    if name in ("dim", "ndimension"):
        return Unknown("the rank is unknown") if tensor.type.dims is None else len(tensor.type.dims)
    return tensors.operate(run, f"torch.Tensor.{name}", [tensor, *args], kwargs, node, frame)


def _super(
    run: Run, value: Super, name: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """A method that super() finds in a library class."""
    receiver = value.receiver
    if name == "__new__" and args and isinstance(args[0], Class) and not containers.is_enum(args[0]):
        plain = objects.library_base(args[0])
        made = plain is None or torch_modules.is_module_class(plain)
        return Instance(args[0], complete=objects.is_complete(args[0])) if made else Unknown(f"an object of {plain}")
    if name == "__init_subclass__":
        return None
    if not isinstance(receiver, Instance):
        return Unknown("super() in a class method")
    return inherited(run, receiver, objects.library_base(receiver.cls, value.owner), name, args, kwargs, node, frame)


def is_unbound(path: str, args: list[Value]) -> bool:
    """Whether a call is one of a library class's method with the object: `nn.Linear.__init__(self, …)`."""
    base, _, name = path.rpartition(".")
    receiver = args[0] if args else None
    if not isinstance(receiver, Instance) or name == "__call__":
        return False
    return objects.is_subclass(receiver.cls, base) or (
        base == "torch.nn.Module" and torch_modules.is_module(receiver)  # which torch's own classes are, too
    )


def call_unbound(
    run: Run, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`nn.Linear.__init__(self, …)`."""
    base, _, name = path.rpartition(".")
    receiver, *rest = args
    assert isinstance(receiver, Instance)
    return inherited(run, receiver, base, name, rest, kwargs, node, frame)


def inherited(
    run: Run,
    receiver: Instance,
    base: str | None,
    name: str,
    args: list[Value],
    kwargs: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    """What a method that the program's class inherits from a library's does."""
    if name == "__init__":
        objects.library_init(run, receiver, base, args, kwargs, node, frame)
        return None
    if name in objects.ATTRIBUTE_ACCESS:
        return objects.access_attribute(run, receiver, name, args)
    if base is not None and torch_modules.is_module_class(base):
        return module_methods.call_method(run, receiver, name, args, kwargs, node, frame)
    if containers.is_mapping_like(receiver) and not containers.is_model_output(receiver):
        return containers.call_mapping_method(run, receiver, name, args)
    if containers.is_abstract_mapping(receiver) and name in containers.MIXINS:
        return containers.mixin(run, receiver, name, args, node, frame)
    return Unknown(f"{name} of a library class")


def _of_class(
    run: Run, cls: Class, name: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`Class.method` inherited from a library: `Function.apply`, an explicit `Base.__init__(self, …)`."""
    from . import calls

    if name == "apply" and objects.is_subclass(cls, "torch.autograd.Function"):
        forward = objects.lookup(cls, "forward")
        context = Instance(Library("torch.autograd.function.FunctionCtx"), complete=False)
        return calls.call(run, forward, [context, *args], kwargs, node, frame)
    if name == "__init__" and args and isinstance(args[0], Instance):
        objects.library_init(run, args[0], objects.library_base(cls), args[1:], kwargs, node, frame)
        return None
    return Unknown(f"{name} of a library class")


def extend(run: Run, target: ListValue, items: Value) -> None:
    """`target.extend(items)`, `target += items`."""
    known = iteration.items(run, items)
    run.journal.touch(target)
    if is_too_long(target, known):
        target[:], target.length = [Unknown("an item of a list too long to build")], fresh()
        return
    if isinstance(known, list) and target.length is None:
        target += known
        return
    elements = known if isinstance(known, list) else [known.element if isinstance(known, Many) else known]
    added: Any = len(known) if isinstance(known, list) else (known.length if isinstance(known, Many) else None)
    before: Any = target.length if target.length is not None else len(target)
    element = target[0] if target else elements[0]
    for item in [*target[1:], *elements]:
        element = join(element, item)
    target[:] = [element]
    target.length = before + added if added is not None else fresh()


def _append(run: Run, target: ListValue, item: Value) -> None:
    run.journal.touch(target)
    if target.length is None:
        list.append(target, item)
    else:
        target[:] = [join(target[0], item)]
        target.length = target.length + 1


def _pop(run: Run, target: ListValue, index: Value = -1) -> Value:
    run.journal.touch(target)
    if target.length is not None:
        target.length = fresh()
        return target[0]
    if not isinstance(index, int):
        target[:] = [Unknown("an item that may have been taken out")] * max(len(target) - 1, 0)
        return Unknown("an item at an unknown place")
    if not -len(target) <= index < len(target):
        raise Raised("IndexError")
    return list.pop(target, index)


def remove_one(run: Run, target: ListValue) -> None:
    """One item less, nobody knows which."""
    run.journal.touch(target)
    if target.length is None:
        target[:] = [join(here, there) for here, there in itertools.pairwise(target)]
    else:
        target.length = target.length - 1


def _insert(run: Run, target: ListValue, item: Value) -> None:
    """One item more, at an unknown place."""
    run.journal.touch(target)
    if target.length is None:
        target[:] = [functools.reduce(join, target, item)] * (len(target) + 1)
    else:
        target[:], target.length = [join(target[0], item)], target.length + 1


def _list(run: Run, target: ListValue, name: str, args: list[Value], kwargs: dict[str, Value], frame: Frame) -> Value:
    if isinstance(target, Deque) and name in _BOTH_ENDS:
        return _deque(run, target, name, args)
    if name == "append":
        return _append(run, target, *args)
    if name == "extend":
        return extend(run, target, *args)
    if name == "pop":
        return _pop(run, target, *args)
    if name == "copy":
        return ListValue(target, target.length)
    if name == "remove" and (target.length is not None or not _comparable(args[0])):
        return remove_one(run, target)
    if name == "insert" and (target.length is not None or not isinstance(args[0], int)):
        return _insert(run, target, args[1])
    if name == "clear":
        run.journal.touch(target)
        target[:], target.length = [], None
        return None
    if target.length is not None:
        return None if name in ("sort", "reverse") else Unknown(f"{name} of a list of unknown length")
    if name in ("index", "count") and not _comparable(args[0]):
        return Unknown(f"{name} of something unknown")
    if name == "sort":
        from .builtin_collections import sorted_list

        ordered = sorted_list(run, [target], kwargs, frame)
        run.journal.touch(target)
        target[:] = ordered if isinstance(ordered, list) else [Unknown("an item in unknown order")] * len(target)
        return None
    run.journal.touch(target)
    return _plain(target, name, args, kwargs)


_BOTH_ENDS = frozenset({"append", "appendleft", "extend", "extendleft", "popleft", "rotate"})


def _deque(run: Run, target: Deque, name: str, args: list[Value]) -> Value:
    """What a deque does that a list does not; at most `most` items stay."""
    given = iteration.items(run, args[0]) if name.startswith("extend") else args
    if not isinstance(given, list) or (name == "rotate" and not all(isinstance(arg, int) for arg in args)):
        run.journal.touch(target)
        target[:] = [Unknown("an item of a deque that may have changed")] * len(target)
        return None
    made = collections.deque(target, target.most)
    try:
        result = getattr(made, name)(*([given] if name.startswith("extend") else args))
    except IndexError:
        raise Raised("IndexError") from None
    run.journal.touch(target)
    target[:] = made
    return result


def _comparable(value: Value) -> bool:
    return isinstance(value, str | int | float | bool | Instance | Tensor | None)


def _dict(run: Run, target: dict[Value, Value], name: str, args: list[Value], kwargs: dict[Any, Value]) -> Value:
    if name in ("keys", "values", "items"):
        listed = list(getattr(target, name)())
        return ListValue([functools.reduce(join, listed)], fresh()) if iteration.is_open(target) else ListValue(listed)
    if name == "update":
        run.journal.touch(target)
        given = _entries(args[0] if args else {})
        if given is None or any(isinstance(key, Unknown) for key in (*given, *kwargs)):
            doubt(run, target, "a dict that was updated with something unknown", of_its_own=True)
        else:
            target.update(given)
        target.update({key: value for key, value in kwargs.items() if not isinstance(key, Unknown)})
        return None
    if args and isinstance(args[0], Unknown):
        known = name == "get" and args[0] in target
        if name in ("pop", "setdefault"):
            doubt(run, target, f"{name} of an unknown key", of_its_own=name == "pop")
        return target[args[0]] if known else Unknown("an entry of a dict at an unknown key")
    if name in ("get", "pop", "setdefault") and any(isinstance(key, Unknown) for key in target):
        return Unknown("an entry of a dict that has one at an unknown key")
    if name in ("pop", "setdefault", "clear", "popitem"):
        run.journal.touch(target)
    if name == "copy":
        return type(target)(target)
    return _plain(target, name, args, kwargs)


def _entries(given: Value) -> dict[Value, Value] | None:
    """What `update` is given, as a dict; None where it is not known."""
    if isinstance(given, Instance):
        given = containers.entries(given) if given.complete else None
    try:
        return dict(given) if isinstance(given, dict | list | tuple) and not getattr(given, "length", None) else None
    except (TypeError, ValueError, Undecided):
        return None


def doubt(run: Run, target: dict[Value, Value], reason: str, *, of_its_own: bool) -> None:
    """A dict may have got another key, or what it has `of_its_own` may be something else, or gone."""
    run.journal.touch(target)
    for key in target if of_its_own else ():
        target[key] = Unknown(reason)
    if not iteration.is_open(target):
        target[UnknownKeys(reason)] = Unknown(reason)


_PLAIN_TYPES = (str, bytes, int, float, complex, tuple, list, dict, set, frozenset, range, DType, slice,
                re.Match, re.Pattern)  # fmt: skip


def _plain(receiver: Value, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """A method of plain data: Python's own."""
    if not isinstance(receiver, _PLAIN_TYPES):
        return Unknown(f"the method {name} of something unknown")
    if isinstance(receiver, Named) and name == "_asdict":
        return dict(zip(receiver.fields, receiver, strict=True))
    if isinstance(receiver, Named) and name == "_replace":
        pairs = zip(receiver.fields, receiver, strict=True)
        return receiver.rebuild([kwargs.get(field, item) for field, item in pairs])
    if isinstance(receiver, NumpyFloat) and name == "item":
        return float(receiver)
    if isinstance(receiver, tuple) and name == "numel":
        return math.prod(receiver) if all(map(is_size, receiver)) else Unknown("the product of unknown sizes")
    if name == "join" and args and type(args[0]) is dict:
        args = [tuple(args[0]), *args[1:]]  # the keys; what they stand for may be anything
    if isinstance(receiver, str | bytes) and not all(_is_data(arg) for arg in (*args, *kwargs.values())):
        return Unknown("a string with unknown parts")
    if name in ("ljust", "rjust", "center", "zfill") and any(isinstance(a, int) and a > 10_000 for a in args):
        return Unknown("a string too long to build")
    try:
        result = getattr(receiver, name)(*args, **kwargs)
    except (KeyError, IndexError, ValueError, AttributeError, re.error) as error:
        raise Raised(type(error).__name__) from None
    except TypeError:
        return Unknown(f"the method {name} on values it does not know")
    return ListValue(result) if type(result) is list else result


def _is_data(value: Value) -> bool:
    if isinstance(value, dict):
        return all(_is_data(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set):
        return all(_is_data(item) for item in value)
    return isinstance(value, str | bytes | int | float | bool | None)
