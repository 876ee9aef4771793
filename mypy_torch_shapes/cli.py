"""The command `mypy-torch-shapes`: its subcommands and their options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from mypy_torch_shapes._version import __version__


class Subcommand(NamedTuple):
    """A subcommand: one line of help, and the module that has `add_arguments(parser)` and `run(args) -> int`."""

    help: str
    module: str
    then: str = ""  # the subcommand that runs the program, where one is named behind the options


SUBCOMMANDS = {
    "init": Subcommand("name the plugin in mypy's configuration", "mypy_torch_shapes.starting.init", "profile"),
    "doctor": Subcommand("say what is missing, and how to mend it", "mypy_torch_shapes.starting.doctor"),
    "profile": Subcommand("run a program and record what its tensors look like", "mypy_torch_shapes.profiling.command"),
    "show": Subcommand("list what was recorded", "mypy_torch_shapes.profiling.show"),
    "status": Subcommand("say what of the profile is stale, and how to record it again", "mypy_torch_shapes.status"),
    "reveal": Subcommand("print source with the inferred type of every tensor", "mypy_torch_shapes.reveal.command"),
    "lsp": Subcommand("serve shapes to an editor: inlay hints and hovers", "mypy_torch_shapes.lsp.command"),
    "annotate": Subcommand("write the inferred types into source files", "mypy_torch_shapes.annotate.command"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="mypy-torch-shapes",
        description="Tensor shapes and dtypes for mypy: record a program once, then mypy knows its tensors.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="command")
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    runners: dict[str, Callable[[argparse.Namespace], int]] = {}
    for name, subcommand in SUBCOMMANDS.items():
        described = commands.add_parser(name, help=subcommand.help, description=subcommand.help.capitalize() + ".")
        if name == chosen:  # only this one is imported
            module = import_module(subcommand.module)
            module.add_arguments(described)
            runners[name] = module.run
            running = import_module(SUBCOMMANDS[subcommand.then].module) if subcommand.then else module
            if hasattr(running, "split"):
                arguments, rest = running.split(arguments, name)
                described.set_defaults(rest=rest)
    namespace, unknown = parser.parse_known_args(arguments)
    if unknown:  # argparse itself would show how to use the command as a whole
        commands.choices[namespace.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    status = runners[namespace.command](namespace)
    then = SUBCOMMANDS[namespace.command].then
    if status or not then or not namespace.rest:
        return status
    return main([then, "--root", str(namespace.root), *namespace.rest])
