"""One repetition of a root call with other sizes, on a copy."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling.apart import apart
from mypy_torch_shapes.profiling.hollow import Copier, Hollow
from mypy_torch_shapes.profiling.paths import bound_arguments, inner_lists, lists, tensors
from mypy_torch_shapes.profiling.progress import ProbeProgress
from mypy_torch_shapes.seeds.model import LENGTH, NUMBER

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall, Scope, Settings

Axis = tuple[str, int]

MAX_TRIAL_SECONDS = 10.0
PATIENCE = 4.0  # seconds on the clock that count as one of work: a busy machine changes nothing, waiting ends
MAX_REAL_NUMBERS = 50_000_000  # in a module that is repeated with numbers, because it looks at them


class Mode(Enum):
    """What the tensors of a repetition are."""

    META = "on the meta device, and so are those the program makes on the way"
    FAKE = "without data, but they say that they are on the CPU"
    NUMBERS = "on the CPU with random numbers, and the program's own where they are few and whole"


class CutShort(BaseException):
    """The time for probing is over; not an Exception, so that the program's own handlers let it through."""


class Trials:
    """Runs root calls again while everything they could change is set aside."""

    def __init__(self, recorder: Recorder, seconds: float, progress: ProbeProgress | None = None) -> None:
        self.interrupted = False
        self.error = ""  # what the last repetition that failed said
        self._recorder = recorder
        self._seconds = seconds
        self._progress = progress
        self._tried = self._worked = 0
        self._began = 0.0, 0.0
        self._trial_limit = 0.0
        self._apart = contextlib.ExitStack()
        self._hooked: set[int] = set()  # calls of modules with hooks of the program
        self._without_hooks: set[int] = set()  # those of them that cannot be repeated with these

    def __enter__(self) -> Trials:
        if self._progress is not None:
            self._apart.enter_context(self._progress)
        self._apart.enter_context(self._interruptible())
        self._apart.enter_context(apart())
        self._began = time.thread_time(), time.monotonic()
        return self

    def __exit__(self, cls: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._recorder.probed = None
        self._recorder.observer.device = None
        self._apart.close()

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """An interrupt ends the probe at the next look at the clock, not the recording."""
        if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
            yield
            return

        def interrupt(number: int, frame: object) -> None:
            self.interrupted = True

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)

    def mode(self, call: RootCall) -> tuple[Mode | None, bool]:
        """The fastest mode in which the call can be repeated as it was; whether what it says can be confirmed."""
        found = self._mode(call)
        if found[0] is None and id(call) in self._hooked:
            self._without_hooks.add(id(call))
            found = self._mode(call)
        return found

    def _mode(self, call: RootCall) -> tuple[Mode | None, bool]:
        # autocast leaves the meta device alone.
        meta = self._timed(call, Mode.META) if call.settings.autocast is None else None
        fake = self._timed(call, Mode.FAKE)
        if meta is not None and (fake is None or 2 * meta < fake):
            return Mode.META, fake is not None
        if fake is not None:
            return Mode.FAKE, False
        works = _count(call) <= MAX_REAL_NUMBERS and self._timed(call, Mode.NUMBERS) is not None
        return (Mode.NUMBERS if works else None), False

    def _timed(self, call: RootCall, mode: Mode) -> float | None:
        begin = time.thread_time()
        worked = self.run(call, {}, mode, watched=False) is not None
        return time.thread_time() - begin if worked else None

    def run(self, call: RootCall, sizes: dict[Axis, int], mode: Mode, watched: bool = True) -> Scope | None:
        """Repeat a call with these sizes; what was observed in it, None if it failed. Raises `CutShort`."""
        from mypy_torch_shapes.profiling.recorder import Scope

        if self._spent() > self._seconds:
            raise CutShort
        if self._progress is not None:
            self._progress.step(self._tried, self._worked)
        self._tried += 1
        recorder = self._recorder
        kept, recorder.scope = recorder.scope, Scope()
        recorder.probed = call
        recorder.observer.device = next((tensor.device for _, tensor in tensors(call)), "cpu")
        self._trial_limit = min(self._seconds, self._spent() + MAX_TRIAL_SECONDS)
        try:
            with _tensors_in(mode, call.settings):
                self._repeat(*self._revived(call, sizes, mode), watched)
            self._worked += 1
            return recorder.scope
        except (Exception, CutShort) as error:  # noqa: BLE001 - whatever the program raises at these sizes
            self.error = str(error)
            if self._spent() > self._seconds:
                raise CutShort from None
            return None  # it does not run at these sizes
        finally:
            recorder.scope = kept
            recorder.pending.clear()

    def _repeat(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], watched: bool) -> None:
        events = self._recorder.events
        events.guard = self._check_time
        events.install(watched)
        try:
            module(*args, **kwargs)
        finally:
            events.remove()
            events.guard = None

    def _check_time(self) -> None:
        if self._spent() > self._trial_limit:
            raise CutShort

    def _spent(self) -> float:
        """Seconds of work so far, so that what is probed does not depend on what else the machine does."""
        if self.interrupted:
            return math.inf
        work, clock = self._began
        return max(time.thread_time() - work, (time.monotonic() - clock) / PATIENCE)

    def _revived(
        self, call: RootCall, sizes: dict[Axis, int], mode: Mode
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """A new copy of the module and its arguments, with tensors again."""
        recorder = self._recorder
        seeds = {id(module): seed for module, seed in call.modules}
        changed = _changed(call, sizes)
        resized = {size: sizes[at] for at, size in _sizes(call) if at in sizes}

        def adopt(module: Any, copy: Any) -> None:
            if id(module) in seeds:
                recorder.modules.adopt(copy, seeds[id(module)])

        def tensor(value: Any) -> Any:
            if not isinstance(value, Hollow):
                return value
            return _tensor(value, changed.get(id(value), value.shape), mode, resized)

        copier = Copier(recorder.torch, tensor, adopt, hooks=id(call) not in self._without_hooks)
        for path, items in (*lists(call), *inner_lists(call)):
            if (path, LENGTH) in sizes:
                copier.replace(items, [copier.copy(item) for item in _resized(items, sizes[path, LENGTH])])
        given = [sizes.get((name, NUMBER), value) for name, value in bound_arguments(call)]
        args, rest = tuple(given[: len(call.args)]), given[len(call.args) :]
        revived = copier.copy(call.module), copier.copy(args), copier.copy(dict(zip(call.kwargs, rest, strict=True)))
        if copier.hooked:
            self._hooked.add(id(call))
        return revived


@contextlib.contextmanager
def _tensors_in(mode: Mode, settings: Settings) -> Iterator[None]:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    with contextlib.ExitStack() as modes:
        modes.enter_context(torch.inference_mode(False))
        modes.enter_context(torch.set_grad_enabled(settings.grad))
        if mode is Mode.FAKE:
            modes.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        modes.enter_context(torch.device("meta" if mode is Mode.META else "cpu"))
        if settings.autocast is not None:
            modes.enter_context(torch.autocast("cpu", settings.autocast))
        yield


def _tensor(hollow: Hollow, shape: tuple[int, ...], mode: Mode, resized: dict[int, int]) -> Any:
    import torch

    if mode is not Mode.NUMBERS:
        made = torch.empty(shape, dtype=hollow.dtype)
    elif hollow.numbers is not None:
        made = _resized_tensor(hollow.numbers, shape, resized)
    elif hollow.dtype.is_floating_point or hollow.dtype.is_complex:
        made = torch.rand(shape, dtype=hollow.dtype)
    else:
        made = torch.zeros(shape, dtype=hollow.dtype)
    if hollow.parameter:
        return torch.nn.Parameter(made, requires_grad=hollow.requires_grad)
    # What an argument was computed from is gone; as a leaf it could not be changed in place.
    return made.requires_grad_().clone() if hollow.requires_grad else made


def _resized(items: list[Any], length: int) -> list[Any]:
    """The same list, longer or shorter; where it was in order, it still is."""
    return (items + items[-1:] * length)[:length]


def _resized_tensor(numbers: Any, shape: tuple[int, ...], resized: dict[int, int]) -> Any:
    """The same tensor, longer or shorter along its axes, as `_resized` does it.

    Lengths, of which the largest is the size of an axis that is `resized`, grow and shrink with that; not those of
    which there are as many: they may be the classes of a batch.
    """
    import torch

    made = numbers.clone()
    for axis, size in enumerate(shape):
        if size != made.shape[axis]:
            made = made.index_select(axis, torch.arange(size).clamp(max=made.shape[axis] - 1))
    longest = int(made.max()) if made.dim() == 1 and made.numel() and made.dtype is not torch.bool else 0
    if longest not in resized or longest == len(numbers):
        return made
    return torch.where(made == longest, resized[longest], made).clamp(max=resized[longest]).to(made.dtype)


def _sizes(call: RootCall) -> Iterator[tuple[Axis, int]]:
    """Every axis of the arguments of a call, and its size."""
    for path, tensor in tensors(call):
        yield from (((path, axis), size) for axis, size in enumerate(tensor.shape))


def _changed(call: RootCall, sizes: dict[Axis, int]) -> dict[int, tuple[int, ...]]:
    """The new shapes of the arguments, by the id of the hollow tensor."""
    return {
        id(tensor): tuple(sizes.get((path, axis), size) for axis, size in enumerate(tensor.shape))
        for path, tensor in tensors(call)
    }


def _count(call: RootCall) -> int:
    """How many numbers the parameters and buffers of a module hold."""
    return sum(
        math.prod(hollow.shape)
        for module, _ in call.modules
        for registered in ("_parameters", "_buffers")
        for hollow in module.__dict__.get(registered, {}).values()
        if isinstance(hollow, Hollow)
    )
