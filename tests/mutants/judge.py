"""Checks each edited program with the profile of the unedited one: `python -m tests.mutants.judge MUTANTS.json`."""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness import programs
from tests.harness.measure import REPOSITORY, StepFailed, profile
from tests.harness.programs import Program
from tests.mutants.edits import Edit
from tests.mutants.peers import Found, by_pyrefly

ERROR = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+)(?::\d+)*: error: (?P<message>.*\[tensor-[a-z]+\])$")


def by_session(project: Path, files: tuple[str, ...]) -> Found:
    """The evaluator's findings, without mypy."""

    from mypy_torch_shapes.config import Config
    from mypy_torch_shapes.opening import session_for

    session = session_for(Config(project))
    return [
        (file, each.span.line, each.span.end_line, each.message)
        for file in files
        for each in session.report(project / file).findings
    ]


def by_mypy(project: Path, files: tuple[str, ...]) -> Found:
    """What a user of mypy reads; the cache of the program's other edits is used."""
    (project / "mypy.ini").write_text("[mypy]\nplugins = mypy_torch_shapes\nignore_missing_imports = True\n")
    words = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *files]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode not in (0, 1):
        raise StepFailed(done.stdout + done.stderr)
    matches = [found for line in done.stdout.splitlines() if (found := ERROR.match(line))]
    return [(found["file"], int(found["line"]), int(found["line"]), found["message"]) for found in matches]


WAYS = {"session": by_session, "mypy": by_mypy, "pyrefly": by_pyrefly}
PEERS = ("pyrefly",)  # have much to say of any program: what they say of the unedited one does not count


@dataclass(frozen=True)
class Job:
    """One program, with all its edits."""

    program: Program
    rows: list[dict[str, Any]]
    way: str
    checkout: Path | None


def judge_program(job: Job) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary:
        project = (Path(temporary) / job.program.name / "project").resolve()
        job.program.lay_out(project, job.checkout)
        if job.way not in PEERS:
            profile(job.program, project)
        unedited = set(WAYS[job.way](project, job.program.files))
        judged = [row for row in job.rows if row["verdict"] in ("crash", "runs")]
        return [judge(job, project, row, unedited) for row in judged]


def judge(job: Job, project: Path, row: dict[str, Any], unedited: set[tuple[str, int, int, str]]) -> dict[str, Any]:
    """Check one edit. What is reported of the unedited program already counts for every edit: it must be nothing."""
    path = project / row["file"]
    source = path.read_text(encoding="utf-8")
    edit = Edit(row["file"], row["kind"], tuple((start, end, text) for start, end, text in row["replacements"]))
    edited = edit.apply(source)
    start = time.monotonic()
    path.write_text(edited, encoding="utf-8")
    try:
        found = WAYS[job.way](project, job.program.files)
        found = [each for each in found if each not in unedited] if job.way in PEERS else found
        failure = None
    except Exception as error:  # noqa: BLE001 - an edit that breaks the checker is a result too
        found, failure = [], f"{type(error).__name__}: {error}"
    path.write_text(source, encoding="utf-8")
    sources = {**job.program.sources(project), row["file"]: edited}
    result = {
        "score": score(row, found, sources),
        "found": [f"{file}:{line}: {message}" for file, line, _, message in found],
        "seconds": round(time.monotonic() - start, 3),
        "failure": failure,
        "already": len(unedited),
    }
    return {**row, **result}


def score(row: dict[str, Any], found: Found, sources: dict[str, str]) -> str:
    if row["verdict"] == "runs":
        return "false-error" if found else "quiet"
    file, line = row["blamed"]
    first, last = statement(sources[file], line)
    if any(name == file and first <= start <= last for name, start, _, _ in found):
        return "reported"
    return "elsewhere" if found else "missed"


def statement(source: str, line: int) -> tuple[int, int]:
    """The lines of the innermost simple statement at `line`, or of the head of a compound one: torch names a line of
    it, mypy perhaps another."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            if node.lineno <= line <= last:
                spans.append((node.lineno, last))
    return min(spans, key=lambda span: span[1] - span[0], default=(line, line))


def summary(report: dict[str, list[dict[str, Any]]]) -> str:
    columns = ("reported", "elsewhere", "missed", "quiet", "false-error")
    lines = [f"{'program':26}" + "".join(f"{name:>12}" for name in columns)]
    total: Counter[str] = Counter()
    for name, rows in report.items():
        counts = Counter(row["score"] for row in rows)
        total.update(counts)
        lines.append(f"{name:26}" + "".join(f"{counts[column]:>12}" for column in columns))
    lines.append(f"{'all':26}" + "".join(f"{total[column]:>12}" for column in columns))
    crashes = total["reported"] + total["elsewhere"] + total["missed"]
    if crashes:
        lines.append(
            f"reported at the blamed line: {total['reported']} of {crashes}, {total['reported'] / crashes:.1%}"
        )
    for name, rows in report.items():
        for row in rows:
            if row["score"] in ("elsewhere", "missed", "false-error") or row["failure"]:
                lines.append(
                    f"{row['score'].upper()} {name} {row['file']}:{row['line']} ({row['kind']})\n"
                    f"    - {row['before']}\n    + {row['after']}\n"
                    f"    torch: {row['blamed'][0]}:{row['blamed'][1]} {row['error'][:160]}\n"
                    f"    found: {'; '.join(row['found']) or row['failure'] or 'nothing'}"
                )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mutants", type=Path, help="what tests.mutants.generate wrote")
    parser.add_argument("--way", choices=sorted(WAYS), default="session")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--examples", help="a checkout of pytorch/examples (or $PYTORCH_EXAMPLES)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the full report here")
    options = parser.parse_args()
    written = json.loads(options.mutants.read_text())
    generated: dict[str, list[dict[str, Any]]] = written["programs"]
    known = {each.name: each for suite in programs.SUITES.values() for each in suite()}
    for row in written["given"]:
        own = programs.given(Path(row["directory"]), row["driver"], row["files"], row["sizes"])
        known[own.name] = own
    wanted = [name for name in generated if not options.only or name in options.only]
    checkout = programs.examples_checkout(options.examples)
    jobs = [Job(known[name], generated[name], options.way, checkout) for name in wanted]
    with ProcessPoolExecutor(options.jobs) as pool:
        report = dict(zip(wanted, pool.map(judge_program, jobs), strict=True))
    if options.out:
        options.out.write_text(json.dumps(report, indent=1))
    print(summary(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
