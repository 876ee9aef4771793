"""What of a profile still holds: which recorded functions are, in today's source, what they were."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..seeds import digests
from ..seeds.merging import order_of
from ..seeds.model import CallRecord, FunctionRecord, Profile
from ..seeds.references import classes_of
from ..seeds.slices import Slice, Slicer
from .modules import Loader, SourceModule, imported_names


class Staleness:
    """Compares recorded digests with today's source, each function once."""

    def __init__(self, profile: Profile, loader: Loader, root: Path) -> None:
        self.profile = profile
        self.loader = loader
        self.root = root
        self._today: dict[str, dict[str, str]] = {}
        self._modules = {record.module for record in profile.functions.values()}
        self._trusted: dict[str, bool] = {}
        self._changed: list[str] | None = None
        self._first_change: float | None = None
        self._edited: set[str] | None = None
        self._imports: dict[str, set[str]] = {}
        self._slicers: dict[SourceModule, Slicer] = {}
        self._callers: dict[str, set[str]] = {}
        for call in profile.calls:
            if call.caller is not None:
                self._callers.setdefault(call.function, set()).add(call.caller)

    def exists(self, key: str) -> bool:
        """Whether the function is still in the source."""
        module, _, qualname = key.partition(":")
        return qualname in self._digests(module)

    def unchanged(self, key: str) -> bool:
        """Whether a function is as it was when it was recorded."""
        record = self.profile.functions.get(key)
        if record is None:
            return False
        return self._digests(record.module).get(record.qualname) == record.digest

    def reaches_edited(self, names: set[str]) -> bool:
        """Whether any code that was recorded in these modules, or in what they import, is not what it was."""
        if self._edited is None:
            self._edited = {self.profile.functions[key].module for key in self._changed_functions()}
        return bool(self._edited) and not self._edited.isdisjoint(self._imported(names))

    def _changed_functions(self) -> list[str]:
        """The recorded functions that are not what they were; not those of libraries that are not followed."""
        return [
            key
            for key, record in self.profile.functions.items()
            if not self.unchanged(key) and (self._digests(record.module) or not Path(record.file).is_absolute())
        ]

    def all_unchanged(self, keys: tuple[str, ...]) -> bool:
        """Whether none of several functions changed, nor the modules' own code, whose constants they may use.

        What their modules import is theirs, too.
        """
        if not all(self.unchanged(key) for key in keys):
            return False
        changed = set(self.changed_modules())
        return not changed or changed.isdisjoint(self._imported({key.partition(":")[0] for key in keys}))

    def _imported(self, names: set[str]) -> set[str]:
        """Some modules, and those of the recorded ones that they import, directly or not."""
        found, waiting = set(names), list(names)
        while waiting:
            new = self._imports_of(waiting.pop()) - found
            found |= new
            waiting += new
        return found

    def _imports_of(self, name: str) -> set[str]:
        """The recorded modules that a module imports."""
        if name not in self._imports:
            source = self.loader.find(name)
            self._imports[name] = imported_names(source) & self._modules if source is not None else set()
        return self._imports[name]

    def methods_unchanged(self, cls: str) -> bool:
        """Whether no recorded method of a class ("module:qualname") changed."""
        return all(self.unchanged(key) for key in self.profile.functions if key.startswith(f"{cls}."))

    def changed_modules(self) -> list[str]:
        """Modules whose own code, which calls nobody recorded come from, is not what it was."""
        if self._changed is None:
            recorded = [record for record in self.profile.functions.values() if record.qualname == digests.MODULE]
            self._changed = [
                r.module for r in recorded if self._digests(r.module).get(r.qualname, r.digest) != r.digest
            ]
        return self._changed

    def module_unchanged(self, name: str) -> bool:
        """Whether nothing that was recorded of a module changed; `name` may lack the packages around it."""
        known = [k for k, r in self.profile.functions.items() if r.module == name or r.module.endswith(f".{name}")]
        return all(self.unchanged(key) for key in known)

    def slicer(self, module: SourceModule) -> Slicer:
        """Of a module as it is today."""
        if module not in self._slicers:
            self._slicers[module] = Slicer(module.tree)
        return self._slicers[module]

    def is_made_alike(self, today: Slice | None, digest: str) -> bool:
        """Whether what makes a variable or an attribute is, with the modules it uses, what it was at this digest."""
        return (
            today is not None and today.digest == digest and all(self.module_unchanged(name) for name in today.imported)
        )

    def callers_unchanged(self, call: CallRecord) -> bool:
        """Whether everything that led to a call is as it was."""
        return call.caller is None or self._trust(call.caller)

    def precedes_changes(self, calls: Iterable[CallRecord]) -> bool:
        """Whether the run got to these calls before it was in anything that is not what it was."""
        if self._first_change is None:
            orders = dict.fromkeys(self._changed_functions(), -1)  # of some nobody knows when they were entered
            for call in self.profile.calls:
                if call.function in orders and call.probe is None:
                    before = orders[call.function]
                    orders[call.function] = order_of(call) if before < 0 else min(before, order_of(call))
            self._first_change = min(orders.values(), default=math.inf)
        real = [call for call in calls if call.probe is None]
        return all(call.order is not None and call.order <= self._first_change for call in real)

    def changed_callers(self, call: CallRecord) -> list[str]:
        """The functions that led to a call, however far up, and are not what they were."""
        waiting, seen = [call.caller] if call.caller is not None else [], set()
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                waiting += self._callers.get(key, ())
        return sorted(key for key in seen if not self.unchanged(key))

    def _trust(self, key: str) -> bool:
        if key not in self._trusted:
            self._trusted[key] = False  # recursion: decided by the others
            callers = self._callers.get(key, set()) - {key}
            self._trusted[key] = self.unchanged(key) and all(map(self._trust, callers))
        return self._trusted[key]

    def _digests(self, module: str) -> dict[str, str]:
        if module not in self._today:
            source = self.loader.find(module)
            found = digests.index_functions(source.tree) if source is not None else {}
            self._today[module] = {name: digests.function_digest(*located) for name, located in found.items()}
            if source is not None:
                self._today[module][digests.MODULE] = digests.module_digest(source.tree)
        return self._today[module]


def file_of(record: FunctionRecord, root: Path) -> Path:
    """Where a recorded function's source lies."""
    return root / record.file


def loader_of(profile: Profile, root: Path, unsaved: Mapping[Path, bytes] | None = None) -> Loader:
    """A loader that knows the files that the profile has seen."""
    known = {record.module: file_of(record, root) for record in profile.functions.values()}
    loader = Loader(root, known, classes_of(profile), unsaved)
    loader.one_process = profile.distributed is False
    return loader
