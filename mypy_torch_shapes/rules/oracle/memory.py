"""What torch has answered, on disk: one JSON file for each torch version, shared by all projects of a user."""

from __future__ import annotations

import atexit
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

FORMAT = 2  # of the file, and of the way answers are found
MOST_ENTRIES = 20_000  # the oldest go first

_log = logging.getLogger(__name__)


class Memory:
    """Answers by question; what is new is kept in memory until `flush`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new: dict[str, Any] = {}

    @cached_property
    def _old(self) -> dict[str, Any]:
        return _read(self.path)

    def get(self, key: str) -> Any:
        """The answer as it was written, or None."""
        found = self._new.get(key)
        return self._old.get(key) if found is None else found

    def put(self, key: str, answer: Any) -> None:
        if not self._new:
            atexit.register(self.flush)
        self._new[key] = answer

    def flush(self) -> None:
        """Write what is new. A place that cannot be written costs a warning."""
        if not self._new:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path.with_suffix(".lock")):
                entries = {**_read(self.path), **self._new}
                kept = dict(list(entries.items())[-MOST_ENTRIES:])
                _replace(self.path, json.dumps({"format": FORMAT, "answers": kept}, separators=(",", ":")))
        except OSError as error:
            _log.warning("torch's answers could not be remembered in %s: %s", self.path, error)
            return
        self.__dict__["_old"] = kept
        self._new = {}


def cache_directory() -> Path:
    """MYPY_TORCH_SHAPES_CACHE, else a directory of ours in the user's cache."""
    own = os.environ.get("MYPY_TORCH_SHAPES_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base) / "mypy_torch_shapes" if base else Path.home() / ".cache" / "mypy_torch_shapes"


def _read(path: Path) -> dict[str, Any]:
    """The answers in a file; none where it is missing, damaged or of another format."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("torch's remembered answers in %s are ignored: %s", path, error)
        return {}
    answers = content.get("answers") if isinstance(content, dict) and content.get("format") == FORMAT else None
    if not isinstance(answers, dict):
        _log.warning("torch's remembered answers in %s are ignored: not of format %d", path, FORMAT)
        return {}
    return answers


def _replace(path: Path, content: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keeps two writers from losing each other's answers; without fcntl (Windows) the later one wins."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
