"""Tensor shapes and dtypes for mypy, from one observed run of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mypy_torch_shapes._version import __version__

if TYPE_CHECKING:
    from mypy.plugin import Plugin

__all__ = ["__version__", "plugin"]


def plugin(version: str) -> type[Plugin]:
    """The plugin class for this version of mypy: what `plugins = mypy_torch_shapes` calls."""
    # Not a submodule called `plugin`: importing one would replace this very function.
    from mypy_torch_shapes.mypy_plugin import plugin_for

    return plugin_for(version)
