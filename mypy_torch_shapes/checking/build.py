"""One build of mypy's: which files are looked at, when they are reported, what its cache and its daemon are told."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from mypy.errors import Errors
from mypy.nodes import MypyFile
from mypy.options import Options

import mypy_torch_shapes
from mypy_torch_shapes import config, messages
from mypy_torch_shapes._version import __version__
from mypy_torch_shapes.checking import codes as codes  # mypy must know them before it looks at its options
from mypy_torch_shapes.checking.outcomes import Outcomes

LIBRARIES = ("/site-packages/", "/dist-packages/")


class Build:
    """What lives as long as mypy's own build does: one run, or a daemon."""

    _has_been = False  # whether this is not the first one in this process

    def __init__(self, options: Options) -> None:
        self._daemon = "mypy.dmypy_server" in sys.modules
        self._errors = errors_of(options, thoroughly=not (self._daemon and Build._has_been))
        Build._has_been = True
        settings = config.read(options.config_file, Path.cwd())
        for problem in settings.problems:
            messages.say(problem)
        self.modules: dict[str, MypyFile] = {}
        self.module_calls = settings.module_calls
        self._outcomes = Outcomes(settings, shadows=dict(options.shadow_file or ()))
        self._reported: dict[str, Options] = {}  # path -> mypy's options for that file
        if self._daemon:
            chosen = f"{self.module_calls}{settings.suspicious}"
            restart_on_change_of(f"{self._outcomes.profile_digest()}{chosen}")

    def cache_data(self, path: str) -> str | tuple[str | None, str] | None:
        """What mypy keeps with a module and compares on the next run: a digest of what was said of it.

        Not a digest of what it depends on: an edit elsewhere that changes nothing here leaves the module fresh.
        """
        digest = self._outcomes.of(path).digest() if is_ours(path) else None
        return (digest, "module_calls") if self.module_calls else digest

    def parsed(self, file: MypyFile) -> None:
        """A daemon looks for unused ignores before `checked`, so those of ours that are used are marked here."""
        if not self._daemon or self._errors is None or not is_ours(file.path):
            return
        from mypy_torch_shapes.checking import report

        if report.has_own_ignores(file):
            self._outcomes.look_again()
            report.mark_used_ignores(self._errors, file, self._outcomes.of(file.path).outcome())

    def checked(self, file: MypyFile) -> None:
        """A module is done: say what there is to say of it."""
        if self._errors is None or not is_ours(file.path) or file.path in self._errors.ignored_files:
            return
        from mypy_torch_shapes.checking import report

        self._reported[file.path] = self._errors.options
        files = [file]
        if self._daemon:
            # It calls this for the edited modules alone, having thrown away the errors of all others.
            self._outcomes.look_again()
            files = [module for module in self.modules.values() if module.path in self._reported]
        for each in files:
            report.publish(self._errors, each, self._reported[each.path], self._outcomes.of(each.path).outcome())


def is_ours(path: str) -> bool:
    """Whether there can be anything to say of a file: source, and not of an installed library."""
    return path.endswith(".py") and not any(each in path.replace("\\", "/") for each in LIBRARIES)


def errors_of(options: Options, thoroughly: bool) -> Errors | None:
    """Where mypy collects the errors of the build that these options are of.

    No hook is handed it in a module without classes and checked calls, so it is looked for, at this moment while it
    is among the newest objects. There is none when a daemon's `run` makes a plugin just to compare its version, and
    going through all objects of a daemon takes long.
    """
    for generation in (0, None) if thoroughly else (0,):
        for each in gc.get_objects(generation):
            if type(each) is Errors and each.options is options:
                return each
    return None


def restart_on_change_of(profile: str) -> None:
    """Make mypy's daemon restart when the profile is another one: it does so for another plugin version.

    It asks no plugin anything in a run without edited sources.
    """
    mypy_torch_shapes.__version__ = f"{__version__}+{profile}"
