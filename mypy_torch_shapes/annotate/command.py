"""`mypy-torch-shapes annotate`: source files with the inferred types as jaxtyping annotations."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from pathlib import Path

from mypy_torch_shapes import messages
from mypy_torch_shapes.annotate import trial
from mypy_torch_shapes.annotate.signatures import Signature, signature
from mypy_torch_shapes.config import Config, default_root
from mypy_torch_shapes.evaluation.session import Session
from mypy_torch_shapes.seeds.store import profile_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="source files to annotate")
    parser.add_argument("--diff", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--root", type=Path, help="where .mypy_torch_shapes is (default: here)")


def run(args: argparse.Namespace) -> int:
    """Annotate every file that can be; 1 if one could not."""
    try:
        from mypy_torch_shapes.annotate.rewriting import rewrite
    except ModuleNotFoundError as missing:
        if missing.name != "libcst":
            raise
        messages.say(messages.NO_LIBCST)
        return 1
    from mypy_torch_shapes.opening import session_for

    root = (args.root or default_root(None, Path.cwd())).resolve()
    if not profile_path(root).exists():
        messages.say(messages.no_profile(root))
    session = session_for(Config(root), signatures=True)
    before: dict[str, str] = {}
    wanted: dict[str, dict[str, Signature]] = {}
    for name in dict.fromkeys(args.files):
        try:
            before[name] = Path(name).read_bytes().decode("utf-8")
            wanted[name] = signatures_of(session, Path(os.path.abspath(name)))
        except OSError as fault:
            messages.say(messages.cannot_reveal(name, fault.strerror or fault))
        except (SyntaxError, ValueError) as fault:
            messages.say(messages.cannot_reveal(name, fault))
    after = {name: rewrite(before[name], wanted[name]) for name in wanted}
    try:
        for name, functions in trial.faulty(before, after).items():
            left = {function: each for function, each in wanted[name].items() if function not in functions}
            after[name] = rewrite(before[name], left)
            for function in sorted(functions & wanted[name].keys()):
                messages.say(messages.not_annotated(name, function))
    except trial.CannotCheck as fault:
        messages.say(messages.untried(fault))
    for name in after:
        put(name, before[name], after[name], args.diff)
    return 0 if len(after) == len(set(args.files)) else 1


def signatures_of(session: Session, file: Path) -> dict[str, Signature]:
    """What is to be written for the functions of a file, by qualified name."""
    contexts = [each for each in session.entries_of(file) if each.function and each.calls]
    found: dict[str, Signature] = {}
    functions: dict[str, str] = {}  # qualified name -> module
    for entry in contexts:
        functions.setdefault(entry.function, entry.module.name)
    for function, module in functions.items():
        entries = [each for each in contexts if each.function == function]
        observed = [each for each in entries if each.general and not each.vague]
        records = [each for each in session.profile.calls if each.function == f"{module}:{function}"]
        real = [each for each in records if each.probe is None]
        found[function] = signature(observed or [each for each in entries if not each.vague], real)
    return found


def put(name: str, before: str, after: str, only_show: bool) -> None:
    """Write a file that changed, or show how it would."""
    if before == after:
        return
    if not only_show:
        Path(name).write_bytes(after.encode("utf-8"))
        return
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    sys.stdout.writelines(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"))
