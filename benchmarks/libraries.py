"""mypy over whole libraries that nobody has run, without the plugin and with it: CPU time, and what is printed.

Run where they are installed: python benchmarks/libraries.py timm transformers
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
INI = "[mypy]\n{plugin}files = {package}\nignore_missing_imports = true\n"
PLUGIN = "plugins = mypy_torch_shapes\n"
OURS = re.compile(r"\[tensor-[a-z]+\]$")
BOUND = 1.15


def source_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed here")
    return Path(spec.origin).parent


def checked(package: str, plugin: str, directory: Path) -> tuple[float, list[str]]:
    """The CPU seconds of a cold run over a copy of the package, and the lines it prints."""
    root = directory / (package + ("-with" if plugin else "-alone"))
    shutil.copytree(source_of(package), root / package, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "mypy.ini").write_text(INI.format(plugin=plugin, package=package))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "0"}  # mypy's order of modules
    used = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    now = os.times()
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 1) or done.stderr:
        raise SystemExit(f"mypy over {package} ended with {done.returncode}: {done.stderr or lines[-5:]}")
    return now.children_user + now.children_system - used.children_user - used.children_system, lines


def compare(package: str, directory: Path) -> bool:
    """Whether the plugin costs no more than it may, says nothing of its own, and takes nothing away."""
    alone, expected = checked(package, "", directory)
    ours, printed = checked(package, PLUGIN, directory)
    said = [line for line in printed if OURS.search(line)]
    kept = [line for line in printed if not OURS.search(line)]
    changed = list(difflib.unified_diff(expected, kept, lineterm="", n=0))
    print(f"{package}: {alone:.1f} s of CPU alone, {ours:.1f} s with the plugin: {ours / alone:.3f} (at most {BOUND})")
    print(f"  {len(expected)} lines of mypy's: {'NOT the same' if changed else 'the same'}; {len(said)} of ours")
    for line in [*changed[:40], *said[:20]]:
        print(f"  {line}")
    sys.stdout.flush()
    return not changed and not said and ours <= BOUND * alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", metavar="PACKAGE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        fine = [compare(package, Path(directory)) for package in options.packages]
    raise SystemExit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
