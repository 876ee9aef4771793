"""torch.nn modules as objects: containers, parameters, the methods of nn.Module, and calling one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ..rules import modules as rules
from ..rules import suspicion
from ..rules.mismatch import Mismatch
from ..seeds.model import HOOKS
from ..shapes.choices import as_chosen
from ..shapes.dims import Dim
from ..shapes.unknown import Undecided, Unknown
from . import calls, convolutions, module_hooks, origins, packed, tensors, wrappers
from .run import Frame, Run
from .values import Bound, Class, Function, Instance, Library, Raised, Tensor, Value, is_unknown

_LISTS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ParameterList"})
_DICTS = frozenset({"torch.nn.ModuleDict", "torch.nn.ParameterDict"})
BASES = _LISTS | _DICTS | {"torch.nn.Module", "torch.jit.ScriptModule"}


def is_module_class(path: str) -> bool:
    """Whether a library class is a torch.nn module the evaluator knows (LightningModule counts as nn.Module)."""
    return path in BASES or path in wrappers.HELD or path.endswith(".LightningModule") or rules.known(path)


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
    return bool(path) and path not in BASES and path not in wrappers.HELD and is_module(instance)


def is_mapping(instance: Instance) -> bool:
    """Whether it is a ModuleDict or ParameterDict."""
    return module_path(instance) in _DICTS


def children(instance: Instance) -> dict[str, Instance]:
    """The direct submodules in order."""
    return {name: value for name, value in instance.attrs.items() if isinstance(value, Instance) and is_module(value)}


def registered(instance: Instance) -> Value:
    """`module._modules`: what is written to it is written to the module."""
    if not instance.complete or any(is_unknown(value) for value in instance.attrs.values()):
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
        run.worked = run.steps
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
    if HOOKS not in instance.attrs:
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
        for name, child in zip(child_names(instance), iterate(instance) or [], strict=False):
            with run.in_layer(node, name):
                value = calls.call(run, child, [value], {}, node, frame)
        return value
    if path in wrappers.HELD:
        return wrappers.forward(run, instance, path, args, kwargs, node, frame)
    if path is None or path in BASES or not instance.complete:
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
