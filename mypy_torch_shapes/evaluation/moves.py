"""What was done to a recorded module after it was built: casts, moves to a device, another order in memory."""

from __future__ import annotations

from collections.abc import Iterator

from ..rules.autocast import only_cpu
from ..seeds.model import ModuleRecord, Profile, TensorSeed
from ..shapes.dtypes import BY_NAME
from ..shapes.layout import Layout, ordered
from . import casting, module_methods, torch_modules
from .run import Run
from .values import Instance, Tensor


class Moves:
    """Does the same to modules that are built again."""

    def __init__(self, run: Run, profile: Profile) -> None:
        self._run = run
        self._profile = profile
        self._devices: dict[int, str | None] = {}  # by root

    def repeat(self, made: Instance, record: ModuleRecord) -> None:
        """Give what a module and all below it hold the dtype, device and layout that they had."""
        self._cast(made, record)
        self._place(made, record, self._device(record.root), set())

    def _cast(self, made: Instance, record: ModuleRecord) -> None:
        """A module that was cast after it was built (`.double()`) has one dtype throughout: so has this one."""
        seen = {seed.dtype for seed in self._parameters(record, set())}
        floating = {name for name in seen if name in BY_NAME and BY_NAME[name].is_floating_point}
        if len(floating) == 1 and floating == seen:
            module_methods.cast(self._run, made, BY_NAME[floating.pop()])

    def _device(self, root: int) -> str | None:
        if root not in self._devices:
            self._devices[root] = "cpu" if only_cpu.get()() else casting.device_of(self._profile, root)
        return self._devices[root]

    def _place(self, made: Instance, record: ModuleRecord | None, device: str | None, seen: set[int]) -> None:
        """Tensors are, and lie in memory, as they did when the module was recorded: it may have been moved since."""
        seen.add(id(made))
        seeds = dict(record.attrs) if record is not None else {}
        children = dict(record.children) if record is not None else {}
        for name, value in made.attrs.items():
            if isinstance(value, Tensor):
                seed = seeds.get(name)
                same = isinstance(seed, TensorSeed) and seed.shape == value.type.dims
                layout = recorded_layout(seed) if isinstance(seed, TensorSeed) and same else None
                if (layout, device) != (value.type.layout, value.type.device):
                    self._run.set_type(value, value.type.laid(layout).placed(device))
            elif isinstance(value, Instance) and id(value) not in seen and torch_modules.is_module(value):
                self._place(value, self._profile.modules.get(children.get(name, -1)), device, seen)

    def _parameters(self, record: ModuleRecord, seen: set[int]) -> Iterator[TensorSeed]:
        """The recorded parameters of a module and of all below it."""
        seen.add(record.id)
        yield from (seed for _, seed in record.attrs if isinstance(seed, TensorSeed) and seed.parameter)
        for _, number in record.children:
            child = self._profile.modules.get(number)
            if child is not None and number not in seen:
                yield from self._parameters(child, seen)


def recorded_layout(seed: TensorSeed) -> Layout | None:
    """In which order the axes of a recorded tensor lie in memory, where its elements fill that."""
    return None if seed.order is None else ordered(seed.order)
