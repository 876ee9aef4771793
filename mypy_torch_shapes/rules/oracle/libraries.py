"""Where the oracle may import from: torch and a short list of libraries, never the user's code."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import site
import sys
import sysconfig
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ...shapes.unknown import Undecided

# Libraries of tensor operations whose import does nothing else. A name is only imported from site-packages, so a
# project's own module of that name is not.
LIBRARIES = ("torch", "torchvision", "torchaudio")


class Unavailable(Undecided):
    """The library cannot be asked here and now: no answer to remember."""


@cache
def versions(path: str) -> str:
    """The versions an answer depends on. Raises Undecided for a library that is not installed, or not in the list."""
    root = path.partition(".")[0]
    if root not in LIBRARIES:
        raise Undecided(f"{root} is no library that is asked")
    try:
        return ",".join(f"{name} {importlib.metadata.version(name)}" for name in dict.fromkeys(("torch", root)))
    except importlib.metadata.PackageNotFoundError as error:
        raise Unavailable(f"{error.name} is not installed") from None


@cache
def resolve(path: str) -> Any:
    """The object of a path, "torch.nn.Linear" or "torchvision.ops.box_iou". Raises Undecided where there is none."""
    found: Any = _library(path.partition(".")[0])
    at = found.__name__
    for name in path.split(".")[1:]:
        at = f"{at}.{name}"
        try:
            found = inspect.getattr_static(found, name) if isinstance(found, type) else getattr(found, name)
        except AttributeError:
            found = _custom_operation(path) if path.startswith("torch.ops.") else _submodule(at, found)
            if path.startswith("torch.ops."):
                return found
    return found


def _library(root: str) -> ModuleType:
    if root not in LIBRARIES:
        raise Undecided(f"{root} is no library that is asked")
    spec = importlib.util.find_spec(root)
    origin = spec.origin if spec is not None else None
    if origin is None or not any(Path(origin).resolve().is_relative_to(place) for place in _site_packages()):
        raise Unavailable(f"{root} is not installed")
    try:
        return importlib.import_module(root)
    except Exception as error:
        raise Unavailable(f"{root} cannot be imported: {error}") from error


def _submodule(path: str, parent: Any) -> Any:
    if not isinstance(parent, ModuleType):
        raise Undecided(f"there is no {path}")
    try:
        return importlib.import_module(path)
    except Exception as error:
        raise Undecided(f"there is no {path}") from error


def _custom_operation(path: str) -> Any:
    """An operation a listed library registers under its own name: `torch.ops.torchvision.nms`."""
    import torch

    namespace, _, name = path.removeprefix("torch.ops.").partition(".")
    if namespace in LIBRARIES:
        _library(namespace)
    try:
        found: Any = getattr(torch.ops, namespace)
        for part in name.split("."):
            found = getattr(found, part)
    except (AttributeError, RuntimeError) as error:
        raise Undecided(f"there is no {path}") from error
    return found


@cache
def _site_packages() -> tuple[Path, ...]:
    places = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    # A virtual environment may lie on top of another one, by a .pth file.
    places += [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return tuple(dict.fromkeys(Path(place).resolve() for place in (*places, site.getusersitepackages())))
