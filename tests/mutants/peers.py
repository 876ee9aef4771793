"""Another checker on the same edits: Pyrefly, with its own stubs for torch (`make peers` installs both)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.harness.measure import StepFailed

Found = list[tuple[str, int, int, str]]  # file, first line, last line, message
SECONDS = 600


def by_pyrefly(project: Path, files: tuple[str, ...]) -> Found:
    """All that Pyrefly says of the files at its default strictness; `$PYREFLY` is the command."""
    (project / "pyrefly.toml").write_text('preset = "default"\n')
    command = os.environ.get("PYREFLY")
    if command is None:
        raise StepFailed("set PYREFLY to the pyrefly of an environment that has pyrefly-torch-stubs (make peers does)")
    # The stubs lie in Pyrefly's environment, torch itself in ours.
    version = f"python3.{sys.version_info[1]}"
    places = [str(Path(command).absolute().parents[1] / "lib" / version / "site-packages")]
    places += [place for place in sys.path if place.endswith("site-packages")]
    words = [command, "check", "--output-format", "json", *(f"--site-package-path={place}" for place in places), *files]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode not in (0, 1):
        raise StepFailed(done.stdout + done.stderr)
    return [
        (os.path.relpath(project / each["path"], project), each["line"], each["stop_line"], each["description"])
        for each in json.loads(done.stdout)["errors"]
        if each["severity"] == "error"
    ]
