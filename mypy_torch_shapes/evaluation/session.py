"""The door to an evaluation: a project's sources and its profile in, reports by source file out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ..rules import autocast
from ..seeds import digests
from ..seeds.model import CallRecord, NameSeed, Profile, Seed, SequenceSeed
from ..shapes.dims import Size
from ..shapes.unknown import Undecided
from . import annotated, calls, casting, contexts, growing, objects, parameters, statements
from .contexts import Call
from .facts import FileReport
from .modules import SourceModule, imported_names
from .origins import Source
from .recording import Parameters, Recording, like
from .run import Frame, Run
from .seeding import Seeding
from .sightings import Sightings
from .staleness import Staleness, loader_of
from .values import Bound, Class, Env, Function, Instance, OutOfBudget, Raised, Tensor, Value

log = logging.getLogger(__name__)

_RECURSION = 20_000  # the evaluator recurses with the program's nesting


@dataclass(frozen=True)
class Options:
    """What a user may choose about evaluations."""

    explain: bool = False  # keep where every type came from
    signatures: bool = False  # keep what functions were called with, and what they returned


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
        self.recording = Recording(lambda module: True, self.options.explain)
        self.recording.signatures = self.options.signatures
        self.entered: set[SourceModule] = set()
        self.reached: set[str] = set()
        self.faults: dict[str, tuple[Exception, set[SourceModule]]] = {}  # ours, and the modules they may concern
        self._evaluated = False
        self._builder = Seeding(Run(self.loader, self.recording, general=True), self.profile, self.staleness)
        self._scripts: dict[Path, SourceModule] = {}
        self._seen: dict[str, list[Parameters]] = {}  # what scripts were seen to enter functions with
        self._imports: dict[str, set[str]] = {}
        self._annotated: set[SourceModule] = set()  # whose annotated functions have been evaluated
        self._suspect = False  # module-level code has changed: what it handed to functions may have, too

    def report(self, file: Path) -> FileReport:
        """All that is known of a source file. Raises SyntaxError or OSError for a file that cannot be read."""
        path = file.resolve()
        autocast.only_cpu.set(cache(partial(casting.saw_only_the_cpu, self.profile)))
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
        module = self._script(path)  # first: what the profile leads to finds the module already evaluated
        if not self._evaluated:
            self._evaluated = True
            self._evaluate_profile()
        self._evaluate_annotated(module)
        report = self.recording.report(module)
        report.faults = [fault for fault, modules in self.faults.values() if module in modules]
        importer = self._importer(module.name)
        sources = {*self.entered, module} | ({importer} if importer is not None else set())
        report.depends_on = {str(each.path): each.digest for each in sources}
        return report

    def _script(self, path: Path) -> SourceModule:
        """Evaluate a file's module-level code, once."""
        if path not in self._scripts:
            name = self.loader.name_of(path)
            found = self.loader.find(name)
            module = found if found is not None and found.path == path else self.loader.read(name, path)
            if module is None:
                raise SyntaxError(f"{path} cannot be parsed")
            self._scripts[path] = module
            self.loader.modules[name] = module
            run = Run(self.loader, self.recording, general=False, sightings=self.sightings)
            module.env.variables["__name__"] = "__main__" if self._is_script(name) else name
            module.executed = True
            self.recording.source = Source(name, ())
            context = self.recording.context("", None, module, (), False)
            self._guarded(run, lambda: statements.run_module(run, module, context, module.tree.body))
            self.recording.source = None
            for function, shapes in run.seen:
                self._seen.setdefault(function, []).append(shapes)
        return self._scripts[path]

    def _is_script(self, name: str) -> bool:
        """Whether a module may be what is run: not where a module of the recorded run imports it."""
        return self._importer(name) is None

    def _importer(self, name: str) -> SourceModule | None:
        recorded = {record.module for record in self.profile.functions.values()}
        if name not in recorded:
            return None
        parts = name.split(".")
        packages = {".".join(parts[:end]) for end in range(1, len(parts))}
        sources = (self.loader.find(other) for other in sorted((recorded | packages) - {name}))
        return next((each for each in sources if each is not None and name in self._imports_of(each)), None)

    def _imports_of(self, module: SourceModule) -> set[str]:
        if module.name not in self._imports:
            self._imports[module.name] = imported_names(module)
        return self._imports[module.name]

    def _evaluate_profile(self) -> None:
        """Every recorded call that still holds: first those from outside, then those they did not lead to."""
        if self.staleness.changed_modules():
            self._suspect = True
            for record in self.profile.functions.values():
                if record.qualname == digests.MODULE and (self.root / record.file).is_file():
                    self._script((self.root / record.file).resolve())
        usable = [call for call in self.profile.calls if self._usable(call)]
        grouped = contexts.calls_of(self.profile, usable)
        for call in grouped:
            if call.root:
                self._evaluate(call)
        building = {key for record in self.profile.modules.values() for key in record.builders}
        for call in grouped:
            if not call.root and call.function not in self.reached | building:
                self._evaluate(call)

    def _evaluate_annotated(self, module: SourceModule) -> None:
        """Functions whose annotations say what they are called with, where no recorded call says more."""
        if module in self._annotated or not module.project:
            return
        self._annotated.add(module)
        for finding in annotated.malformed(module, self.loader):
            self.recording.add(module, finding)
        recorded = {call.function for call in self.profile.calls if self._usable(call)}
        for root in annotated.roots(self._builder.run, module):
            if root.key in recorded or (root.cls is not None and root.key in self.reached):
                continue
            for given in root.ways:
                recording = Recording(lambda each: each is module)
                run = Run(self.loader, recording, general=True, sightings=self.sightings)
                run.journal.open()
                try:
                    self._guarded(run, lambda run=run, root=root, given=given: annotated.enter(run, root, given))
                finally:
                    run.journal.close(keep=False)
                self.recording.absorb(recording, only=module)

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
                attempt = plain
        self.recording.absorb(attempt)

    def _attempt(self, call: Call, sizes: tuple[Size, ...]) -> Recording:
        runs = sorted({run for record in call.records for run in record.runs})
        recording = Recording(self.recording.wanted, self.options.explain, Source(call.function, tuple(runs)))
        recording.signatures = self.options.signatures
        run = Run(self.loader, recording, general=True, sightings=self.sightings)
        run.journal.open()
        try:
            self._guarded(run, lambda: self._enter(run, call, sizes))
        finally:
            run.journal.close(keep=False)
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
        if sizes is not call.fixed:
            steady = {name: seed for name, seed in call.arguments if name not in call.varied}
            arguments = _with_defaults(target, arguments, steady)
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

    def _guarded(self, run: Run, evaluate: object) -> None:
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
                    self.faults.setdefault(f"{type(kept).__name__}: {kept}", (kept, set()))[1].update(each.entered)
                self.entered |= each.entered
                self.reached |= each.reached


def _with_defaults(function: Function, arguments: dict[str, Value], seeds: dict[str, Seed]) -> dict[str, Value]:
    """The arguments with those that were the parameter's own default as it is: configuration, not a size."""
    same = {name for name, default in function.defaults.items() if name in seeds and _is_default(seeds[name], default)}
    return {name: function.defaults[name] if name in same else value for name, value in arguments.items()}


def _is_default(seed: Seed, default: Value) -> bool:
    if isinstance(seed, SequenceSeed) and isinstance(default, tuple | list):
        pairs = zip(seed.items, default, strict=False)
        return len(seed.items) == len(default) and all(_is_default(item, value) for item, value in pairs)
    return isinstance(seed, int) and type(seed) is type(default) and bool(seed == default)


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
