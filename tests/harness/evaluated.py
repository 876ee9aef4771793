"""What the evaluator says of files, what it reports in them, and how long that took: as JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from mypy_torch_shapes.config import Config
from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.opening import session_for
from mypy_torch_shapes.reveal.as_json import as_json
from mypy_torch_shapes.reveal.command import evaluate


def main() -> int:
    files = sys.argv[1:]
    reports: dict[str, FileReport] = {}
    start = time.process_time()  # the machine may be busy
    faults = list(evaluate(session_for(Config(Path.cwd())), files, reports))
    seconds = time.process_time() - start
    assert not faults, faults
    findings = [
        f"{name}:{found.span.line}: {found.message}" for name, report in reports.items() for found in report.findings
    ]
    own = [f"{name}: {type(fault).__name__}: {fault}" for name, report in reports.items() for fault in report.faults]
    json.dump({"reveal": as_json(reports), "findings": findings, "faults": own, "seconds": seconds}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
