"""From saving a file of the residual network to what dmypy says: `python -m tests.editors.measure_dmypy`.

Edits that make an error alternate with edits that take it back, as in an editor; without the plugin beside it.
"""

from __future__ import annotations

import json
import os
import resource
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
            times, busy = round_trips(root, plugin="plugins" in text)
            typical = f"{statistics.median(times):.2f} s (median), {min(times):.2f} to {max(times):.2f} s"
            print(f"{name}: {typical}; {busy:.2f} s of CPU each, client and daemon")


def round_trips(root: Path, plugin: bool) -> tuple[list[float], float]:
    path = root / "resnet.py"
    right = path.read_text()
    times = []
    try:
        dmypy(root, "run")
        before = cpu(root)
        for number in range(ROUNDS):
            text = broken(right) if number % 2 == 0 else right
            path.write_text(text)
            start = time.perf_counter()
            said = dmypy(root, "run")
            times.append(time.perf_counter() - start)
            assert (MESSAGE in said) is (plugin and text != right), said
        busy = (cpu(root) - before) / ROUNDS
    finally:
        path.write_text(right)
        dmypy(root, "stop")
    return times, busy


def cpu(root: Path) -> float:
    """Seconds of processor time of all clients so far and of the daemon: on a busy machine, the clock says more."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    daemon = json.loads((root / ".dmypy.json").read_text())["pid"]
    fields = Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return clients.ru_utime + clients.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def dmypy(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "mypy.dmypy", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    main()
