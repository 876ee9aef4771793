"""`mypy-torch-shapes doctor`: what is missing before mypy can say something of tensors, and how to mend it."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mypy_torch_shapes import config, messages
from mypy_torch_shapes._version import __version__
from mypy_torch_shapes.evaluation.drift import drift_of
from mypy_torch_shapes.opening import TORCH_TESTED
from mypy_torch_shapes.seeds.store import StoreError, load, profile_path
from mypy_torch_shapes.starting import configuration

MYPY_TESTED = "2.4"
OLDEST_PYTHON = (3, 10)
OK, NOTE, WRONG = "ok", "note", "wrong"


class Found(NamedTuple):
    """One thing that was looked at: OK, NOTE (it works, but) or WRONG, what it is, and what to do."""

    state: str
    what: str
    cure: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, help="where .mypy_torch_shapes is (default: as mypy would find it)")


def run(args: argparse.Namespace) -> int:
    """Say of each thing how it is; 1 if one is wrong."""
    here = Path.cwd()
    file = configuration.find(here)
    settings = config.read(None if file is None else os.path.relpath(file, here), here)
    root: Path = args.root.resolve() if args.root else settings.root
    found = [_python(), _mypy(), _torch(), *_configured(file, settings), *_recorded(root)]
    for each in found:
        sys.stdout.write(f"{each.state:<6} {each.what}\n" + (f"       {each.cure}\n" if each.cure else ""))
    return 1 if any(each.state == WRONG for each in found) else 0


def _python() -> Found:
    what = f"Python {platform.python_version()} ({sys.executable}), mypy_torch_shapes {__version__}"
    if sys.version_info < OLDEST_PYTHON:
        return Found(WRONG, what, messages.needs_python(OLDEST_PYTHON))
    return Found(OK, what)


def _mypy() -> Found:
    version = _version("mypy")
    cure = messages.install(f"mypy=={MYPY_TESTED}.*")
    if version is None:
        return Found(WRONG, messages.NO_MYPY, cure)
    if not f"{version}.".startswith(f"{MYPY_TESTED}."):
        return Found(WRONG, messages.mypy_out_of_range(version, MYPY_TESTED), cure)
    return Found(OK, f"mypy {version}")


def _torch() -> Found:
    version = _version("torch")
    if version is None:
        return Found(WRONG, messages.NO_TORCH, messages.install("torch"))
    if not version.startswith(f"{TORCH_TESTED}."):
        return Found(NOTE, messages.torch_out_of_range(version, TORCH_TESTED))
    return Found(OK, f"torch {version}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _configured(file: Path | None, settings: config.Config) -> Iterator[Found]:
    if file is None:
        yield Found(WRONG, messages.NO_CONFIGURATION, messages.RUN_INIT)
        return
    try:
        named = messages.NAME in configuration.plugins_of(file)
    except configuration.Unclear as fault:
        yield Found(WRONG, f"{file}: {fault}")
        return
    yield Found(OK, messages.plugin_named(file)) if named else Found(
        WRONG, messages.plugin_not_named(file), messages.RUN_INIT
    )
    yield from (Found(NOTE, problem) for problem in settings.problems)


def _recorded(root: Path) -> Iterator[Found]:
    if not profile_path(root).exists():
        yield Found(WRONG, messages.nothing_recorded(root), messages.RUN_PROFILE)
        return
    try:
        profile = load(root)
    except StoreError as fault:
        yield Found(WRONG, str(fault))  # which says what to do
        return
    real = sum(call.probe is None for call in profile.calls)
    functions = len({call.function for call in profile.calls})
    what = f"{profile_path(root)}: {messages.recorded(functions, real, len(profile.runs), None)}"
    yield Found(OK, what)
    installed = _version("torch")
    if profile.torch_version and installed and profile.torch_version.split("+")[0] != installed.split("+")[0]:
        yield Found(NOTE, messages.other_torch(profile.torch_version, installed), messages.RUN_PROFILE)
    if drift_of(profile, root):
        yield Found(NOTE, messages.SOME_STALE, messages.RUN_STATUS)
