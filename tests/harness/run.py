"""Runs a driver with chosen program files instrumented: `python -m tests.harness.run --out LOG --file F driver.py`."""

from __future__ import annotations

import argparse
import builtins
import sys
import traceback
from pathlib import Path
from types import ModuleType

from tests.harness.instrument import Finder, Tables, instrumented
from tests.harness.recorder import Recorder, write

REPOSITORY = str(Path(__file__).resolve().parents[2])


def execute(script: Path, root: Path, files: list[str], arguments: list[str], tables: Tables) -> None:
    """Run `script` as `__main__`, itself instrumented if it is among `files`."""
    sys.path[:] = [str(script.parent), *(entry for entry in sys.path if entry not in ("", REPOSITORY, str(root)))]
    sys.argv = [str(script), *arguments]
    main = ModuleType("__main__")
    main.__dict__.update(__file__=str(script), __builtins__=builtins)
    sys.modules["__main__"] = main
    source = script.read_text(encoding="utf-8")
    relative = str(script.relative_to(root))
    tree = instrumented(source, relative, tables) if relative in files else source
    exec(compile(tree, str(script), "exec", dont_inherit=True), main.__dict__)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--file", action="append", default=[], help="a program file, relative to the directory")
    parser.add_argument("driver", type=Path)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    root = Path.cwd().resolve()
    tables = Tables()
    recorder = Recorder(tables)
    recorder.install()
    Finder(root, options.file, tables).install()
    error = None
    try:
        execute((root / options.driver).resolve(), root, options.file, options.arguments, tables)
    except SystemExit as stop:
        error = None if stop.code in (None, 0) else f"exit code {stop.code}"
    except Exception:  # noqa: BLE001 - the program's own failure is a result; the log tells it
        error = traceback.format_exc()
        sys.stderr.write(error)
    write(options.out, {**recorder.log(), "error": error})
    return 0 if error is None else 1


if __name__ == "__main__":
    sys.exit(main())
