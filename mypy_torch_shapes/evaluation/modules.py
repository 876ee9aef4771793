"""Source files as modules: finding them, parsing them once, and what importing a name means."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .syntax import nodes_of
from .values import Env, Library, Value

# Libraries that are never entered: their functions have rules, the oracle, or nothing.
BY_REFERENCE = sys.stdlib_module_names | {
    "torch", "numpy", "einops", "tqdm", "scipy", "packaging", "regex", "mypy_torch_shapes",
    "jaxtyping", "beartype", "typeguard",
}  # fmt: skip

_LARGEST_FILE = 2_000_000  # bytes


@dataclass(eq=False)
class SourceModule:
    """A module that is known by its source."""

    name: str
    path: Path
    tree: ast.Module
    digest: str
    project: bool  # below the project's root and not installed
    foreign: bool = False  # a library's, and without a word of torch
    env: Env = field(init=False)
    executed: bool = False
    pending: dict[str, list[ast.stmt]] = field(default_factory=dict)  # by name: what is run when it is asked for
    typing: tuple[dict[str, Value], list[str]] | None = None  # what it imports for type checkers, once looked at
    ran: set[ast.stmt] = field(default_factory=set)  # of these, what has been run for another name
    names: object = None  # what annotations in it mean (annotation_names.Names), once looked up
    stars: list[str] = field(default_factory=list)  # modules star-imported, looked into for missing names

    def __post_init__(self) -> None:
        self.env = Env({"__name__": self.name, "__file__": str(self.path), "__doc__": None}, None, self)

    def again(self) -> SourceModule:
        """The same source as a module of its own, not run yet: as Python makes `__main__` of a script."""
        return SourceModule(self.name, self.path, self.tree, self.digest, self.project, self.foreign)

    @property
    def package(self) -> str:
        """What relative imports are relative to."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


@dataclass(eq=False)
class LazyImport:
    """An imported name. What it is stays in here: a branch that is the first to ask changes no scope by it."""

    module: str
    name: str | None  # None: the module itself
    found: tuple[Any, ...] = ()  # once asked for, what it is


class Loader:
    """Finds the source of modules, without importing anything."""

    def __init__(
        self,
        root: Path,
        known: dict[str, Path],
        classes: Iterable[str] = (),
        unsaved: Mapping[Path, bytes] | None = None,
    ) -> None:
        self.root = root
        self.unsaved = unsaved or {}  # what editors hold of files, in the place of what is on disk
        self.known = known  # module name -> file, as the profile has seen them
        self.homes: dict[str, list[str]] = {}  # class -> the modules in which the profile has seen one of that name
        for each in classes:
            module, _, name = each.partition(":")
            self.homes.setdefault(name, []).append(module)
        self.one_process = False  # whether the recorded runs were each in no process group
        self.modules: dict[str, SourceModule | None] = {}
        self.torch_bases: dict[str, SourceModule | None] = {}  # modules of torch's that are entered for base classes
        self.absent: set[Path] = set()  # files of the project that were looked for in vain
        self.scripts: dict[str, Callable[[], None]] = {}  # how those of the recorded run are run that have not been
        self.operators: dict[str, Any] = {}  # what the program registers with torch.library: "mine.op" -> function
        self.lengthy: set[ast.AST] = set()  # functions that take too long to evaluate when used as decorators
        self.following: set[tuple[str, str]] = set()  # imports being followed, against circles
        installed = [Path(entry) for entry in sys.path if entry and Path(entry).is_dir()]
        started = sorted({_imported_from(name, path) for name, path in known.items()})
        self.search = list(dict.fromkeys([root, root / "src", *started, *installed]))

    def find(self, name: str) -> SourceModule | None:
        """The module's source, or None where it has none that may be entered."""
        if name not in self.modules:
            self.modules[name] = self._find(name)
        return self.modules[name]

    def _find(self, name: str) -> SourceModule | None:
        by_reference = name.partition(".")[0] in BY_REFERENCE
        for candidate in self.candidates(name):
            if candidate.is_file() and (not by_reference or self._is_project(candidate)):
                return self.read(name, candidate)
            if candidate.is_relative_to(self.root):
                self.absent.add(candidate)
        return None

    def candidates(self, name: str) -> Iterator[Path]:
        """Where the source of a module may be, the first place first."""
        if name in self.known:
            yield self.known[name]
        *packages, last = name.split(".")
        for base in self.search:
            yield base.joinpath(*packages, f"{last}.py")
            yield base.joinpath(*packages, last, "__init__.py")

    def read(self, name: str, path: Path) -> SourceModule | None:
        """Parse a file; None where it is no Python that this interpreter can parse."""
        source = self.unsaved.get(path)
        if source is None:
            if path.stat().st_size > _LARGEST_FILE:
                return None
            source = path.read_bytes()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            return None
        project = self._is_project(path)
        foreign = not project and b"torch" not in source
        return SourceModule(name, path, tree, hashlib.sha256(source).hexdigest()[:16], project, foreign)

    def _is_project(self, path: Path) -> bool:
        return path.is_relative_to(self.root) and "site-packages" not in path.parts

    def home(self, package: str, name: str) -> str | None:
        """The module below a package that a lazy package takes a name from.

        The one in which the profile has seen a class of this name; else of those in which it has seen any class the
        one that defines it (a base class, a function).
        """
        start = f"{package}."
        found = [module for module in self.homes.get(name, ()) if module.startswith(start)]
        if not found:
            seen = sorted({module for row in self.homes.values() for module in row if module.startswith(start)})
            found = [module for module in seen if self._defines(module, name)]
        return found[0] if len(found) == 1 else None

    def _defines(self, module: str, name: str) -> bool:
        source = self.find(module)
        kinds = (ast.ClassDef, ast.FunctionDef)
        return source is not None and any(isinstance(each, kinds) and each.name == name for each in source.tree.body)

    def is_package(self, name: str) -> bool:
        """Whether a dotted name is a directory of modules without an `__init__`."""
        return any(base.joinpath(*name.split(".")).is_dir() for base in self.search)

    def is_installed(self, name: str) -> bool:
        """Whether there is a module or package of this name."""
        return any((base / name).is_dir() or (base / f"{name}.py").is_file() for base in self.search)

    def may_import(self, name: str) -> bool:
        """Whether the package a module is in can be found; libraries that are never entered need not be."""
        package = name.partition(".")[0]
        if package == "torch":
            return self._has_torch_module(name)
        if package in BY_REFERENCE or self.find(package) is not None or self.is_package(package):
            return True
        try:
            return importlib.util.find_spec(package) is not None  # one without source
        except (ImportError, ValueError):
            return False

    def _has_torch_module(self, name: str) -> bool:
        """Whether the torch that is installed has a module: `torch._six` is of an older one."""
        *packages, last = name.split(".")
        if not packages or (packages == ["torch"] and last in ("ops", "classes")):  # objects in the place of modules
            return True
        torches = [base for base in self.search if (base / "torch" / "__init__.py").is_file()]
        return not torches or any(torches[0].joinpath(*packages).glob(f"{last}*"))

    def name_of(self, path: Path) -> str:
        """The module name of a file: as recorded, else by its place below the search path."""
        for name, file in self.known.items():
            if file == path:
                return name
        package = path.parent
        parts = [] if path.name == "__init__.py" else [path.stem]
        while (package / "__init__.py").is_file():
            parts.insert(0, package.name)
            package = package.parent
        return ".".join(parts) or path.parent.name


def absolute(module: SourceModule, level: int, name: str | None) -> str:
    """The absolute name of `from ..name import x`."""
    if not level:
        return name or ""
    parts = module.package.split(".")
    base = ".".join(parts[: len(parts) - (level - 1)])
    return f"{base}.{name}" if name else base


def imported_names(module: SourceModule) -> set[str]:
    """The absolute names of all modules, and of things in them, that a module imports anywhere."""
    found: set[str] = set()
    for node in nodes_of(module.tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node.level, node.module)
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def _imported_from(name: str, path: Path) -> Path:
    """The directory from which Python imported a file under a name: not the package's, of which it is a part.

    Else `import math` in a package would be the package's own math.py.
    """
    parts = (path.parent if path.name == "__init__.py" else path.with_suffix("")).parts
    within = len(name.split("."))
    return Path(*parts[:-within]) if parts[-within:] == tuple(name.split(".")) else path.parent


def canonical(path: str) -> Library:
    """A library name as rules know it: torch.nn.modules.conv.Conv2d is torch.nn.Conv2d."""
    parts = path.split(".")
    if parts[:3] == ["torch", "nn", "modules"] and parts[-1][0].isupper():
        parts = ["torch", "nn", parts[-1]]
    if parts[:2] == ["torch", "distributions"] and len(parts) == 4 and parts[-1][0].isupper():
        del parts[2]
    if parts[0] == "einops" and parts[1:2] in (["einops"], ["packing"]) and len(parts) > 2:
        del parts[1]
    if parts[:2] == ["torch", "optim"] and len(parts) == 4 and parts[2] == parts[3].lower():
        del parts[2]  # torch.optim.adamw.AdamW
    if parts[:2] == ["torch", "cuda"] and parts[-1].endswith("Tensor"):
        parts = ["torch", parts[-1]]  # but for the device the same
    module, _, name = ".".join(parts).rpartition(".")
    joined = f"{_EXPORTED.get(module, module)}.{name}" if module else name
    return Library(_ALIASES.get(joined, joined))


_EXPORTED = {  # modules of which a package has all that is public
    "torch._tensor": "torch",
    "torch.amp.autocast_mode": "torch.amp",
    "torch.autograd.function": "torch.autograd",
    "torch.autograd.grad_mode": "torch",
    "torch.autograd.variable": "torch.autograd",
    "torch.cuda.amp.autocast_mode": "torch.cuda.amp",
    "torch.nn.parameter": "torch.nn",
    **{f"torch.nn.utils.{each}": "torch.nn.utils" for each in ("clip_grad", "spectral_norm", "weight_norm")},
    **{f"torch.utils.data.{each}": "torch.utils.data" for each in ("dataloader", "dataset", "distributed", "sampler")},
}
_ALIASES = {
    "torch.functional": "torch",
    "torch.nn.parallel.data_parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel": "torch.nn.parallel.DistributedDataParallel",
    "typing_extensions": "typing",
}


def typing_imports(module: SourceModule) -> tuple[dict[str, Value], list[str]]:
    """Names a module imports under TYPE_CHECKING, and modules it star-imports there.

    These are what lazily loading packages offer at run time.
    """
    if module.typing is None:
        found: dict[str, Value] = {}
        stars: list[str] = []
        blocks = [n for n in module.tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
        inside = (each for block in blocks for statement in block.body for each in ast.walk(statement))
        for statement in inside:
            if isinstance(statement, ast.ImportFrom):
                source = absolute(module, statement.level, statement.module)
                stars += [source for alias in statement.names if alias.name == "*"]
                found |= {alias.asname or alias.name: LazyImport(source, alias.name) for alias in statement.names}
        module.typing = (found, stars)
    return module.typing
