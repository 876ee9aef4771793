"""torch.nn modules as objects: containers, parameters, the methods of nn.Module, and calling one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ..rules import modules as rules
from ..rules import suspicion
from ..rules.mismatch import Mismatch
from ..shapes.choices import as_chosen
from ..shapes.dims import Dim
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from . import calls, convolutions, module_hooks, origins, packed, tensors, wrappers
from .run import Frame, Run
from .values import Bound, Class, Function, Instance, Library, ListValue, Raised, Tensor, Value

_LISTS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ParameterList"})
_DICTS = frozenset({"torch.nn.ModuleDict", "torch.nn.ParameterDict"})
_BASES = _LISTS | _DICTS | {"torch.nn.Module", "torch.jit.ScriptModule"}


def is_module_class(path: str) -> bool:
    """Whether a library class is a torch.nn module the evaluator knows (LightningModule counts as nn.Module)."""
    return path in _BASES or path in wrappers.HELD or path.endswith(".LightningModule") or rules.known(path)


def gathering(path: str | None) -> tuple[str, str]:
    """The names under which a library class's constructor takes any number of arguments."""
    args, kwargs = rules.gathering(path) if path is not None and rules.known(path) else (None, None)
    return args or "args", kwargs or "kwargs"


def module_path(value: Value) -> str | None:
    """The torch.nn class an object is of or derives from, by its full name."""
    from . import objects

    if not isinstance(value, Instance):
        return None
    path = objects.library_base(value.cls)
    return path if path is not None and is_module_class(path) else None


def is_module(value: Value) -> bool:
    """Whether a value is a torch.nn module."""
    return module_path(value) is not None


def is_leaf(instance: Instance) -> bool:
    """Whether it is a plain torch.nn layer: what is inside is torch's own business."""
    path = instance.cls.path if isinstance(instance.cls, Library) else ""
    return bool(path) and path not in _BASES and path not in wrappers.HELD and is_module(instance)


def is_mapping(instance: Instance) -> bool:
    """Whether it is a ModuleDict or ParameterDict."""
    return module_path(instance) in _DICTS


def children(instance: Instance) -> dict[str, Instance]:
    """The direct submodules in order."""
    return {name: value for name, value in instance.attrs.items() if isinstance(value, Instance) and is_module(value)}


def registered(instance: Instance) -> Value:
    """`module._modules`: what is written to it is written to the module."""
    if not instance.complete or any(type(value) is Unknown for value in instance.attrs.values()):
        return Unknown("the parts of a module that is not wholly known")
    view = Instance(Library("torch.nn.ModuleDict"))
    view.attrs = instance.attrs
    return view


def child_names(instance: Instance) -> list[str]:
    """The names under which a container keeps its items."""
    return [name for name, value in instance.attrs.items() if _is_item(instance, name, value)]


def _is_item(instance: Instance, name: str, value: Value) -> bool:
    path = module_path(instance)
    if path == "torch.nn.ParameterDict":
        return name not in ("training", "_keys")
    if path == "torch.nn.ParameterList" or (path in _LISTS and name.isdecimal()):
        return name.isdecimal()  # a list also keeps its `_size`; None and what is unknown have their places
    return isinstance(value, Instance) and is_module(value)


def iterate(instance: Value) -> list[Value] | None:
    """The items of a container module (keys of a dict); None for what is no container."""
    path = module_path(instance)
    if path in _LISTS:
        return [instance.attrs[name] for name in child_names(instance)]
    return list(child_names(instance)) if path in _DICTS else None


def make_list(cls: Class | Library, items: list[Value]) -> Instance:
    """A container of the items."""
    base = cls if isinstance(cls, Library) else Library("torch.nn.ModuleList")
    return Instance(base, {"training": True, **{str(i): item for i, item in enumerate(items)}})


def subscript(run: Run, instance: Instance, index: Value) -> Value:
    """`container[index]`."""
    names = child_names(instance)
    if is_mapping(instance):
        if isinstance(index, str) and index in names:
            return instance.attrs[index]
        if isinstance(index, str):
            raise Raised("KeyError")
        return Unknown("indexed by an unknown key")
    if isinstance(index, slice):
        try:
            picked = names[index]
        except TypeError:
            return Unknown("a slice with unknown bounds")
        return make_list(Library(module_path(instance) or ""), [instance.attrs[name] for name in picked])
    if isinstance(index, int):
        if not -len(names) <= index < len(names):
            raise Raised("IndexError")
        return instance.attrs[names[index]]
    known = isinstance(index, str) and index in names
    return instance.attrs[index] if known else Unknown("indexed by something unknown")


def init(
    run: Run,
    instance: Instance,
    path: str,
    args: list[Value],
    kwargs: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> None:
    """The constructor of a torch.nn class."""
    from . import iteration

    run.set_attribute(instance, "training", True)
    args = [as_chosen(arg) if isinstance(arg, Dim) else arg for arg in args]
    kwargs = {name: as_chosen(value) if isinstance(value, Dim) else value for name, value in kwargs.items()}
    if path in _LISTS:
        _fill_list(run, instance, path, args)
    elif path in _DICTS:
        given = args[0] if args else kwargs.get("modules", kwargs.get("parameters"))
        pairs = given.items() if isinstance(given, dict) else []
        if given is not None and not isinstance(given, dict):
            known = iteration.items(run, given)
            pairs = known if isinstance(known, list) else []
            instance.complete = instance.complete and isinstance(known, list)
        for name, value in pairs:
            run.set_attribute(instance, str(name), value)
    elif path in wrappers.HELD:
        wrappers.construct(run, instance, path, args, kwargs)
    elif rules.known(path):
        _construct(run, instance, path, args, kwargs, node)


def _fill_list(run: Run, instance: Instance, path: str, args: list[Value]) -> None:
    from . import iteration

    if path == "torch.nn.Sequential" and not (len(args) == 1 and isinstance(args[0], dict)):
        items: Any = args
    elif args and isinstance(args[0], dict):
        for name, value in args[0].items():
            run.set_attribute(instance, str(name), value)
        instance.complete = instance.complete and all(map(is_module, args[0].values()))
        return
    else:
        items = iteration.items(run, args[0]) if args else []
    if not isinstance(items, list):
        instance.complete = False
        run.set_attribute(instance, "0", Unknown("a container of unknown length"))
        return
    offset = len(child_names(instance))
    for number, item in enumerate(items):
        run.set_attribute(instance, str(offset + number), item)


def _construct(
    run: Run, instance: Instance, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST
) -> None:
    plain = tuple(tensors.to_rule(run, arg) for arg in args)
    named = {name: tensors.to_rule(run, value) for name, value in kwargs.items()}
    try:
        made = rules.construct(path, plain, named)
    except Mismatch as mismatch:
        mismatch.operation = mismatch.operation or path.rsplit(".", 1)[-1]
        run.mismatch(node, mismatch, [])
        instance.complete = False
        return
    except Undecided:
        instance.complete = False
        return
    except Exception as fault:  # noqa: BLE001  (kept, and reported with the file)
        run.fault(fault)
        instance.complete = False
        return
    for name, value in made.items():
        run.set_attribute(instance, name, _attribute_value(run, value, origins.Origin(origins.PARAMETER, path)))


def _attribute_value(run: Run, value: Any, origin: origins.Origin) -> Value:
    cls = getattr(value, "cls", None)
    if isinstance(cls, str):  # a submodule, as rules/modules describes it
        attrs = {name: _attribute_value(run, each, origin) for name, each in value.attrs.items()}
        return Instance(Library(cls), {"training": True, **attrs})
    return tensors.from_rule(run, value, origin)


class _RuleAttributes(Mapping[str, Any]):
    """An instance's attributes as rules read them, converted one by one."""

    def __init__(self, run: Run, instance: Instance) -> None:
        self.run = run
        self.instance = instance

    def __getitem__(self, name: str) -> Any:
        return tensors.to_rule(self.run, self.instance.attrs[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.instance.attrs)

    def __len__(self) -> int:
        return len(self.instance.attrs)


def described(run: Run, instance: Instance) -> Any:
    """A torch.nn module as rules take it."""
    path = module_path(instance)
    if path is None or not isinstance(instance.cls, Library):
        return Unknown("an object no rule knows")
    return rules.ModuleSpec(path, _RuleAttributes(run, instance))


def call_module(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`module(…)`: its forward, between its hooks."""
    if instance.path is None:
        assign_paths(instance, "")
    if "<hooks>" not in instance.attrs:
        return _forward(run, instance, args, kwargs, node, frame)
    args, kwargs = module_hooks.before(run, instance, args, kwargs, node, frame)
    result = _forward(run, instance, args, kwargs, node, frame)
    return module_hooks.after(run, instance, args, kwargs, result, node, frame)


def _forward(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    from . import objects

    forward = instance.attrs.get("forward") or objects.lookup(instance.cls, "forward")
    if isinstance(forward, Function):
        return calls.call(run, Bound(forward, instance), args, kwargs, node, frame)
    if forward is not None:
        return calls.call(run, forward, args, kwargs, node, frame)
    return library_forward(run, instance, args, kwargs, node, frame)


def library_forward(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """The forward an object inherits from torch.nn."""
    path = module_path(instance)
    if args and (own := convolutions.overridden(instance, path)) is not None:
        return convolutions.forward(run, instance, own, args[0], node, frame)
    if path == "torch.nn.Sequential":
        if not instance.complete:
            return Unknown("a Sequential that is not wholly known")
        value: Value = args[0] if args else kwargs.get("input")
        for child in iterate(instance) or []:
            value = calls.call(run, child, [value], {}, node, frame)
        return value
    if path in wrappers.HELD:
        return wrappers.forward(run, instance, path, args, kwargs, node, frame)
    if path is None or path in _BASES or not instance.complete:
        return Unknown("the forward of a module that is not wholly known")
    if args and packed.is_packed(args[0]):
        again = partial(library_forward, run, instance, kwargs=kwargs, node=node, frame=frame)
        batch_first = instance.attrs.get("batch_first") is True
        return packed.through(path, batch_first, args[0], lambda padded: again([padded, *args[1:]]))
    plain = tuple(tensors.to_rule(run, arg) for arg in args)
    named = {name: tensors.to_rule(run, value) for name, value in kwargs.items()}
    training = instance.attrs.get("training", True)
    try:
        suspicion.taken()
        result = rules.forward(path, _RuleAttributes(run, instance), training, plain, named)
        run.suspect(node, path.rpartition(".")[2], [each for each in args if isinstance(each, Tensor)])
    except Mismatch as mismatch:
        mismatch.operation = mismatch.operation or path.rsplit(".", 1)[-1]
        return run.mismatch(node, mismatch, [*args, *kwargs.values()])
    except Undecided as undecided:
        return Unknown(undecided.reason)
    except Exception as fault:  # noqa: BLE001  (kept, and reported with the file)
        return run.fault(fault)
    if instance.attrs.get("inplace") is True and args and isinstance(args[0], Tensor):
        return args[0]
    return tensors.from_rule(run, result, origins.of_node(origins.LAYER, path, node, frame))


def assign_paths(instance: Instance, path: str) -> None:
    """Give a module and all below it their places in the tree."""
    instance.path = path
    for name, child in children(instance).items():
        if child.path is None:
            assign_paths(child, f"{path}.{name}" if path else name)


def walk(instance: Instance, prefix: str = "") -> Iterator[tuple[str, Instance]]:
    """The module and everything below it, with dotted names, each once."""
    seen: set[int] = set()
    stack = [(prefix, instance)]
    while stack:
        name, module = stack.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield name, module
        below = [(f"{name}.{key}" if name else key, child) for key, child in children(module).items()]
        stack += reversed(below)


def _listed(instance: Instance, parts: Iterable[tuple[str, Value]], *, named: bool = False, deep: bool = True) -> Value:
    """Parts of a module, with or without names. An attribute of unknown value may be one more of them."""
    modules = [module for _, module in walk(instance)] if deep else [instance]
    known = all(each.complete and not any(type(value) is Unknown for value in each.attrs.values()) for each in modules)
    unseen = Unknown("a part of a module that is not wholly known")
    rows: list[tuple[Value, Value]] = [*parts, *(() if known else [(unseen, unseen)])]
    return ListValue(rows if named else [part for _, part in rows])


def has_method(instance: Instance, name: str) -> bool:
    """Whether nn.Module (or its container class) has a method."""
    return name in METHODS or name in _IGNORED or (name in _CONTAINER and iterate(instance) is not None)


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
    return instance if name in _RETURN_SELF else Unknown(f"the result of {name} is not tracked")


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


def cast(run: Run, instance: Instance, dtype: DType | None) -> Instance:
    """Give all floating parameters and buffers below a module another dtype."""
    for _, module in walk(instance):
        for value in module.attrs.values():
            if isinstance(value, Tensor) and value.type.dtype and value.type.dtype.is_floating_point:
                changed = TensorType(dtype, value.type.dims, value.type.parameter)
                run.set_type(value, changed)
    return instance


def _to(run: Run, instance: Instance, *args: Value, **kwargs: Value) -> Instance:
    for value in (*args, *kwargs.values()):
        if isinstance(value, DType | Tensor):
            return cast(run, instance, value.type.dtype if isinstance(value, Tensor) else value)
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
    "type": _to,
    "parameters": lambda run, m, *_, **__: _listed(m, _tensors(m, True)),
    "named_parameters": lambda run, m, *_, **__: _listed(m, _tensors(m, True), named=True),
    "buffers": lambda run, m, *_, **__: _listed(m, _tensors(m, False)),
    "named_buffers": lambda run, m, *_, **__: _listed(m, _tensors(m, False), named=True),
    "modules": lambda run, m: _listed(m, walk(m)),
    "named_modules": lambda run, m, *_, **__: _listed(m, walk(m), named=True),
    "children": lambda run, m: _listed(m, children(m).items(), deep=False),
    "named_children": lambda run, m: _listed(m, children(m).items(), named=True, deep=False),
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

_RETURN_SELF = frozenset({"cuda", "cpu", "requires_grad_", "share_memory", "xpu", "to_empty", "compile", "ipu", "mtia"})
_IGNORED = _RETURN_SELF | frozenset(
    {"state_dict", "load_state_dict", "zero_grad",
     "register_full_backward_hook", "extra_repr", "forward", "__call__", "__init__", "_load_from_state_dict",
     "register_load_state_dict_pre_hook", "_register_load_state_dict_pre_hook", "_register_state_dict_hook",
     "register_state_dict_post_hook", "get_submodule", "get_parameter", "reset_parameters", "flatten_parameters",
     "_init_weights", "_conv_forward"}
)  # fmt: skip

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
