"""`mypy-torch-shapes lsp`: a language server on standard input and output."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from mypy_torch_shapes import messages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, help="where .mypy_torch_shapes is (default: found for each file)")
    parser.add_argument("--stdio", action="store_true", help="accepted because editors pass it; there is no other way")


def run(args: argparse.Namespace) -> int:
    """Serve until the editor says to exit; 1 where pygls is not installed."""
    if importlib.util.find_spec("pygls") is None or importlib.util.find_spec("lsprotocol") is None:
        messages.say(messages.NO_PYGLS)
        return 1
    from mypy_torch_shapes.lsp.server import serve

    serve(args.root.resolve() if args.root else None)
    return 0
