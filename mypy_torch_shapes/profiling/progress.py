"""How a long recording or probe is getting on: said on the terminal only, where the program's output is not."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.seeds.store import StoreError

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder

FIRST = 20.0  # seconds of recording until the first word; the next comes after twice as long, and so on
PATIENCE = 5.0  # seconds of probing until it is said where no line can be rewritten
INTERVAL = 0.2  # between two states of a line that is


class Checkpoints:
    """Now and then during a long run: keeps what was seen, so that a run that is killed leaves it, and says so."""

    def __init__(self, recorder: Recorder, keep: Callable[[], object], first: float = FIRST) -> None:
        self._recorder = recorder
        self._keep = keep
        self._began = time.monotonic()
        self._after = first

    def tick(self) -> None:
        """Called at every outermost call of a module."""
        seconds = time.monotonic() - self._began
        if seconds < self._after:
            return
        self._after = 2 * seconds
        with contextlib.suppress(StoreError):  # said at the end, if it still cannot be written then
            self._keep()
        stream = sys.__stderr__
        if stream is not None and is_terminal(stream.fileno):
            calls = self._recorder.scope.calls
            functions = len({call.function for call in calls})
            messages.say(messages.SO_FAR, seconds=seconds, functions=functions, calls=len(calls))


class ProbeProgress:
    """While the probe runs stderr goes nowhere; this keeps a way to where it went before."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._began = self._said = time.monotonic()
        self._descriptor: int | None = None
        self._rewrites = False

    def __enter__(self) -> ProbeProgress:
        try:
            assert sys.stderr is not None
            self._rewrites = is_terminal(sys.stderr.fileno)
            self._descriptor = os.dup(sys.stderr.fileno())
        except (AssertionError, AttributeError, OSError, ValueError):  # closed, or no file: nobody to say it to
            self._descriptor = None
        return self

    def __exit__(self, cls: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._descriptor is not None:
            if self._rewrites and self._said > self._began:
                self._write("\r\033[K")
            os.close(self._descriptor)
            self._descriptor = None

    def step(self, tried: int, worked: int) -> None:
        """Another size is about to be tried."""
        now = time.monotonic()
        if self._descriptor is None or now - self._said < (INTERVAL if self._rewrites else PATIENCE):
            return
        sentence = messages.PROBING.format(tried=tried, worked=worked, seconds=now - self._began, limit=self._limit)
        if self._rewrites:
            self._write(f"\r\033[Kmypy-torch-shapes: {sentence}")
            self._said = now
        else:
            self._write(f"mypy-torch-shapes: {sentence}\n")
            self._said = float("inf")  # once is enough

    def _write(self, text: str) -> None:
        assert self._descriptor is not None
        try:
            os.write(self._descriptor, text.encode())
        except OSError:
            self._descriptor = None  # the terminal is gone


def is_terminal(fileno: Callable[[], int]) -> bool:
    """Whether a stream, known by its method, is one; a closed one is not."""
    try:
        return os.isatty(fileno())
    except (OSError, ValueError):
        return False
