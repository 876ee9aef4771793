"""Which functions are watched: the project's own, found in their source."""

from __future__ import annotations

import ast
import os
import site
import sys
import sysconfig
from dataclasses import dataclass, field
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_OPTIMIZED, CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from types import CodeType
from typing import Any

from mypy_torch_shapes.profiling.names import real_module
from mypy_torch_shapes.seeds.digests import (
    MODULE,
    Located,
    first_line,
    function_digest,
    module_digest,
    walk_functions,
)
from mypy_torch_shapes.seeds.model import FunctionRecord
from mypy_torch_shapes.seeds.slices import Slicer

_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


@dataclass(eq=False)
class Watched:
    """A watched function, and the code object it was found by (held, so that its id stays its own)."""

    key: str  # "module:qualname"
    code: CodeType
    record: FunctionRecord
    library: bool = False  # not the project's: only watched as the root of a module call
    names: tuple[str, ...] = ()  # parameters in signature order
    resumes: bool = False  # a generator or coroutine
    calls: int = 0
    quiet: bool = False  # no tensors in many calls: not looked at any more
    has_tensors: bool = False
    signatures: dict[object, int] = field(default_factory=dict)  # how many calls were kept, by all but the numbers


class Watch:
    """Decides for a code object whether it is watched."""

    def __init__(self, root: Path, include: tuple[str, ...]) -> None:
        self.root = root
        self._prefix = str(root) + os.sep
        self._include_files = tuple(str(Path(item).resolve()) + os.sep for item in include if Path(item).is_dir())
        self._include_modules = tuple(item for item in include if not Path(item).is_dir())
        self._installed = _installed_directories(root)
        self._own_files: dict[str, bool] = {}
        self._sources: dict[str, dict[tuple[str, int], tuple[str, Located]]] = {}
        self._trees: dict[str, ast.Module] = {}
        self._slicers: dict[str, Slicer] = {}
        self.functions: dict[str, FunctionRecord] = {}

    def decide(self, code: CodeType, namespace: dict[str, Any]) -> Watched | None:
        """What to watch `code` as, or None."""
        if code.co_name == MODULE:
            self._note_module(code, namespace)
        if not code.co_flags & CO_OPTIMIZED or code.co_name.startswith("<"):
            return None
        module = namespace.get("__name__")
        if not isinstance(module, str) or not self._is_own(code.co_filename, module):
            return None
        return self.find(code, module)

    def module_of(self, code: CodeType, namespace: dict[str, Any]) -> str | None:
        """The key of the module whose own code this is, if it is one of the project's."""
        module = namespace.get("__name__")
        if code.co_name != MODULE or not isinstance(module, str) or not self._is_own(code.co_filename, module):
            return None
        return f"{real_module(module)}:{MODULE}"

    def is_own_namespace(self, namespace: dict[str, Any]) -> bool:
        """Whether these are the globals of one of the project's modules."""
        file, module = namespace.get("__file__"), namespace.get("__name__")
        return isinstance(file, str) and isinstance(module, str) and self._is_own(file, module)

    def _note_module(self, code: CodeType, namespace: dict[str, Any]) -> None:
        """Keep the digest of a module's own code: what it hands to functions depends on it."""
        module = namespace.get("__name__")
        if not isinstance(module, str) or not self._is_own(code.co_filename, module):
            return
        path = Path(os.path.realpath(code.co_filename))
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            return  # what has no source to be found cannot be compared with it later
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        record = FunctionRecord(real_module(module), MODULE, name.as_posix(), 1, module_digest(tree))
        self.functions.setdefault(f"{record.module}:{MODULE}", record)

    def find(self, code: CodeType, module: str, library: bool = False) -> Watched | None:
        """The function of `code`, if its source can be found there."""
        path = os.path.realpath(code.co_filename)
        found = self._source(path).get((code.co_name, code.co_firstlineno))
        if found is None:
            return None
        qualname, (node, owner) = found
        file = Path(path)
        name = str(file.relative_to(self.root)) if file.is_relative_to(self.root) else path
        slicer = self.slicer(path) if node.name == "__init__" and not library else None
        slices = slicer.attributes(qualname) if slicer is not None else {}
        made = tuple((attribute, each.digest) for attribute, each in slices.items())
        record = FunctionRecord(
            real_module(module), qualname, Path(name).as_posix(), node.lineno, function_digest(node, owner), made=made
        )
        key = f"{record.module}:{record.qualname}"
        if self.functions.setdefault(key, record) != record:
            return None  # another function of the same name: the setter of a property, a second definition
        resumes = bool(code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR))
        return Watched(key, code, record, library, parameter_names(code), resumes)

    def _is_own(self, file: str, module: str) -> bool:
        if any(module == name or module.startswith(name + ".") for name in self._include_modules):
            return True
        found = self._own_files.get(file)
        if found is None:
            path = os.path.realpath(file)
            own = path.startswith(self._prefix) and not path.startswith(self._installed)
            own = (own and not _in_environment(Path(path), self.root)) or path.startswith(self._include_files)
            found = self._own_files[file] = own and not path.startswith(_PACKAGE)
        return found

    def slicer(self, file: str) -> Slicer | None:
        """Of a source file; None where there is no source to be found."""
        path = os.path.realpath(file)
        self._source(path)
        if path not in self._slicers and path in self._trees:
            self._slicers[path] = Slicer(self._trees[path])
        return self._slicers.get(path)

    def _source(self, path: str) -> dict[tuple[str, int], tuple[str, Located]]:
        found = self._sources.get(path)
        if found is None:
            found = self._sources[path] = {}
            try:
                tree = ast.parse(Path(path).read_bytes())
            except (OSError, SyntaxError, ValueError, RecursionError):
                return found  # no source to be found there: nothing in it is watched
            self._trees[path] = tree
            for qualname, node, owner in walk_functions(tree):
                found[node.name, first_line(node)] = (qualname, (node, owner))
        return found


def parameter_names(code: CodeType) -> tuple[str, ...]:
    """Parameters in signature order: `*args` stands before the keyword-only ones."""
    names = list(code.co_varnames)
    positional, keyword = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    ordered = names[:positional]
    if code.co_flags & CO_VARARGS:
        ordered.append(names[keyword])
    ordered += names[positional:keyword]
    if code.co_flags & CO_VARKEYWORDS:
        ordered.append(names[keyword + bool(code.co_flags & CO_VARARGS)])
    return tuple(ordered)


def _installed_directories(root: Path) -> tuple[str, ...]:
    """Where Python and installed packages are."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {*site.getsitepackages(), site.getusersitepackages()}
    if Path(sys.prefix).resolve() != root:
        paths.add(sys.prefix)
    return tuple(os.path.realpath(path) + os.sep for path in paths if path)


def _in_environment(path: Path, root: Path) -> bool:
    """Whether a file below the root belongs to a virtual environment there."""
    inner = path.relative_to(root).parts
    if "site-packages" in inner or "dist-packages" in inner:
        return True
    directories = (root.joinpath(*inner[:i]) for i in range(1, len(inner)))
    return any((directory / "pyvenv.cfg").exists() for directory in directories)
