"""What library code asks of the machine it runs on: packages, variables of the environment and of its context."""

from __future__ import annotations

import ast
from importlib import metadata

from ..shapes.unknown import Unknown
from .library_objects import method
from .run import Frame, Run
from .specials import special
from .values import Instance, Library, Raised, Value


@special("importlib.util.find_spec")
def _find_spec(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args or not isinstance(args[0], str) or "." in args[0]:
        return Unknown("whether a module is there")
    there = run.loader.is_installed(args[0])
    return Instance(Library("importlib.machinery.ModuleSpec"), complete=False) if there else None


@special("importlib.metadata.version")
def _version(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if not args or not isinstance(args[0], str):
        return Unknown("the version of a package")
    try:
        return metadata.version(args[0])
    except (metadata.PackageNotFoundError, ValueError):
        raise Raised("PackageNotFoundError") from None


@special("os.getenv", "os.environ.get")
def _getenv(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """What a library takes where nobody set anything; the project's own variables are not known."""
    if frame.module.project:
        return Unknown("a variable of the environment")
    return args[1] if len(args) > 1 else kwargs.get("default")


@special(
    "torch.xpu.is_available", "torch.mps.is_available", "torch.npu.is_available", "torch.backends.mps.is_available"
)  # fmt: skip
def _other_device(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The kinds of device library code asks for to go around something: taken not to be there."""
    return Unknown("a device of the machine") if frame.module.project else False


@special("torch.distributed.is_initialized", "torch.distributed.get_world_size", "torch.distributed.get_rank")
def _process_group(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    """Whether there is one is what the recorded runs saw, as devices are."""
    if not run.loader.one_process:
        return Unknown("whether there are several processes")
    if name == "is_initialized":
        return False
    if run.catching:
        raise Raised("ValueError")
    return Unknown("there is no process group")


_CONTEXT_VARIABLE, _TOKEN, _HELD = "contextvars.ContextVar", "contextvars.Token", "<value>"


@special(_CONTEXT_VARIABLE)
def _context_variable(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """A variable of the one context there is."""
    held = {_HELD: kwargs["default"]} if "default" in kwargs else {}
    return Instance(Library(_CONTEXT_VARIABLE), {"name": args[0] if args else kwargs.get("name"), **held})


@method(_CONTEXT_VARIABLE, name="get")
def _get(run: Run, variable: Instance, args: list[Value], kwargs: dict[str, Value], *_: object) -> Value:
    if not args and _HELD not in variable.attrs:
        raise Raised("LookupError")
    return variable.attrs.get(_HELD, *args)


@method(_CONTEXT_VARIABLE, name="set")
def _set(run: Run, variable: Instance, args: list[Value], kwargs: dict[str, Value], *_: object) -> Value:
    held = {_HELD: variable.attrs[_HELD]} if _HELD in variable.attrs else {}
    run.set_attribute(variable, _HELD, args[0] if args else kwargs.get("value"))
    return Instance(Library(_TOKEN), held)


@method(_CONTEXT_VARIABLE, name="reset")
def _reset(run: Run, variable: Instance, args: list[Value], kwargs: dict[str, Value], *_: object) -> Value:
    """Put back what the variable held when the token was made."""
    token = args[0] if args else kwargs.get("token")
    if not isinstance(token, Instance):
        run.set_attribute(variable, _HELD, Unknown("put back by an unknown token"))
    elif _HELD in token.attrs:
        run.set_attribute(variable, _HELD, token.attrs[_HELD])
    else:
        run.journal.touch(variable)
        variable.attrs.pop(_HELD, None)
    return None
