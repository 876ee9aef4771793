"""Modules that were copied: `copy.deepcopy` runs no constructor, so a copy is as what it was copied from."""

from __future__ import annotations

from dataclasses import replace

from ..seeds.model import ModuleRecord, Profile, TensorSeed

_DEPTH = 12


def as_built(profile: Profile) -> Profile:
    """The profile with copies as if constructed, so that an edit of the constructor counts for them, too."""
    modules = dict(profile.modules)
    for record in profile.modules.values():
        if record.root != record.id or record.init is not None or record.builders:
            continue
        alike = (each for each in profile.modules.values() if each.cls == record.cls and each.init is not None)
        structure = _structure(profile, record)
        original = next((each for each in alike if _structure(profile, each) == structure), None)
        if original is not None:
            _trace(profile, record, original, modules)
    return replace(profile, modules=modules)


def _structure(profile: Profile, record: ModuleRecord, depth: int = 0) -> object:
    """What a module and a copy of it share: classes, and the tensors they hold."""
    held = [(name, seed.dtype, seed.shape) for name, seed in record.attrs if isinstance(seed, TensorSeed)]
    inside = [(name, profile.modules[child]) for name, child in record.children if child in profile.modules]
    deeper = [(name, _structure(profile, child, depth + 1)) for name, child in inside if depth < _DEPTH]
    return (record.cls, sorted(held), deeper)


def _trace(
    profile: Profile, record: ModuleRecord, original: ModuleRecord, modules: dict[int, ModuleRecord], depth: int = 0
) -> None:
    modules[record.id] = replace(record, init=original.init, builders=original.builders)
    for (_, child), (_, other) in zip(record.children, original.children, strict=False):
        if child in profile.modules and other in profile.modules and depth < _DEPTH:
            _trace(profile, profile.modules[child], profile.modules[other], modules, depth + 1)
