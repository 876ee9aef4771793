"""From saving a file of the residual network to what dmypy says: `python -m tests.editors.measure_dmypy`.

Edits that make an error alternate with edits that take it back, as in an editor; without the plugin beside it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.editors.conftest import INI, MESSAGE, NETWORK, broken
from tests.tools.support import REPOSITORY, record

ROUNDS = 10


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(shutil.copytree(NETWORK, Path(place).resolve() / "network"))
        ini = INI.format(cache=root.parent / "cache")
        (root / "mypy.ini").write_text(ini)
        assert record(root, "driver.py", "N=4", "H=32", "W=40").returncode == 0
        for name, text in (("with the plugin", ini), ("mypy alone", ini.replace("plugins = mypy_torch_shapes\n", ""))):
            (root / "mypy.ini").write_text(text)
            times = round_trips(root, plugin="plugins" in text)
            typical = statistics.median(times)
            print(f"{name}: {typical:.2f} s (median of {len(times)}), {min(times):.2f} to {max(times):.2f} s")


def round_trips(root: Path, plugin: bool) -> list[float]:
    path = root / "resnet.py"
    right = path.read_text()
    times = []
    try:
        dmypy(root, "run")
        for number in range(ROUNDS):
            text = broken(right) if number % 2 == 0 else right
            path.write_text(text)
            start = time.perf_counter()
            said = dmypy(root, "run")
            times.append(time.perf_counter() - start)
            assert (MESSAGE in said) is (plugin and text != right), said
    finally:
        path.write_text(right)
        dmypy(root, "stop")
    return times


def dmypy(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "mypy.dmypy", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main()
