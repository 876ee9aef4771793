"""`mypy-torch-shapes init`: names the plugin in mypy's configuration, and keeps what is recorded out of git."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.config import DATA
from mypy_torch_shapes.starting import configuration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "mypy-torch-shapes init [--root DIR] [SCRIPT | -m MODULE] [ARGS ...]"
    parser.epilog = "With a program, its run is recorded at once, as by mypy-torch-shapes profile."
    parser.add_argument("--root", type=Path, default=Path(), help="the project (default: here)")


def run(args: argparse.Namespace) -> int:
    """Write what is missing, and nothing else; 1 if it has to be done by hand."""
    root: Path = args.root.resolve()
    try:
        said = [_configure(root), _ignore(root)]
    except configuration.Unclear as fault:
        messages.say(messages.configure_by_hand(configuration.find(root), fault))
        return 1
    except OSError as fault:
        messages.say(f"{fault.filename}: {fault.strerror}")
        return 1
    next_ = () if args.rest else (messages.WHAT_NEXT,)
    sys.stdout.writelines(f"{line}\n" for line in (*filter(None, said), *next_))
    return 0


def _configure(root: Path) -> str:
    path = configuration.find(root)
    if path is None:
        path = root / "mypy.ini"
        path.write_text(configuration.FRESH, encoding="utf-8")
        return messages.written(path.name)
    text = configuration.with_plugin(path)
    if text == path.read_text(encoding="utf-8"):
        return messages.already(path.name)
    path.write_text(text, encoding="utf-8")
    return messages.edited(path.name)


def _ignore(root: Path) -> str | None:
    """Only in a repository of git."""
    path, line = root / ".gitignore", f"{DATA}/"
    if not path.exists() and not any((place / ".git").exists() for place in (root, *root.parents)):
        return None
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if {line, DATA, f"/{line}", f"/{DATA}", f"**/{line}"} & {each.strip() for each in text.splitlines()}:
        return messages.already(path.name)
    path.write_text(f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n", encoding="utf-8")
    return messages.edited(path.name)
