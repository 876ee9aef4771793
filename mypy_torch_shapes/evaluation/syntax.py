"""The nodes of a syntax tree: a tree is gone through once, however many questions are asked of its functions."""

from __future__ import annotations

import ast

_ROOTS = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)  # what questions are asked of


def nodes_of(root: ast.AST) -> list[ast.AST]:
    """A node and all below it, in the order of the source."""
    place: tuple[list[ast.AST], int, int] | None = getattr(root, "_place", None)
    if place is None:
        nodes: list[ast.AST] = []
        _number(root, nodes)
        return nodes
    nodes, begin, end = place
    return nodes[begin:end]


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a name stands anywhere in an expression."""
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _number(node: ast.AST, nodes: list[ast.AST]) -> None:
    begin = len(nodes)
    nodes.append(node)
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for each in value:
                if isinstance(each, ast.AST):
                    _number(each, nodes)
        elif isinstance(value, ast.AST) and name != "ctx":
            _number(value, nodes)
    if isinstance(node, _ROOTS):
        node._place = (nodes, begin, len(nodes))  # type: ignore[union-attr]
