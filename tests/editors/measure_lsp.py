"""How long inlay hints take: at first, again, and after an edit. `python -m tests.editors.measure_lsp FILE`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.editors.client import Client

EDITS = 10


def main() -> None:
    path = Path(sys.argv[1]).resolve()
    text = path.read_text()
    client = Client([sys.executable, "-m", "mypy_torch_shapes", "lsp"], path.parent)
    client.open(path)
    end = {"line": text.count("\n") + 1, "character": 0}
    where = {"textDocument": {"uri": path.as_uri()}, "range": {"start": {"line": 0, "character": 0}, "end": end}}

    def cpu() -> float:
        """Seconds of processor time the server has had: on a busy machine, what the clock says is not its own."""
        fields = Path(f"/proc/{client.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def seconds() -> float:
        start = time.perf_counter()
        client.request("textDocument/inlayHint", where)
        return time.perf_counter() - start

    count = len(text.splitlines())
    print(f"{path.name}, {count} lines: first {seconds():.2f} s, again {seconds() * 1000:.0f} ms", end="")
    edited, before = [], cpu()
    for number in range(EDITS):
        client.change(path, text.rstrip("\n") + f"\nnumber = {number}\n", number + 2)
        edited.append(seconds())
    typical, each = sorted(edited)[EDITS // 2], (cpu() - before) / EDITS
    print(f", after an edit {typical:.2f} s (median), {max(edited):.2f} s (longest), {each:.2f} s of CPU")
    client.close()


if __name__ == "__main__":
    main()
