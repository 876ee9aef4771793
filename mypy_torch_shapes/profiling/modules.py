"""The live modules of the run, and the records made of them."""

from __future__ import annotations

import dis
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from types import CodeType
from typing import Any

from mypy_torch_shapes.profiling.names import class_name, mro, raw_dict
from mypy_torch_shapes.profiling.observe import Observer, PendingModule
from mypy_torch_shapes.seeds.model import HOOKS, ModuleRecord, ModuleSeed, OpaqueSeed, Seed
from mypy_torch_shapes.seeds.references import replaced

MAX_RECORDS = 20_000

# What torch.nn.Module keeps for itself; what the user registered in them is recorded by name.
_INTERNAL = frozenset(
    {
        "training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_is_full_backward_hook",
        "_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks",
        "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks", "_compiled_call_impl",
    }
)  # fmt: skip


@dataclass(eq=False)
class Construction:
    """One outermost construction: the watched functions that took part."""

    builders: set[str]


@dataclass(eq=False)
class Live:
    """A module while it is alive."""

    token: int
    cls: str
    ref: weakref.ref[Any]
    begun: bool = False  # its constructor was seen
    init: tuple[tuple[str, Seed], ...] | None = None
    construction: Construction | None = None
    current: int | None = None  # its record in the latest snapshot


@dataclass
class Modules:
    """Every module seen; a record is made of it whenever the tree it belongs to is called in a new state."""

    records: list[ModuleRecord] = field(default_factory=list)
    _origins: list[Live] = field(default_factory=list)  # whose record each is
    _lives: dict[int, Live] = field(default_factory=dict)  # by id, as long as the module lives
    _provisional: dict[int, int] = field(default_factory=dict)  # by token: as it was after construction
    _first: dict[int, int] = field(default_factory=dict)  # by token
    _snapshots: dict[tuple[object, ...], dict[int, int]] = field(default_factory=dict)
    _classes: dict[int, str] = field(default_factory=dict)  # by token
    _tokens: int = 0

    def live(self, module: Any) -> Live:
        """What is known of a module."""
        found = self._lives.get(id(module))
        if found is not None and found.ref() is module:
            return found
        self._tokens += 1
        ref = weakref.ref(module, self._forgetter(id(module)))
        live = self._lives[id(module)] = Live(self._tokens, _class_of(module), ref)
        self._classes[live.token] = live.cls
        return live

    def _forgetter(self, key: int) -> Callable[[weakref.ref[Any]], None]:
        lives = self._lives

        def forget(ref: weakref.ref[Any]) -> None:
            found = lives.get(key)
            if found is not None and found.ref is ref:  # else another module has this id by now
                del lives[key]

        return forget

    def callbacks(self) -> list[Callable[..., Any]]:
        """The functions that Python calls by itself."""
        return [self._forgetter(0)]

    def token(self, module: Any) -> int:
        """A number of the module's own, never used again."""
        return self.live(module).token

    def seed(self, module: Any) -> ModuleSeed:
        """The module by its present record, or by one chosen later if there is none yet."""
        live = self.live(module)
        return PendingModule(live.token) if live.current is None else ModuleSeed(live.current)

    def adopt(self, copy: Any, seed: ModuleSeed) -> None:
        """Let a copy stand for the module it was copied from."""
        self.live(copy).current = self._record_of(seed) if isinstance(seed, PendingModule) else seed.id

    def resolved(self, seed: PendingModule) -> Seed:
        """The module by the record it got after it was seen, or by its class if it never got one."""
        record = self._record_of(seed)
        return OpaqueSeed(self._classes[seed.id]) if record is None else ModuleSeed(record)

    def _record_of(self, seed: PendingModule) -> int | None:
        return self._first.get(seed.id, self._provisional.get(seed.id))

    def snapshot(self, root: Any, observer: Observer) -> tuple[object, ...] | None:
        """Make the records of the tree under `root` the present ones. Its key: equal for the tree in an equal state."""
        tree = list(_tree(root))
        lives = [self.live(module) for _, module in tree]
        key = tuple(
            (live.token, type(module), _training(module), _is_replaced(module))
            for live, (_, module) in zip(lives, tree, strict=True)
        )
        places = self._snapshots.get(key)
        if places is None:
            if len(self.records) + len(tree) > MAX_RECORDS:
                return None
            places = self._snapshots[key] = self._add(tree, lives, observer)
        for live in lives:
            live.current = places[live.token]
            self._first.setdefault(live.token, live.current)
        return key

    def met(self, module: Any, observer: Observer) -> None:
        """A module outside of any call of one, as `model.encode(x)` meets it: its state may not be recorded yet."""
        current = self.live(module).current
        if current is None or self.records[current].training is not _training(module):
            self.snapshot(module, observer)

    def built(self, root: Any, observer: Observer) -> None:
        """Keep how `root` looks after its construction, in case it is never called."""
        tree = list(_tree(root))
        if len(self.records) + len(tree) <= MAX_RECORDS:
            self._provisional.update(self._add(tree, [self.live(module) for _, module in tree], observer))
            for _, module in tree:
                self.live(module).current = None

    def _add(self, tree: list[tuple[str, Any]], lives: list[Live], observer: Observer) -> dict[int, int]:
        base = len(self.records)
        places = {live.token: base + i for i, live in enumerate(lives)}
        for live in lives:
            live.current = places[live.token]
        shared = _shared([module for _, module in tree])
        made = [
            ModuleRecord(
                id=base + i,
                cls=_class_of(module),
                root=base,
                path=path,
                init=_in_snapshot(live.init, places),
                attrs=(
                    *((name, observer.seed(value)) for name, value in _attributes(module)),
                    *[(HOOKS, True)] * _is_replaced(module),
                ),
                children=tuple((name, places[self.token(child)]) for name, child in _children(module)),
                training=_training(module),
                builders=(),
                shared=shared.get(id(module), ()),
            )
            for i, ((path, module), live) in enumerate(zip(tree, lives, strict=True))
        ]
        self.records += made
        self._origins += lives
        return places

    def finished(self) -> list[ModuleRecord]:
        """All records with their builders. A module nobody was seen to construct has those of its root."""
        return [
            replace(record, builders=self._builders(live) or self._builders(self._origins[record.root]))
            for record, live in zip(self.records, self._origins, strict=True)
        ]

    @staticmethod
    def _builders(live: Live) -> tuple[str, ...]:
        return () if live.construction is None else tuple(sorted(live.construction.builders))


def _in_snapshot(
    init: tuple[tuple[str, Seed], ...] | None, places: dict[int, int]
) -> tuple[tuple[str, Seed], ...] | None:
    """Constructor arguments, the modules among them by their records in this snapshot."""
    if init is None:
        return None
    return tuple((name, replaced(value, lambda seed: _placed(seed, places))) for name, value in init)


def _placed(seed: Seed, places: dict[int, int]) -> Seed:
    if isinstance(seed, PendingModule) and seed.id in places:
        return ModuleSeed(places[seed.id])
    return seed


def _tree(root: Any) -> Iterator[tuple[str, Any]]:
    """Every module below `root` once, under the path that `named_modules` gives it."""
    seen: set[int] = set()
    waiting = [("", root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) not in seen:
            seen.add(id(module))
            yield path, module
            below = [(f"{path}.{name}" if path else name, child) for name, child in _children(module)]
            waiting.extend(reversed(below))


def _shared(modules: list[Any]) -> dict[int, tuple[tuple[str, int], ...]]:
    """The attributes of each module (by its id) that are the very list or dict of another one, and which one it is."""
    holders: dict[int, list[tuple[int, str]]] = {}
    for module in modules:
        for name, value in _attributes(module):
            if type(value) in (list, dict):
                holders.setdefault(id(value), []).append((id(module), name))
    found: dict[int, tuple[tuple[str, int], ...]] = {}
    for number, places in enumerate(each for each in holders.values() if len({module for module, _ in each}) > 1):
        for module, name in places:
            found[module] = (*found.get(module, ()), (name, number))
    return found


def _state(module: Any, name: str) -> dict[str, Any]:
    found = (raw_dict(module) or {}).get(name)
    return found if isinstance(found, dict) else {}


def _class_of(module: Any) -> str:
    """The name of a module's class. torch gives a parametrized module a class of its own, made as it runs; where its
    parametrizations leave every tensor its shape and dtype, it is called as before."""
    name = class_name(type(module))
    if name.startswith("torch.nn.utils.parametrize:Parametrized") and all(map(_keeps_types, _parametrizations(module))):
        return class_name(mro(type(module))[1])
    return name


def _parametrizations(module: Any) -> Iterator[Any]:
    """One list of parametrizations for each tensor that has some."""
    return (each for _, each in _children(_state(module, "_modules").get("parametrizations")))


def _keeps_types(parametrizations: Any) -> bool:
    """torch checks it of those that are not registered as `unsafe`; its own keep them in any case."""
    if (raw_dict(parametrizations) or {}).get("unsafe") is False:
        return True
    return all(class_name(type(each)).startswith("torch.nn.utils.param") for _, each in _children(parametrizations))


def _children(module: Any) -> Iterator[tuple[str, Any]]:
    return ((name, child) for name, child in list(_state(module, "_modules").items()) if child is not None)


def _training(module: Any) -> bool:
    return (raw_dict(module) or {}).get("training") is not False


def _is_replaced(module: Any) -> bool:
    """Whether a hook may give another result than the module's own: any that returns something."""
    codes = [getattr(hook, "__code__", None) for hook in list(_state(module, "_forward_hooks").values())]
    return not all(isinstance(code, CodeType) and _returns_nothing(code) for code in codes)


@lru_cache(maxsize=256)  # the hooks of a program are asked about at each of its calls
def _returns_nothing(code: CodeType) -> bool:
    steps = list(dis.get_instructions(code))
    returned = [before for before, step in pairwise(steps) if step.opname == "RETURN_VALUE"]
    returned += [step for step in steps if step.opname == "RETURN_CONST"]
    return all(step.opname in ("LOAD_CONST", "RETURN_CONST") and step.argval is None for step in returned)


def _attributes(module: Any) -> Iterator[tuple[str, Any]]:
    """Plain attributes, parameters and buffers by name."""
    for name, value in list((raw_dict(module) or {}).items()):
        if name not in _INTERNAL:
            yield name, value
    for registered in ("_parameters", "_buffers"):
        yield from list(_state(module, registered).items())
