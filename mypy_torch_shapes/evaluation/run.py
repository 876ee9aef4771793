"""One evaluation: its state, its steps, what it records, and the frame a function runs in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..rules import suspicion
from ..rules.mismatch import Mismatch
from ..shapes.choices import as_chosen
from ..shapes.dims import Dim, Size, Symbol, substitute
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown, UnknownDevice, UnknownNumber, UnknownObject
from .joins import Pairs
from .journal import Changes, Journal
from .modules import Loader, SourceModule
from .naming import Parameters
from .recording import Recording
from .values import Class, Env, Function, Instance, Known, Lengths, OutOfBudget, Raised, Tensor, Value

if TYPE_CHECKING:
    from ..rules.mismatch import Mismatch
    from .contracts import Held
    from .joins import Pairs
    from .sightings import Sightings

MOST_STEPS = 400_000
IDLE_STEPS = 40_000  # of a file that nobody ran, without an operation on tensors
IDLE_IMPORT_STEPS = 4_000  # of a module that such a file imports
LIBRARY_STEPS = 100_000  # of one call that the project makes to a library
FOREIGN_STEPS = 4_000  # of one call of a library that has nothing to do with torch
MOST_FRAMES = 80


_KINDS_KNOWN = (UnknownNumber, UnknownObject, UnknownDevice)  # tuples: a union is made anew wherever it is written
_NO_TENSORS = (int, float, Dim, tuple, list, dict, type(None))


@dataclass(eq=False)
class Frame:
    """A running function (or module, or class body)."""

    env: Env
    function: Function | None = None
    owner: Class | None = None  # for super() without arguments
    receiver: Value = None
    returned: list[tuple[Value, Pairs]] = field(default_factory=list)  # with the sizes that are equal on that way
    even: Pairs = field(default_factory=list)  # the sizes that are equal on the way being gone
    yielded: list[Value] = field(default_factory=list)
    context: int | None = None  # where its facts go; None: nowhere
    abbreviations: dict[Dim, Dim] = field(default_factory=dict)  # a size of the caller -> its name here
    call: ast.AST | None = None  # what is being evaluated, for messages from below
    left: list[tuple[Any, Changes]] = field(default_factory=list)  # ways that may have left the block: how, and what
    otherwise: list[tuple[Value, Pairs]] = field(default_factory=list)  # returned on ways that no observed size takes
    at_yield: Callable[[Value], None] | None = None  # what is run in the place of a `yield`
    muted: int = 0  # how often the run was muted when the function was entered
    uncertain: int = 0  # and how often it was uncertain
    vague: bool = False  # some argument is unknown
    given: dict[str, Value] = field(default_factory=dict)  # its arguments, where one is
    perhaps_left: int = 0  # how often it may have returned, on ways of conditions that could not be told
    silenced: int = 0  # worlds, once all of them have left the function and only the other ways go on
    entered: dict[str, object] | None = None  # its arguments, where signatures are kept
    held: Held | None = None  # what its annotations promise
    uncounted: bool = False  # it yields in a loop whose rounds are not known

    @property
    def module(self) -> SourceModule:
        return self.env.module


_AS_WRITTEN = {"__getitem__": "index", "__setitem__": "index assignment"}  # what a program writes


Place = tuple[str, Hashable, str | None]  # a function, and the receiver's origin and place below its root


class Mistake(NamedTuple):
    """An operation that fails: where the evaluation is, and on what."""

    frames: tuple[Frame, ...]
    node: ast.AST
    mismatch: Mismatch
    operands: tuple[Value, ...]


class Way(NamedTuple):
    """One branch of a condition that could not be told, and the mistakes that going it makes for certain."""

    uncertain: int
    mistakes: list[Mistake]


class Run:
    """The state of an evaluation."""

    def __init__(self, loader: Loader, recording: Recording, general: bool, sightings: Sightings | None = None) -> None:
        self.loader = loader
        self.sightings = sightings
        self.kept: Callable[[Frame, Value, str, Value], Value] | None = None  # of modules that are built again
        self.general = general  # seeded by more than the literals of a script
        self.recording = recording
        self.journal = Journal()
        self.frames: list[Frame] = []
        self.steps = 0
        self.muted = 0  # > 0: on a way that no observed size takes; nothing is said of it
        self.limit = MOST_STEPS
        self.patience = MOST_STEPS  # steps without an operation on tensors
        self.worked = 0  # the step of the last one
        self.uncertain = 0  # > 0: what is evaluated now may not run at all
        self.ways: list[Way] = []  # those being gone, of conditions that could not be told
        self.catching = 0  # > 0: inside something that catches exceptions of evaluating
        self.handled: list[Raised] = []  # the exceptions whose handlers are running
        self.guarded = 0  # > 0: the program catches what a failing operation raises
        self.entered: set[SourceModule] = set()
        self.reached: set[str] = set()  # functions entered with known arguments, "module:qualname"
        self.places: set[Place] = set()  # the same with the modules they were entered on, the ranks of tensors known
        self.rebound: set[tuple[int, str]] = set()  # globals that functions bound in this evaluation
        self.doubts = 0  # conditions that could not be told: what follows may hold for some sizes only
        self.constructing = 0  # > 0: inside the constructor of a module: what is chosen there is its configuration
        self.seen: list[tuple[str, Parameters]] = []  # what functions were entered with
        self.layers: list[tuple[ast.AST, str]] = []  # of Sequentials, that are being called
        self.faults: list[Exception] = []  # bugs of ours, kept so that one operation's ends nothing else

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def step(self, work: int = 1) -> None:
        """Count a step, or as many as something takes. Raises OutOfBudget."""
        self.steps += work
        if self.steps > self.limit or self.steps - self.worked > self.patience:
            raise OutOfBudget

    def within(self, steps: int, evaluate: Callable[[], Value]) -> Value:
        """What comes of evaluating something that may take so many steps and no more; else Unknown, undone."""
        before, self.limit = self.limit, min(self.limit, self.steps + steps)
        self.journal.open()
        kept = False
        try:
            value = evaluate()
            kept = True
        except OutOfBudget:
            if self.limit == before:
                raise
            value = Unknown("it takes too long to evaluate")
        finally:
            self.limit = before
            self.journal.close(keep=kept)
        return value

    def set_variable(self, env: Env, name: str, value: Value) -> None:
        """Bind a name in a scope."""
        elsewhere = env.elsewhere.get(name)
        if elsewhere is not None:
            self.rebound.add((id(elsewhere), name))
            env = elsewhere
        self.journal.touch(env)
        env.variables[name] = value

    def set_attribute(self, target: Instance, name: str, value: Value) -> None:
        """Bind an attribute of an object."""
        self.journal.touch(target)
        target.attrs[name] = value

    def set_type(self, tensor: Tensor, type: TensorType) -> None:
        """Change what a tensor is."""
        self.journal.touch(tensor)
        tensor.type = type
        self.forget_numbers(tensor)

    def forget_numbers(self, tensor: Value) -> None:
        """The elements of a tensor are written to."""
        if isinstance(tensor, Known):
            tensor.numbers = None
        elif isinstance(tensor, Lengths):
            tensor.largest = None

    def settle(self, value: Value) -> Value:
        """The value in the terms of the running function: abbreviations of functions that returned are written out."""
        if isinstance(value, Tensor):
            for size in value.type.dims or ():
                if type(size) is Dim and self.settle_size(size) is not size:
                    value.type = value.type.map_dims(self.settle_size)  # other words for it: nothing to journal
                    break
        elif isinstance(value, Dim):
            settled_size = self.settle_size(value)
            return as_chosen(settled_size) if self.constructing else settled_size
        return value

    def settle_size(self, size: Size) -> Size:
        if isinstance(size, int):
            return size
        for symbol in size.symbols:
            if symbol.expired:
                size = substitute(size, self._expired(size))
                break
        if isinstance(size, Dim) and self.frames:
            return self.frame.abbreviations.get(size, size)
        return size

    def _expired(self, size: Dim) -> dict[Symbol, Size]:
        """What the abbreviations in a size stand for whose functions have returned."""
        return {
            symbol: self.settle_size(symbol.definition)
            for symbol in size.symbols
            if symbol.expired and symbol.definition is not None
        }

    def record_binding(self, node: ast.AST, frame: Frame, value: Value) -> None:
        """Note what a name is bound to."""
        if frame.context is not None and not self.muted:
            value = self.settle(value)
            self.recording.binding(frame.context, node, value.type if isinstance(value, Tensor) else None)
            self.record(node, frame, value)

    def record(self, node: ast.AST, frame: Frame, value: Value) -> None:
        """Note what an expression is."""
        if frame.context is None or self.muted:
            return
        if isinstance(value, Tensor):
            self.recording.fact(frame.context, frame.module, node, value.type)
            if self.recording.explaining:
                self.recording.origin(frame.context, node, value.origin)
        elif isinstance(value, _KINDS_KNOWN):
            self.recording.other(frame.context, node)
        elif isinstance(value, Unknown):
            self.recording.gap(frame.context, frame.module, node, value.reason)
        elif isinstance(value, _NO_TENSORS) and not isinstance(node, ast.Constant):
            self.recording.other(frame.context, node)

    def fault(self, fault: Exception) -> Unknown:
        """A bug of ours in one operation: its result is unknown, and the fault is reported at the end."""
        self.faults.append(fault)
        return Unknown(f"an internal error ({type(fault).__name__})")

    def mismatch(self, node: ast.AST, mismatch: Mismatch, operands: Iterable[Value]) -> Unknown:
        """Report a proven mistake, if it is certain to be reached; the result is unknown, so it is reported once.

        Raises Raised where the program catches what the operation raises.
        """
        if self.guarded:
            raise Raised("RuntimeError", stated=True)
        mismatch.operation = _AS_WRITTEN.get(str(mismatch.operation), mismatch.operation)
        reason = f"{mismatch.operation}: {mismatch.message}"
        mismatch.layer = ".".join(name for at, name in self.layers if at is node)
        if not self.muted:
            self._found(Mistake(tuple(self.frames), node, mismatch, tuple(self.settle(o) for o in operands)))
        return Unknown(f"the operation fails ({reason})")

    @contextmanager
    def in_layer(self, node: ast.AST, name: str) -> Iterator[None]:
        """A layer of a Sequential that is called at `node`: what fails there says which one it is."""
        self.layers.append((node, name))
        try:
            yield
        finally:
            self.layers.pop()

    def _found(self, mistake: Mistake) -> None:
        if not self.uncertain:
            self.recording.finding(*mistake)
        elif self.ways and self.ways[-1].uncertain == self.uncertain:
            self.ways[-1].mistakes.append(mistake)

    @contextmanager
    def way(self) -> Iterator[Way]:
        """One of several ways, of which it is not known which is gone: its mistakes are kept for `all_fail`."""
        way = Way(self.uncertain, [])
        self.ways.append(way)
        try:
            yield way
        finally:
            self.ways.pop()

    def all_fail(self, ways: Sequence[Way]) -> None:
        """After the ways: where each of them makes a mistake, whichever is gone, the first of each is reported."""
        if ways and all(way.mistakes for way in ways):
            for way in ways:
                self._found(way.mistakes[0])

    def suspect(self, node: ast.AST, operation: str, operands: Iterable[Value]) -> None:
        """Say what was suspected of an operation of the program's own code, if it is certain to be reached."""
        for message in suspicion.taken():
            if not self.uncertain and not self.muted and self.frame.module.project:
                found = Mismatch(message, suspicion.SUSPICIOUS)
                found.operation = operation
                self.recording.finding(self.frames, node, found, [self.settle(each) for each in operands])
