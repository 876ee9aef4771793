"""A recording from its beginning to what is said at its end."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mypy_torch_shapes.messages import counted
from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.seeds.describe import axes_text
from mypy_torch_shapes.seeds.model import Profile, RunRecord
from mypy_torch_shapes.seeds.runs import made_by
from mypy_torch_shapes.seeds.store import StoreError, merge, profile_path

LONG = 10.0  # seconds of a run that is written before it is probed
MOST_FREE = 4  # functions whose free sizes are said at the end

_recording = threading.Lock()


class Session:
    """One recording into the store at `root`."""

    def __init__(
        self, root: Path, include: tuple[str, ...] = (), probe: bool = True, command: tuple[str, ...] = ()
    ) -> None:
        self.root = root.resolve()
        self.run = RunRecord(command or ("python", *sys.orig_argv[1:]), os.path.relpath(os.getcwd(), self.root))
        self.recorder = Recorder(self.root, include)
        self._probe = probe
        self._began = time.monotonic()
        self.pid = os.getpid()
        self._holds = False

    def start(self) -> bool:
        """Watch from here on, unless another session does already; whether it does."""
        self._holds = _recording.acquire(blocking=False)
        if self._holds:
            self.recorder.start()
        return self._holds

    def finish(self, probe: bool = True, say: bool = True) -> None:
        """Stop watching, probe, write, and say what there is; in a forked child do nothing."""
        if not self._holds:
            return
        self.recorder.stop()
        self._holds = False
        _recording.release()
        if os.getpid() != self.pid:
            return
        try:
            self._finish(probe and self._probe, say)
        except StoreError as error:
            messages.say("{error}", error=error)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not become one of the program
            messages.say(messages.OWN_BUG, error=_named(error))

    def _finish(self, probe: bool, say: bool) -> None:
        recorder = self.recorder
        if recorder.failure is not None:
            messages.say(messages.OWN_BUG, error=recorder.failure.strip().splitlines()[-1])
        if probe and recorder.root_calls:
            if time.monotonic() - self._began > LONG:
                self.keep()  # what takes long to record again must not hang on the probe
            self._run_probe(say)
        profile = self.keep()
        if not profile.calls:
            messages.say(messages.NOTHING, root=self.root)
        elif say:
            for line in summary(profile, os.path.relpath(profile_path(self.root))):
                messages.say("{line}", line=line)

    def keep(self) -> Profile:
        """Write what was seen until now, if anything was. Raises `StoreError`."""
        profile = made_by(self.recorder.profile(), self.run)
        if profile.calls:
            merge(self.root, profile)
        return profile

    def _run_probe(self, say: bool) -> None:
        from mypy_torch_shapes.profiling.probe import Probe

        try:
            Probe(self.recorder, talks=say).run()
        except Exception as error:  # noqa: BLE001 - a bug of ours must not cost what was recorded
            messages.say(messages.PROBE_BUG, error=_named(error))


def summary(profile: Profile, path: str) -> Iterator[str]:
    """What was seen: how much of it, and which sizes of what the program calls from outside are free."""
    probed = sum(call.probe is not None for call in profile.calls)
    yield messages.RECORDED.format(
        functions=counted(len({call.function for call in profile.calls}), "function"),
        calls=counted(len(profile.calls) - probed, "call"),
        probed=messages.PROBED.format(count=probed) if probed else "",
        path=path,
    )
    free: dict[str, list[str]] = {}
    for variation in profile.variations:
        if variation.ok:
            sizes = free.setdefault(profile.calls[variation.call].function, [])
            sizes += [axes] if (axes := axes_text(variation.axes)) not in sizes else []
    for function, sizes in list(free.items())[:MOST_FREE]:
        yield messages.FREE.format(function=function.partition(":")[2], sizes="; ".join(sizes))
    if len(free) > MOST_FREE:
        yield messages.FREE_OF_MORE.format(count=len(free) - MOST_FREE)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


@contextmanager
def recording(root: str | os.PathLike[str] | None, include: tuple[str, ...], probe: bool) -> Iterator[None]:
    """The context manager `mypy_torch_shapes.record`."""
    session = Session(Path(root if root is not None else os.getcwd()), include, probe)
    if not session.start():
        yield
        return
    try:
        yield
    except BaseException as error:
        session.recorder.stop()
        session.recorder.raised(error)
        session.finish(probe=isinstance(error, Exception), say=False)
        raise
    session.finish(say=False)
