"""A generated project of many modules: how long recording takes, and mypy cold, warm, after an edit, and as a daemon.

Run: python benchmarks/scale.py --modules 300 --functions 10
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
MODULE = """\
import torch
from torch import nn
{imports}

class Block{number}(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return {chain}


"""
FUNCTION = """\
def f{number}_{place}(x, scale):
    y = x * scale
    return torch.relu(y).reshape(x.shape[0], -1)


"""
INI = "[mypy]\n{plugin}files = .\nerror_summary = false\n"


def generate(root: Path, modules: int, functions: int) -> None:
    """Modules that use each other in chains of ten, and one program that runs them all."""
    (root / "big").mkdir()
    (root / "big/__init__.py").write_text("")
    for number in range(modules):
        chained = number % 10 != 0
        imports = f"from big.m{number - 1} import Block{number - 1}, f{number - 1}_0\n" if chained else ""
        chain = "".join(f"f{number}_{place}(" for place in range(functions))
        inner = f"f{number - 1}_0(self.fc(x), 2.0)" if chained else "self.fc(x)"
        text = MODULE.format(imports=imports, number=number, chain=chain + inner + ", 0.5)" * functions)
        text += "".join(FUNCTION.format(number=number, place=place) for place in range(functions))
        (root / f"big/m{number}.py").write_text(text)
    lines = [f"from big.m{number} import Block{number}" for number in range(modules)]
    calls = [f"    Block{number}(16)(torch.randn(4, 16))" for number in range(modules)]
    program = ["import torch", *lines, "", "", "def main():", *calls, "", "", "main()", ""]
    (root / "main.py").write_text("\n".join(program))


def timed(root: Path, what: str, *command: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    begin, used = time.perf_counter(), os.times()
    words = [sys.executable, "-m", *command]
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    seconds, now = time.perf_counter() - begin, os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    last = "".join((done.stdout or done.stderr).strip().splitlines()[-1:])
    print(f"{what:<28} {seconds:7.1f} s  {cpu:7.1f} s cpu   {last}", flush=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=300)
    parser.add_argument("--functions", type=int, default=9, help="in each module, beside its class")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        generate(root, options.modules, options.functions)
        last = root / f"big/m{options.modules - 1}.py"
        (root / "mypy.ini").write_text(INI.format(plugin=""))
        timed(root, "mypy alone, cold", "mypy", "--cache-dir", "alone")
        timed(root, "mypy alone, warm", "mypy", "--cache-dir", "alone")
        (root / "mypy.ini").write_text(INI.format(plugin="plugins = mypy_torch_shapes\n"))
        timed(root, "profile", "mypy_torch_shapes", "profile", "main.py")
        timed(root, "profile without the probe", "mypy_torch_shapes", "profile", "--no-probe", "main.py")
        size = (root / ".mypy_torch_shapes/profile.json").stat().st_size
        print(f"profile.json: {size / 1e6:.1f} MB")
        timed(root, "cold", "mypy")
        timed(root, "warm", "mypy")
        last.write_text(last.read_text().replace("nn.Linear(width, width)", "nn.Linear(width, width + 1)"))
        timed(root, "after an edit", "mypy")
        last.write_text(last.read_text().replace("width + 1)", "width)"))
        timed(root, "status", "mypy_torch_shapes", "status")
        timed(root, "dmypy, first", "mypy.dmypy", "run", "--", ".")
        last.write_text(last.read_text().replace("nn.Linear(width, width)", "nn.Linear(width, width + 1)"))
        timed(root, "dmypy, after an edit", "mypy.dmypy", "run", "--", ".")
        timed(root, "dmypy, nothing new", "mypy.dmypy", "run", "--", ".")
        timed(root, "dmypy stop", "mypy.dmypy", "stop")


if __name__ == "__main__":
    main()
