"""Outcomes on disk: what was found in a file, and the digests of all it was found from."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from mypy_torch_shapes._version import __version__
from mypy_torch_shapes.evaluation.facts import Finding, Span

SCHEMA = 1


@dataclass(frozen=True)
class Outcome:
    """What mypy is to print for one file; `failure` are the notes of a file that had to be abandoned."""

    findings: tuple[Finding, ...] = ()
    reveals: tuple[tuple[Span, str], ...] = ()
    failure: tuple[str, ...] = ()

    def digest(self) -> str | None:
        """For mypy's cache. A file nothing is said of has none: its cache entry is as it is without the plugin."""
        if not (self.findings or self.reveals or self.failure):
            return None
        return blake(json.dumps(to_json(self), sort_keys=True).encode())


def blake(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Digests:
    """Digests of files by content, each file read once until `forget`."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Empty for a file that is not there, so that its appearing counts as a change."""
        if path not in self._known:
            try:
                self._known[path] = blake(Path(path).read_bytes())
            except OSError:
                self._known[path] = ""
        return self._known[path]

    def forget(self) -> None:
        self._known.clear()


class Records:
    """One small JSON file per source file. Anything wrong with one counts as its not being there."""

    def __init__(self, directory: Path, fingerprint: str, digests: Digests) -> None:
        self._directory = directory
        self._fingerprint = fingerprint
        self._digests = digests

    def read(self, path: str) -> Outcome | None:
        """The outcome for `path`, if nothing it was found from has changed."""
        try:
            data = json.loads(self._file(path).read_bytes())
            if (data["schema"], data["fingerprint"], data["path"]) != (SCHEMA, self._fingerprint, path):
                return None
            if any(self._digests.of(each) != digest for each, digest in data["depends"].items()):
                return None
            return from_json(data["outcome"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, path: str, outcome: Outcome, depends: Iterable[str]) -> None:
        """Keep an outcome. Raises OSError where nothing can be written."""
        data = {
            "schema": SCHEMA,
            "fingerprint": self._fingerprint,
            "path": path,
            "depends": {each: self._digests.of(each) for each in sorted({path, *depends})},
            "outcome": to_json(outcome),
        }
        write_atomically(self._file(path), json.dumps(data))

    def _file(self, path: str) -> Path:
        return self._directory / f"{blake(path.encode())}.json"


def write_atomically(path: Path, text: str) -> None:
    """Readers and other writers see the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def to_json(outcome: Outcome) -> dict[str, object]:
    return {
        "findings": [asdict(each) for each in outcome.findings],
        "reveals": [{"span": asdict(span), "text": text} for span, text in outcome.reveals],
        "failure": list(outcome.failure),
    }


def from_json(data: dict[str, list[dict[str, object]]]) -> Outcome:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError on anything else."""
    return Outcome(
        findings=tuple(
            Finding(span_from(each["span"]), str(each["code"]), str(each["message"]), strings(each["notes"]))
            for each in data["findings"]
        ),
        reveals=tuple((span_from(each["span"]), str(each["text"])) for each in data["reveals"]),
        failure=strings(data["failure"]),
    )


def span_from(data: object) -> Span:
    if not isinstance(data, dict):
        raise TypeError("a span is an object")
    return Span(*(int(data[key]) for key in ("line", "column", "end_line", "end_column")))


def strings(data: object) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError("a list of strings is a list")
    return tuple(str(each) for each in data)


def fingerprint(*parts: object) -> str:
    """What an outcome depends on besides files: this package and its Python, torch's version, the options."""
    return blake(repr((__version__, package_state(), sys.version_info[:2], torch_state(), parts)).encode())


def package_state() -> tuple[int, int]:
    """Changes whenever a source file of this package does; cheaper than reading them all."""
    stats = [each.stat() for each in Path(__file__).parents[1].rglob("*.py")]
    return max(each.st_mtime_ns for each in stats), sum(each.st_size for each in stats)


def torch_state() -> tuple[str, int] | None:
    """Which torch is installed, without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    version = Path(spec.origin).with_name("version.py")
    return (str(version), version.stat().st_mtime_ns) if version.exists() else None
