"""`mypy-torch-shapes status`: what of the profile is stale, what that costs, and the command that records it again."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.config import default_root
from mypy_torch_shapes.evaluation.drift import Drift, drift_of
from mypy_torch_shapes.seeds.model import Profile, RunRecord
from mypy_torch_shapes.seeds.store import StoreError, load

MOST_NAMES = 4  # of calls or objects, in one line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, help="where .mypy_torch_shapes is (default: here)")


def run(args: argparse.Namespace) -> int:
    """Say what is stale; 1 if there is no profile that can be read."""
    root = (args.root or default_root(None, Path.cwd())).resolve()
    try:
        profile = load(root)
    except StoreError as fault:
        messages.say(str(fault))
        return 1
    if not profile.calls:
        messages.say(messages.no_profile(root))
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines_of(profile, drift_of(profile, root), root)))
    return 0


def lines_of(profile: Profile, drift: Drift, root: Path) -> Iterator[str]:
    """What is stale, for people to read."""
    functions = len({call.function for call in profile.calls})  # as at the end of a recording
    real = sum(call.probe is None for call in profile.calls)
    yield messages.recorded(functions, real, len(profile.runs), profile.torch_version)
    if not drift:
        yield messages.UP_TO_DATE
        return
    yield from stale_lines(drift)
    commands = [command_line(run, root) for run in drift.again]
    yield messages.RECORD_AGAIN if commands else messages.RECORD_AGAIN_ANYHOW
    yield from (f"    {command}" for command in commands)


def stale_lines(drift: Drift) -> Iterator[str]:
    """One line for each thing that is not what it was, and for what that costs."""
    yield from (f"{r.file}:{line}: {messages.has_changed(r.qualname)}" for r, line in drift.changed)
    yield from (f"{record.file}: {messages.MODULE_CODE_CHANGED}" for record in drift.modules)
    for record, moved in drift.gone:
        place = None if moved is None else f"{moved.qualname} ({moved.file}:{moved.line})"
        yield f"{record.file}: {messages.is_gone(record.qualname, place)}"
    yield from (f"{file}: {messages.file_gone(count)}" for file, count in drift.files_gone.items())
    yield from (messages.variable_stale(scope.replace(":", "."), name) for scope, name in drift.variables)
    if drift.rebuilt:
        yield messages.rebuilt(len(drift.rebuilt), listed(each.cls for each in drift.rebuilt))
    if drift.unused:
        yield messages.calls_unused(len(drift.unused), listed(each.function for each in drift.unused))


def listed(keys: Iterator[str]) -> str:
    """The distinct names in "module:qualname"s, the first few of them."""
    names = list(dict.fromkeys(key.partition(":")[2] for key in keys))
    return ", ".join([*names[:MOST_NAMES], *(["…"] if len(names) > MOST_NAMES else [])])


def command_line(run: RunRecord, root: Path) -> str:
    """A recorded command, to be typed where we are."""
    command = shlex.join(run.command)
    directory = os.path.normpath(root / run.directory)
    return command if directory == os.getcwd() else f"cd {shlex.quote(os.path.relpath(directory))} && {command}"
