"""A recording from its beginning to what is said at its end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mypy_torch_shapes.profiling import messages
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.seeds.model import Profile, RunRecord
from mypy_torch_shapes.seeds.runs import made_by
from mypy_torch_shapes.seeds.store import StoreError, merge, profile_path

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
            from mypy_torch_shapes.profiling.probe import Probe

            Probe(recorder).run()
        profile = made_by(recorder.profile(), self.run)
        if not profile.calls:
            messages.say(messages.NOTHING, root=self.root)
            return
        merged = merge(self.root, profile)
        capped = sorted(recorder.capped | set(merged.capped))
        if capped and say:
            messages.say(messages.CAPPED, functions=_listed(capped))
        if say:
            messages.say(
                messages.RECORDED,
                functions=len({call.function for call in profile.calls}),
                calls=len(profile.calls),
                free=free_sizes(profile),
                path=os.path.relpath(profile_path(self.root)),
            )


def free_sizes(profile: Profile) -> int:
    """How many sizes of root calls were seen to be free, those that only change together counted once."""
    return len({(variation.call, variation.axes) for variation in profile.variations if variation.ok})


def _listed(names: list[str]) -> str:
    shown = ", ".join(name.partition(":")[2] for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more functions"


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
