"""Options: read from the file mypy reads, validated, each fault explained in one sentence."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mypy_torch_shapes import messages

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SECTION = "mypy_torch_shapes"
DATA = ".mypy_torch_shapes"  # the profile and the caches, below the root
KNOWN = ["debug", "module_calls", "root", "suspicious"]
FLAGS = {"debug", "module_calls", "suspicious"}
BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True)
class Config:
    """What the user chose; `problems` are sentences to be said once."""

    root: Path
    debug: bool = False
    module_calls: bool = False
    suspicious: bool = False
    problems: tuple[str, ...] = ()

    @property
    def data(self) -> Path:
        return self.root / DATA


def read(config_file: str | None, cwd: Path) -> Config:
    """The options in mypy's configuration file, or the defaults."""
    problems: list[str] = []
    values: Mapping[str, object] = {}
    if config_file is not None:
        try:
            values = section_of(cwd / config_file)
        except (OSError, UnicodeDecodeError, configparser.Error, tomllib.TOMLDecodeError) as fault:
            problems.append(messages.unreadable_config(config_file, fault))
    where = config_file or "configuration"
    problems += [messages.unknown_option(name, where, KNOWN) for name in values if name not in KNOWN]
    root = default_root(config_file, cwd)
    if "root" in values:
        chosen = (cwd / where).parent / str(values["root"])
        if chosen.is_dir():
            root = chosen.resolve()
        else:
            problems.append(messages.no_such_root(chosen))
    chosen_flags = {}
    for name in FLAGS & values.keys():
        try:
            chosen_flags[name] = BOOLEANS[str(values[name]).strip().lower()]
        except KeyError:
            problems.append(messages.bad_value(name, str(values[name]), where, "true or false"))
    return Config(root, problems=tuple(problems), **chosen_flags)


def section_of(path: Path) -> Mapping[str, object]:
    """Our section of an ini or TOML file; empty when there is none."""
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".toml":
        section: object = tomllib.loads(text).get("tool", {}).get(SECTION, {})
        return section if isinstance(section, dict) else {}
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


def default_root(config_file: str | None, cwd: Path) -> Path:
    """Where a profile lies: beside the configuration file or here; with none yet, beside the file."""
    candidates = [cwd]
    if config_file is not None:
        beside = (cwd / config_file).parent.resolve()
        if beside != Path.home():  # a configuration for all projects says nothing of where this one is
            candidates.insert(0, beside)
    return next((each for each in candidates if (each / DATA).is_dir()), candidates[0])
