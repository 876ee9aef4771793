"""`mypy-torch-shapes profile`: runs a program under the recorder."""

from __future__ import annotations

import argparse
import functools
import importlib.util
import os
import shlex
import sys
import threading
from pathlib import Path
from typing import NoReturn

from mypy_torch_shapes.profiling import messages, names
from mypy_torch_shapes.profiling.progress import Checkpoints
from mypy_torch_shapes.profiling.running import CannotRun, import_name, module, report, script
from mypy_torch_shapes.profiling.session import Session

_TAKING_VALUES = ("--root", "--include")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that stand before the program."""
    parser.usage = "mypy-torch-shapes profile [options] (SCRIPT | -m MODULE) [ARGS ...]"
    parser.epilog = "Everything after SCRIPT or MODULE is the program's own. The program runs as it does under python."
    parser.add_argument("--root", default=".", metavar="DIR", help="the project (default: here)")
    parser.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="PACKAGE_OR_DIR",
        help="also watch this package or directory, though it is not the project's (may be repeated)",
    )
    parser.add_argument("--no-probe", action="store_true", help="do not try other sizes after the run")


def split(arguments: list[str], command: str) -> tuple[list[str], list[str]]:
    """What is ours, and the program with its own arguments, which argparse must not touch."""
    i = arguments.index(command) + 1
    while i < len(arguments):
        word = arguments[i]
        if word == "-m" or not word.startswith("-") or word == "-":
            return arguments[:i], arguments[i:]
        if word == "--":
            return arguments[:i], arguments[i + 1 :]
        i += 2 if word in _TAKING_VALUES else 1
    return arguments, []


def run(args: argparse.Namespace) -> int:
    """Run the program; it ends as it would under `python`."""
    rest: list[str] = args.rest
    if not rest or rest == ["-m"]:
        messages.say("which program? Say profile SCRIPT or profile -m MODULE")
        return 2
    if importlib.util.find_spec("torch") is None:
        messages.say(messages.NO_TORCH, python=sys.executable)
        return 2
    root = Path(args.root)
    if not root.is_dir():
        messages.say(messages.NO_SCRIPT, path=root, why="it is not a directory")
        return 2
    return _watch(rest, Session(root, tuple(args.include), not args.no_probe, _command(args)))


def _command(args: argparse.Namespace) -> tuple[str, ...]:
    """What was typed, for `status` to say it again."""
    options = [] if args.root == "." else ["--root", args.root]
    options += [word for item in args.include for word in ("--include", item)]
    return ("mypy-torch-shapes", "profile", *options, *(["--no-probe"] if args.no_probe else []), *args.rest)


def _watch(rest: list[str], session: Session) -> int:
    try:
        program = module(rest[1], rest[2:]) if rest[0] == "-m" else script(rest[0], rest[1:])
        names.MAIN["name"] = program.name
        session.start()
        _keep_at_exit(session)
        session.recorder.tick = Checkpoints(session.recorder, session.keep).tick
        program.run()
    except CannotRun as error:
        messages.say("{error}", error=error)
        return error.status
    except SystemExit as error:
        session.recorder.stop()
        session.recorder.raised(error)
        _end(session)
        raise
    except Exception as error:  # noqa: BLE001 - the program's own
        session.recorder.stop()
        session.recorder.raised(error)
        report(error, sys.excepthook)  # here, as `python` does: before other threads end and atexit
        _end(session)
        if rest[0] != "-m" and isinstance(error, ImportError) and "relative import" in str(error):
            _say_how_to_run(rest[0], rest[1:])
        return 1
    except BaseException as error:  # an interrupt ends a long training: keep what there is, end as Python then does
        session.recorder.raised(error)
        session.finish(probe=isinstance(error, KeyboardInterrupt))
        hook = sys.excepthook
        sys.excepthook = lambda cls, error, traceback: report(error, hook)
        raise
    _end(session)
    return 0


def _keep_at_exit(session: Session) -> None:
    """`os._exit` runs nothing of ours: keep what was seen before it. No probe, which would flush the output."""
    leave = os._exit

    @functools.wraps(leave)
    def _exit(status: int) -> NoReturn:
        session.finish(probe=False)
        leave(status)

    os._exit = _exit


def _say_how_to_run(script: str, arguments: list[str]) -> None:
    """The command that runs a script as the part of a package that it is."""
    path = Path(script).resolve()
    name = import_name(path)
    if "." in name:
        top = path.parents[name.count(".")]
        there = "" if top == Path.cwd() else f"cd {shlex.quote(os.path.relpath(top))} && "
        command = there + shlex.join(["mypy-torch-shapes", "profile", "-m", name, *arguments])
        messages.say(messages.BELONGS, path=script, command=command)


def _end(session: Session) -> None:
    """What the program's other threads still do belongs to the run; `python` waits for them too."""
    if os.getpid() == session.pid:
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    session.finish()
