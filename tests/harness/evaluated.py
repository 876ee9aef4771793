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
        f"{name}:{each.span.line}: {each.message}" for name, report in reports.items() for each in report.findings
    ]
    own = [f"{name}: {type(fault).__name__}: {fault}" for name, report in reports.items() for fault in report.faults]
    # In the order of the rows in the reveal, in which sizes that only a variable names are null.
    said = [None if fact.dims is None else list(fact.dims) for report in reports.values() for fact in report.facts]
    found = {"reveal": as_json(reports), "said": said, "findings": findings, "faults": own, "seconds": seconds}
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
