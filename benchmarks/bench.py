"""What we cost on a ResNet program, as ratios of one session: mypy over mypy alone, training over unrecorded."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests" / "programs" / "small_resnet"
TRAINING = Path(__file__).with_name("training_loop.py")
SOURCE, DRIVER, SIZES = "resnet.py", "driver.py", ["N=4", "H=32", "W=40"]
# A measurement, its bound, and whether it is a ratio or seconds.
BOUNDS = {"cold": 1.15, "warm": 1.05, "after an edit": 2.0, "dmypy re-check (s)": 0.5, "recording": 1.05}
STEPS = "20"  # of the training loop


class Project:
    """A copy of the program with a mypy.ini and caches of its own."""

    def __init__(self, root: Path, plugin: bool) -> None:
        self.root = root
        shutil.copytree(PROGRAM, root)
        plugins = "plugins = mypy_torch_shapes\n" if plugin else ""
        (root / "mypy.ini").write_text(f"[mypy]\n{plugins}files = {SOURCE}, {DRIVER}\nignore_missing_imports = true\n")
        self.edits = 0

    def edit(self) -> None:
        """Change one line of the network's source."""
        self.edits += 1
        path = self.root / SOURCE
        lines = [line for line in path.read_text().splitlines() if not line.startswith("EDITED")]
        path.write_text("\n".join([*lines, f"EDITED = {self.edits}", ""]))

    def forget(self) -> None:
        shutil.rmtree(self.root / ".mypy_cache", ignore_errors=True)
        shutil.rmtree(self.root / ".mypy_torch_shapes" / "cache", ignore_errors=True)

    def output(self, *command: str) -> str:
        # Where Python may not keep compiled files, each run would compile the plugin, and not mypy, which is compiled.
        own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        words = [sys.executable, *command]
        done = subprocess.run(words, cwd=self.root, env=own, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stdout + done.stderr)
        return done.stdout

    def run(self, *command: str) -> float:
        start = time.perf_counter()
        self.output("-m", *command)
        return time.perf_counter() - start

    def mypy(self) -> float:
        return self.run("mypy")

    def edited(self) -> float:
        self.edit()
        return self.mypy()

    def cold(self) -> float:
        self.forget()
        return self.mypy()

    def dmypy(self) -> float:
        self.edit()
        return self.run("mypy.dmypy", "run")

    def train(self, *recorder: str) -> float:
        """Seconds of the training loop, as it says itself: neither start nor probe counts."""
        shutil.copy(TRAINING, self.root)
        return float(self.output(*recorder, TRAINING.name, STEPS))


def compare(
    name: str, rounds: int, alone: Callable[[], float], plugin: Callable[[], float]
) -> tuple[str, float, float, float]:
    """Alternate, so that both see the same machine; the ratio is that of the medians."""
    times = [(alone(), plugin()) for _ in range(rounds)]
    a, b = median(each[0] for each in times), median(each[1] for each in times)
    return name, a, b, b / a


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of each quick measurement (cold: a fifth)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        alone, plugin = Project(Path(directory) / "alone", False), Project(Path(directory) / "plugin", True)
        plugin.run("mypy_torch_shapes", "profile", DRIVER, *SIZES)
        alone.mypy()  # the first run of all reads every file from disk
        rows = [
            compare("cold", max(1, rounds // 5), alone.cold, plugin.cold),
            compare("warm", rounds, alone.mypy, plugin.mypy),
            compare("after an edit", rounds, alone.edited, plugin.edited),
        ]
        try:
            alone.dmypy(), plugin.dmypy()
            name, a, b, _ = compare("dmypy re-check (s)", rounds, alone.dmypy, plugin.dmypy)
            rows.append((name, a, b, b))
        finally:
            for each in (alone, plugin):
                each.run("mypy.dmypy", "stop")
        recorder = ["-m", "mypy_torch_shapes", "profile", "--no-probe"]
        rows.append(compare("recording", rounds // 2, alone.train, lambda: plugin.train(*recorder)))
    for name, a, b, figure in rows:
        verdict = "ok" if figure <= BOUNDS[name] else "TOO SLOW"
        print(f"{name:20} {a:7.3f} s alone {b:7.3f} s with {figure:6.2f}  (at most {BOUNDS[name]:.2f})  {verdict}")
    return int(any(figure > BOUNDS[name] for name, _, _, figure in rows))


if __name__ == "__main__":
    sys.exit(main())
