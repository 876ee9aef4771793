"""Python's own notices of calls and returns: `sys.monitoring` where there is one, else `sys.setprofile`."""

from __future__ import annotations

import dis
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_torch_shapes.profiling.recorder import Recorder

UNKNOWN_ERROR = "Exception"  # sys.setprofile does not say which

Notice = Callable[[FrameType, str, Any], None]

_EVENTS_A_LOOK = 2000  # between two calls of the guard
_RETURN = dis.opmap["RETURN_VALUE"]
_MISSING: Any = object()


class Events:
    """Turns the notices into calls of the recorder's handlers; a bug there ends the recording, not the program."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.table = recorder.table
        self._source: _Profile | _Monitoring | None = None
        self.guard: Any = None  # called now and then while the probe runs; may raise to end it

    def install(self, watched: bool = True) -> None:
        """Begin; unless `watched`, only the guard is called."""
        self._source = _Monitoring(self) if sys.version_info >= (3, 12) else _Profile(self)
        self._source.install(watched)

    def remove(self) -> None:
        """End."""
        source, self._source = self._source, None
        if source is not None:
            source.remove()

    def callbacks(self) -> list[Callable[..., Any]]:
        """The functions that Python calls by itself."""
        if sys.version_info >= (3, 12):
            return _Monitoring(self).callbacks()
        return _Profile(self).callbacks()

    def look_again(self) -> None:
        """A code object that was of no interest has become one."""
        if isinstance(self._source, _Monitoring):
            self._source.restart()

    def entered(self, frame: FrameType) -> bool:
        """A frame begins; whether it is of interest."""
        recorder = self._recorder
        code = frame.f_code
        try:
            handler = recorder.table.get(id(code), _MISSING)
            if handler is _MISSING:
                handler = recorder.choose(code, frame.f_globals)
            if handler is None:
                return False
            handler.enter(frame)
        except RecursionError:  # the program is at the end of its stack
            return True
        except Exception:  # noqa: BLE001 - the one place where a bug of ours ends
            recorder.fail()
        return True

    def left(self, frame: FrameType, value: Any, error: str | None) -> bool:
        """A frame ends; whether it is of interest."""
        recorder = self._recorder
        try:
            handler = recorder.table.get(id(frame.f_code))
            if handler is None:
                return False
            handler.leave(frame, value, error)
        except RecursionError:
            return True
        except Exception:  # noqa: BLE001 - the one place where a bug of ours ends
            recorder.fail()
        return True


class _Profile:
    """`sys.setprofile`: one function, called for everything."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._before: Any = None

    def install(self, watched: bool) -> None:
        self._before = sys.getprofile()
        notice = self._watching() if watched else self._ticking()
        threading.setprofile(notice)
        sys.setprofile(notice)

    def remove(self) -> None:
        sys.setprofile(self._before)
        threading.setprofile(self._before)

    def callbacks(self) -> list[Callable[..., Any]]:
        return [self._watching(), self._ticking()]

    def _watching(self) -> Notice:
        entered, left, guard = self._events.entered, self._events.left, self._events.guard
        table = self._events.table
        ticks = 0

        def notice(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal ticks
            if event == "call":
                if table.get(id(frame.f_code), table) is not None:
                    entered(frame)
                ticks += 1
                if not ticks % _EVENTS_A_LOOK and guard is not None:
                    guard()
            elif event == "return" and table.get(id(frame.f_code)) is not None:
                # On an exception the value is None too: then the last instruction was not a return.
                failed = arg is None and frame.f_code.co_code[frame.f_lasti] != _RETURN
                left(frame, arg, UNKNOWN_ERROR if failed else None)

        return notice

    def _ticking(self) -> Notice:
        guard = self._events.guard
        ticks = 0

        def notice(frame: FrameType, event: str, arg: Any) -> None:
            nonlocal ticks
            ticks += 1
            if not ticks % _EVENTS_A_LOOK:
                guard()

        return notice


class _Monitoring:
    """`sys.monitoring`: code that is of no interest is not noticed a second time."""

    _WANTED = (2, 3, 4, 0, 1, 5)  # tool ids, the profiler's first

    def __init__(self, events: Events) -> None:
        self._events = events
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        self._tool = -1
        self._ticks = 0
        self._inside = threading.local()

    def install(self, watched: bool) -> None:
        monitoring = self._monitoring
        self._tool = next(tool for tool in self._WANTED if monitoring.get_tool(tool) is None)
        monitoring.use_tool_id(self._tool, "mypy-torch-shapes")
        kinds = monitoring.events
        started = self._started if watched else self._ticked
        monitoring.register_callback(self._tool, kinds.PY_START, started)
        monitoring.register_callback(self._tool, kinds.PY_RETURN, self._returned)
        monitoring.register_callback(self._tool, kinds.PY_UNWIND, self._unwound)
        ends = kinds.PY_RETURN | kinds.PY_UNWIND if watched else 0
        monitoring.set_events(self._tool, kinds.PY_START | ends)
        monitoring.restart_events()

    def remove(self) -> None:
        self._monitoring.set_events(self._tool, 0)
        self._monitoring.free_tool_id(self._tool)

    def callbacks(self) -> list[Callable[..., Any]]:
        return [self._started, self._returned, self._unwound, self._ticked]

    def restart(self) -> None:
        self._monitoring.restart_events()

    def _started(self, code: CodeType, offset: int) -> Any:
        if self._is_inside():
            return None
        self._inside.now = True
        try:
            interesting = self._events.entered(sys._getframe(1))
        finally:
            self._inside.now = False
        return self._verdict(interesting)

    def _returned(self, code: CodeType, offset: int, value: Any) -> Any:
        if self._is_inside():
            return None
        self._inside.now = True
        try:
            interesting = self._events.left(sys._getframe(1), value, None)
        finally:
            self._inside.now = False
        return self._verdict(interesting)

    def _unwound(self, code: CodeType, offset: int, error: BaseException) -> Any:
        if not self._is_inside() and self._events.table.get(id(code)) is not None:
            self._inside.now = True
            try:
                self._events.left(sys._getframe(1), None, type(error).__name__)
            finally:
                self._inside.now = False

    def _is_inside(self) -> bool:
        return getattr(self._inside, "now", False)

    def _verdict(self, interesting: bool) -> Any:
        if self._events.guard is not None:
            return self._tick()
        return None if interesting else self._monitoring.DISABLE

    def _ticked(self, code: CodeType, offset: int) -> Any:
        self._tick()

    def _tick(self) -> None:
        self._ticks += 1
        if not self._ticks % _EVENTS_A_LOOK:
            self._events.guard()
