"""Running small programs: as their own process, plainly or profiled, and inside the test under a recorder."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from mypy_torch_shapes.profiling.probe import Probe
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.seeds.merging import merge_profiles
from mypy_torch_shapes.seeds.model import CallRecord, Profile

REPOSITORY = Path(__file__).parents[2]
PROFILE = (sys.executable, "-m", "mypy_torch_shapes", "profile")


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory, this repository importable."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(  # noqa: PLW1510 - the status is what is tested
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=300
    )


def said(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Our own sentences."""
    return [line for line in result.stderr.splitlines() if line.startswith("mypy-torch-shapes: ")]


def of_the_program(result: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """What the program itself did: exit status, output, errors."""
    lines = result.stderr.splitlines(keepends=True)
    return result.returncode, result.stdout, "".join(x for x in lines if not x.startswith("mypy-torch-shapes: "))


class Recorded:
    """What a recorder saw, with the questions tests ask."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def calls(self, qualname: str, probed: bool = False) -> list[CallRecord]:
        return [
            call
            for call in self.profile.calls
            if call.function.partition(":")[2] == qualname and (call.probe is not None) == probed
        ]

    def call(self, qualname: str) -> CallRecord:
        (call,) = self.calls(qualname)
        return call

    def free(self) -> dict[tuple[tuple[str, int], ...], list[int]]:
        """The sizes that worked, by the axes they were tried for."""
        found: dict[tuple[tuple[str, int], ...], list[int]] = {}
        for variation in self.profile.variations:
            if variation.ok:
                found.setdefault(variation.axes, []).append(variation.size)
        return found


class Bench:
    """Imports a program from source and records what is done with it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, source: str, name: str = "net") -> ModuleType:
        (self.directory / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def record(self, action: Callable[[], object], probe: bool = False, include: tuple[str, ...] = ()) -> Recorded:
        recorder = Recorder(self.directory, include)
        recorder.start()
        try:
            action()
        finally:
            recorder.stop()
        assert recorder.failure is None, recorder.failure
        if probe:
            Probe(recorder).run()
            assert recorder.failure is None, recorder.failure
        return Recorded(merge_profiles(Profile(), recorder.profile()).profile)
