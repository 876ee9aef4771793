"""Versions of packages, which programs compare to choose their way."""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import metadata

from ..shapes.unknown import Unknown
from .run import Frame, Run
from .specials import special
from .values import Named, Value

_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
_FIELDS = ("major", "minor", "micro", "fourth")


class TorchVersion(str):
    """`torch.__version__`: a string that is compared as a version, also with tuples."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __lt__(self, other: object) -> bool:
        return _key(self) < _key(other)

    def __le__(self, other: object) -> bool:
        return _key(self) <= _key(other)

    def __gt__(self, other: object) -> bool:
        return _key(self) > _key(other)

    def __ge__(self, other: object) -> bool:
        return _key(self) >= _key(other)

    def __eq__(self, other: object) -> bool:
        try:
            return _key(self) == _key(other)
        except TypeError:
            return False  # "parrots" is no version

    def __ne__(self, other: object) -> bool:
        return not self == other


def _key(version: object) -> tuple[list[int], bool]:
    """The numbers of a release, and whether a build follows them (`+cpu`), which comes later."""
    text = ".".join(map(str, version)) if isinstance(version, tuple | list) else version
    match = re.fullmatch(rf"{_RELEASE.pattern}(\+.*)?", text) if isinstance(text, str) else None
    if match is None:
        raise TypeError("no release")
    release = [int(number) for number in match[1].split(".")]
    while release and release[-1] == 0:
        release.pop()
    return release, match[2] is not None


@cache
def installed_torch() -> Value:
    """The version of torch whose rules hold here, without importing it."""
    try:
        return TorchVersion(metadata.version("torch"))
    except metadata.PackageNotFoundError:
        return Unknown("which version of torch is installed")


@special("packaging.version.parse", "packaging.version.Version", "distutils.version.LooseVersion")
def _parse_version(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The numbers of a release, which compare as versions do."""
    numbers = _RELEASE.match(args[0]) if args and isinstance(args[0], str) else None
    if numbers is None:
        return Unknown("a version")
    release = [int(number) for number in numbers[1].split(".")]
    return Named(_FIELDS, [*release, 0, 0, 0, 0][: len(_FIELDS)])
