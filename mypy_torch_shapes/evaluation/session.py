"""The door to an evaluation: a project's sources and its profile in, reports by source file out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ..rules import autocast, suspicion
from ..rules.settings import Cell, of_one_program
from ..seeds.merging import order_of
from ..seeds.model import CallRecord, NameSeed, Profile
from . import annotated, casting, contexts, copies, growing, statements
from .contexts import Call
from .entries import Entry
from .facts import FileReport
from .gathered import Gathered
from .modules import SourceModule, imported_names
from .naming import Parameters
from .origins import Source
from .quiet import Quiet
from .recorded_calls import RecordedCalls
from .recording import Recording
from .run import IDLE_STEPS, Run
from .seeding import Seeding
from .sightings import Sightings
from .staleness import Staleness, loader_of
from .values import Class, Value

_RECURSION = 20_000  # the evaluator recurses with the program's nesting


@dataclass(frozen=True)
class Options:
    """What a user may choose about evaluations."""

    explain: bool = False  # keep where every type came from
    signatures: bool = False  # keep what functions were called with, and what they returned
    suspicious: bool = False  # say also what runs, but hardly does what was meant


class Session:
    """Everything that is known of one project, evaluated when it is first asked for."""

    def __init__(self, root: Path, profile: Profile, options: Options) -> None:
        self.root = root.resolve()
        self.profile = copies.as_built(profile)
        self.options = options
        self.refresh()

    def refresh(self, unsaved: Mapping[Path, bytes] | None = None) -> None:
        """Forget what was read: the sources are looked at again, some of them as an editor holds them."""
        self.loader = loader_of(self.profile, self.root, unsaved)
        self.staleness = Staleness(self.profile, self.loader, self.root)
        self.sightings = Sightings(self.profile, self.staleness)
        self.recorded = Gathered(Recording(lambda module: True, self.options.explain))
        self.recorded.recording.signatures = self.options.signatures
        self._evaluated = False
        self._builder = Seeding(Run(self.loader, self.recorded.recording, general=True), self.profile, self.staleness)
        self._scripts: dict[Path, SourceModule] = {}
        self._seen: dict[str, list[Parameters]] = {}  # what scripts were seen to enter functions with
        self._imports: dict[str, set[str]] = {}
        self._modules = {record.module for record in self.profile.functions.values()}
        self._recorded_files = {(self.root / record.file).resolve() for record in self.profile.functions.values()}
        self._unsaved = bool(unsaved)
        self._chosen: tuple[Cell, Cell] = {}, {}  # the default dtype and device of the recorded program
        self._quiet = Quiet(self.root, self.loader.search)
        self._sampled: set[str] = set()  # functions with a recorded call that holds
        self._receivers: dict[Class, Value] = {}  # objects made to evaluate their annotated methods

    def report(self, file: Path) -> FileReport:
        """All that is known of a source file. Raises SyntaxError or OSError for a file that cannot be read.

        It depends on the sources and the profile, not on what was asked before: what the recorded run ran is evaluated
        together, first; every other file by itself.
        """
        path = file.resolve()
        seen_without_parsing = self._seen_to_be_quiet(path)
        if seen_without_parsing is not None:
            return FileReport(depends_on=dict.fromkeys(map(str, seen_without_parsing), ""))
        module, parts, entered = self._gather(path)
        report = parts[0].recording.report(module)
        faults = [fault for each in parts for fault in each.faults.values()]
        report.faults = [fault for fault, modules in faults if module in modules]
        report.depends_on = dict.fromkeys(map(str, self.loader.absent), "")
        importer = self._importer(module.name)
        sources = entered | {module} | ({importer} if importer is not None else set())
        report.depends_on.update((str(each.path), each.digest) for each in sources)
        return report

    def _seen_to_be_quiet(self, path: Path) -> list[Path] | None:
        """The files that show that there is nothing to say of one that no run has recorded; None if there may be."""
        wanted = path in self._recorded_files or self._unsaved or self.options.explain
        return None if wanted or not path.is_relative_to(self.root) else self._quiet.depends_on(path)

    def entries_of(self, file: Path) -> list[Entry]:
        """The contexts of a source file. Raises as `report` does."""
        module, parts, _ = self._gather(file.resolve())
        return parts[0].recording.entries_of(module.path)

    def _gather(self, path: Path) -> tuple[SourceModule, list[Gathered], set[SourceModule]]:
        """A file's module, what comes of evaluating it (all is in the first recording), and all that was entered."""
        suspicion.listen(self.options.suspicious)
        token = autocast.only_cpu.set(cache(partial(casting.saw_only_the_cpu, self.profile)))
        try:
            with of_one_program(*self._chosen):
                return self._gathered(path)
        finally:
            suspicion.listen(False)
            autocast.only_cpu.reset(token)

    def _gathered(self, path: Path) -> tuple[SourceModule, list[Gathered], set[SourceModule]]:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
        if not self._evaluated:
            self._evaluated = True
            self._evaluate_recorded()
        if path in self._scripts:
            return self._gather_recorded(self._scripts[path])
        name = self.loader.name_of(path)
        found = self.loader.find(name)
        module = found.again() if found is not None and found.path == path else self.loader.read(name, path)
        if module is None:
            raise SyntaxError(f"{path} cannot be parsed")
        return self._gather_apart(module)

    def _gather_recorded(self, module: SourceModule) -> tuple[SourceModule, list[Gathered], set[SourceModule]]:
        own = self._evaluate_annotated(module)
        self.recorded.recording.absorb(own.recording, only=module)
        return module, [self.recorded, own], self.recorded.entered | own.entered

    def _gather_apart(self, module: SourceModule) -> tuple[SourceModule, list[Gathered], set[SourceModule]]:
        """A file that is not the recorded run's: its own code, in which nothing outlives the evaluation."""
        own = Gathered(Recording(lambda each: each is module, self.options.explain, home=module))
        own.recording.signatures = self.options.signatures
        run = Run(self.loader, own.recording, general=False, sightings=self.sightings)
        run.patience = IDLE_STEPS
        run.journal.open()
        try:
            with of_one_program({}, {}):
                self._run_script(run, module, own)
                written = self._evaluate_annotated(module)
        finally:
            run.journal.close(keep=False)
        own.recording.absorb(written.recording, only=module)
        own.recording.absorb(self.recorded.recording, only=module)
        entered = own.entered | written.entered
        if module.name in self._modules or not entered.isdisjoint(self.recorded.entered):
            entered |= self.recorded.entered
        return module, [own, written], entered

    def _script(self, module: SourceModule) -> None:
        """Evaluate the module-level code of a file of the recorded run."""
        self._scripts[module.path] = module
        run = Run(self.loader, self.recorded.recording, general=False, sightings=self.sightings)
        self._run_script(run, module, self.recorded)
        for function, shapes in run.seen:
            self._seen.setdefault(function, []).append(shapes)

    def _run_script(self, run: Run, module: SourceModule, gathered: Gathered) -> None:
        module.env.variables["__name__"] = "__main__" if self._is_script(module.name) else module.name
        module.executed = True
        run.entered.add(module)  # its constants count, also where none of its functions is entered
        recording = gathered.recording
        before, recording.source = recording.source, Source(module.name, ())
        context = recording.context("", None, module, (), False)
        gathered.guarded(lambda: statements.run_module(run, module, context, module.tree.body), run, self._builder.run)
        recording.source = before

    def _is_script(self, name: str) -> bool:
        """Whether a module may be what is run: not where a module of the recorded run imports it."""
        return self._importer(name) is None

    def _importer(self, name: str) -> SourceModule | None:
        if name not in self._modules:
            return None
        parts = name.split(".")
        packages = {".".join(parts[:end]) for end in range(1, len(parts))}
        sources = (self.loader.find(other) for other in sorted((self._modules | packages) - {name}))
        return next((each for each in sources if each is not None and name in self._imports_of(each)), None)

    def _imports_of(self, module: SourceModule) -> set[str]:
        if module.name not in self._imports:
            self._imports[module.name] = imported_names(module)
        return self._imports[module.name]

    def _evaluate_recorded(self) -> None:
        """What the recorded run ran: its files' own code, then every call that still holds.

        First the calls from outside, then those they did not lead to.
        """
        suspect = bool(self.staleness.changed_modules())
        for name in sorted(self._modules | {scope.partition(":")[0] for scope in self.profile.scopes}):
            source = self.loader.find(name)
            if source is not None and source.project:
                self.loader.scripts[name] = partial(self._script, source)
        for name in list(self.loader.scripts):
            start = self.loader.scripts.pop(name, None)  # None: a module before has imported it
            if start is not None:
                start()
        usable = [call for call in self.profile.calls if self._usable(call)]
        self._sampled = {call.function for call in usable}
        executed = [each for each in self.loader.modules.values() if each and each.project and each.executed]
        grouped = contexts.calls_of(self.profile, usable, growing.names_in(executed))
        calls = RecordedCalls(
            self.loader, self.options, self._builder, self.sightings, self.recorded, self._seen, suspect
        )
        if growing.outlives(executed):
            calls.look_at(grouped)
        for call in grouped:
            if call.root:
                calls.evaluate(call)
        building = {key for record in self.profile.modules.values() for key in record.builders}
        for call in sorted(grouped, key=_left, reverse=True):  # callers before what they call
            if not call.root and call.function not in building and self._is_unmet(call, calls):
                calls.evaluate(call)

    def _is_unmet(self, call: Call, calls: RecordedCalls) -> bool:
        """Whether nothing led to a function, or not to this module's, or not with such arguments.

        In the latter cases what came before was not followed, so it must not have changed, either.
        """
        if call.function not in self.recorded.reached:
            return True
        return self.staleness.precedes_changes(call.records) and not calls.is_described(call)

    def _evaluate_annotated(self, module: SourceModule) -> Gathered:
        """Functions whose annotations say what they are called with, where no recorded call says more."""
        own = Gathered(Recording(lambda each: each is module, self.options.explain))
        if not module.project or not (self._unsaved or self._quiet.may_be_annotated(module.path)):
            return own
        for finding in annotated.malformed(module, self.loader):
            own.recording.add(module, finding)
        left = annotated.MOST_IN_FILE
        for root in annotated.roots(self._builder.run, module):
            if root.key in self._sampled or (root.cls is not None and root.key in self.recorded.reached):
                continue
            if root.cls is not None and root.cls not in self._receivers:
                self._receivers[root.cls] = annotated.instance(self._builder.run, root.cls)
            for given in root.ways:
                recording = Recording(own.recording.wanted, self.options.explain)
                run = Run(self.loader, recording, general=True, sightings=self.sightings)
                run.limit = min(annotated.MOST_STEPS, left)
                own.apart(partial(annotated.enter, run, root, given, self._receivers), run, self._builder.run)
                left -= run.steps
                own.recording.absorb(recording, only=module)
        return own

    def _usable(self, call: CallRecord) -> bool:
        if not self.staleness.exists(call.function):
            return False
        if call.receiver is not None and call.function.endswith(".__init__"):
            return False  # a module is constructed where it is used, with the arguments its record has
        if isinstance(call.returned, NameSeed):
            return False  # a registry or a decorator
        return self.staleness.callers_unchanged(call)


def _left(call: Call) -> int:
    """When a call was left in the run."""
    return max((order_of(record) for record in call.records if record.probe is None), default=0)
