"""The door to an evaluation: a project's sources and its profile in, reports by source file out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from ..rules import autocast, devices, suspicion
from ..seeds.merging import order_of
from ..seeds.model import CallRecord, NameSeed, Profile
from ..shapes.dims import Size
from ..shapes.unknown import Undecided
from . import annotated, calls, casting, contexts, growing, objects, parameters, statements
from .contexts import Call
from .entries import Entry
from .facts import FileReport
from .generality import like
from .modules import SourceModule, imported_names
from .naming import Parameters
from .origins import Source
from .quiet import Quiet
from .recording import Recording
from .run import IDLE_STEPS, Frame, Place, Run
from .seeding import Seeding
from .sightings import Sightings
from .staleness import Staleness, loader_of
from .values import Bound, Class, Env, Function, Instance, OutOfBudget, Raised, Tensor, Value

log = logging.getLogger(__name__)

_RECURSION = 20_000  # the evaluator recurses with the program's nesting
_MOST_RELEASES = 12  # sets of integers of a call that are tried as sizes, smaller and smaller ones


@dataclass(frozen=True)
class Options:
    """What a user may choose about evaluations."""

    explain: bool = False  # keep where every type came from
    signatures: bool = False  # keep what functions were called with, and what they returned
    suspicious: bool = False  # say also what runs, but hardly does what was meant


@dataclass(eq=False)
class Gathered:
    """What comes of several evaluations."""

    recording: Recording
    entered: set[SourceModule] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)  # functions, "module:qualname"
    places: set[Place] = field(default_factory=set)
    faults: dict[str, tuple[Exception, set[SourceModule]]] = field(default_factory=dict)  # ours, and what they concern


class Session:
    """Everything that is known of one project, evaluated when it is first asked for."""

    def __init__(self, root: Path, profile: Profile, options: Options) -> None:
        self.root = root.resolve()
        self.profile = profile
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
        self._quiet = Quiet(self.root, self.loader.search)
        self._sampled: set[str] = set()  # functions with a recorded call that holds
        self._receivers: dict[Class, Value] = {}  # objects made to evaluate their annotated methods
        self._suspect = False  # module-level code has changed: what it handed to functions may have, too

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
        place = devices.default.set("")
        try:
            return self._gathered(path)
        finally:
            devices.default.reset(place)
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
        self._guarded(run, lambda: statements.run_module(run, module, context, module.tree.body), gathered)
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
        self._suspect = bool(self.staleness.changed_modules())
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
        for call in grouped:
            if call.root:
                self._evaluate(call)
        building = {key for record in self.profile.modules.values() for key in record.builders}
        for call in sorted(grouped, key=_left, reverse=True):  # callers before what they call
            if not call.root and call.function not in building and self._is_unmet(call):
                self._evaluate(call)

    def _is_unmet(self, call: Call) -> bool:
        """Whether nothing led to a function, or not to this module's, with arguments that are known.

        In the second case what came before was not followed, so it must not have changed, either.
        """
        if call.function not in self.recorded.reached:
            return True
        record = None if call.receiver is None else self.profile.modules[call.receiver]
        place = (None, None) if record is None else (contexts.origin(self.profile, record), record.path)
        return (call.function, *place) not in self.recorded.places and self.staleness.precedes_changes(call.records)

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
                self._apart(run, partial(annotated.enter, run, root, given, self._receivers), own)
                left -= run.steps
                own.recording.absorb(recording, only=module)
        return own

    def _apart(self, run: Run, evaluate: Callable[[], None], gathered: Gathered) -> None:
        """Evaluate something that leaves nothing behind but what is recorded."""
        run.journal.open()
        try:
            self._guarded(run, evaluate, gathered)
        finally:
            run.journal.close(keep=False)

    def _usable(self, call: CallRecord) -> bool:
        if not self.staleness.exists(call.function):
            return False
        if call.receiver is not None and call.function.endswith(".__init__"):
            return False  # a module is constructed where it is used, with the arguments its record has
        if isinstance(call.returned, NameSeed):
            return False  # a registry or a decorator
        return self.staleness.callers_unchanged(call)

    def _evaluate(self, call: Call) -> None:
        """Evaluate a call with its integers symbolic; as they were, where that says more."""
        attempt = self._attempt(call, call.sizes)
        if call.fixed != call.sizes:
            plain = self._attempt(call, call.fixed)
            if plain.knows_more_than(attempt):
                attempt = self._released(call, plain)
        self.recorded.recording.absorb(attempt)
        if not attempt.failed and self.staleness.reaches_edited(self._modules_behind(call, attempt)):
            self._evaluate_as_run(call)

    def _modules_behind(self, call: Call, attempt: Recording) -> set[str]:
        """The modules whose code took part in evaluating a call, or in building the modules it is handed."""
        numbers = {number for _, seed in call.arguments for number in contexts.modules_in(seed)} | {call.receiver}
        records = [self.profile.modules[number] for number in numbers if number in self.profile.modules]
        roots = [self.profile.modules.get(record.root, record) for record in records]
        built = {key.partition(":")[0] for record in (*records, *roots) for key in (record.cls, *record.builders)}
        return built | {entry.module.name for entry in attempt.entries}

    def _evaluate_as_run(self, call: Call) -> None:
        """What edits have made fail at the sizes of the program's own run, though the probe's still work."""
        observed = contexts.as_run(call)
        if observed is not None:
            self.recorded.recording.absorb_findings(self._attempt(observed, observed.sizes))

    def _released(self, call: Call, known: Recording) -> Recording:
        """What is known with as few integers as they were as that takes: each other one may be a size."""
        sizes = call.fixed
        open_ = [i for i, (size, fixed) in enumerate(zip(call.sizes, call.fixed, strict=True)) if size is not fixed]
        waiting = _halves(open_)
        for _ in range(_MOST_RELEASES):
            if not waiting:
                break
            places = waiting.pop(0)
            trial = tuple(call.sizes[i] if i in places else size for i, size in enumerate(sizes))
            released = self._attempt(call, trial)
            if not known.knows_more_than(released):
                known, sizes = released, trial
            elif len(places) > 1:
                waiting += _halves(places)
        return known

    def _attempt(self, call: Call, sizes: tuple[Size, ...]) -> Recording:
        runs = sorted({run for record in call.records for run in record.runs})
        recording = Recording(lambda module: True, self.options.explain, Source(call.function, tuple(runs)))
        recording.signatures = self.options.signatures
        run = Run(self.loader, recording, general=True, sightings=self.sightings)
        self._apart(run, lambda: self._enter(run, call, sizes), self.recorded)
        return recording

    def _enter(self, run: Run, call: Call, sizes: tuple[Size, ...]) -> None:
        seeding = Seeding(run, self.profile, self.staleness, self._builder)
        arguments = seeding.arguments(call.arguments, sizes, samples=call.receiver is None)
        if self._suspect and not self._confirmed(call.function, arguments):
            return
        function = self._method(seeding, call, arguments)
        if function is None:
            function = seeding.class_of(call.function)
        if isinstance(function, Bound):
            arguments = dict(list(arguments.items())[1:])
        target = function.function if isinstance(function, Bound) else function
        if not isinstance(target, Function):
            return
        target = _undecorated(target, call.function.partition(":")[2])
        function = Bound(target, function.receiver) if isinstance(function, Bound) else target
        args, kwargs = _as_called(target, arguments, isinstance(function, Bound))
        held = [*args, *kwargs.values(), function.receiver if isinstance(function, Bound) else None]
        growing.forget(run, [each for each in self.loader.modules.values() if each and each.project], held)
        frame = Frame(Env({}, None, target.module))
        with autocast.within(*casting.recorded(call.records[0].autocast)):
            calls.call(run, function, args, kwargs, target.node, frame)

    def _confirmed(self, function: str, arguments: dict[str, Value]) -> bool:
        """Whether the scripts, as they are today, enter a function with arguments like the recorded ones."""
        shapes = [(p, v.type if isinstance(v, Tensor) else v) for p, v in parameters.paths(arguments)]
        return any(like(tuple(shapes), seen) for seen in self._seen.get(function, ()))

    def _method(self, seeding: Seeding, call: Call, arguments: dict[str, Value]) -> Value:
        """The recorded method on the module it was called on; None for a plain function."""
        if call.receiver is None or "." not in call.function.partition(":")[2]:
            return None
        receiver = seeding.module(call.receiver)
        name = call.function.rpartition(".")[2]
        if not isinstance(receiver, Instance):
            return None
        found = objects.lookup(receiver.cls, name)
        qualname = call.function.partition(":")[2]
        for entry in objects.mro(receiver.cls):
            if isinstance(entry, Class) and f"{entry.qualname}.{name}" == qualname:
                found = entry.namespace.get(name)
        return Bound(found, receiver) if isinstance(found, Function) else None

    def _guarded(self, run: Run, evaluate: object, gathered: Gathered) -> None:
        """Run one evaluation to its end, or to where it cannot go on; what was learned until then stays."""
        try:
            evaluate()  # type: ignore[operator]
        except (Raised, Undecided, OutOfBudget) as stopped:
            log.debug("an evaluation ended early: %r", stopped)
        except Exception as fault:  # noqa: BLE001  (kept, and reported with the file)
            run.faults.append(fault)
        finally:
            for each in (run, self._builder.run):
                for kept in each.faults:
                    gathered.faults.setdefault(f"{type(kept).__name__}: {kept}", (kept, set()))[1].update(each.entered)
                gathered.entered |= each.entered
                gathered.reached |= each.reached
                gathered.places |= each.places


def _left(call: Call) -> int:
    """When a call was left in the run."""
    return max((order_of(record) for record in call.records if record.probe is None), default=0)


def _halves(places: list[int]) -> list[list[int]]:
    middle = len(places) // 2
    return [half for half in (places[:middle], places[middle:]) if half]


def _undecorated(function: Function, qualname: str) -> Function:
    """The recorded function itself, where decorators have put others around it: what their wrappers can see."""
    waiting, seen = [function], [function]
    while waiting:
        found = waiting.pop(0)
        if found.qualname == qualname:
            return found
        around = found.env.variables.values() if found.env.parent is not None else ()
        inside = [each for each in around if isinstance(each, Function) and each not in seen]
        waiting += inside
        seen += inside
    return function


def _as_called(function: Function, arguments: dict[str, Value], bound: bool) -> tuple[list[Value], dict[str, Value]]:
    """Recorded parameters as the arguments of a call of today's function; parameters that are gone are left out."""
    spec = function.node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)][1 if bound else 0 :]
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    rest = arguments.get(spec.vararg.arg, ()) if spec.vararg is not None else ()
    for name in positional:
        if name not in arguments:
            break
        args.append(arguments[name])
    else:
        args += rest
    for name in (*positional[len(args) :], *(parameter.arg for parameter in spec.kwonlyargs)):
        if name in arguments:
            kwargs[name] = arguments[name]
    if spec.kwarg is not None and isinstance(arguments.get(spec.kwarg.arg), dict):
        kwargs.update(arguments[spec.kwarg.arg])
    return args, kwargs
