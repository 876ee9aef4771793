"""Tensor shapes and dtypes for mypy, from one observed run of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy_torch_shapes._version import __version__

if TYPE_CHECKING:
    import os
    from contextlib import AbstractContextManager

    from mypy.plugin import Plugin

__all__ = ["__version__", "plugin", "record"]


def record(
    root: str | os.PathLike[str] | None = None, *, include: tuple[str, ...] = (), probe: bool = True
) -> AbstractContextManager[None]:
    """Record what runs inside `with record():`, into the store of the project at `root` (default: here).

    `include` names packages or directories to watch besides the project's own files; `probe` says whether other sizes
    are tried at the end. Inside another recording it does nothing.
    """
    from mypy_torch_shapes.profiling.session import recording

    return recording(root, include, probe)


def plugin(version: str) -> type[Plugin]:
    """The plugin class for this version of mypy: what `plugins = mypy_torch_shapes` calls."""
    # Not a submodule called `plugin`: importing one would replace this very function.
    from mypy_torch_shapes.mypy_plugin import plugin_for

    return plugin_for(version)
