"""What an edited constructor still gets from a library nobody can follow: attributes whose own code is unchanged."""

from __future__ import annotations

from collections.abc import Callable

from ..seeds.model import ModuleRecord, Profile, Seed
from ..seeds.slices import Slice
from ..shapes.unknown import Unknown
from .run import Frame
from .staleness import Staleness
from .values import Instance, Value


class KeptAttributes:
    """The recorded attributes of the modules that are just being built from their recorded arguments."""

    def __init__(
        self,
        profile: Profile,
        staleness: Staleness,
        module: Callable[[int], Value],
        attribute: Callable[[ModuleRecord, str, Seed], Value],
        given_unchanged: Callable[[ModuleRecord], bool],
    ) -> None:
        self.profile = profile
        self.staleness = staleness
        self._module = module
        self._attribute = attribute
        self._given_unchanged = given_unchanged
        self.constructors: dict[int, str] = {}  # of what is below a kept attribute: what was edited and yet made it
        self._made: dict[str, dict[str, Slice]] = {}

    def completed(self, frame: Frame, receiver: Value, name: str, value: Value, building: set[int]) -> Value:
        """A value that a constructor is about to bind; what was seen there, where nothing else is known.

        The digest of the code that makes it must be that of the recorded run, and whatever else built the module
        must be as it was, so that the arguments are those of the run. Of two modules of one class in one tree it is
        not known which is being built.
        """
        function = frame.function
        if not isinstance(value, Unknown) or function is None or receiver is not frame.receiver or not building:
            return value
        key = f"{frame.module.name}:{function.qualname}"
        if not self._holds(frame, key, name):
            return value
        roots = {self.profile.modules[number].root for number in building}
        records = [r for r in self.profile.modules.values() if r.root in roots and f"{r.cls}.__init__" == key]
        if len(records) != 1 or not self._same_arguments(records[0], key) or not _is_given(frame, records[0]):
            return value
        return self._recorded(records[0], name, value, key)

    def builders(self, record: ModuleRecord) -> tuple[str, ...]:
        """The functions that built a module, without a constructor that makes it as it did."""
        return tuple(each for each in record.builders if each != self.constructors.get(record.id))

    def _holds(self, frame: Frame, key: str, name: str) -> bool:
        recorded = self.profile.functions.get(key)
        digest = dict(recorded.made).get(name) if recorded is not None else None
        if digest is None:
            return False
        if key not in self._made:
            self._made[key] = self.staleness.slicer(frame.module).attributes(key.partition(":")[2])
        return self.staleness.is_made_alike(self._made[key].get(name), digest)

    def _same_arguments(self, record: ModuleRecord, constructor: str) -> bool:
        others = tuple(each for each in record.builders if each != constructor)
        return self.staleness.all_unchanged(others) and self._given_unchanged(record)

    def _recorded(self, record: ModuleRecord, name: str, value: Value, constructor: str) -> Value:
        number = dict(record.children).get(name)
        if number is not None:
            self.constructors.update(dict.fromkeys(self._below(number), constructor))
            built = self._module(number)
            return built if isinstance(built, Instance) else value
        seed = dict(record.attrs).get(name)
        return value if seed is None else self._attribute(record, name, seed)

    def _below(self, number: int) -> set[int]:
        found, waiting = {number}, [number]
        while waiting:
            record = self.profile.modules.get(waiting.pop())
            new = {each for _, each in record.children} - found if record is not None else set()
            found |= new
            waiting += new
        return found


def _is_given(frame: Frame, record: ModuleRecord) -> bool:
    """Whether the settings that the constructor has now are the recorded ones: it may run for another module first."""
    have = frame.env.variables
    plain = (bool, int, float, str)
    return all(
        have[name] == seed
        for name, seed in record.init or ()
        if type(seed) in plain and name in have and type(have[name]) in plain
    )
