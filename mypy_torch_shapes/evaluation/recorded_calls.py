"""Calls that the recorded run made: entered in today's source with what was recorded of their arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..rules import autocast
from ..shapes.dims import Size, values
from . import calls, casting, contexts, growing, objects, parameters, seed_parts
from .contexts import Call
from .entries import Entry
from .gathered import Gathered
from .generality import describes, like
from .modules import Loader
from .naming import Parameters
from .origins import Source
from .recording import Recording
from .run import Frame, Place, Run
from .seeding import Seeding
from .sightings import Sightings
from .values import Bound, Class, Env, Function, Instance, Tensor, Value

if TYPE_CHECKING:
    from .session import Options

_MOST_RELEASES = 12  # sets of integers of a call that are tried as sizes, smaller and smaller ones
_RELEASING_STEPS = 200_000  # of all these tries together


@dataclass(eq=False)
class RecordedCalls:
    """Evaluates recorded calls, one apart from the other."""

    loader: Loader
    options: Options
    builder: Seeding  # who builds modules, once for all calls
    sightings: Sightings
    gathered: Gathered  # where what comes of them goes
    seen: dict[str, list[Parameters]]  # what scripts were seen to enter functions with
    suspect: bool  # module-level code has changed: what it handed to functions may have, too
    _by_place: dict[Place, list[Entry]] = field(default_factory=dict)
    _indexed: int = 0
    _steps: int = 0  # that all attempts have taken

    def evaluate(self, call: Call) -> None:
        """Evaluate a call with its integers symbolic; as they were, where more can be claimed so."""
        attempt, sizes = self._attempt(call, call.sizes), call.sizes
        plain = self._attempt(call, call.fixed) if call.fixed != call.sizes else attempt
        if plain.knows_more_than(attempt):
            released = self._released(call, plain)
            if attempt.knows_more_than(released):
                attempt.absorb_findings(released)
            else:
                attempt, sizes = released, call.fixed
        if any(seed_parts.texts_in(seed) for _, seed in call.arguments):
            attempt = self._with_any_texts(call, sizes, attempt)
        self.gathered.recording.absorb(attempt)
        if not attempt.failed and self.builder.staleness.reaches_edited(self._modules_behind(call, attempt)):
            self.gathered.recording.absorb_findings(plain)
            self._evaluate_as_run(call)

    def look_at(self, grouped: list[Call]) -> None:
        """Evaluate the calls once before any counts: what they append to lists is what later ones find in them."""
        before, self.gathered = self.gathered, Gathered(Recording(lambda module: False))
        for call in grouped:
            if call.root:
                self._attempt(call, call.sizes)
        self.gathered = before

    def _with_any_texts(self, call: Call, sizes: tuple[Size, ...], known: Recording) -> Recording:
        """What is known of a call with a list of strings, of however many; or what one more does not change.

        They are as many as a batch is long where the call fails with a longer batch.
        """
        other = contexts.with_another_text(call, sizes)
        known.give_up_differing(self._attempt(other, other.sizes))
        longer = contexts.with_larger_batches(call, sizes)
        if longer.sizes == sizes or self._attempt(longer, longer.sizes).failed:
            free = contexts.with_texts_of_any_length(call, sizes)
            found = self._attempt(free, free.sizes)
            if not known.knows_more_than(found):
                found.absorb_findings(known)
                return found
        return known

    def is_described(self, call: Call) -> bool:
        """Whether a context of the function, on the same module, has parameters like those of a call."""
        record = None if call.receiver is None else self.builder.profile.modules[call.receiver]
        place = (None, None) if record is None else (contexts.origin(self.builder.profile, record), record.path)
        if (call.function, *place) not in self.gathered.places:
            return False
        scratch = Run(self.loader, Recording(lambda module: False), general=True, sightings=self.sightings)
        given = Seeding(scratch, self.builder.profile, self.builder.staleness, self.builder)
        observed = tuple((values(size) or (size,))[0] for size in call.sizes)
        arguments = given.arguments(call.arguments, observed, samples=call.receiver is None)
        ours = tuple((path, v.type if isinstance(v, Tensor) else v) for path, v in parameters.paths(arguments))
        entries = self._entries().get((call.function, *place), [])
        said = [entry for entry in entries if entry.general] or entries  # as `most_general` chooses
        return any(describes(entry.parameters, ours) for entry in said)

    def _entries(self) -> dict[Place, list[Entry]]:
        """The contexts there are by now, by function and module."""
        entries = self.gathered.recording.entries
        for entry in entries[self._indexed :]:
            key = (f"{entry.module.name}:{entry.function}", entry.origin, entry.instance)
            self._by_place.setdefault(key, []).append(entry)
        self._indexed = len(entries)
        return self._by_place

    def _modules_behind(self, call: Call, attempt: Recording) -> set[str]:
        """The modules whose code took part in evaluating a call, or in building the modules it is handed."""
        numbers = {number for _, seed in call.arguments for number in seed_parts.modules_in(seed)} | {call.receiver}
        records = [self.builder.profile.modules[number] for number in numbers if number in self.builder.profile.modules]
        roots = [self.builder.profile.modules.get(record.root, record) for record in records]
        built = {key.partition(":")[0] for record in (*records, *roots) for key in (record.cls, *record.builders)}
        return built | {entry.module.name for entry in attempt.entries}

    def _evaluate_as_run(self, call: Call) -> None:
        """What edits have made fail at the sizes of the program's own run, though the probe's still work."""
        observed = contexts.as_run(call)
        if observed is not None:
            self.gathered.recording.absorb_findings(self._attempt(observed, observed.sizes))

    def _released(self, call: Call, known: Recording) -> Recording:
        """What is known with as few integers as they were as that takes: each other one may be a size."""
        sizes = call.fixed
        open_ = [i for i, (size, fixed) in enumerate(zip(call.sizes, call.fixed, strict=True)) if size is not fixed]
        waiting = _halves(open_)
        most = self._steps + _RELEASING_STEPS
        for _ in range(_MOST_RELEASES):
            if not waiting or self._steps > most:
                break
            places = waiting.pop(0)
            trial = tuple(call.sizes[i] if i in places else size for i, size in enumerate(sizes))
            released = self._attempt(call, trial)
            if not known.knows_more_than(released):
                known, sizes = released, trial
            elif len(places) > 1:
                waiting += _halves(places)
        self._doubt(call, known, sizes, [i for i in open_ if sizes[i] is not call.sizes[i]])
        return known

    def _doubt(self, call: Call, known: Recording, sizes: tuple[Size, ...], kept: list[int]) -> None:
        """Of what is known with some integers as they were, nothing is claimed that another number makes different.

        One after the other, where not all of them can have another number.
        """
        for places in [kept, *([i] for i in kept)][:_MOST_RELEASES]:
            other = self._attempt(call, tuple(size + 1 if i in places else size for i, size in enumerate(sizes)))
            known.give_up_differing(other)
            if not known.knows_more_than(other):
                break

    def _attempt(self, call: Call, sizes: tuple[Size, ...]) -> Recording:
        runs = sorted({run for record in call.records for run in record.runs})
        recording = Recording(lambda module: True, self.options.explain, Source(call.function, tuple(runs)))
        recording.signatures = self.options.signatures
        run = Run(self.loader, recording, general=True, sightings=self.sightings)
        self.gathered.apart(lambda: self._enter(run, call, sizes), run, self.builder.run)
        self._steps += run.steps
        return recording

    def _enter(self, run: Run, call: Call, sizes: tuple[Size, ...]) -> None:
        seeding = Seeding(run, self.builder.profile, self.builder.staleness, self.builder)
        arguments = seeding.arguments(call.arguments, sizes, samples=call.receiver is None)
        if self.suspect and not self._confirmed(call.function, arguments):
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
        return any(like(tuple(shapes), seen) for seen in self.seen.get(function, ()))

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
