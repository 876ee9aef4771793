"""What library code asks of the machine it runs on: which packages are installed, which variables are set."""

from __future__ import annotations

import ast
import re
from importlib import metadata

from ..shapes.unknown import Unknown
from .run import Frame, Run
from .specials import special
from .values import Instance, Library, Named, Raised, Value


@special("importlib.util.find_spec")
def _find_spec(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args or not isinstance(args[0], str) or "." in args[0]:
        return Unknown("whether a module is there")
    there = run.loader.is_installed(args[0])
    return Instance(Library("importlib.machinery.ModuleSpec"), complete=False) if there else None


@special("importlib.metadata.version")
def _version(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args or not isinstance(args[0], str):
        return Unknown("the version of a package")
    try:
        return metadata.version(args[0])
    except (metadata.PackageNotFoundError, ValueError):
        raise Raised("PackageNotFoundError") from None


@special("os.getenv", "os.environ.get")
def _getenv(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """What a library takes where nobody set anything; the project's own variables are not known."""
    if frame.module.project:
        return Unknown("a variable of the environment")
    return args[1] if len(args) > 1 else kwargs.get("default")


@special("packaging.version.parse", "packaging.version.Version")
def _parse_version(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The numbers of a release, which compare as versions do."""
    numbers = re.match(r"v?(\d+(?:\.\d+)*)", args[0]) if args and isinstance(args[0], str) else None
    if numbers is None:
        return Unknown("a version")
    release = [int(number) for number in numbers[1].split(".")]
    fields = ("major", "minor", "micro", "fourth")
    return Named(fields, [*release, 0, 0, 0, 0][: len(fields)])


@special(
    "torch.xpu.is_available", "torch.mps.is_available", "torch.npu.is_available", "torch.backends.mps.is_available"
)  # fmt: skip
def _other_device(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The kinds of device library code asks for to go around something: taken not to be there."""
    return Unknown("a device of the machine") if frame.module.project else False
