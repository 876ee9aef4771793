"""Digests of source: the same function has the same digest in the recorder and in the evaluator."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Located = tuple[Function, ast.ClassDef | None]

_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


def function_digest(node: Function, class_node: ast.ClassDef | None = None) -> str:
    """Digest of a function and, for a method, of its class header and what the class body assigns.

    Comments, formatting and docstrings do not count; decorators and default values do. Parameter and return annotations
    do not count either (adding them must not make a profile stale), except under a decorator, which may read them.
    A property's getter, setter and deleter share their name, so they share their digest.
    """
    parts = ["" if class_node is None else _header(class_node)]
    for each in _of_property(node, class_node) or [node]:
        parts.extend(dumped(each))
    return digest_of(parts)


def _of_property(node: Function, class_node: ast.ClassDef | None) -> list[Function]:
    """The functions of a property that has more than a getter; none for another function."""
    body = [] if class_node is None else class_node.body
    named = [each for each in body if isinstance(each, Function) and each.name == node.name]
    return named if any(map(_is_accessor, named)) else []


def class_digest(node: ast.ClassDef) -> str:
    """Digest of a whole class statement."""
    return digest_of(dumped(node))


MODULE = "<module>"  # the name under which a module's own code is recorded


def module_digest(tree: ast.Module) -> str:
    """Digest of what a module does when it is run, without its functions, classes, imports and prints."""
    return digest_of([part for node in tree.body if not _does_nothing(node) for part in dumped(node)])


def _does_nothing(node: ast.stmt) -> bool:
    """Whether a statement of a module has no influence on what its functions are called with."""
    if isinstance(node, ast.Expr):
        call = node.value
        return isinstance(call, ast.Constant) or (
            isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
        )
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))


def index_functions(tree: ast.Module) -> dict[str, Located]:
    """Every function by its `__qualname__`, with the class it is a method of; of several of one name, the last.

    The setter and deleter of a property have its name too; the getter is the one indexed.
    """
    index: dict[str, Located] = {}
    for qualname, node, owner in walk_functions(tree):
        if not _is_accessor(node):
            index[qualname] = (node, owner)
    return index


def walk_functions(tree: ast.Module) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    """Every function in source order: `__qualname__`, node, and the class whose body it stands in."""
    yield from _walk(tree.body, "", None)


def first_line(node: Function) -> int:
    """The line Python counts as a function's first: that of its first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _walk(
    nodes: list[ast.stmt] | list[ast.AST], prefix: str, owner: ast.ClassDef | None
) -> Iterator[tuple[str, Function, ast.ClassDef | None]]:
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + node.name, node, owner
            yield from _walk(node.body, f"{prefix}{node.name}.<locals>.", None)
        elif isinstance(node, ast.ClassDef):
            yield from _walk(node.body, f"{prefix}{node.name}.", node)
        elif not isinstance(node, ast.expr):  # if, for, with, try, match and their handlers and cases
            yield from _walk(list(ast.iter_child_nodes(node)), prefix, owner)


def _is_accessor(node: Function) -> bool:
    return any(isinstance(d, ast.Attribute) and d.attr in ("setter", "deleter") for d in node.decorator_list)


def _header(node: ast.ClassDef) -> str:
    parts = ["class", node.name]
    constants = [each for each in node.body if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None]
    for child in (*node.bases, *node.keywords, *constants):
        parts.extend(dumped(child))
    return " ".join(parts)


def digest_of(parts: list[str]) -> str:
    """One short word for many."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def dumped(root: ast.AST) -> list[str]:
    """The tree as a flat list of strings: no positions, no empty fields (Python's versions differ in those)."""
    parts: list[str] = []
    _dump_into(root, parts)
    return parts


def _dump_into(node: ast.AST, parts: list[str], bare: bool = False) -> None:
    parts.append("(" + type(node).__name__)
    for name in node._fields:
        value = getattr(node, name, None)
        if name in ("kind", "type_comment") or (bare and name == "annotation"):
            continue
        if name == "returns" and not getattr(node, "decorator_list", None):
            continue
        if value == [] or (value is None and not isinstance(node, ast.Constant)):
            continue
        parts.append(name)
        for item in _without_docstring(node, name, value) if isinstance(value, list) else (value,):
            if isinstance(item, ast.AST):
                _dump_into(item, parts, bare=_ignores_annotations(node, item, bare))
            else:
                parts.append(repr(item))
    parts.append(")")


def _ignores_annotations(parent: ast.AST, child: ast.AST, bare: bool) -> bool:
    """Whether the annotations of `child` are left out: the parameters of a function without decorators."""
    if isinstance(child, ast.arguments):
        return isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)) and not parent.decorator_list
    return bare and isinstance(child, ast.arg)


def _without_docstring(node: ast.AST, name: str, values: list[object]) -> list[object]:
    if name != "body" or not isinstance(node, _DOCUMENTED) or not values:
        return values
    match values[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            return values[1:]
    return values
