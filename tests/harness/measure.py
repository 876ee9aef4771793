"""Measures inferred types against real runs: `python -m tests.harness.measure --suite programs`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.harness import programs
from tests.harness.claims import parse
from tests.harness.compare import Result, compare
from tests.harness.programs import Program
from tests.harness.report import as_json, table

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = Path(tempfile.gettempdir()) / "mypy-torch-shapes-harness"
TOOL = [sys.executable, "-m", "mypy_torch_shapes"]


class StepFailed(Exception):
    """A command of the measurement failed; carries what it said."""


def command(words: list[str], project: Path, *, timeout: int = 900) -> str:
    """Run a command in the project, with this repository importable, and return its output."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        words, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=timeout
    )
    if done.returncode != 0:
        raise StepFailed(f"{' '.join(words)}\n{done.stdout[-2000:]}{done.stderr[-6000:]}")
    return done.stdout


def arguments(sizes: str) -> list[str]:
    return sizes.split()


def observed(program: Program, project: Path, sizes: str) -> dict[str, Any]:
    """The log of an instrumented run; the same program at the same sizes is run once."""
    key = hashlib.sha256(json.dumps([program.files, program.driver, sizes]).encode())
    harness = [Path(__file__).with_name(name) for name in ("instrument.py", "recorder.py", "run.py", "snapshot.py")]
    for file in sorted(project.rglob("*.py")) + harness:
        key.update(file.name.encode() + file.read_bytes())
    log = CACHE / f"{program.name}-{key.hexdigest()[:24]}.json"
    if not log.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        words = [
            sys.executable,
            "-m",
            "tests.harness.run",
            *(word for file in program.files for word in ("--file", file)),
        ]
        unfinished = log.with_suffix(f".{os.getpid()}")
        command([*words, "--out", str(unfinished), program.driver, *arguments(sizes)], project)
        unfinished.replace(log)
    loaded: dict[str, Any] = json.loads(log.read_text())
    return loaded


def profile(program: Program, project: Path) -> None:
    """The observed run of the tool under test, at the first sizes, with the probe."""
    command([*TOOL, "profile", program.driver, *arguments(program.sizes[0])], project)


def evaluated(program: Program, project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        command([sys.executable, "-m", "tests.harness.evaluated", *program.files], project)
    )
    return found


def measure(program: Program, project: Path, checkout: Path | None = None) -> Result:
    """Profile, evaluate and compare one program in `project`, which is created."""
    program.lay_out(project, checkout)
    sources = program.sources(project)
    profile(program, project)
    said = evaluated(program, project)
    runs = [(sizes, observed(program, project, sizes)) for sizes in program.sizes]
    result = compare(parse(said["reveal"], said["said"]), runs, sources)
    result.findings, result.faults, result.evaluation = said["findings"], said["faults"], said["seconds"]
    return result


def chosen(options: argparse.Namespace) -> list[Program]:
    if options.program is not None:
        return [programs.given(options.program, options.driver, options.files, options.sizes)]
    return programs.chosen(options.suite, options.only, programs.examples_checkout(options.examples))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", action="append", default=[], choices=sorted(programs.SUITES))
    parser.add_argument("--only", action="append", default=[], help="a program of the suite, by name")
    parser.add_argument("--examples", help="a checkout of pytorch/examples (or $PYTORCH_EXAMPLES)")
    programs.add_options(parser)
    parser.add_argument("--keep", type=Path, help="lay the projects out here and leave them")
    parser.add_argument("--json", type=Path, help="write the full report here")
    parser.add_argument("--quiet", action="store_true", help="the table alone")
    return parser


def main() -> int:
    options = parser().parse_args()
    checkout = programs.examples_checkout(options.examples)
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        base = options.keep or Path(temporary)
        for program in chosen(options):
            start = time.monotonic()
            try:
                report[program.name] = as_json(
                    measure(program, base / program.name / "project", checkout), program.nets
                )
            except (StepFailed, subprocess.TimeoutExpired) as failure:
                report[program.name] = {"failed": str(failure)}
            report[program.name]["seconds"] = round(time.monotonic() - start, 1)
            if options.json:
                options.json.write_text(json.dumps(report, indent=1))
            print(table({program.name: report[program.name]}, details=False).splitlines()[1], file=sys.stderr)
    print(table(report, details=not options.quiet))
    return 0


if __name__ == "__main__":
    sys.exit(main())
