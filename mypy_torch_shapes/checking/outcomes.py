"""Records by file: from memory, from disk, or from an evaluation; an evaluation that fails is an outcome too."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mypy_torch_shapes import messages
from mypy_torch_shapes.checking.records import Digests, Record, Records, fingerprint

if TYPE_CHECKING:
    from mypy_torch_shapes.config import Config
    from mypy_torch_shapes.evaluation.facts import FileReport


class Evaluator(Protocol):
    """The part of `evaluation.session.Session` that is used here."""

    def report(self, file: Path) -> FileReport: ...

    def refresh(self, unsaved: Mapping[Path, bytes] | None = None) -> None: ...


def open_session(config: Config) -> Evaluator:
    """The real evaluator. Imported here, because an unchanged run needs none of it."""
    from mypy_torch_shapes.opening import session_for

    return session_for(config)


class Outcomes:
    """What is to be said of each file, evaluated when first asked for."""

    def __init__(
        self,
        config: Config,
        opener: Callable[[Config], Evaluator] | None = None,
        shadows: Mapping[str, str] | None = None,
    ) -> None:
        self._config = config
        self._open = opener or open_session
        self._session: Evaluator | None = None
        self._stale = bool(shadows)  # whether the session is to look at the sources again
        self._shadows = {os.path.realpath(path): shadow for path, shadow in (shadows or {}).items()}
        self._digests = Digests(self._shadows)
        mark = fingerprint(str(config.root), config.debug, config.suspicious)
        self._records = Records(config.data / "cache" / "checked", mark, self._digests)
        self._known: dict[str, Record] = {}
        self._can_keep = True

    def of(self, path: str) -> Record:
        """The outcome for a source file, the same until `look_again`."""
        path = os.path.abspath(path)
        if path not in self._known:
            self._known[path] = self._records.read(path) or self._evaluate(path)
        return self._known[path]

    def look_again(self) -> None:
        """Sources or the profile may have changed: a daemon's next run."""
        if self._digests.forget() or self._shadows:  # it asks for every module that it checks
            self._known.clear()
            self._stale = True

    def _unsaved(self) -> dict[Path, bytes]:
        """What mypy's --shadow-file puts in the place of files: an editor's buffers. Raises OSError."""
        return {Path(path): Path(shadow).read_bytes() for path, shadow in self._shadows.items()}

    def profile_digest(self) -> str:
        return self._digests.of(self._profile())

    def _profile(self) -> str:
        return str(self._config.data / "profile.json")

    def _evaluate(self, path: str) -> Record:
        from mypy_torch_shapes.checking.outcome import Outcome

        # The digest of the file itself is taken first: if it is edited meanwhile, the record is stale, never wrong.
        self._digests.of(path)
        try:
            if self._session is None:
                self._session = self._open(self._config)
            if self._stale:
                self._session.refresh(self._unsaved())
                self._stale = False
            report = self._session.report(Path(path))
        except (SyntaxError, OSError):
            return Record.of(Outcome())  # mypy cannot read the file either, and says so
        except Exception as fault:  # noqa: BLE001  (whatever our fault is, it must not end the user's type check)
            return Record.of(Outcome(failure=messages.abandoned(fault, self._config.debug)))
        failure = messages.abandoned(report.faults[0], self._config.debug) if report.faults else ()
        record = Record.of(Outcome(tuple(report.findings), tuple(report.reveals), failure))
        self._keep(path, record, report)
        return record

    def _keep(self, path: str, record: Record, report: FileReport) -> None:
        if not self._can_keep:
            return
        root = str(self._config.root)
        depends = [os.path.join(root, each) for each in report.depends_on]
        try:
            self._records.write(path, record, [*depends, self._profile()])
        except OSError as fault:
            self._can_keep = False
            messages.say(messages.cannot_keep(self._config.data, fault.strerror))
