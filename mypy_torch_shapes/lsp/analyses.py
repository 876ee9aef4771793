"""Reports of files as an editor holds them: sessions stay open, and are evaluated again when a text has changed."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mypy_torch_shapes.config import DATA, Config
from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.lsp.hints import Hint, hints_of
from mypy_torch_shapes.seeds.store import profile_path

if TYPE_CHECKING:
    from mypy_torch_shapes.evaluation.session import Session

Stamp = tuple[int, int] | None  # of a file: when it was changed, and its size


@dataclass(frozen=True)
class Analysis:
    """A report, and the text its positions are of."""

    text: str
    report: FileReport

    @cached_property
    def hints(self) -> list[Hint]:
        return hints_of(self.report, self.text)


class Analyses:
    """What is known of each file, for the texts that were last good Python."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._projects: dict[Path, Project] = {}
        self._good: dict[Path, str] = {}
        self._looked_at: dict[Path, str] = {}

    def of(self, path: Path, texts: Mapping[Path, str], folders: list[Path]) -> Analysis | None:
        """The analysis of a file, with every open file as it is in `texts`; None where it never was good Python."""
        for each, text in texts.items():
            if self._looked_at.get(each) != text:
                self._looked_at[each] = text
                if is_python(text):
                    self._good[each] = text
        for closed in self._looked_at.keys() - texts.keys():
            self._looked_at.pop(closed)
            self._good.pop(closed, None)
        if path not in self._good:
            return None
        root = self._root or root_of(path, folders)
        if root not in self._projects:
            self._projects[root] = Project(root)
        return self._projects[root].analysis(path, self._good)


class Project:
    """One profile, its session, and the reports for one state of all texts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._session: Session | None = None
        self._profile: Stamp = None
        self._texts: dict[Path, str] = {}
        self._stamps: dict[str, Stamp] = {}  # of the files that reports depend on
        self._analyses: dict[Path, Analysis] = {}

    def analysis(self, path: Path, texts: Mapping[Path, str]) -> Analysis | None:
        session = self._current(texts)
        if path not in self._analyses:
            try:
                report = session.report(path)
            except (SyntaxError, OSError):
                return None  # too large, or not there any more
            self._analyses[path] = Analysis(texts[path], report)
            for each in report.depends_on:
                self._stamps.setdefault(each, stamp_of(each))
        return self._analyses[path]

    def _current(self, texts: Mapping[Path, str]) -> Session:
        """The session, knowing today's profile, texts and files."""
        from mypy_torch_shapes.opening import session_for

        profile = stamp_of(profile_path(self.root))
        changed = self._texts != texts or any(stamp_of(each) != stamp for each, stamp in self._stamps.items())
        if self._session is None or profile != self._profile:
            self._session = session_for(Config(self.root))
            self._profile, changed = profile, True
        if changed:
            self._texts = dict(texts)
            self._analyses.clear()
            self._stamps.clear()
            self._session.refresh({path: text.encode() for path, text in texts.items()})
        return self._session


def is_python(text: str) -> bool:
    """Whether there is no syntax error in a text: while something is typed, there mostly is one."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def root_of(path: Path, folders: list[Path]) -> Path:
    """Where the profile of a file is: in a directory around it; with none, its workspace folder."""
    for parent in path.parents:
        if (parent / DATA).is_dir():
            return parent
    return next((folder for folder in folders if path.is_relative_to(folder)), path.parent)


def stamp_of(path: str | Path) -> Stamp:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
