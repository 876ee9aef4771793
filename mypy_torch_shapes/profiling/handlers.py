"""What is done when a code object of interest is entered and left."""

from __future__ import annotations

import dis
import sys
from abc import ABC, abstractmethod
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling import lengths
from mypy_torch_shapes.profiling.call_site import left_out, not_given
from mypy_torch_shapes.profiling.modules import Construction
from mypy_torch_shapes.profiling.names import mro, raw_dict
from mypy_torch_shapes.profiling.watch import Watched, parameter_names
from mypy_torch_shapes.seeds.merging import MAX_CALLS
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    IterableSeed,
    ModuleSeed,
    OpaqueSeed,
    Seed,
    SequenceSeed,
    TensorSeed,
)
from mypy_torch_shapes.seeds.references import parts

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Entry, Recorder

MAX_RETURNS = 4  # distinct results kept of equal arguments
MAX_ALIKE = 8  # calls kept that differ in numbers only
QUIET_AFTER = 500  # calls without a tensor


class Handler(ABC):
    """Called when one code object is entered and left."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    @abstractmethod
    def enter(self, frame: FrameType) -> None:
        """The frame begins."""

    @abstractmethod
    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        """The frame ends, with a value or an exception of that class name."""


class WatchedHandler(Handler):
    """A watched function."""

    def __init__(self, recorder: Recorder, watched: Watched) -> None:
        super().__init__(recorder)
        self.watched = watched
        self._first_resume = _first_resume(watched.code) if watched.resumes else -1
        self._constructs = watched.code.co_name == "__init__" and bool(watched.names)

    def enter(self, frame: FrameType) -> None:
        recorder, watched = self.recorder, self.watched
        state = recorder.state
        if state.construction is not None:
            state.construction.builders.add(watched.key)
        if watched.quiet or (watched.library and state.root_call is None):
            return
        if watched.resumes and frame.f_lasti > self._first_resume:
            return
        local = frame.f_locals
        values = [local.get(name) for name in watched.names]
        with recorder.torch.guard():
            if self._constructs and recorder.torch.is_module(values[0]):
                self._begin_construction(frame, values)
            elif self._constructs:
                recorder.defaulted.constructed(frame)
            if not state.root_frame and state.construction is None and values and recorder.torch.is_module(values[0]):
                recorder.modules.met(values[0], recorder.observer)
            self._enter(frame, values)

    def _begin_construction(self, frame: FrameType, values: list[Any]) -> None:
        recorder = self.recorder
        state, live = recorder.state, recorder.modules.live(values[0])
        if not live.begun:
            live.begun = True
            names = list(self.watched.names[1:])
            defaulted = left_out(frame, type(values[0]))
            pairs = [pair for pair in zip(names, values[1:], strict=True) if pair[0] not in defaulted]
            live.init = tuple((name, recorder.observer.seed(value)) for name, value in pairs)
        if state.construction is None:
            caller, _ = recorder.nearest(frame)
            state.construction = Construction({self.watched.key} | ({caller} if caller else set()))
            state.construction_frame = id(frame)
        if live.construction is None:
            live.construction = state.construction

    def _enter(self, frame: FrameType, values: list[Any]) -> None:
        recorder, watched = self.recorder, self.watched
        state = recorder.state
        is_root = state.root_call is not None and bool(values) and values[0] is state.root_module
        if watched.library and not is_root:
            return
        caller, direct = recorder.nearest(frame)
        if is_root and recorder.probed is not None:
            caller = recorder.probed.caller  # of the call that is repeated
        root = is_root or not (direct or state.root_frame)  # what a library calls for a root, the root leads to
        context = (watched, caller, root, recorder.torch.autocast(), *(_record(recorder, values)))
        longest = lengths.largest(recorder.torch, values)
        key = (context, recorder.keys.of(values), *longest.items())
        entry = recorder.scope.entries.get(key)
        if entry is None:
            entry = self._new_entry(frame, values, longest, is_root, root, caller, key)
            if entry is not None and is_root and recorder.probed is None:
                entry.root_call = recorder.hollow_call(watched, caller)
        if is_root:
            state.root_call = None
        watched.calls += 1
        if entry is None or (watched.calls > QUIET_AFTER and not watched.has_tensors):
            watched.quiet = not watched.has_tensors and watched.calls > QUIET_AFTER
        elif watched.resumes:
            self._add(entry, OpaqueSeed("builtins:generator"), None)
        else:
            recorder.pending[id(frame)] = (entry, watched.code)

    def _left_out(self, frame: FrameType, is_root: bool) -> frozenset[str]:
        """The parameters that have their defaults."""
        given = self.recorder.state.root_call
        if not is_root or given is None:
            return left_out(frame)
        args, kwargs = given  # what the outermost module was called with
        return not_given(self.watched.code, 1 + len(args), kwargs)

    def _new_entry(
        self,
        frame: FrameType,
        values: list[Any],
        longest: dict[int, int],
        is_root: bool,
        root: bool,
        caller: str | None,
        key: Any,
    ) -> Entry | None:
        from mypy_torch_shapes.profiling.recorder import Entry

        recorder, watched = self.recorder, self.watched
        counts = recorder.scope.counts
        alike = (key[0], recorder.rough_keys.of(values))
        whole = (watched, *_record(recorder, values))
        if counts.get(whole, 0) >= MAX_CALLS or counts.get(alike, 0) >= MAX_ALIKE:
            recorder.capped.add(watched.key)
            return None
        counts[whole] = counts.get(whole, 0) + 1
        counts[alike] = counts.get(alike, 0) + 1
        defaulted = self._left_out(frame, is_root)
        observed = [lengths.noted(recorder.observer.seed(value), longest.get(i)) for i, value in enumerate(values)]
        pairs = zip(watched.names, observed, strict=True)
        seeds = tuple((name, seed) for name, seed in pairs if name not in defaulted or not _is_constant(seed))
        receiver = seeds[0][1] if seeds and isinstance(seeds[0][1], ModuleSeed) else None
        regions = recorder.torch.autocast()
        entry = recorder.scope.entries[key] = Entry(watched, seeds, receiver, root, caller, regions)
        watched.has_tensors = watched.has_tensors or any(_has_tensor(seed) for _, seed in seeds)
        return entry

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        recorder = self.recorder
        state = recorder.state
        if state.construction_frame == id(frame):
            state.construction, state.construction_frame = None, 0
            if error is None:
                with recorder.torch.guard():
                    recorder.modules.built(frame.f_locals[self.watched.names[0]], recorder.observer)
        watched = self.watched
        if watched.calls <= 2 and not (error or watched.resumes or watched.library or state.root_frame):
            recorder.scope_ended(watched.key, frame)
        entry, code = recorder.pending.pop(id(frame), (None, None))
        if entry is None or code is not frame.f_code:
            return
        with recorder.torch.guard():
            key = error if error is not None else recorder.keys.of((value,))
            if key in entry.returns or len(entry.returns) >= MAX_RETURNS:
                return
            entry.returns.add(key)
            self._add(entry, None if error is not None else recorder.observer.seed(value), error)
        if error is not None:
            recorder.raising[id(frame)] = len(recorder.scope.calls) - 1

    def _add(self, entry: Entry, returned: Seed, error: str | None) -> None:
        scope = self.recorder.scope
        if entry.root_call is not None and error is None and entry.root_call.call is None:
            entry.root_call.call = len(scope.calls)
        self.watched.has_tensors = self.watched.has_tensors or _has_tensor(returned)
        scope.calls.append(
            CallRecord(
                function=self.watched.key,
                arguments=entry.arguments,
                returned=returned,
                raised=error,
                root=entry.root,
                caller=entry.caller,
                autocast=entry.autocast,
                order=None if self.recorder.probed is not None else len(scope.calls),
            )
        )
        scope.receivers.append(entry.receiver)


class ModuleCall(Handler):
    """`torch.nn.Module._call_impl`: finds the outermost call of a module."""

    def enter(self, frame: FrameType) -> None:
        recorder = self.recorder
        state = recorder.state
        if state.root_frame:
            return
        local = frame.f_locals
        module = local["self"]
        state.root_frame, state.root_module = id(frame), module
        state.root_call = (local["args"], local["kwargs"])
        if recorder.probed is None:
            recorder.distributed = recorder.distributed or recorder.torch.in_process_group()
            with recorder.torch.guard():
                state.root_state = recorder.modules.snapshot(module, recorder.observer)
            self._watch_forward(module)
            if recorder.tick is not None:
                recorder.tick()

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        state = self.recorder.state
        if state.root_frame == id(frame):
            state.root_frame, state.root_module, state.root_call, state.root_state = 0, None, None, None

    def _watch_forward(self, module: Any) -> None:
        """Watch the forward of a library's module while it is the root."""
        forward = (raw_dict(module) or {}).get("forward")
        for base in mro(type(module)):
            forward = forward or base.__dict__.get("forward")
        while isinstance(forward, FunctionType) and "__wrapped__" in forward.__dict__:
            forward = forward.__dict__["__wrapped__"]
        if not isinstance(forward, FunctionType):
            return
        recorder, code = self.recorder, forward.__code__
        if recorder.table.get(id(code), self) is self:
            recorder.choose(code, forward.__globals__)
        if recorder.table[id(code)] is None and id(code) not in recorder.unfound:
            watched = recorder.watch.find(code, str(forward.__globals__.get("__name__")), library=True)
            if watched is None:
                recorder.unfound.add(id(code))
            else:
                recorder.register(code, WatchedHandler(recorder, watched))
                recorder.events.look_again()


class ModuleInit(Handler):
    """`torch.nn.Module.__init__`: learns the constructor arguments of library modules."""

    def enter(self, frame: FrameType) -> None:
        recorder = self.recorder
        module = frame.f_locals["self"]
        live = recorder.modules.live(module)
        if live.begun:
            return
        live.begun = True
        outermost = _outermost_init(frame, module)
        local = outermost.f_locals
        names = parameter_names(outermost.f_code)[1:]
        with recorder.torch.guard():
            if outermost is frame:  # a class without a constructor of its own, and Module's takes nothing
                live.init = ()
            else:
                live.init = tuple((name, recorder.observer.seed(local.get(name))) for name in names)
        live.construction = recorder.state.construction
        if live.construction is None:
            caller, _ = recorder.nearest(frame)
            live.construction = Construction({caller} if caller else set())

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        """Nothing to learn."""


class ModuleCode(Handler):
    """The own code of one of the project's modules."""

    def __init__(self, recorder: Recorder, key: str) -> None:
        super().__init__(recorder)
        self.key = key

    def enter(self, frame: FrameType) -> None:
        """Nothing to learn yet."""

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        self.recorder.scope_ended(self.key, frame)


class DataclassInit(Handler):
    """The constructor of one of the project's dataclasses, which stands in no source."""

    def enter(self, frame: FrameType) -> None:
        self.recorder.defaulted.constructed(frame)

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        """Nothing to learn."""


class ParseArgs(Handler):
    """`ArgumentParser.parse_known_args`, which `parse_args` calls: the command line."""

    def enter(self, frame: FrameType) -> None:
        caller, own = frame.f_back, frame.f_code.co_filename
        if caller is not None and caller.f_code.co_filename == own:
            if caller.f_code.co_name not in ("parse_args", "parse_intermixed_args"):
                return  # of a subcommand
            caller = caller.f_back
        if caller is None or caller.f_code.co_filename == own:
            return
        scope = self.recorder.scope_of(caller)
        if scope is not None:
            words = frame.f_locals["args"]
            self.recorder.scopes.parsed(scope, sys.argv[1:] if words is None else words)

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        """Nothing to learn."""


class LoaderIter(Handler):
    """`DataLoader.__iter__`: which iterator belongs to which loader."""

    def enter(self, frame: FrameType) -> None:
        """Nothing to learn yet."""

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        if error is None:
            self.recorder.loaders.started(frame.f_locals["self"], value)


class LoaderNext(Handler):
    """`_BaseDataLoaderIter.__next__`: what a loader yields."""

    def enter(self, frame: FrameType) -> None:
        """Nothing to learn yet."""

    def leave(self, frame: FrameType, value: Any, error: str | None) -> None:
        recorder = self.recorder
        iterator = frame.f_locals["self"]
        token = recorder.loaders.loader_of(iterator)
        if token is None:
            return
        if error is not None:
            recorder.loaders.ended(iterator)
            return
        recorder.loaders.counted(iterator)
        with recorder.torch.guard():
            if recorder.loaders.wants(token, recorder.keys.of((value,))):
                recorder.loaders.yielded(token, recorder.observer.seed(value))


_SPECIAL: dict[str, dict[str, type[Handler]]] = {
    "argparse": {"ArgumentParser.parse_known_args": ParseArgs},
    "torch.nn.modules.module": {"Module._call_impl": ModuleCall, "Module.__init__": ModuleInit},
    "torch.utils.data.dataloader": {
        "DataLoader.__iter__": LoaderIter,
        "_BaseDataLoaderIter.__next__": LoaderNext,
    },
}


def special(recorder: Recorder, code: CodeType, namespace: dict[str, Any]) -> Handler | None:
    """The handler of one of torch's own functions, if `code` is one of those."""
    for path, handler in _SPECIAL.get(str(namespace.get("__name__")), {}).items():
        owner, _, name = path.partition(".")
        function = vars(namespace[owner]).get(name) if owner in namespace else None
        if isinstance(function, FunctionType) and function.__code__ is code:
            return handler(recorder)
    return None


def _outermost_init(frame: FrameType, module: Any) -> FrameType:
    """The frame of the first of the constructors that are running for `module`."""
    outermost, caller = frame, frame.f_back
    while caller is not None and caller.f_code.co_argcount:
        if caller.f_locals.get(caller.f_code.co_varnames[0]) is not module:
            break
        if caller.f_code.co_name == "__init__":
            outermost = caller
        caller = caller.f_back
    return outermost


def _record(recorder: Recorder, values: list[Any]) -> tuple[int | None, ...]:
    """The present record of a receiver: in another state it is another one."""
    if values and recorder.torch.is_module(values[0]):
        live = recorder.modules.live(values[0])
        return (live.token, live.current)
    return ()


def _has_tensor(seed: Seed) -> bool:
    if isinstance(seed, (TensorSeed, ModuleSeed, IterableSeed)):
        return True
    return any(_has_tensor(part) for part in parts(seed))


def _is_constant(seed: Seed) -> bool:
    """Whether a default is the same at every call, whatever calls do with it."""
    if isinstance(seed, SequenceSeed):
        return seed.cls == "tuple" and all(map(_is_constant, seed.items))
    return seed is None or isinstance(seed, bool | int | float | str)


def _first_resume(code: CodeType) -> int:
    """Where a generator is when it is first entered: at most a few instructions in."""
    resumes = (step.offset for step in dis.get_instructions(code) if step.opname == "RESUME")
    return next(resumes, -1)
