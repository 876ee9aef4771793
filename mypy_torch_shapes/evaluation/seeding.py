"""From seeds to values: recorded arguments, and live modules built again from today's source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..seeds.model import (
    HOOKS,
    ItemsSeed,
    IterableSeed,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    NameSeed,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
)
from ..shapes.dims import Dim, Size, Symbol
from ..shapes.dtypes import BY_NAME
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown, UnknownDevice, UnknownNumber, UnknownObject
from . import (
    arrays,
    calls,
    containers,
    contexts,
    growing,
    imports,
    lengths,
    library_objects,
    module_hooks,
    objects,
    origins,
    seed_parts,
    torch_modules,
)
from .agreement import alike
from .joins import join
from .kept_attributes import KeptAttributes
from .modules import SourceModule, canonical
from .moves import Moves, recorded_layout
from .origins import Origin
from .run import MOST_STEPS, Frame, Run
from .staleness import Staleness
from .values import (
    Class,
    Env,
    Function,
    Instance,
    Lengths,
    Library,
    ListValue,
    Many,
    Named,
    Partial,
    Raised,
    Tensor,
    Value,
)

_PATIENCE = 100_000  # steps a library's constructor may take; what it makes is recorded, too
_NOWHERE = ast.Constant(None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)


class Seeding:
    """Makes values from the seeds of one profile, for one evaluation."""

    def __init__(self, run: Run, profile: Profile, staleness: Staleness, builder: Seeding | None = None) -> None:
        self.run = run
        self.profile = profile
        self.staleness = staleness
        self.builder = builder  # who builds modules, once for several evaluations
        self._modules: dict[int, Value] = {}
        self._building: set[int] = set()
        self._shared: dict[tuple[int, int], Value] = {}  # lists and dicts of several modules, by root and number
        self._moves = Moves(run, profile)
        self._kept = KeptAttributes(profile, staleness, self.module, self._attribute, self._given_unchanged)
        self._sizes: Iterator[Size] | None = None
        self._worlds: int | None = None  # how many, where sizes are symbolic
        self._origin: Origin | None = None  # of the seeds that are made values just now

    def arguments(
        self,
        arguments: tuple[tuple[str, Seed], ...],
        sizes: tuple[Size, ...],
        samples: bool = False,
        kind: str = origins.ARGUMENT,
    ) -> dict[str, Value]:
        """A call's arguments, with these sizes in place of the recorded ones; a list of tuples may be `samples`."""
        self._sizes = iter(sizes)
        if samples:
            self._worlds = next((len(size.values) for size in sizes if isinstance(size, Dim) and size.values), None)
        try:
            return {name: self.value_from(Origin(kind, name), seed) for name, seed in arguments}
        finally:
            self._sizes = self._worlds = None

    def _size(self, recorded: int) -> Size:
        return recorded if self._sizes is None else next(self._sizes)

    def value_from(self, origin: Origin, seed: Seed) -> Value:
        """What a seed stands for; the tensors in it are from there."""
        before, self._origin = self._origin, origin
        try:
            return self.value(seed)
        finally:
            self._origin = before

    def value(self, seed: Seed) -> Value:
        """What a seed stands for."""
        if isinstance(seed, ItemsSeed):
            return self._items(seed)
        if isinstance(seed, TensorSeed):
            dims = tuple(self._size(size) for size in seed.shape)
            made = TensorType(BY_NAME.get(seed.dtype), dims, seed.parameter, recorded_layout(seed), seed.device)
            if seed.largest is not None:
                return Lengths(made, self._size(seed.largest), self._origin)
            return Tensor(made, self._origin)
        if isinstance(seed, bool | float | complex | str | bytes | None):
            return seed
        if isinstance(seed, int):
            return self._size(seed)
        if isinstance(seed, SequenceSeed):
            return self._sequence(seed)
        if isinstance(seed, MappingSeed):
            return self._mapping(seed)
        if isinstance(seed, ModuleSeed):
            return self.module(seed.id)
        if isinstance(seed, ObjectSeed):
            attrs = {name: self.value(value) for name, value in seed.attrs} | self._defaults(seed)
            return self._object(seed.cls, attrs, seed.complete)
        if isinstance(seed, IterableSeed):
            return Many(self.value(seed.element), None, True, made=True)
        if isinstance(seed, NameSeed):
            return self._named(seed)
        return self._opaque(seed) if isinstance(seed, OpaqueSeed) else Unknown("not recorded")

    def _opaque(self, seed: OpaqueSeed) -> Value:
        """Of an optimizer and the like the class is all that is needed."""
        if seed.cls == contexts.ANY_FLOAT:
            return UnknownNumber(float, "a number computed from sizes")
        cls = self.class_of(seed.cls)
        if isinstance(cls, Library) and library_objects.knows(cls):
            return Instance(cls, complete=False)
        return _object_of(seed.cls)

    def _items(self, seed: ItemsSeed) -> Value:
        length = self._size(seed.length)
        taken = [self._size(size) for size in seed_parts.slots_of(seed.element)]
        if isinstance(seed.element, int) and taken:
            return lengths.as_list(length, taken[0])
        if isinstance(length, int):
            return ListValue(self._item(seed, taken) for _ in range(length))
        return ListValue([self._item(seed, taken)], length)

    def _item(self, seed: ItemsSeed, sizes: list[Size]) -> Value:
        """One of the items, with sizes of its own where they differ in them."""
        if isinstance(seed.element, int | float):
            return UnknownNumber(type(seed.element), "a number of a list")
        saved = self._sizes
        self._sizes = iter(fresh() if i in seed.ragged else size for i, size in enumerate(sizes))
        try:
            return self.value(seed.element)
        finally:
            self._sizes = saved

    def _sequence(self, seed: SequenceSeed) -> Value:
        items = [self.value(item) for item in seed.items]
        if not seed.complete:
            return _long_list(seed)
        if seed.cls == "list":
            return self._samples(seed, items) or ListValue(items)
        if seed.cls in ("set", "frozenset"):
            return set(items) if not any(isinstance(item, Unknown | ListValue) for item in items) else Unknown("a set")
        if seed.cls in ("tuple", "torch:Size"):
            return tuple(items)
        cls = self.class_of(seed.cls)
        if isinstance(cls, Class) and containers.is_named_tuple(cls):
            return containers.make_named_tuple(cls, items, {})
        return Named((), items) if seed.cls.startswith("torch") else tuple(items)

    def _samples(self, seed: SequenceSeed, items: list[Value]) -> Value:
        """A list of tuples of equal structure is a batch of samples: there may be any number of them."""
        if self._worlds is None or not items or not all(isinstance(item, SequenceSeed) for item in seed.items):
            return None
        if any(item.cls != "tuple" for item in seed.items if isinstance(item, SequenceSeed)):
            return None
        element = items[0]
        for item in items[1:]:
            element = join(element, item)
        if not isinstance(element, tuple):
            return None
        return ListValue([element], Dim.of(Symbol("", (len(items),) * self._worlds)))

    def _mapping(self, seed: MappingSeed) -> Value:
        if not seed.complete:
            for _, value in seed.items:
                self.value(value)
            return Unknown("a mapping too long to record")
        pairs = [(self._key(key), self.value(value)) for key, value in seed.items]
        if seed.cls in ("dict", "collections:OrderedDict"):
            return dict(pairs)
        cls = self.class_of(seed.cls)
        if isinstance(cls, Class):
            return Instance(cls, {str(key): value for key, value in pairs})
        return dict(pairs)

    def _key(self, seed: Seed) -> Value:
        """A mapping's key: no size, so it takes no slot."""
        saved, self._sizes = self._sizes, None
        try:
            return self.value(seed)
        finally:
            self._sizes = saved

    def _object(self, name: str, attrs: dict[str, Value], complete: bool) -> Value:
        if name == "functools:partial" and isinstance(attrs["args"], tuple) and isinstance(attrs["keywords"], dict):
            return Partial(attrs["func"], attrs["args"], attrs["keywords"])
        cls = self.class_of(name)
        if cls == Library("numpy.ndarray"):
            return arrays.recorded(attrs)
        if isinstance(cls, Class | Library):
            return Instance(cls, attrs, complete=complete and isinstance(cls, Class))
        return _object_of(name)

    def _defaults(self, seed: ObjectSeed) -> dict[str, Value]:
        """The attributes that follow today's source: defaults of the constructor that have been edited since."""
        cls = self.class_of(seed.cls) if seed.defaulted else None
        if not isinstance(cls, Class):
            return {}
        recorded = dict(seed.attrs)
        today = {name: _default_of(cls, name) for name in seed.defaulted}
        return {name: value for name, value in today.items() if value != recorded.get(name) and _is_constant(value)}

    def _named(self, seed: NameSeed) -> Value:
        if seed.kind == "dtype":
            return BY_NAME.get(seed.name, Unknown("a dtype it does not know"))
        if seed.kind == "device":
            return UnknownDevice("a device", seed.name.partition(":")[0])
        if seed.kind == "module":
            return imports.module(self.run, seed.name)
        found = self.class_of(seed.name)
        return found if found is not None else Unknown(seed.name)

    def class_of(self, name: str) -> Value:
        """A class, function or enum member by "module:qualname"."""
        module, _, qualname = name.partition(":")
        head, *rest = qualname.split(".")
        value = imports.member(self.run, module, head)
        if module == "builtins":
            value = Library(f"builtins.{head}")
        for part in rest:
            if isinstance(value, Class):
                value = objects.lookup(value, part) or Unknown(f"{name} is gone")
            elif isinstance(value, Library):
                value = canonical(f"{value.path}.{part}")
            else:  # inside a function: made when that ran
                return Unknown(f"{name} is no name of its module")
        return value

    def module(self, number: int) -> Value:
        """The live module of a record, built again; the same object each time within one evaluation."""
        if self.builder is not None:
            return self.builder.module(number)
        record = self.profile.modules.get(number)
        if number in self._modules or record is None:
            return self._modules.get(number, Unknown("a module that was not recorded"))
        if number in self._building:
            return Unknown("a module that is part of itself")
        if record.root != number and record.root in self.profile.modules and record.root not in self._building:
            self.module(record.root)  # links what it is built of
        if number not in self._modules:
            self.run.steps = self.run.steps if self._building else 0
            self._building.add(number)
            try:
                self._modules[number] = self._build(record)
            finally:
                self._building.discard(number)
            self._link(self._modules[number], record)
        return self._modules[number]

    def _build(self, record: ModuleRecord) -> Value:
        """A module from today's constructor and the recorded arguments, completed by what was recorded."""
        saved, self._sizes = self._sizes, None
        kept, self.run.kept = self.run.kept, partial(self._kept.completed, building=self._building)
        try:
            made = self._constructed(record)
        finally:
            self._sizes, self.run.kept = saved, kept
        if isinstance(made, Instance):
            self._moves.repeat(made, record)
            torch_modules.assign_paths(made, record.path)
        return made

    def _constructed(self, record: ModuleRecord) -> Value:
        cls = self.class_of(record.cls)
        made: Value = None
        if record.init is not None and isinstance(cls, Class | Library):
            args, kwargs = self._constructor_arguments(cls, record.init)
            frame = Frame(Env({}, None, _elsewhere(cls)))
            limit = MOST_STEPS if isinstance(cls, Class) and cls.module.project else _PATIENCE
            try:
                made = self.run.within(limit, lambda: calls.call(self.run, cls, args, kwargs, _NOWHERE, frame))
            except Raised:
                made = None
        if not isinstance(made, Instance):
            if not isinstance(cls, Class | Library) or not self._unchanged(record):
                return Unknown(f"{record.cls} cannot be built from the source as it is now")
            made = Instance(cls, {"training": record.training}, complete=False)
        self._complete(made, record)
        return made

    def _constructor_arguments(
        self, cls: Class | Library, init: tuple[tuple[str, Seed], ...]
    ) -> tuple[list[Value], dict[str, Value]]:
        values = {name: self.value_from(Origin(origins.CONSTRUCTOR, name), seed) for name, seed in init}
        initializer = objects.lookup(cls, "__init__") if isinstance(cls, Class) else None
        if not isinstance(initializer, Function):
            rest, options = torch_modules.gathering(objects.library_base(cls))
            args = values.pop(rest, ())
            kwargs = values.pop(options, {})
            return list(args) if isinstance(args, tuple | list) else [], {**values, **(kwargs or {})}
        spec = initializer.node.args
        args = []
        if spec.vararg is not None and values.get(spec.vararg.arg):
            for parameter in (*spec.posonlyargs, *spec.args)[1:]:
                args.append(values.pop(parameter.arg, Unknown("not recorded")))
            args += values.pop(spec.vararg.arg)
        elif spec.vararg is not None:
            values.pop(spec.vararg.arg, None)
        extra = values.pop(spec.kwarg.arg, {}) if spec.kwarg is not None else {}
        names = {parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
        known = {name: value for name, value in values.items() if name in names or spec.kwarg is not None}
        return args, {**known, **(extra if isinstance(extra, dict) else {})}

    def _unchanged(self, record: ModuleRecord) -> bool:
        """Whether no code that built a module changed, nor that of the objects it was built with."""
        root = self.profile.modules.get(record.root, record)
        constructor = f"{root.cls}.__init__"
        seen = root.init is not None or record.id in self._kept.constructors
        if not seen and constructor in self.profile.functions and not self.staleness.unchanged(constructor):
            return False  # nobody saw what built it
        return self.staleness.all_unchanged(self._kept.builders(record)) and self._given_unchanged(record)

    def _given_unchanged(self, record: ModuleRecord) -> bool:
        """Whether no code of the objects changed that a module, or the root above it, was built with."""
        root = self.profile.modules.get(record.root, record)
        given = [seed for each in (record, root) for _, seed in each.init or ()]
        return all(
            self.staleness.methods_unchanged(each.cls) and not self._defaults(each)
            for seed in given
            for each in seed_parts.objects_in(seed)
        )

    def _attribute(self, record: ModuleRecord, name: str, seed: Seed) -> Value:
        return self.value_from(Origin(origins.ATTRIBUTE, f"{record.cls}.{name}"), seed)

    def _complete(self, made: Instance, record: ModuleRecord) -> None:
        """Fill in from the live object: everything where no code that built it changed, else what is unknown."""
        unchanged = self._unchanged(record)
        own_unchanged = unchanged or self.staleness.methods_unchanged(record.cls)
        made.attrs["training"] = record.training
        if any(name == HOOKS for name, _ in record.attrs):
            module_hooks.recorded(made)
        if not unchanged and isinstance(made.cls, Class) and not made.cls.module.project:
            return  # a library's: what it was given may be what has changed
        if own_unchanged:
            filled: set[str] = set()
            tensors: set[str] = set()
            for name, seed in record.attrs:
                if name == HOOKS:
                    continue
                have = made.attrs.get(name)
                if (name not in made.attrs and not made.complete) or isinstance(have, Unknown) or (unchanged):
                    value = self._attribute(record, name, seed)
                    if not isinstance(value, Unknown) and not (name in made.attrs and alike(have, value)):
                        made.attrs[name] = value
                        filled.add(name)
                        tensors |= {name} if seed_parts.holds_tensor(seed) else set()
                if isinstance(have, Instance) and isinstance(seed, ObjectSeed):
                    self._fill(have, seed)
            self._share(made, record, None if unchanged else filled)
            left = tensors & growing.rebound(made.cls) if tensors else ()
            made.attrs.update(dict.fromkeys(left, Unknown("left by an earlier call")))
        if torch_modules.is_leaf(made) and (made.complete or not unchanged):
            return  # one that nobody was seen to construct (a copy) is all that was recorded
        for name, number in record.children:
            self._complete_child(made, name, number, unchanged, own_unchanged)
        if unchanged:
            known = {name for name, _ in record.children}
            for name in [n for n in torch_modules.children(made) if n not in known]:
                del made.attrs[name]
            made.complete = True

    def _share(self, made: Instance, record: ModuleRecord, among: set[str] | None) -> None:
        """One list or dict for all modules that held the same one; `among` those attributes, where not all."""
        for name, number in record.shared:
            have = made.attrs.get(name)
            if isinstance(have, list | dict) and (among is None or name in among):
                first = self._shared.setdefault((record.root, number), have)
                made.attrs[name] = first if type(first) is type(have) else have

    def _fill(self, made: Instance, seed: ObjectSeed) -> None:
        """Fill in from the recorded object what is unknown of one that is not a module (a configuration)."""
        if self._class_name(made) != self._recorded_class(seed.cls) or arrays.tensor_of(made) is not None:
            return
        for name, each in seed.attrs:
            have = made.attrs.get(name)
            if isinstance(have, Instance) and isinstance(each, ObjectSeed):
                self._fill(have, each)
            elif isinstance(have, Unknown) or (name not in made.attrs and not made.complete):
                made.attrs[name] = self.value(each)
        made.complete = made.complete or seed.complete

    def _complete_child(self, made: Instance, name: str, number: int, unchanged: bool, own_unchanged: bool) -> None:
        child = self.profile.modules.get(number)
        if child is None:
            return
        have = made.attrs.get(name)
        if isinstance(have, Instance) and (not unchanged or self._class_name(have) == self._recorded_class(child.cls)):
            self._complete(have, child)
            return
        missing = isinstance(have, Unknown) or (not made.complete and name not in made.attrs)
        if own_unchanged and (unchanged or missing):
            built = self.module(number)
            if isinstance(built, Instance):
                made.attrs[name] = built

    def _class_name(self, instance: Instance) -> str:
        cls = instance.cls
        return cls.path if isinstance(cls, Library) else f"{cls.module.name}.{cls.qualname}"

    def _recorded_class(self, cls: str) -> str:
        return canonical(cls.replace(":", ".")).path

    def _link(self, made: Value, record: ModuleRecord) -> None:
        """Remember which object stands for which record, throughout a tree."""
        if not isinstance(made, Instance) or made.record is not None:
            return
        made.record = record.id
        made.origin = contexts.origin(self.profile, record)
        self._modules.setdefault(record.id, made)
        for name, number in record.children:
            child = self.profile.modules.get(number)
            if child is not None:
                self._link(made.attrs.get(name), child)


def _long_list(seed: SequenceSeed) -> Value:
    """A list that was cut: of a table of numbers it is known what its items are."""
    kinds = {type(item) for item in seed.items}
    for kind in (int, float):
        if seed.cls == "list" and kinds == {kind}:
            return ListValue([UnknownNumber(kind, "a number of a list too long to record")], fresh())
    return Unknown("a sequence too long to record")


def _default_of(cls: Class, name: str) -> Value:
    """What a parameter of a class's constructor is by default."""
    initializer = objects.lookup(cls, "__init__")
    if isinstance(initializer, Function):
        return initializer.defaults.get(name, Unknown("a parameter without a default"))
    value = objects.lookup(cls, name)
    return value.get("default") if isinstance(value, dict) and "<field>" in value else value


def _is_constant(value: Value) -> bool:
    return isinstance(value, bool | int | float | str)


def _elsewhere(cls: Class | Library) -> SourceModule:
    """The module code runs in that stands in no source: that of the class."""
    if isinstance(cls, Class):
        return cls.module
    return SourceModule("<profile>", Path("<profile>"), ast.Module([], []), "", False)


def _object_of(name: str) -> Unknown:
    """An object of a class ("module:qualname") that nobody looks into; sparse and nested tensors are such, too."""
    kind = Unknown if name.endswith(("Tensor", "Parameter", "Buffer")) else UnknownObject
    return kind(f"an object of {name}")
