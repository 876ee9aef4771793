"""What the names in a module's annotations mean: looked up in its source, without following any import."""

from __future__ import annotations

import ast
import builtins
import typing
from collections.abc import Iterator
from dataclasses import dataclass

from ..annotations.dtypes import BY_CLASS
from ..shapes.dtypes import BY_NAME, DType
from .modules import Loader, SourceModule, absolute, canonical

_DEEPEST = 8  # modules that hand a name on


@dataclass(frozen=True)
class _Import:
    module: str
    name: str | None


_Binding = _Import | ast.expr | ast.ClassDef


class Names:
    """The names of a module's top level. An `annotations.hints.Scope`."""

    def __init__(self, module: SourceModule, loader: Loader) -> None:
        self.module = module
        self.loader = loader
        self.table, self.stars = _bindings(module)
        self._ours: dict[str, bool] = {}  # by package

    def path(self, node: ast.expr) -> str | None:
        """The full name of a library's thing, or None."""
        found = self._find(node)
        if isinstance(found, str):
            path = canonical(found.removeprefix("typing_extensions.")).path
            return f"typing.{path}" if found.startswith("typing_extensions.") else path
        if isinstance(found, tuple) and isinstance(found[0], ast.Name | ast.Attribute):
            return found[1].path(found[0])
        return None

    def alias(self, node: ast.expr) -> tuple[ast.expr, Names] | None:
        """The expression a name is bound to, and where that stands."""
        found = self._find(node)
        return found if isinstance(found, tuple) and isinstance(found[0], ast.expr) else None  # type: ignore[return-value]

    def text(self, node: ast.expr) -> str | None:
        """The value of a string expression."""
        if isinstance(node, ast.Constant):
            return str(node.value) if isinstance(node.value, str | int) else None
        if isinstance(node, ast.Name | ast.Attribute):
            alias = self.alias(node)
            return None if alias is None else alias[1].text(alias[0])
        if isinstance(node, ast.JoinedStr):
            parts = [self.text(v.value if isinstance(v, ast.FormattedValue) else v) for v in node.values]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [self.text(node.left), self.text(node.right)]
        else:
            return None
        return None if None in parts else "".join(part or "" for part in parts)

    def dtypes(self, node: ast.expr) -> list[str] | None:
        """What a class that derives from `jaxtyping.AbstractDtype` lists; nothing stands for every dtype."""
        found = self._find(node)
        cls, names = found if isinstance(found, tuple) else (None, self)
        if not isinstance(cls, ast.ClassDef):
            return None
        if not any(names.path(base) == "jaxtyping.AbstractDtype" for base in cls.bases):
            return None
        for statement in cls.body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "dtypes":
                value = statement.value
                items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                listed = [names.text(item) for item in items]
                return [] if None in listed else [item for item in listed if item is not None]
        return []

    def dtype(self, node: ast.expr) -> DType | None:
        """The torch dtype that an expression is."""
        path = self.path(node)
        return BY_NAME.get(path.removeprefix("torch.")) if path is not None and path.startswith("torch.") else None

    def _find(self, node: ast.expr, deep: int = 0) -> str | tuple[ast.expr | ast.ClassDef, Names] | None:
        """A library's thing by its full name, or an expression or class of the program with its module's names."""
        if isinstance(node, ast.Attribute):
            inside = self._find(node.value, deep)
            if isinstance(inside, str):
                return self._of(_Import(inside, node.attr), deep)
            return None
        if not isinstance(node, ast.Name):
            return None
        bound = self.table.get(node.id)
        if isinstance(bound, _Import):
            return self._of(bound, deep)
        if bound is not None:
            return bound, self
        if "jaxtyping" in self.stars and node.id in BY_CLASS:
            return f"jaxtyping.{node.id}"
        if "typing" in self.stars and hasattr(typing, node.id):
            return f"typing.{node.id}"
        return f"builtins.{node.id}" if hasattr(builtins, node.id) else None

    def _of(self, imported: _Import, deep: int) -> str | tuple[ast.expr | ast.ClassDef, Names] | None:
        if imported.name is None:
            return imported.module
        source = self.loader.find(imported.module) if self._is_ours(imported.module) else None
        if source is None or deep > _DEEPEST:
            return f"{imported.module}.{imported.name}"
        names = names_of(source, self.loader)
        if imported.name in names.table or names.stars:
            return names._find(ast.Name(imported.name), deep + 1)
        return f"{imported.module}.{imported.name}"

    def _is_ours(self, module: str) -> bool:
        """Whether a module may be the project's: libraries are not read for their annotations."""
        head = module.partition(".")[0]
        if head not in self._ours:
            self._ours[head] = self._has_source(head)
        return self._ours[head]

    def _has_source(self, head: str) -> bool:
        if any(known.partition(".")[0] == head for known in self.loader.known):
            return True
        bases = {self.loader.root, self.loader.root / "src", self.module.path.parent}
        return any((base / head).is_dir() or (base / f"{head}.py").is_file() for base in bases)


def names_of(module: SourceModule, loader: Loader) -> Names:
    """The names of a module, looked up once."""
    if module.names is None:
        module.names = Names(module, loader)
    assert isinstance(module.names, Names)
    return module.names


def _bindings(module: SourceModule) -> tuple[dict[str, _Binding], set[str]]:
    table: dict[str, _Binding] = {}
    stars: set[str] = set()
    for statement in _statements(module.tree.body):
        if isinstance(statement, ast.ImportFrom):
            source = absolute(module, statement.level, statement.module)
            for each in statement.names:
                if each.name == "*":
                    stars.add(source)
                else:
                    table[each.asname or each.name] = _Import(source, each.name)
        elif isinstance(statement, ast.Import):
            for each in statement.names:
                name = each.name if each.asname else each.name.partition(".")[0]
                table[each.asname or name] = _Import(name, None)
        elif isinstance(statement, ast.ClassDef):
            table[statement.name] = statement
        else:
            table.update(_assigned(statement))
    return table, stars


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """`Image = Float[Tensor, "3 h w"]`, with or without TypeAlias, or as a `type` statement."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        if isinstance(statement.target, ast.Name):
            yield statement.target.id, statement.value
    elif type(statement).__name__ == "TypeAlias":  # Python 3.12
        yield statement.name.id, statement.value  # type: ignore[attr-defined]


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module's top level, those below `if` and `try` included."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _statements([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.Try):
            blocks = [statement.body, *(handler.body for handler in statement.handlers), statement.orelse]
            yield from _statements([each for block in blocks for each in block])
