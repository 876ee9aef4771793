"""The recorder: what one run of a program shows of its own functions and modules."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from mypy_torch_shapes.profiling import handlers
from mypy_torch_shapes.profiling.defaulted import Defaulted, is_dataclass_init
from mypy_torch_shapes.profiling.events import Events
from mypy_torch_shapes.profiling.facade import Torch, hide_from_compiler, loaded_torch
from mypy_torch_shapes.profiling.hollow import Copier, NotHollow, hollow_tensor
from mypy_torch_shapes.profiling.keys import Keys
from mypy_torch_shapes.profiling.loaders import Loaders
from mypy_torch_shapes.profiling.modules import Construction, Modules
from mypy_torch_shapes.profiling.observe import Observer
from mypy_torch_shapes.profiling.resolving import Resolver
from mypy_torch_shapes.profiling.scopes import Scopes, observer_of
from mypy_torch_shapes.profiling.watch import Watch, Watched
from mypy_torch_shapes.seeds.merging import with_calls
from mypy_torch_shapes.seeds.model import CallRecord, ModuleSeed, Profile, Seed, Variation

MAX_ROOT_CALLS = 32  # kept for the probe to choose from
_HANDLED = "<handled>"
_TRANSPARENT_MODULES = ("torch.nn.modules.", "torch.utils._contextlib")


class State(threading.local):
    """What one thread is in the middle of."""

    construction: Construction | None = None
    construction_frame: int = 0
    root_frame: int = 0
    root_module: Any = None
    root_call: tuple[tuple[Any, ...], dict[str, Any]] | None = None  # until its forward is entered
    root_state: tuple[object, ...] | None = None


@dataclass(frozen=True)
class Settings:
    """What torch was set to do while a call ran."""

    grad: bool
    autocast: Any = None  # the dtype, where it was on


@dataclass(eq=False)
class RootCall:
    """The outermost call of a module, without data: what the probe repeats."""

    module: Any
    token: int  # of the module it is a copy of
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: tuple[str, ...]  # of forward's parameters, self left out
    positional: int  # how many of them take positional arguments
    variadic: tuple[str, ...]  # those that are `*args` and `**kwargs`
    settings: Settings
    modules: list[tuple[Any, ModuleSeed]]  # all in it, and what each stands for
    state: object
    caller: str | None
    call: int | None = None  # its place among the calls, once it returned


@dataclass
class Entry:
    """A distinct way a function was entered, and the distinct results seen of it."""

    watched: Watched
    arguments: tuple[tuple[str, Seed], ...]
    receiver: Seed
    root: bool
    caller: str | None
    autocast: tuple[str, ...]
    returns: set[object] = field(default_factory=set)
    root_call: RootCall | None = None


@dataclass
class Scope:
    """What was observed in the run, or in one trial of the probe."""

    calls: list[CallRecord] = field(default_factory=list)
    receivers: list[Seed] = field(default_factory=list)  # of each call
    entries: dict[object, Entry] = field(default_factory=dict)
    counts: dict[object, int] = field(default_factory=dict)


class Recorder:
    """Watches a run from `start` to `stop`; `profile` is what it saw."""

    def __init__(self, root: Path, include: tuple[str, ...] = ()) -> None:
        self.watch = Watch(root, include)
        self.modules = Modules()
        self.defaulted = Defaulted()
        self.loaders = Loaders()
        self.scopes = Scopes(self.watch.slicer)
        self.state = State()
        self.scope = Scope()
        self.probed: RootCall | None = None  # what the probe repeats right now
        self.root_calls: list[RootCall] = []
        self.variations: list[Variation] = []
        self.capped: set[str] = set()
        self.distributed = False  # whether the program was in a process group
        self.failure: str | None = None  # traceback of a bug of ours: recording ended there
        self.pending: dict[int, tuple[Entry, CodeType]] = {}  # by id of the frame
        self.raising: dict[int, int] = {}  # by id of the frame: the call that an exception ended
        self.uncaught: set[int] = set()  # the calls that an exception ended which the program did not handle
        self.tick: Callable[[], None] | None = None  # called at every outermost call of a module in the run
        self.table: dict[int, handlers.Handler | None] = {}  # by id of the code object
        self.unfound: set[int] = set()  # code objects of libraries whose source was looked for in vain, by id
        self._codes: list[CodeType] = []  # held, so that ids stay their own
        self._transparent: dict[int, bool] = {}
        self._skeletons: dict[object, tuple[Any, list[tuple[Any, ModuleSeed]]]] = {}
        self.events = Events(self)
        self.use(Torch())

    def use(self, torch: Torch) -> None:
        """Look at values with this torch."""
        if torch.loaded:
            hide_from_compiler(*self.events.callbacks(), *self.modules.callbacks())
        self.torch = torch
        self.observer = Observer(torch, self.modules.seed, self.loaders.seed, self.defaulted.names)
        self.keys = Keys(torch, self._token)
        self.rough_keys = Keys(torch, self._token, numbers=False)
        self._variables = observer_of(self.observer, self.loaders.seed)

    def start(self) -> None:
        """Watch from here on."""
        os.register_at_fork(after_in_child=self.stop)  # a child neither watches nor writes
        self.events.install()

    def stop(self) -> None:
        """Watch no longer."""
        self.events.remove()

    def fail(self) -> None:
        """A bug of ours, in the exception being handled: the program goes on, unwatched."""
        self.failure = traceback.format_exc()
        self.stop()

    def _token(self, value: Any) -> int:
        if self.torch.is_module(value):
            return self.modules.token(value)
        return -1 - self.loaders.token(value)

    def choose(self, code: CodeType, namespace: dict[str, Any]) -> handlers.Handler | None:
        """The handler of a code object seen for the first time."""
        if not self.torch.loaded and "torch.utils.data.dataloader" in sys.modules and (torch := loaded_torch()).loaded:
            self.use(torch)
        handler = handlers.special(self, code, namespace)
        if handler is None:
            watched = self.watch.decide(code, namespace)
            handler = None if watched is None else handlers.WatchedHandler(self, watched)
            module = self.watch.module_of(code, namespace)
            if module is not None:
                handler = handlers.ModuleCode(self, module)
            if is_dataclass_init(code) and self.watch.is_own_namespace(namespace):
                handler = handlers.DataclassInit(self)
        self.register(code, handler)
        return handler

    def register(self, code: CodeType, handler: handlers.Handler | None) -> None:
        """Decide what happens when `code` runs."""
        self.table[id(code)] = handler
        self._codes.append(code)

    def nearest(self, frame: FrameType) -> tuple[str | None, bool]:
        """The nearest watched caller of a frame, and whether nothing but torch.nn stands between."""
        direct = True
        caller = frame.f_back
        while caller is not None:
            handler = self.table.get(id(caller.f_code))
            if isinstance(handler, handlers.WatchedHandler) and not handler.watched.library:
                return handler.watched.key, direct
            direct = direct and self._is_transparent(caller)
            caller = caller.f_back
        return None, False

    def scope_of(self, frame: FrameType | None) -> str | None:
        """The function or module of the project whose code a frame runs, or that it was called from."""
        while frame is not None:
            handler = self.table.get(id(frame.f_code))
            if isinstance(handler, handlers.WatchedHandler) and not handler.watched.library:
                return handler.watched.key
            if isinstance(handler, handlers.ModuleCode):
                return handler.key
            frame = frame.f_back
        return None

    def scope_ended(self, scope: str, frame: FrameType) -> None:
        """A module's own code, or a function outside of all modules, has ended: keep its variables."""
        if self.probed is None:
            with self.torch.guard():
                self.scopes.ended(scope, frame.f_code.co_filename, dict(frame.f_locals), self._variables)

    def _is_transparent(self, frame: FrameType) -> bool:
        code = frame.f_code
        found = self._transparent.get(id(code))
        if found is None:
            module = str(frame.f_globals.get("__name__"))
            inner = code.co_name.startswith("<") and code.co_name != "<module>"
            found = self._transparent[id(code)] = inner or module.startswith(_TRANSPARENT_MODULES)
            self._codes.append(code)
        return found

    def hollow_call(self, watched: Watched, caller: str | None) -> RootCall | None:
        """The root call this thread is in, without data; None if it cannot be had so, or there are enough."""
        state = self.state
        if state.root_call is None or state.root_state is None or len(self.root_calls) >= MAX_ROOT_CALLS:
            return None
        args, kwargs = state.root_call
        copier = Copier(self.torch, self._hollow, apart=True)  # each can have another size
        try:
            module, modules = self._skeleton(state.root_module, state.root_state)
            hollow_args = tuple(copier.copy(value) for value in args)
            hollow_kwargs = {name: copier.copy(value) for name, value in kwargs.items()}
        except (NotHollow, RecursionError):
            return None
        settings = _settings()
        names = _signature(watched)
        token = self.modules.token(state.root_module)
        found = RootCall(module, token, hollow_args, hollow_kwargs, *names, settings, modules, state.root_state, caller)
        self.root_calls.append(found)
        return found

    def _skeleton(self, module: Any, state: object) -> tuple[Any, list[tuple[Any, ModuleSeed]]]:
        """A module in this state, without data, and what the modules in it stand for."""
        found = self._skeletons.get(state)
        if found is None:
            modules: list[tuple[Any, ModuleSeed]] = []
            copier = Copier(
                self.torch, self._hollow, lambda module, copy: modules.append((copy, self.modules.seed(module)))
            )
            found = self._skeletons[state] = (copier.copy(module), modules)
        return found

    def _hollow(self, value: Any) -> Any:
        return hollow_tensor(self.torch, value)

    def raised(self, error: BaseException) -> None:
        """The program did not handle this exception: name it in the calls it went through."""
        step = error.__traceback__
        while step is not None:
            place = self.raising.get(id(step.tb_frame))
            call = None if place is None else self.scope.calls[place]
            if place is not None and call is not None and _is_of(call, step.tb_frame):
                self.scope.calls[place] = replace(call, raised=type(error).__name__)
                self.uncaught.add(place)
            step = step.tb_next
        self.raising.clear()

    def profile(self) -> Profile:
        """What was seen until now."""
        torch = sys.modules.get("torch")
        resolver = Resolver(self.modules, self.loaders)
        calls, variations = resolver.calls(self._calls(), self.scope.receivers, self.variations)
        seen = Profile(
            functions=dict(self.watch.functions),
            modules={record.id: record for record in resolver.modules()},
            calls=calls,
            variations=variations,
            torch_version=None if torch is None else str(getattr(torch, "__version__", None)),
            scopes=self.scopes.records(resolver),
            distributed=self.distributed or self.torch.in_process_group(),
        )
        return with_calls(seen, [i for i, call in enumerate(calls) if call.raised != _HANDLED])

    def _calls(self) -> list[CallRecord]:
        """The calls; that the program handles the failing of one says nothing of calls that must work."""
        return [
            call if call.raised is None or i in self.uncaught else replace(call, raised=_HANDLED)
            for i, call in enumerate(self.scope.calls)
        ]


def _is_of(call: CallRecord, frame: FrameType) -> bool:
    """Whether a frame may be the call's own: an id is used again when its owner is gone."""
    return call.function.endswith((f".{frame.f_code.co_name}", f":{frame.f_code.co_name}"))


def _settings() -> Settings:
    torch: Any = sys.modules["torch"]
    casts = [torch.get_autocast_dtype(device) for device in ("cpu", "cuda") if torch.is_autocast_enabled(device)]
    return Settings(torch.is_grad_enabled(), casts[0] if casts else None)


def _signature(watched: Watched) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    code = watched.code
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return watched.names[1:], code.co_argcount - 1, tuple(name for name in watched.names if name not in named)
