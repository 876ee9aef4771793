"""What an imported name is: source that is entered on first use, or a name in a library."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from ..rules import registry
from ..shapes.dtypes import BY_NAME
from ..shapes.unknown import Unknown
from . import deferred, versions
from .modules import BY_REFERENCE, LazyImport, SourceModule, canonical, typing_imports
from .run import Run
from .values import Library, Value

_MOST_STARS = 8  # modules looked into for a name that a lazy package may offer

# Modules of the standard library whose constants and functions may be computed with: no I/O, no state.
PURE = frozenset(
    {"math", "operator", "cmath", "string", "itertools", "functools", "numbers", "fractions", "bisect", "re"}
)


# Others that programs ask for names they had in other versions of Python; importing them does nothing.
_OF_BOTH_PYTHONS = frozenset({"collections", "collections.abc", "inspect", "time", "typing", "urllib"})


def resolved(run: Run, variables: dict[str, Value], name: str) -> Value:
    """A variable; an import nobody has asked for yet is followed now."""
    value = variables[name]
    if not isinstance(value, LazyImport):
        return value
    if not value.found:
        found = module(run, value.module) if value.name is None else member(run, value.module, value.name)
        value.found = (found,)
    return value.found[0]


def module(run: Run, name: str) -> Value:
    """A module by its dotted name."""
    source = run.loader.find(name)
    if source is not None:
        return source
    if name.partition(".")[0] in BY_REFERENCE or not run.loader.is_package(name):
        return canonical(name)
    return Library(name)


def member(run: Run, module_name: str, name: str) -> Value:
    """`from module_name import name`."""
    source = run.loader.find(module_name)
    if source is None:
        if run.loader.find(f"{module_name}.{name}") is not None:
            return run.loader.find(f"{module_name}.{name}")
        return library_member(canonical(module_name), name)
    return source_member(run, source, name)


def source_member(run: Run, source: SourceModule, name: str) -> Value:
    """An attribute of a module that is known by its source."""
    deferred.execute(run, source)
    if (source.name, name) in run.loader.following:
        below = _below(run, source, name)  # `from package import part` in the package itself
        return below if below is not None else Unknown(f"the import of {name} leads back to itself")
    run.loader.following.add((source.name, name))
    try:
        return _source_member(run, source, name)
    finally:
        run.loader.following.discard((source.name, name))


def _source_member(run: Run, source: SourceModule, name: str) -> Value:
    variables = source.env.variables
    deferred.demand(run, source, name)
    if name in variables:
        return resolved(run, variables, name)
    for star in source.stars:
        found = member(run, star, name)
        if not isinstance(found, Unknown):
            return found
    below = _below(run, source, name)
    if below is not None:
        return below
    names, stars = typing_imports(source)
    if name in names:
        variables[name] = names[name]
        return resolved(run, variables, name)
    home = run.loader.home(source.name, name)
    if home is not None:
        return member(run, home, name)
    for star in stars if len(stars) <= _MOST_STARS else ():
        found = member(run, star, name)
        if not isinstance(found, Unknown):
            return found
    return Unknown(f"module {source.name} has no {name} that is known")


def library_member(library: Library, name: str) -> Value:
    """An attribute of a library thing: a dtype or a constant by value, everything else by name."""
    path = f"{library.path}.{name}"
    if name == "__name__":
        return library.name
    if name in ("__mro__", "__bases__"):
        return Unknown(f"{name} of a library's class")
    if path in ("torch.__version__", "torch.version.__version__"):
        return versions.installed_torch()
    if library.path == "torch":
        if name in BY_NAME:
            return BY_NAME[name]
        if name in ("strided", "contiguous_format", "channels_last", "preserve_format", "channels_last_3d"):
            return Library(path)
    head = library.path.partition(".")[0]
    if head in PURE or path in ("torch.inf", "torch.pi", "torch.e", "torch.nan", "numpy.pi", "numpy.inf"):
        value: Any = getattr(importlib.import_module("math" if head in ("torch", "numpy") else head), name, None)
        if isinstance(value, int | float | str):
            return value
    if path == "typing.TYPE_CHECKING":
        return False
    if path in ("numpy.newaxis", "torch.newaxis"):
        return None
    if path == "sys.version_info":
        import sys

        return tuple(sys.version_info)
    return canonical(path)


def is_missing(module_name: str, name: str) -> bool:
    """Whether a module of Python that is safe to import has no such name: `from itertools import izip`."""
    if module_name not in PURE and module_name not in _OF_BOTH_PYTHONS:
        return False
    module = importlib.import_module(module_name)
    if name == "*" or hasattr(module, name):
        return False
    return not hasattr(module, "__path__") or importlib.util.find_spec(f"{module_name}.{name}") is None


def _below(run: Run, source: SourceModule, name: str) -> SourceModule | None:
    """A module of a package."""
    return run.loader.find(f"{source.name}.{name}") if source.path.name == "__init__.py" else None


def exports(member: Library) -> bool:
    """Whether a library is known to have this name, which is one of Python's too."""
    module, _, name = member.path.rpartition(".")
    return registry.find(member.path) is not None or (module in PURE and hasattr(importlib.import_module(module), name))
