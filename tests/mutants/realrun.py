"""Runs an edited program for real, in a forked process, and says how it ended."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

SECONDS = 90
# What torch says of values, strides and the graph has nothing to do with a shape or a dtype.
OTHER = (
    "does not require grad", "modified by an inplace", "is out of bounds.", "out of range in self", "allocate",
    "Use .reshape(...)", "second time", "leaf Variable", "more than one value per channel", "between 0 and 1",
    "No such file", "invalid literal", "Assertion", "CUDA", "unsupported", "probability tensor", "contains inf",
)  # fmt: skip
TORCH_ERRORS = (RuntimeError, ValueError, IndexError)


@dataclass(frozen=True)
class Outcome:
    """`kind` is "runs", "shape" (torch raised of a shape or a dtype), "other" or "timeout"; blame is the innermost line
    of the program's own files."""

    kind: str
    error: str = ""
    file: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Source(SourceFileLoader):
    """Loads a module from edited text."""

    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class Edited(MetaPathFinder):
    """Finds modules as Python does, with one file's text replaced."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.text = file, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or Path(spec.origin) != self.file:
            return None
        spec.loader = Source(fullname, spec.origin, self.text)
        return spec


def execute(project: Path, driver: str, sizes: str, file: str, text: str) -> None:
    sys.path[:] = [str(project), *(entry for entry in sys.path if entry != "")]
    sys.meta_path.insert(0, Edited(project / file, text))
    sys.argv = [driver, *sizes.split()]
    main = ModuleType("__main__")
    main.__dict__.update(__file__=driver, __builtins__=builtins)
    sys.modules["__main__"] = main
    source = text if driver == file else (project / driver).read_text(encoding="utf-8")
    exec(compile(source, str(project / driver), "exec", dont_inherit=True), main.__dict__)


def outcome(project: Path, driver: str, sizes: str, files: Sequence[str], file: str, text: str) -> Outcome:
    """Run in this process, which is good for one run only."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    signal.signal(signal.SIGALRM, expire)
    signal.alarm(SECONDS)
    with tempfile.TemporaryDirectory() as scratch:  # what programs write to "." and ".." stays their own
        directory = Path(scratch) / "project"
        directory.mkdir()
        os.chdir(directory)
        try:
            execute(project, driver, sizes, file, text)
        except TimeoutError:
            return Outcome("timeout")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - how the program fails is what is asked
            return classify(error, project, files)
        finally:
            os.chdir(project)
    return Outcome("runs")


def expire(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def classify(error: BaseException, project: Path, files: Sequence[str]) -> Outcome:
    frames = traceback.extract_tb(error.__traceback__)
    paths = {str(project / name): name for name in files}
    blamed = [(paths[frame.filename], frame.lineno) for frame in frames if frame.filename in paths]
    file, line = blamed[-1] if blamed else (None, None)
    said = f"{type(error).__name__}: {error}"
    of_torch = isinstance(error, TORCH_ERRORS) and not any(words in said for words in OTHER)
    # Backward has no expression of its own to blame.
    innermost = frames[-1]
    backward = any(frame.name in ("backward", "step") and "/torch/" in frame.filename for frame in frames)
    from_torch = "/torch/" in innermost.filename or innermost.filename in paths
    if innermost.filename in paths and (isinstance(error, ValueError) or "list index out of range" in said):
        of_torch = False  # unpacking, int(...), a list's index: Python's own
    if isinstance(error, RuntimeError) and "is out of bounds for dimension" in said:
        of_torch = False  # the numbers in an index tensor
    kind = "shape" if of_torch and from_torch and not backward and file is not None else "other"
    return Outcome(kind, said[:300], file, line)
