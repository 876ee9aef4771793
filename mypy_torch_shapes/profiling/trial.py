"""One repetition of a root call with other sizes: apart from the program's state, and without side effects."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes.profiling.hollow import Copier, Hollow

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder, RootCall, Scope

Axis = tuple[str, int]

MAX_TRIAL_SECONDS = 10.0
_EVENTS_A_LOOK = 2000  # between two looks at the clock
MAX_REAL_NUMBERS = 50_000_000  # in a module that is repeated with numbers, because it looks at them

# What a repeated call must not do: Python tells of each before it happens.
_FORBIDDEN = (
    "os.", "shutil.", "subprocess.", "socket.", "pty.", "ftplib.", "smtplib.", "urllib.", "sqlite3.", "tempfile.",
)  # fmt: skip
_HARMLESS = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr"})


class CutShort(BaseException):
    """The time for probing is over; not an Exception, so that the program's own handlers let it through."""


class Trials:
    """Runs root calls again while everything they could change is set aside."""

    def __init__(self, recorder: Recorder, deadline: float) -> None:
        self._recorder = recorder
        self._deadline = deadline
        self._trial_deadline = deadline
        self._with_numbers = False
        self._events = 0
        self._aside = contextlib.ExitStack()

    def __enter__(self) -> Trials:
        for manager in (_silence(), _kept_random_state(), _kept_torch_state(), _no_side_effects()):
            self._aside.enter_context(manager)
        return self

    def __exit__(self, cls: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._recorder.probed = None
        self._recorder.observer.device = None
        self._aside.close()

    def works(self, call: RootCall) -> bool:
        """Whether the call can be repeated as it was: without numbers, else with some on a small module."""
        self._with_numbers = False
        if self.run(call, {}) is not None:
            return True
        self._with_numbers = _count(call) <= MAX_REAL_NUMBERS
        return self._with_numbers and self.run(call, {}) is not None

    def run(self, call: RootCall, sizes: dict[Axis, int]) -> Scope | None:
        """Repeat a call with these sizes; what was observed in it, None if it failed. Raises `CutShort`."""
        from mypy_torch_shapes.profiling.recorder import Scope

        if time.monotonic() > self._deadline:
            raise CutShort
        recorder = self._recorder
        kept, recorder.scope = recorder.scope, Scope()
        recorder.probed = call
        self._trial_deadline = min(self._deadline, time.monotonic() + MAX_TRIAL_SECONDS)
        try:
            self._repeat(call, sizes)
            return recorder.scope
        except (Exception, CutShort):  # noqa: BLE001 - whatever the program raises at these sizes
            if time.monotonic() > self._deadline:
                raise CutShort from None
            return None  # it does not run at these sizes
        finally:
            recorder.scope = kept
            recorder.pending.clear()

    def _repeat(self, call: RootCall, sizes: dict[Axis, int]) -> None:
        from mypy_torch_shapes.profiling.probe import tensors

        recorder = self._recorder
        recorder.observer.device = next((tensor.device for _, tensor in tensors(call)), "cpu")
        changed = _changed(tensors(call), sizes)
        with self._mode(call):
            module, args, kwargs = self._revived(call, changed)
            recorder.events.guard = self._check_time
            recorder.events.install()
            try:
                module(*args, **kwargs)
            finally:
                recorder.events.remove()
                recorder.events.guard = None

    def _check_time(self) -> None:
        self._events += 1
        if self._events % _EVENTS_A_LOOK == 0 and time.monotonic() > self._trial_deadline:
            raise CutShort

    @contextlib.contextmanager
    def _mode(self, call: RootCall) -> Iterator[None]:
        import torch
        from torch._subclasses.fake_tensor import FakeTensorMode

        with contextlib.ExitStack() as modes:
            modes.enter_context(torch.inference_mode(False))
            modes.enter_context(torch.set_grad_enabled(call.grad))
            if not self._with_numbers:
                modes.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
            yield

    def _revived(
        self, call: RootCall, changed: dict[int, tuple[int, ...]]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """A new copy of the module and its arguments, with tensors again."""
        recorder = self._recorder
        records = {id(module): record for module, record in call.records}

        def adopt(module: Any, copy: Any) -> None:
            if id(module) in records:
                recorder.modules.adopt(copy, records[id(module)])

        def tensor(value: Any) -> Any:
            return self._tensor(value, changed.get(id(value))) if isinstance(value, Hollow) else value

        copier = Copier(recorder.torch, tensor, adopt)
        return copier.copy(call.module), copier.copy(call.args), copier.copy(call.kwargs)

    def _tensor(self, hollow: Hollow, shape: tuple[int, ...] | None) -> Any:
        import torch

        shape = hollow.shape if shape is None else shape
        if not self._with_numbers:
            made = torch.empty(shape, dtype=hollow.dtype, device="cpu")
        elif hollow.dtype.is_floating_point or hollow.dtype.is_complex:
            made = torch.rand(shape, dtype=hollow.dtype, device="cpu")
        else:
            made = torch.zeros(shape, dtype=hollow.dtype, device="cpu")
        if hollow.parameter:
            return torch.nn.Parameter(made, requires_grad=hollow.requires_grad)
        return made.requires_grad_(hollow.requires_grad)


def _changed(tensors: Iterator[tuple[str, Hollow]], sizes: dict[Axis, int]) -> dict[int, tuple[int, ...]]:
    """The shapes of the arguments that change, by the id of the hollow tensor."""
    changed: dict[int, tuple[int, ...]] = {}
    for path, tensor in tensors:
        shape = tuple(sizes.get((path, axis), size) for axis, size in enumerate(tensor.shape))
        if shape != tensor.shape:
            changed[id(tensor)] = shape
    return changed


def _count(call: RootCall) -> int:
    """How many numbers the parameters and buffers of a module hold."""
    total = 0
    for module, _ in call.records:
        for registered in ("_parameters", "_buffers"):
            for hollow in module.__dict__.get(registered, {}).values():
                if isinstance(hollow, Hollow):
                    numbers = 1
                    for size in hollow.shape:
                        numbers *= size
                    total += numbers
    return total


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Nothing is printed: neither by Python, nor below it, nor as a warning."""
    out, err = sys.stdout, sys.stderr
    with contextlib.ExitStack() as stack:
        for stream in (out, err):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        null = stack.enter_context(open(os.devnull, "w"))
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):  # closed by the program
                kept = os.dup(descriptor)
                stack.callback(_restore, kept, descriptor)
                os.dup2(null.fileno(), descriptor)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(sys.maxsize)
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            yield
        finally:
            sys.stdout, sys.stderr = out, err
            for stream in (out, err):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()  # what the probe left in them goes the same way


def _restore(kept: int, descriptor: int) -> None:
    os.dup2(kept, descriptor)
    os.close(kept)


@contextlib.contextmanager
def _kept_random_state() -> Iterator[None]:
    import torch

    python, numbers = random.getstate(), torch.get_rng_state()
    numpy = sys.modules.get("numpy")
    arrays = None if numpy is None else numpy.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        torch.set_rng_state(numbers)
        if numpy is not None:
            numpy.random.set_state(arrays)


@contextlib.contextmanager
def _kept_torch_state() -> Iterator[None]:
    import torch

    dtype, anomaly = torch.get_default_dtype(), torch.is_anomaly_enabled()
    flags = {name: getattr(torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic")}
    collecting = gc.isenabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.autograd.set_detect_anomaly(anomaly)
        for name, value in flags.items():
            setattr(torch.backends.cudnn, name, value)
        (gc.enable if collecting else gc.disable)()


class _SideEffects:
    """An audit hook cannot be taken away again, so there is one, which is on or off."""

    installed = False
    forbidden_in: int | None = None  # the thread

    @classmethod
    def hook(cls, event: str, args: tuple[Any, ...]) -> None:
        if cls.forbidden_in is None or cls.forbidden_in != threading.get_ident():
            return
        if event == "open":
            mode, flags = args[1], args[2]
            writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else flags & 0o3
            if writes and args[0] != os.devnull:
                raise PermissionError("not while the probe repeats a call")
        elif event.startswith(_FORBIDDEN) and event not in _HARMLESS:
            raise PermissionError("not while the probe repeats a call")


@contextlib.contextmanager
def _no_side_effects() -> Iterator[None]:
    if not _SideEffects.installed:
        sys.addaudithook(_SideEffects.hook)
        _SideEffects.installed = True
    # What torch imports on the way is imported now, while it may still write its caches.
    import torch._subclasses.fake_tensor  # noqa: F401

    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _SideEffects.forbidden_in = threading.get_ident()
    try:
        yield
    finally:
        _SideEffects.forbidden_in = None
        sys.dont_write_bytecode = bytecode
