"""Promise 1 on whole suites: mypy without the plugin and with it, cold and warm: `python -m tests.harness.gradual`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.harness import measure, programs
from tests.harness.programs import Program

OURS = re.compile(r"  \[tensor-[a-z]+\]$")
PLUGIN = "plugins = mypy_torch_shapes"
MODES: dict[str, list[str]] = {"plain": [], "strict": ["--strict"]}


def mypy(project: Path, plugins: str, mode: str, cache: Path, files: Sequence[str] = (".",)) -> list[str]:
    """What mypy prints for a project, or for some of its files."""
    (project / "mypy.ini").write_text(f"[mypy]\n{plugins}\nerror_summary = false\nignore_missing_imports = true\n")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), *MODES[mode], *files]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=3600)
    if done.returncode not in (0, 1):
        raise measure.StepFailed(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout.splitlines()


def difference(project: Path, mode: str, caches: Path) -> str | None:
    """What is wrong with mypy's output with the plugin: caches of torch are shared by all programs.

    A warm run is compared with mypy's own warm run: from a warm cache mypy names the files in another order.
    """
    ours = []
    for run in ("cold", "warm"):
        alone = mypy(project, "", mode, caches / f"{mode}-alone")
        said = mypy(project, PLUGIN, mode, caches / f"{mode}-plugin")
        ours.append(sorted(line for line in said if OURS.search(line)))
        if [line for line in said if not OURS.search(line)] != alone:
            return f"its own lines of a {run} run are others"
    if ours[0] != ours[1]:
        return "a warm run says something else than a cold one"
    return next((line for line in ours[0] if "tensor-internal" in line), None)


def said_of(program: Program, project: Path, mode: str, caches: Path, checkout: Path | None) -> str:
    if not project.exists():
        program.lay_out(project, checkout)
        measure.profile(program, project)
    return difference(project, mode, caches) or "the same"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", action="append", default=[], choices=sorted(programs.SUITES))
    parser.add_argument("--only", action="append", default=[], help="a program of the suite, by name")
    parser.add_argument("--examples", help="a checkout of pytorch/examples (or $PYTORCH_EXAMPLES)")
    parser.add_argument("--mode", action="append", default=[], choices=sorted(MODES), help="as mypy is run")
    programs.add_options(parser)
    options = parser.parse_args()
    checkout, failed = programs.examples_checkout(options.examples), 0
    with tempfile.TemporaryDirectory() as temporary:
        for program in measure.chosen(options):
            for mode in options.mode or sorted(MODES):
                project = Path(temporary) / program.name / "project"
                said = said_of(program, project, mode, Path(temporary) / "caches", checkout)
                failed += said != "the same"
                print(f"{program.name:<34} {mode:<8} {said}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
