"""Runs a script or a module the way `python` does."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from mypy_torch_shapes.profiling import messages

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


class CannotRun(Exception):
    """There is no such program; the text is one sentence, `status` what Python would exit with."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class Program:
    """A program ready to run: its code, its real module name, and the `__main__` it runs in."""

    code: CodeType
    name: str
    main: types.ModuleType
    argv: list[str]
    path: str  # the first entry of sys.path

    def run(self) -> None:
        """Run it as `__main__`; what it raises comes through."""
        sys.argv[:] = self.argv
        _put_first(self.path)
        sys.modules["__main__"] = self.main
        exec(self.code, self.main.__dict__)


def script(path: str, arguments: list[str]) -> Program:
    """The program `python path arguments…` would run."""
    file = os.path.abspath(path)
    if os.path.isdir(file):
        file = os.path.join(file, "__main__.py")
    try:
        with io.open_code(file) as stream:
            source = stream.read()
    except OSError as error:
        missing = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
        raise CannotRun(messages.NO_SCRIPT.format(path=missing, why=error.strerror), 2) from None
    main = _main_module(file, importlib.machinery.SourceFileLoader("__main__", file))
    code = compile(source, file, "exec", dont_inherit=True)
    directory = file if os.path.isdir(path) else os.path.realpath(file)
    return Program(code, import_name(Path(file)), main, [path, *arguments], os.path.dirname(directory))


def module(name: str, arguments: list[str]) -> Program:
    """The program `python -m name arguments…` would run."""
    _put_first(os.getcwd())  # the module is looked for there
    sys.argv[:] = ["-m", *arguments]
    spec = _find(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = _find(f"{name}.__main__")
        if spec is None:
            raise CannotRun(messages.NOT_RUNNABLE.format(name=name), 1)
    loader: Any = None if spec is None else spec.loader
    if spec is None or not hasattr(loader, "get_code"):
        raise CannotRun(messages.NO_MODULE.format(name=name), 1)
    code = loader.get_code(spec.name)
    if code is None:
        raise CannotRun(messages.NO_MODULE.format(name=name), 1)
    main = _main_module(str(spec.origin), loader)
    main.__spec__ = spec
    main.__package__ = spec.parent
    main.__cached__ = spec.cached  # type: ignore[attr-defined]
    return Program(code, spec.name, main, [str(spec.origin), *arguments], os.getcwd())


def _put_first(directory: str) -> None:
    """Where Python put the directory of the command, put that of the program."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = directory


def _find(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise
    except ValueError:  # not a module name at all
        return None


def _main_module(file: str, loader: Any) -> types.ModuleType:
    main = types.ModuleType("__main__")
    main.__file__ = file
    main.__loader__ = loader
    main.__spec__ = None
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={}, __cached__=None)
    return main


def import_name(file: Path) -> str:
    """The name a file is imported by: its own, after those of the packages around it."""
    parts = [file.parent.name if file.stem == "__main__" else file.stem]
    directory = file.parent.parent if file.stem == "__main__" else file.parent
    if file.stem == "__main__":
        parts.append("__main__")
    while (directory / "__init__.py").exists():
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts)


def report(error: BaseException, hook: Callable[..., object]) -> None:
    """Tell `hook`, an excepthook, of an error of the program, as if the program had been run by Python."""
    traceback = _from_the_program(error.__traceback__)
    hook(type(error), error.with_traceback(traceback), traceback)


def _from_the_program(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without its beginning: what called us, and our own frames."""
    frames = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    ours = [frame.tb_frame.f_code.co_filename.startswith(_PACKAGE) for frame in frames]
    if True not in ours:
        return frames[0] if frames else None
    begin = ours.index(True)
    return next((frame for frame, own in zip(frames[begin:], ours[begin:], strict=True) if not own), None)
