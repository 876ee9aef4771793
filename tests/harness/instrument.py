"""Rewrites a program's syntax tree so that every expression reports its value to the recorder."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

# The rewritten code reaches the recorder through builtins, so that no module's namespace changes. The names have a
# single leading underscore: two would be mangled inside classes.
SEE, ENTER, LOCALS, HIDE, INVOCATION = "_mts_see_", "_mts_enter_", "_mts_locals_", "_mts_hide_", "_mts_invocation_"

# Displays, constants and the like never yield a tensor; slices and starred expressions are no values at all.
NEVER_TENSORS = (
    ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Lambda, ast.Slice,
    ast.Starred, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Site:
    """Where an expression stands, as `ast` has it, and its text."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True)
class Scope:
    """A function whose entries are recorded."""

    file: str
    function: str  # "net.Block.forward"
    receiver: str | None  # a method's first parameter


@dataclass
class Tables:
    """What the numbers in the rewritten code stand for."""

    sites: list[Site] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)


def module_name(file: str) -> str:
    """The import name of a file given relative to its project: "pkg/net.py" is "pkg.net"."""
    parts = Path(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class Instrumenter(ast.NodeTransformer):
    """Wraps every loaded expression; its numbers continue those already in `tables`."""

    def __init__(self, file: str, source: str, tables: Tables) -> None:
        self.file, self.tables = file, tables
        self.lines = source.encode().splitlines()  # `ast` counts columns in bytes
        self.path: list[str] = [module_name(file)]
        self.in_class = False
        tables.scopes.append(Scope(file, self.path[0], receiver=None))
        # Module-level code has one invocation, known beforehand: the negative of its scope's number.
        self.invocation = str(1 - len(tables.scopes))

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):
            return self.expression(node)
        result = super().visit(node)
        assert isinstance(result, ast.AST)
        return result

    def expression(self, node: ast.expr) -> ast.expr:
        site = self.site_of(node)  # before its parts are rewritten
        if isinstance(node, ast.Lambda):
            # Its body counts as the code around it, but the names of its parameters are no expressions.
            node.args = self.defaults(node.args)
            node.body = self.expression(node.body)
        elif isinstance(node, ast.Call):
            self.call(node)
            if isinstance(node.func, ast.Name) and node.func.id in ("locals", "vars") and not node.args:
                return ast.copy_location(ast.Call(ast.Name(HIDE, ast.Load()), [node], []), node)
        else:
            self.generic_visit(node)
        loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if not loaded or isinstance(node, NEVER_TENSORS):
            return node
        self.tables.sites.append(site)
        return self.report(node, len(self.tables.sites) - 1)

    def call(self, node: ast.Call) -> None:
        """What is called is never a tensor, but what its attribute is taken of may be one."""
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.expression(node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self.expression(node.func)
        node.args = [self.expression(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.expression(keyword.value)

    def report(self, node: ast.expr, site: int) -> ast.expr:
        invocation = ast.parse(self.invocation, mode="eval").body
        for part in ast.walk(invocation):
            ast.copy_location(part, node)
        call = ast.Call(ast.Name(SEE, ast.Load()), [invocation, ast.Constant(site), node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def site_of(self, node: ast.expr) -> Site:
        line, end_line = node.lineno, node.end_lineno or 0
        column, end_column = node.col_offset, node.end_col_offset or 0
        lines = self.lines[line - 1 : end_line]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        text = b" ".join(lines).decode(errors="replace")
        return Site(self.file, line, column, end_line, end_column, " ".join(text.split()))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.function(node)

    def function(self, node: Function) -> Function:
        node.args = self.defaults(node.args)  # defaults belong to the code around; decorators are left alone
        outer = self.path, self.in_class, self.invocation
        self.path = [*self.path, node.name]
        self.tables.scopes.append(Scope(self.file, ".".join(self.path), self.receiver(node)))
        enter = ast.parse(f"{INVOCATION} = {ENTER}({len(self.tables.scopes) - 1}, {LOCALS}())").body[0]
        self.path, self.in_class = [*self.path, "<locals>"], False
        self.invocation = INVOCATION
        kept = 1 if ast.get_docstring(node, clean=False) is not None else 0
        body = [self.visit(statement) for statement in node.body]
        first = node.body[0]
        for part in ast.walk(enter):
            ast.copy_location(part, first)
        node.body = [*body[:kept], enter, *body[kept:]]  # type: ignore[list-item]
        self.path, self.in_class, self.invocation = outer
        return node

    def receiver(self, node: Function) -> str | None:
        static = any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)
        parameters = [*node.args.posonlyargs, *node.args.args]
        return parameters[0].arg if self.in_class and parameters and not static else None

    def defaults(self, arguments: ast.arguments) -> ast.arguments:
        arguments.defaults = [self.expression(default) for default in arguments.defaults]
        arguments.kw_defaults = [default and self.expression(default) for default in arguments.kw_defaults]
        return arguments

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer = self.path, self.in_class
        self.path, self.in_class = [*self.path, node.name], True
        node.body = [self.visit(statement) for statement in node.body]  # type: ignore[misc]
        self.path, self.in_class = outer
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Annotations are not evaluated by every Python: they are left alone."""
        node.target = self.visit(node.target)  # type: ignore[assignment]
        node.value = node.value and self.expression(node.value)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """Patterns look like expressions and are none."""
        node.guard = node.guard and self.expression(node.guard)
        node.body = [self.visit(statement) for statement in node.body]  # type: ignore[misc]
        return node

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        return node


def instrumented(source: str, file: str, tables: Tables) -> ast.Module:
    """The tree of `source`, every expression of it reporting to the recorder."""
    tree = ast.parse(source)
    return ast.fix_missing_locations(Instrumenter(file, source, tables).visit(tree))  # type: ignore[type-var]


class Loader(SourceFileLoader):
    """Loads one instrumented file; cached bytecode is neither read nor written."""

    def __init__(self, fullname: str, path: str, file: str, tables: Tables) -> None:
        super().__init__(fullname, path)
        self.file, self.tables = file, tables

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        return compile(instrumented(source, self.file, self.tables), self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds modules as Python does, and instruments those whose file was chosen."""

    def __init__(self, root: Path, files: Sequence[str], tables: Tables) -> None:
        self.files = {str((root / file).resolve()): file for file in files}
        self.tables = tables

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            return None
        file = self.files.get(str(Path(spec.origin).resolve()))
        if file is None:
            return None
        spec.loader = Loader(fullname, spec.origin, file, self.tables)
        return spec

    def install(self) -> None:
        sys.meta_path.insert(0, self)
