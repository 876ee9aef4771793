"""Where a tensor came from: the operation that made it, or what of a recorded run it is."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .run import Frame


class Origin(NamedTuple):
    """What made a tensor; `kind` is one of those below."""

    kind: str
    name: str = ""  # the operation, the class of the layer, the argument, "module:Class.attribute", the variable
    path: Path | None = None  # where the operation stands
    line: int = 0


OPERATION = "operation"
LAYER = "layer"
PARAMETER = "parameter"  # of a layer that today's source constructs
ARGUMENT = "argument"  # of a recorded call
ATTRIBUTE = "attribute"  # of a recorded live object
CONSTRUCTOR = "constructor argument"  # of a recorded live object
VARIABLE = "variable"  # of a script, as the run saw it


class Source(NamedTuple):
    """What led to a context: the recorded function that was entered, or a file's own code, and the runs it was in."""

    function: str  # "module:qualname"; "module" alone for a file's own code
    runs: tuple[int, ...]


def of_node(kind: str, name: str, node: ast.AST, frame: Frame) -> Origin:
    """The origin of what an expression makes."""
    return Origin(kind, name, frame.module.path, getattr(node, "lineno", 0))
