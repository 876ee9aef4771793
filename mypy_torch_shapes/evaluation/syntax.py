"""Syntax trees: gone through once, however many questions are asked of their functions; tests taken apart."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")
N = TypeVar("N", bound=ast.AST)

_ROOTS = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)  # what questions are asked of


def kept_with_tree(question: Callable[[N], T]) -> Callable[[N], T]:
    """What is asked of a node is found out once. The answer is kept in the node: a cache would keep old trees alive."""
    name = f"_{question.__name__}"

    @wraps(question)
    def answer(node: N) -> T:
        kept: dict[str, T] = node.__dict__
        if name not in kept:
            kept[name] = question(node)
        return kept[name]

    return answer


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


def on_both_ways(test: ast.expr, of: Callable[[ast.expr], tuple[list[T], list[T]]]) -> tuple[list[T], list[T]]:
    """What is known where a test holds, and where it does not, from what is known `of` the tests it is made of."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        holds, fails = on_both_ways(test.operand, of)
        return fails, holds
    if isinstance(test, ast.BoolOp):
        parts = [on_both_ways(each, of) for each in test.values]
        if isinstance(test.op, ast.And):
            return [each for holds, _ in parts for each in holds], []
        return [], [each for _, fails in parts for each in fails]
    return of(test)


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
