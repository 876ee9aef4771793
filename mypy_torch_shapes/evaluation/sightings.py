"""What a run saw in a module's own code that the source cannot say: command lines, and variables made by libraries."""

from __future__ import annotations

from collections.abc import Iterator

from ..seeds.digests import MODULE
from ..seeds.model import Profile, Seed, Sighting
from ..shapes.dims import Dim, Size, Symbol, values
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from . import origins, seed_parts, torch_modules
from .data_loading import BATCH, ELEMENT, LOADER
from .outliving import Appended
from .run import Frame, Run
from .staleness import Staleness
from .values import Class, Instance, Library, ListValue, Many, Tensor, Value


class Sightings:
    """The variables of a profile's scopes, as far as the code that made them is unchanged; what lists have got."""

    def __init__(self, profile: Profile, staleness: Staleness) -> None:
        self.profile = profile
        self.staleness = staleness
        self.appended = Appended()
        self._holding: dict[tuple[str, str], Sighting | None] = {}

    def command_lines(self, frame: Frame) -> tuple[tuple[str, ...], ...]:
        """What argparse was given in this scope."""
        scope = self.profile.scopes.get(_key(frame))
        return () if scope is None else scope.command_lines

    def completed(self, run: Run, frame: Frame, name: str, value: Value) -> Value:
        """A value that is about to be bound to a variable; what was seen there, where nothing else is known."""
        if not isinstance(value, Unknown) and not _is_vague_loader(value) and not _is_vague_object(value):
            return value
        found = self._found(frame, name)
        if found is None:
            return value
        seen = self._value(run, name, found.seeds)
        if not isinstance(value, Instance):
            return seen
        if isinstance(seen, Many):
            run.set_attribute(value, ELEMENT, _of_size(seen.element, value.attrs.get(BATCH)))
        if isinstance(seen, Instance) and seen.cls is value.cls:
            for name, attribute in seen.attrs.items():
                if isinstance(value.attrs.get(name, attribute), Unknown):
                    run.set_attribute(value, name, attribute)
        return value

    def _found(self, frame: Frame, name: str) -> Sighting | None:
        scope = self.profile.scopes.get(_key(frame))
        if scope is None or frame.env.is_class:
            return None
        key = (_key(frame), name)
        if key not in self._holding:
            sighting = next((each for each in scope.sightings if each.name == name), None)
            self._holding[key] = sighting if sighting is not None and self._holds(frame, sighting) else None
        return self._holding[key]

    def _holds(self, frame: Frame, sighting: Sighting) -> bool:
        today = self.staleness.slicer(frame.module).slice(_scope(frame), sighting.name)
        return self.staleness.is_made_alike(today, sighting.digest)

    def _value(self, run: Run, name: str, seeds: tuple[Seed, ...]) -> Value:
        from .seeding import Seeding

        if len({repr(seed_parts.shape_of(seed)) for seed in seeds}) > 1:
            return Unknown("not the same in every run")
        seeding = Seeding(run, self.profile, self.staleness)
        return seeding.arguments(((name, seeds[0]),), tuple(_sizes(seeds)), kind=origins.VARIABLE)[name]


def _sizes(seeds: tuple[Seed, ...]) -> Iterator[Size]:
    """A size for every slot: nobody has said which of them are configuration, so all may be free."""
    symbols: dict[tuple[int, ...], Size] = {}
    for column in zip(*(seed_parts.slots_of(seed) for seed in seeds), strict=True):
        if min(column) < 2:
            yield column[0] if len(set(column)) == 1 else Dim.of(Symbol(None, column))
        elif len(set(column)) > 1:
            yield symbols.setdefault(column, Dim.of(Symbol(None, column)))
        else:
            yield Dim.of(Symbol(None, column))


def _is_vague_loader(value: Value) -> bool:
    return isinstance(value, Instance) and value.cls == Library(LOADER) and _is_vague(value.attrs.get(ELEMENT))


def _is_vague_object(value: Value) -> bool:
    """An object of the program with attributes that only a run knows: a corpus read from a file."""
    return (
        isinstance(value, Instance)
        and isinstance(value.cls, Class)
        and value.cls.module.project
        and any(isinstance(each, Unknown) for each in value.attrs.values())
        and not torch_modules.is_module(value)
    )


def _is_vague(value: Value) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_vague, value))
    return any(map(_is_vague, value.values())) if isinstance(value, dict) else isinstance(value, Unknown)


def _of_size(element: Value, batch: Value) -> Value:
    """A batch that was seen, where what its tensors begin with is one size, or even a known one."""
    if isinstance(batch, Dim):
        batch = next(_leading(element), None)
    if batch is None:
        return element
    if isinstance(element, Tensor):
        dims = element.type.dims
        if dims and values(dims[0]) == values(batch):
            return Tensor(TensorType(element.type.dtype, (batch, *dims[1:])))
        return element
    if isinstance(element, ListValue) and element.length is None:
        return ListValue(_of_size(each, batch) for each in element)
    return tuple(_of_size(each, batch) for each in element) if type(element) is tuple else element


def _leading(element: Value) -> Iterator[Size]:
    """What the tensors in a batch begin with."""
    if isinstance(element, Tensor) and element.type.dims:
        yield element.type.dims[0]
    elif type(element) is tuple or (isinstance(element, ListValue) and element.length is None):
        for each in element:
            yield from _leading(each)


def _scope(frame: Frame) -> str:
    return MODULE if frame.function is None else frame.function.qualname


def _key(frame: Frame) -> str:
    return f"{frame.module.name}:{_scope(frame)}"
