"""Outcomes on disk: what is to be said of a file, and the digests of all that this was found from.

All that an unchanged run needs of us is in here, so what is imported here is what such a run pays for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mypy_torch_shapes._version import __version__

if TYPE_CHECKING:
    from mypy_torch_shapes.checking.outcome import Outcome

SCHEMA = 2
RECENT = 10_000_000_000  # ns
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def blake(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Digests:
    """Digests of files by content, each file read once until `forget`; of some, the content is in a shadow file."""

    def __init__(self, shadows: Mapping[str, str] | None = None) -> None:
        self._shadows = shadows or {}
        self._known: dict[str, str] = {}
        self._stamps: dict[str, tuple[int, int] | None] = {}

    def of(self, path: str) -> str:
        """Empty for a file that is not there, so that its appearing counts as a change."""
        if path not in self._known:
            self._stamps[path] = stamp(path)
            try:
                with open(self._shadows.get(os.path.realpath(path), path) if self._shadows else path, "rb") as file:
                    self._known[path] = blake(file.read())
            except OSError:
                self._known[path] = ""
        return self._known[path]

    def forget(self) -> bool:
        """Forget the digests of files that are not what they were when they were read; whether there are any.

        A file that had just been written then may have been written again at the same moment: it is read once more.
        """
        changed = False
        for path, before in list(self._known.items()):
            now = stamp(path)
            if now != self._stamps[path] or (now is not None and time.time_ns() - now[0] < RECENT):
                del self._known[path]
                changed = changed or self.of(path) != before
        return changed


def stamp(path: str) -> tuple[int, int] | None:
    """When a file was written, and how long it is; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class Record:
    """One outcome, decoded when it is asked for: an unchanged run asks for its digest alone."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._outcome: Outcome | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Record:
        from mypy_torch_shapes.checking.outcome import to_json

        made = cls(to_json(outcome))
        made._outcome = outcome
        return made

    def digest(self) -> str | None:
        """For mypy's cache. A file nothing is said of has none: its cache entry is as it is without the plugin."""
        return blake(json.dumps(self._data, sort_keys=True).encode()) if any(self._data.values()) else None

    def outcome(self) -> Outcome:
        if self._outcome is None:
            from mypy_torch_shapes.checking.outcome import from_json

            self._outcome = from_json(self._data)
        return self._outcome

    def json(self) -> dict[str, Any]:
        return self._data


class Records:
    """One small JSON file per source file. Anything wrong with one counts as its not being there."""

    def __init__(self, directory: Path, fingerprint: str, digests: Digests) -> None:
        self._directory = str(directory)
        self._fingerprint = fingerprint
        self._digests = digests

    def read(self, path: str) -> Record | None:
        """The record for `path`, if nothing it was found from has changed."""
        try:
            with open(self._file(path), "rb") as file:
                data = json.load(file)
            if (data["schema"], data["fingerprint"], data["path"]) != (SCHEMA, self._fingerprint, path):
                return None
            if any(self._digests.of(each) != digest for each, digest in data["depends"].items()):
                return None
            if data["check"] != blake(json.dumps(data["outcome"]).encode()):
                return None
            return Record(data["outcome"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, path: str, record: Record, depends: Iterable[str]) -> None:
        """Keep a record. Raises OSError where nothing can be written."""
        outcome = json.dumps(record.json())
        data = {
            "schema": SCHEMA,
            "fingerprint": self._fingerprint,
            "path": path,
            "depends": {each: self._digests.of(each) for each in sorted({path, *depends})},
            "check": blake(outcome.encode()),
            "outcome": json.loads(outcome),
        }
        write_atomically(self._file(path), json.dumps(data))

    def _file(self, path: str) -> str:
        return os.path.join(self._directory, f"{blake(path.encode())}.json")


def write_atomically(path: str, text: str) -> None:
    """Readers and other writers see the old file or the new one, never a part."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def fingerprint(*parts: object) -> str:
    """What an outcome depends on besides files: this package and its Python, torch's version, the options."""
    return blake(repr((__version__, package_state(), sys.version_info[:2], torch_state(), parts)).encode())


def package_state() -> tuple[int, int]:
    """Changes whenever a source file of this package does; cheaper than reading them all."""
    stats = [each.stat() for each in sources(PACKAGE)]
    return max(each.st_mtime_ns for each in stats), sum(each.st_size for each in stats)


def sources(directory: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from sources(entry.path)


def torch_state() -> tuple[str, int] | None:
    """Which torch is installed, without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    version = os.path.join(os.path.dirname(spec.origin), "version.py")
    return (version, os.stat(version).st_mtime_ns) if os.path.exists(version) else None
