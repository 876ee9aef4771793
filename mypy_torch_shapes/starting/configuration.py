"""mypy's configuration file: which one it reads, whether it names the plugin, and the text that does."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path
from typing import Any

from mypy_torch_shapes.messages import NAME

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_OWN = ("mypy.ini", ".mypy.ini")  # mypy's alone; the others count where they have a section for mypy
_SHARED = ("pyproject.toml", "setup.cfg")
_SECTION = f"[mypy]\nplugins = {NAME}\n"
FRESH = f"{_SECTION}files = .\n"  # a file of its own: `mypy` alone then checks the project


class Unclear(Exception):
    """The file cannot be read, or not be edited without harm; the text says why."""


def find(directory: Path) -> Path | None:
    """The file mypy reads when it is run in a directory: there, or above it up to the top of the repository."""
    for place in (directory, *directory.parents):
        for name in (*_OWN, *_SHARED):
            path = place / name
            if path.is_file() and (name in _OWN or has_section(path)):
                return path
        if any((place / mark).exists() for mark in (".git", ".hg")):
            break
    return None


def has_section(path: Path) -> bool:
    """Whether a shared file has a section for mypy."""
    try:
        return _section(path.suffix, path.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError, Unclear):
        return False  # mypy skips a shared file that it cannot read


def plugins_of(path: Path) -> list[str]:
    """The plugins a file names. Raises Unclear."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unclear(str(fault)) from None
    return _plugins(path.suffix, text)


def with_plugin(path: Path) -> str:
    """The text of the file with the plugin named, all else as it is. Raises Unclear."""
    text = path.read_text(encoding="utf-8")
    before = _plugins(path.suffix, text)
    if NAME in before:
        return text
    after = _edited_toml(text) if path.suffix == ".toml" else _edited_ini(text)
    try:
        if _plugins(path.suffix, after) == [*before, NAME] and _others(path.suffix, after) == _others(
            path.suffix, text
        ):
            return after
    except Unclear:
        pass  # said below: what was tried is no configuration
    raise Unclear("its plugins are written in a way that is not understood")


def _section(suffix: str, text: str) -> dict[str, Any] | None:
    found = _parsed(suffix, text).get("mypy")
    return found if isinstance(found, dict) else None


def _parsed(suffix: str, text: str) -> dict[str, Any]:
    """Section -> options."""
    try:
        if suffix == ".toml":
            tools = tomllib.loads(text).get("tool", {})
            return tools if isinstance(tools, dict) else {}
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}
    except (configparser.Error, tomllib.TOMLDecodeError) as fault:
        raise Unclear(str(fault).splitlines()[0]) from None


def _plugins(suffix: str, text: str) -> list[str]:
    found = (_section(suffix, text) or {}).get("plugins", [])
    items = found if isinstance(found, list) else re.split(r"[,\n]", str(found))
    return [name for item in items if (name := str(item).strip())]


def _others(suffix: str, text: str) -> dict[str, Any]:
    parsed = _parsed(suffix, text)
    mypy = parsed.get("mypy", {})
    return {**parsed, "mypy": {key: value for key, value in mypy.items() if key != "plugins"}}


def _edited_ini(text: str) -> str:
    header = re.search(r"^\[mypy\][^\n]*\n?", text, re.MULTILINE)
    if header is None:
        return _joined(text, _SECTION)
    end = _next_section(text, header.end())
    option = re.compile(r"^plugins[ \t]*[=:][^\n]*(?:\n[ \t]+[^\n]+)*", re.MULTILINE).search(text, header.end(), end)
    if option is None:
        return _inserted(text, header.end(), f"plugins = {NAME}\n")
    separator = "" if option.group().rstrip().endswith((",", "=", ":")) else ","
    return f"{text[: option.start()]}{option.group().rstrip()}{separator} {NAME}{text[option.end() :]}"


def _edited_toml(text: str) -> str:
    header = re.search(r"^\[tool\.mypy\][^\n]*\n?", text, re.MULTILINE)
    if header is None:
        return _joined(text, f'[tool.mypy]\nplugins = ["{NAME}"]\n')
    end = _next_section(text, header.end())
    option = re.compile(r"^plugins[ \t]*=[ \t]*(\[[^\]]*\]|[^\n]*)", re.MULTILINE).search(text, header.end(), end)
    if option is None:
        return _inserted(text, header.end(), f'plugins = ["{NAME}"]\n')
    value = option.group(1).rstrip()
    if value.startswith("["):
        inside = value[1:-1].rstrip()
        separator = "" if inside.endswith(",") or not inside.strip() else ","
        gap = "\n    " if "\n" in inside else " " if inside.strip() else ""
        new = f'[{inside}{separator}{gap}"{NAME}"{chr(10) if chr(10) in inside else ""}]'
    else:
        new = f'[{value}, "{NAME}"]'
    return f"{text[: option.start(1)]}{new}{text[option.end(1) :]}"


def _next_section(text: str, start: int) -> int:
    found = re.compile(r"^\[", re.MULTILINE).search(text, start)
    return len(text) if found is None else found.start()


def _inserted(text: str, place: int, line: str) -> str:
    before = text[:place]
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}{line}{text[place:]}"


def _joined(text: str, section: str) -> str:
    kept = text.rstrip("\n")
    return f"{kept}\n\n{section}" if kept else section
