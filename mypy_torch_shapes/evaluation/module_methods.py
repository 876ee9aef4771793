"""The methods of torch.nn's modules and containers: parts and parameters, casts, what containers hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from ..rules.devices import kind_of
from ..shapes.dtypes import DType
from ..shapes.unknown import Unknown
from . import attributes, calls, convolutions, module_hooks, module_members, torch_bases
from .run import Frame, Run
from .torch_modules import (
    BASES,
    child_names,
    children,
    init,
    is_mapping,
    iterate,
    library_forward,
    module_path,
    subscript,
    walk,
)
from .values import Instance, ListValue, Tensor, Value, is_unknown


def _listed(instance: Instance, parts: Iterable[tuple[str, Value]], *, named: bool = False, deep: bool = True) -> Value:
    """Parts of a module, with or without names. An attribute of unknown value may be one more of them."""
    modules = [module for _, module in walk(instance)] if deep else [instance]
    known = all(each.complete and not any(is_unknown(value) for value in each.attrs.values()) for each in modules)
    unseen = Unknown("a part of a module that is not wholly known")
    rows: list[tuple[Value, Value]] = [*parts, *(() if known else [(unseen, unseen)])]
    return ListValue(rows if named else [part for _, part in rows])


def has_method(instance: Instance, name: str) -> bool:
    """Whether nn.Module (or its container class) has a method."""
    if name in METHODS or name in _RETURN_SELF or name in ("forward", "__call__", "__init__"):
        return True
    if name in _CONTAINER and iterate(instance) is not None:
        return True
    return module_members.is_method(name, of_layer=module_path(instance) not in BASES)


def has_data(instance: Instance, name: str) -> bool:
    """Whether nn.Module (or a layer of torch's) keeps something of its own under a name."""
    return module_members.is_data(name, of_layer=module_path(instance) not in BASES)


def call_method(
    run: Run, instance: Instance, name: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """A method inherited from nn.Module or one of its containers."""
    if name in _CONTAINER and iterate(instance) is not None:
        return _CONTAINER[name](run, instance, *args, **kwargs)
    if name in ("forward", "__call__"):
        return library_forward(run, instance, args, kwargs, node, frame)
    if name == "_conv_forward":
        return convolutions.convolve(run, instance, *args, node=node, frame=frame)
    if name == "__init__":
        return init(run, instance, module_path(instance) or "", args, kwargs, node, frame)
    if name in METHODS:
        return METHODS[name](run, instance, *args, **kwargs)
    if name == "remove" and module_hooks.is_handle(instance):
        return module_hooks.remove(run, instance)
    if name in _RETURN_SELF:
        return instance
    own = torch_bases.method(run, module_path(instance) or "", name)
    if own is not None:
        return calls.call(run, own, [instance, *args], kwargs, node, frame)
    return Unknown(f"the result of {name} is not tracked")


def _tensors(instance: Instance, parameters: bool) -> Iterator[tuple[str, Tensor]]:
    for prefix, module in walk(instance):
        for name, value in module.attrs.items():
            if isinstance(value, Tensor) and value.type.parameter is parameters:
                yield (f"{prefix}.{name}" if prefix else name), value


def _set_mode(run: Run, instance: Instance, mode: Value = True) -> Value:
    for _, module in walk(instance):
        run.set_attribute(module, "training", mode)
    return instance


def _register(run: Run, instance: Instance, name: Value, value: Value = None, **_: Value) -> None:
    if isinstance(name, str):
        run.set_attribute(instance, name, value)
    else:
        attributes.assign_somewhere(run, instance, value)


_BUFFERS = frozenset({"running_mean", "running_var", "num_batches_tracked"})


def _state_dict(run: Run, instance: Instance, *args: Value, **kwargs: Value) -> Value:
    """Parameters and buffers by name, where it is certain which tensors are buffers: those of normalization."""
    state: dict[Value, Value] = {}
    modules = list(walk(instance))
    links = sum(len(children(module)) for _, module in modules)
    for prefix, module in modules:
        held = [(name, value) for name, value in module.attrs.items() if isinstance(value, Tensor)]
        certain = all(value.type.parameter or name in _BUFFERS for name, value in held)
        unknown = not module.complete or any(is_unknown(value) for value in module.attrs.values())
        if args or kwargs or unknown or not certain or links >= len(modules):  # a module in two places has two names
            return Unknown("what a module saves is not wholly known")
        for name, value in sorted(held, key=lambda pair: not pair[1].type.parameter):
            state[f"{prefix}.{name}" if prefix else name] = Tensor(replace(value.type, parameter=False))
    return state


def cast(run: Run, instance: Instance, dtype: DType | None) -> Instance:
    """Give all floating parameters and buffers below a module another dtype."""
    for _, module in walk(instance):
        for value in module.attrs.values():
            if isinstance(value, Tensor) and value.type.dtype and value.type.dtype.is_floating_point:
                run.set_type(value, replace(value.type, dtype=dtype))
    return instance


def _to(run: Run, instance: Instance, *args: Value, **kwargs: Value) -> Instance:
    if kwargs.get("memory_format") is not None:
        for _, tensor in (*_tensors(instance, True), *_tensors(instance, False)):
            run.set_type(tensor, replace(tensor.type, layout=None))
    device = kwargs.get("device", args[0] if args and not isinstance(args[0], DType) else None)
    if device is not None:
        _move(run, instance, device)
    for value in (*args, *kwargs.values()):
        if isinstance(value, DType | Tensor):
            return cast(run, instance, value.type.dtype if isinstance(value, Tensor) else value)
    return instance


def _move(run: Run, instance: Instance, device: Value = "cuda", **options: Value) -> Instance:
    """Parameters are on the device from now on; of other tensors it is not known which are buffers and go with them."""
    kind = device.type.device if isinstance(device, Tensor) else kind_of(device)
    for _, tensor in (*_tensors(instance, True), *_tensors(instance, False)):
        goes = tensor.type.parameter or tensor.type.device == kind
        run.set_type(tensor, replace(tensor.type, device=kind if goes else None))
    return instance


def _append(run: Run, instance: Instance, item: Value) -> Instance:
    run.set_attribute(instance, str(len(child_names(instance))), item)
    return instance


def _extend(run: Run, instance: Instance, items: Value) -> Instance:
    from . import iteration

    known = iteration.items(run, items)
    for item in known if isinstance(known, list) else []:
        _append(run, instance, item)
    if not isinstance(known, list):
        instance.complete = False
    return instance


def _insert(run: Run, instance: Instance, index: Value, item: Value) -> Instance:
    items = iterate(instance) or []
    if isinstance(index, int):
        items.insert(index, item)
        for number, each in enumerate(items):
            run.set_attribute(instance, str(number), each)
    return instance


def delete_item(run: Run, instance: Instance, index: Value) -> None:
    """`del container[index]`: the items behind move up in a list."""
    names = child_names(instance)
    if not isinstance(index, int | str | slice):
        instance.complete = False
        return
    gone = {index} if isinstance(index, str) else {*names[index]} if isinstance(index, slice) else {names[index]}
    kept = [(name, instance.attrs[name]) for name in names if name not in gone]
    run.journal.touch(instance)
    for name in names:
        del instance.attrs[name]
    for number, (name, item) in enumerate(kept):
        instance.attrs[name if is_mapping(instance) or not name.isdigit() else str(number)] = item


def _pop(run: Run, instance: Instance, index: Value) -> Value:
    item = subscript(run, instance, index)
    delete_item(run, instance, index)
    return item


def _apply(run: Run, instance: Instance, function: Value) -> Instance:
    """`module.apply(f)`: f is run on every module below, deepest first, as torch does."""
    for _, module in reversed(list(walk(instance))):
        calls.call(run, function, [module], {}, run.frame.call or ast.Constant(None), run.frame)
    return instance


def _update(run: Run, instance: Instance, given: Value) -> None:
    for name, value in given.items() if isinstance(given, dict) else ():
        _register(run, instance, name, value)


def _pairs(instance: Instance) -> ListValue:
    return ListValue((name, instance.attrs[name]) for name in child_names(instance))


def _dtype_methods() -> dict[str, Callable[..., Value]]:
    from ..shapes.dtypes import bfloat16, float16, float32, float64

    named = {"float": float32, "double": float64, "half": float16, "bfloat16": bfloat16}
    return {name: lambda run, m, *_, dtype=dtype: cast(run, m, dtype) for name, dtype in named.items()}


METHODS: dict[str, Callable[..., Value]] = {
    "train": _set_mode,
    "eval": lambda run, m: _set_mode(run, m, False),
    "to": _to,
    "to_empty": lambda run, m, device=None, **_: _move(run, m, device),
    "cuda": _move,
    "cpu": partial(_move, device="cpu"),
    "type": _to,
    "parameters": lambda run, m, *_, **__: _listed(m, _tensors(m, True)),
    "named_parameters": lambda run, m, *_, **__: _listed(m, _tensors(m, True), named=True),
    "buffers": lambda run, m, *_, **__: _listed(m, _tensors(m, False)),
    "named_buffers": lambda run, m, *_, **__: _listed(m, _tensors(m, False), named=True),
    "modules": lambda run, m: _listed(m, walk(m)),
    "named_modules": lambda run, m, *_, **__: _listed(m, walk(m), named=True),
    "children": lambda run, m: _listed(m, children(m).items(), deep=False),
    "named_children": lambda run, m: _listed(m, children(m).items(), named=True, deep=False),
    "state_dict": _state_dict,
    "register_buffer": lambda run, m, name, tensor=None, persistent=True: _register(run, m, name, tensor),
    "register_parameter": lambda run, m, name, param=None: _register(run, m, name, param),
    "add_module": lambda run, m, name, module=None: _register(run, m, name, module),
    "register_module": lambda run, m, name, module=None: _register(run, m, name, module),
    "apply": _apply,
    "register_forward_hook": partial(module_hooks.register, before=False),
    "register_forward_pre_hook": partial(module_hooks.register, before=True),
    "_get_name": lambda run, m: m.cls.name,
    **_dtype_methods(),
}

_RETURN_SELF = frozenset({"requires_grad_", "share_memory", "xpu", "compile", "ipu", "mtia"})

_CONTAINER: dict[str, Callable[..., Value]] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "keys": lambda run, m: ListValue(child_names(m)),
    "values": lambda run, m: ListValue(m.attrs[name] for name in child_names(m)),
    "items": lambda run, m: _pairs(m),
    "__len__": lambda run, m: len(child_names(m)),
    "pop": _pop,
    "update": _update,
}
