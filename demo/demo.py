"""The two commands on a small ordinary program: record one run, edit in two bugs, let mypy find them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(__file__).parent / "program"
BIN = Path(sys.executable).parent
# What is edited in model.py, and what mypy must then say.
BUGS = [
    ("self.head = nn.Linear(widths[-1], classes)", "self.head = nn.Linear(widths[0], classes)"),
    ("nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)", "nn.Conv2d(inputs, outputs, 1, bias=False)"),
]


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory) / "demo"
        shutil.copytree(PROGRAM, project)
        say("An ordinary program, without an annotation. One run of it is recorded:")
        if run(project, "mypy-torch-shapes", "profile", "train.py").returncode != 0:
            return 1
        say("mypy, with one line of configuration, has nothing to object to:")
        if run(project, "mypy", "--config-file", "mypy.ini").returncode != 0:
            return 1
        return max(find(project, *bug) for bug in BUGS)


def find(project: Path, right: str, wrong: str) -> int:
    """Edit one bug in, and expect mypy to report a shape error."""
    model = project / "model.py"
    source = model.read_text()
    assert source.count(right) == 1
    say(f"Now a mistake is edited into model.py, and nothing is run again:\n  - {right}\n  + {wrong}")
    model.write_text(source.replace(right, wrong))
    done = run(project, "mypy", "--config-file", "mypy.ini")
    model.write_text(source)
    if done.returncode == 1 and "[tensor-shape]" in done.stdout:
        return 0
    say("mypy should have reported a [tensor-shape] error.")
    return 1


def run(project: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    print("$", program, *arguments, flush=True)
    command = [BIN / program, *arguments]
    done = subprocess.run(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(done.stdout, flush=True)
    return done


def say(text: str) -> None:
    print(f"--- {text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
