"""Autocast in programs: the context manager and decorator, and which devices the observed run used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..rules import autocast, devices
from ..rules.autocast import Region
from ..rules.settings import default_device
from ..seeds.model import Profile, Seed, TensorSeed
from ..shapes.dtypes import BY_NAME, DType, bfloat16, float16
from ..shapes.unknown import Unknown, UnknownDevice
from . import seed_parts
from .run import Frame, Run
from .specials import special
from .values import Function, Instance, Library, Value

MANAGER = "<autocast>"  # of a function behind such a decorator
_DEFAULTS = {"cpu": bfloat16, "cuda": float16}
_OF_A_DEVICE = re.compile(r"torch\.(cpu|cuda)\.amp\.")
_NAMES = {
    "torch.autocast": ("device_type", "dtype", "enabled", "cache_enabled"),
    "torch.cuda.amp.autocast": ("enabled", "dtype", "cache_enabled"),
}


@special("torch.autocast", "torch.amp.autocast", "torch.amp.autocast_mode.autocast")
def _autocast(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = dict(zip(_NAMES["torch.autocast"], args, strict=False), **kwargs)
    return _manager(given.get("device_type"), given)


@special("torch.cuda.amp.autocast", "torch.cuda.amp.autocast_mode.autocast")
def _on_cuda(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return _manager("cuda", dict(zip(_NAMES["torch.cuda.amp.autocast"], args, strict=False), **kwargs))


@special("torch.cpu.amp.autocast", "torch.cpu.amp.autocast_mode.autocast")
def _on_cpu(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return _manager("cpu", dict(zip(_NAMES["torch.cuda.amp.autocast"], args, strict=False), **kwargs))


def _manager(device: Value, options: dict[str, Value]) -> Instance:
    """The manager with the regions it opens, and the devices it closes them for."""
    known = isinstance(device, str)
    devices = [str(device).partition(":")[0]] if known else list(_DEFAULTS)
    enabled, dtype = options.get("enabled", True), options.get("dtype")
    opened = []
    for name in devices:
        if name not in _DEFAULTS or enabled is False:
            continue
        lower = dtype if isinstance(dtype, DType) else _DEFAULTS[name] if dtype is None else None
        opened.append(Region(name, lower, known and enabled is True))
    attrs: dict[str, Value] = {"<regions>": tuple(opened), "<devices>": tuple(devices) if known else ()}
    return Instance(Library("torch.amp.autocast"), attrs, complete=False)


@contextmanager
def entered(manager: Value) -> Iterator[None]:
    """Run what follows as inside a manager; any other one changes nothing, but an unknown one may choose a device."""
    if isinstance(manager, UnknownDevice) or type(manager) is Unknown:
        token = default_device.set(devices.kind_of(manager))
        try:
            yield
        finally:
            default_device.reset(token)
        return
    if not isinstance(manager, Instance) or "<regions>" not in manager.attrs:
        yield
        return
    opened, closed = manager.attrs["<regions>"], manager.attrs["<devices>"]
    kept = [region for region in autocast.regions.get() if region.device not in closed]
    with autocast.within(*kept, *opened):
        yield


def recorded(regions: Iterable[str]) -> list[Region]:
    """The regions that were in force when a call was recorded: "cpu bfloat16"."""
    named = [region.split() for region in regions]
    return [Region(device, BY_NAME.get(dtype)) for device, dtype in named]


def decorate(manager: Value, function: Value) -> None:
    """`@torch.autocast(...)`: the function's body runs inside the region."""
    if isinstance(function, Function) and isinstance(manager, Instance) and "<regions>" in manager.attrs:
        function.attrs[MANAGER] = manager


def saw_only_the_cpu(profile: Profile) -> bool:
    """Whether calls with tensors were recorded, and all of these on the CPU, as all that modules hold."""
    given = (each for call in profile.calls for _, each in call.arguments)
    held = (each for module in profile.modules.values() for _, each in module.attrs)
    return {seed.device for each in (*given, *held) for seed in _tensors(each)} == {"cpu"}


def device_of(profile: Profile, root: int) -> str | None:
    """The one kind of device of all that a module and what is below it hold and were given; None if there are several.

    What is held elsewhere than what is given may be moved for each call, by hooks.
    """
    tree = {number for number, module in profile.modules.items() if module.root == root}
    given = (each for call in profile.calls if call.receiver in tree for _, each in call.arguments)
    held = (each for number in tree for _, each in profile.modules[number].attrs)
    kinds = {seed.device for each in (*given, *held) for seed in _tensors(each)}
    return kinds.pop() if len(kinds) == 1 else None


def _tensors(seed: Seed) -> Iterator[TensorSeed]:
    if isinstance(seed, TensorSeed):
        yield seed
    for part in seed_parts.parts_of(seed):
        yield from _tensors(part)
