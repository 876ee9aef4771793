"""Expressions of unknown type that there is no point in speaking of: no tensors, or values nobody uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from mypy_torch_shapes.evaluation.facts import FileReport, Gap, Span

# What these return is no tensor, whatever they are given.
PLAIN_BUILTINS = frozenset(
    {"bool", "bytes", "chr", "complex", "dict", "enumerate", "float", "format", "frozenset", "hasattr", "hash", "hex",
     "id", "int", "isinstance", "issubclass", "len", "list", "map", "ord", "print", "range", "repr", "set", "str",
     "super", "tuple", "type", "zip"}
)  # fmt: skip
NUMBERS = frozenset({"bool", "float", "int", "len", "hash", "id", "ord", "isinstance", "issubclass", "hasattr"})
IDENTITY = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


def gaps_worth_saying(report: FileReport, source: str) -> list[Gap]:
    """The gaps that a tensor may be behind, innermost causes included."""
    if not report.gaps:
        return []
    noise = noise_of(source)
    return [gap for gap in report.gaps if gap.span not in noise]


@lru_cache(8)
def noise_of(source: str) -> frozenset[Span]:
    return frozenset(spans_of_no_interest(ast.parse(source)))


def spans_of_no_interest(tree: ast.Module) -> Iterator[Span]:
    """Where there is certainly no tensor (one cannot be called), or one that is thrown away."""
    builtins = PLAIN_BUILTINS - rebound(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield _span(node.func)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield _span(node.value)
        if isinstance(node, ast.expr) and is_no_tensor(node, builtins):
            yield _span(node)


def is_no_tensor(node: ast.expr, builtins: frozenset[str]) -> bool:
    """Whether the syntax alone says so."""
    match node:
        case ast.JoinedStr() | ast.Lambda() | ast.Constant() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=ops) if all(isinstance(op, IDENTITY) for op in ops):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in builtins
        case _:
            return is_number(node, builtins)


def is_number(node: ast.expr, builtins: frozenset[str]) -> bool:
    """Whether an expression is made of Python numbers alone."""
    match node:
        case ast.Constant(value=int() | float() | complex()) | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in builtins & NUMBERS
        case ast.UnaryOp(operand=operand):
            return is_number(operand, builtins)
        case ast.BinOp(left=left, right=right):
            return is_number(left, builtins) and is_number(right, builtins)
        case ast.Compare(left=left, comparators=others):
            return all(is_number(each, builtins) for each in (left, *others))
        case _:
            return False


def rebound(tree: ast.Module) -> frozenset[str]:
    """Names that a file binds anywhere; a star import may bind any."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                return PLAIN_BUILTINS
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update(alias.asname or alias.name for alias in names)
            case _:
                pass
    return frozenset(found)


def _span(node: ast.expr) -> Span:
    return Span(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)
