"""How far today's source has drifted from what was recorded: what changed, is gone or moved, and what that costs."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..seeds import digests
from ..seeds.model import CallRecord, FunctionRecord, ModuleRecord, Profile, RunRecord
from ..seeds.runs import commands_of
from .modules import Loader, SourceModule
from .staleness import Staleness, loader_of


@dataclass(frozen=True)
class Moved:
    """Where the source of a function that is gone stands today."""

    file: str
    line: int
    qualname: str


@dataclass
class Drift:
    """What of a profile is stale, function by function, and the runs to be repeated."""

    changed: list[tuple[FunctionRecord, int]] = field(default_factory=list)  # and today's line
    gone: list[tuple[FunctionRecord, Moved | None]] = field(default_factory=list)
    files_gone: dict[str, int] = field(default_factory=dict)  # and how many functions
    modules: list[FunctionRecord] = field(default_factory=list)  # whose own code changed
    rebuilt: list[ModuleRecord] = field(default_factory=list)  # of these what only the run knew is used in part
    unused: list[CallRecord] = field(default_factory=list)  # since what led to them changed
    variables: list[tuple[str, str]] = field(default_factory=list)  # scope and name, made by other code now
    again: list[RunRecord] = field(default_factory=list)

    def of(self, keys: set[str]) -> Drift:
        """What of it concerns some functions ("module:qualname")."""
        return Drift(
            changed=[each for each in self.changed if _key(each[0]) in keys],
            gone=[each for each in self.gone if _key(each[0]) in keys],
            modules=[each for each in self.modules if _key(each) in keys],
            rebuilt=[each for each in self.rebuilt if any(key.startswith(f"{each.cls}.") for key in keys)],
            unused=[each for each in self.unused if each.function in keys],
            variables=[each for each in self.variables if each[0] in keys],
        )

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.files_gone or self.modules or self.variables)


def drift_of(profile: Profile, root: Path) -> Drift:
    """Compare a profile with the source as it is now."""
    loader = loader_of(profile, root)
    staleness = Staleness(profile, loader, root)
    drift = Drift()
    stale = [record for key, record in profile.functions.items() if not staleness.unchanged(key)]
    for record in stale:
        _sort_in(drift, record, staleness, loader, root)
    keys = {_key(record) for record in stale}
    drift.rebuilt = [each for each in profile.modules.values() if not keys.isdisjoint(each.builders)]
    real = [call for call in profile.calls if call.probe is None]
    drift.unused = [c for c in real if staleness.exists(c.function) and not staleness.callers_unchanged(c)]
    drift.variables = list(_stale_variables(profile, staleness, loader))
    around = {scope for scope, _ in drift.variables}
    drift.again = commands_of(profile, [*stale, *(r for k, r in profile.functions.items() if k in around)])
    return drift


def _key(record: FunctionRecord) -> str:
    return f"{record.module}:{record.qualname}"


def _sort_in(drift: Drift, record: FunctionRecord, staleness: Staleness, loader: Loader, root: Path) -> None:
    source = loader.find(record.module)
    if source is None:
        drift.files_gone[record.file] = drift.files_gone.get(record.file, 0) + 1
    elif record.qualname == digests.MODULE:
        drift.modules.append(record)
    elif staleness.exists(_key(record)):
        drift.changed.append((record, digests.index_functions(source.tree)[record.qualname][0].lineno))
    else:
        drift.gone.append((record, _elsewhere(record, source, root)))


def _elsewhere(record: FunctionRecord, source: SourceModule, root: Path) -> Moved | None:
    """The function with the recorded source under another name in its file, or under its name in another file."""
    for qualname, node, owner in digests.walk_functions(source.tree):
        renamed = copy.copy(node)
        renamed.name = record.qualname.rpartition(".")[2]
        if qualname != record.qualname and digests.function_digest(renamed, owner) == record.digest:
            return Moved(record.file, node.lineno, qualname)
    name = f"def {record.qualname.rpartition('.')[2]}("
    for path in project_files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path != source.path and name in text:
            moved = _same_in(record, path, text, root)
            if moved is not None:
                return moved
    return None


def _same_in(record: FunctionRecord, path: Path, text: str, root: Path) -> Moved | None:
    try:
        index = digests.index_functions(ast.parse(text))
    except (SyntaxError, ValueError):
        return None  # half edited: nothing in it can be compared
    found = index.get(record.qualname)
    if found is None or digests.function_digest(*found) != record.digest:
        return None
    return Moved(path.relative_to(root).as_posix(), found[0].lineno, record.qualname)


def project_files(root: Path) -> Iterator[Path]:
    """The source files below the root, without hidden directories and virtual environments."""
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and not (path / "pyvenv.cfg").exists():
            if path.name not in ("site-packages", "node_modules", "__pycache__"):
                yield from project_files(path)
        elif path.suffix == ".py" and path.is_file():
            yield path


def _stale_variables(profile: Profile, staleness: Staleness, loader: Loader) -> Iterator[tuple[str, str]]:
    """The variables of scripts that other code makes today than the code that was recorded."""
    for scope, record in profile.scopes.items():
        module, _, qualname = scope.partition(":")
        source = loader.find(module)
        if source is None:
            continue
        for sighting in record.sightings:
            today = staleness.slicer(source).slice(qualname, sighting.name)
            if not staleness.is_made_alike(today, sighting.digest):
                yield scope, sighting.name
