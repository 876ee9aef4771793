"""Candidate one-line edits of a source file that may break it, as replacements of stretches of its text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LAYERS_ONLY = ("Dropout", "ReLU", "Tanh", "Sigmoid", "Sequential", "ModuleList", "Softmax")
RESHAPERS = {"flatten", "transpose", "permute", "unsqueeze", "squeeze", "view", "reshape", "t", "expand", "repeat"}
DIMENSIONED = {
    "cat", "stack", "unsqueeze", "squeeze", "transpose", "permute", "softmax", "log_softmax", "chunk", "split", "sum",
    "mean", "argmax", "max", "flatten", "amax", "size", "select", "narrow", "unbind", "cumsum", "topk",
}  # fmt: skip
SWAPPED = {
    "matmul", "mm", "bmm", "nll_loss", "cross_entropy", "binary_cross_entropy", "mse_loss", "criterion", "linear",
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """Replacements in one file, each (start, end, text) in characters, and what kind of edit they make."""

    file: str
    kind: str
    replacements: tuple[tuple[int, int, str], ...]

    def apply(self, source: str) -> str:
        for start, end, text in sorted(self.replacements, reverse=True):
            source = source[:start] + text + source[end:]
        return source


class Text:
    """A source file: its tree, and where each node's text starts and ends."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.source = file, source
        self.tree = ast.parse(source)
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = source.splitlines()

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno or 0, node.end_col_offset or 0)

    def offset(self, line: int, column: int) -> int:
        """Columns of `ast` count bytes; a program's text may hold more than ASCII."""
        prefix = self.lines[line - 1].encode()[:column].decode()
        return self.starts[line - 1] + len(prefix)

    def text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def edit(self, kind: str, node: ast.expr | ast.stmt, text: str) -> Edit:
        return Edit(self.file, kind, ((*self.span(node), text),))


def candidates(file: str, source: str) -> list[Edit]:
    """Every breaking edit the operators know, each on one line; `parses` tells those that are still Python."""
    text = Text(file, source)
    found = [edit for operator in OPERATORS for edit in operator(text)]
    return [edit for edit in dict.fromkeys(found) if one_line(edit, source)]


def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def one_line(edit: Edit, source: str) -> bool:
    return all("\n" not in source[start:end] + text for start, end, text in edit.replacements)


def calls(text: Text) -> Iterator[tuple[ast.Call, str]]:
    """Calls and the last name of what they call."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield node, name


def constructors(text: Text) -> Iterator[ast.Call]:
    for node, name in calls(text):
        if name[:1].isupper() and name not in LAYERS_ONLY and not name.endswith(("Loss", "Loader", "Error")):
            yield node


def integer(node: ast.expr) -> int | None:
    value = getattr(node, "value", None)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = integer(node.operand)
        return None if inner is None else -inner
    return value if isinstance(node, ast.Constant) and type(value) is int else None


def widths(text: Text) -> Iterator[Edit]:
    """Wrong features or channels: the first two arguments of a layer."""
    for node in constructors(text):
        named = [each.value for each in node.keywords if each.arg and ("features" in each.arg or "size" in each.arg)]
        for argument in [*node.args[:2], *named]:
            number = integer(argument)
            if number is not None and number > 0:
                for other in sorted({number + 1, number * 2, max(number // 2, 1)} - {number}):
                    yield text.edit("width", argument, str(other))
            elif isinstance(argument, ast.Name | ast.BinOp | ast.Attribute):
                yield text.edit("width", argument, f"{text.text(argument)} + 1")
                yield text.edit("width", argument, f"2 * ({text.text(argument)})")


def geometry(text: Text) -> Iterator[Edit]:
    """A wrong kernel, stride or padding."""
    for node in constructors(text):
        named = [each.value for each in node.keywords if each.arg in ("kernel_size", "stride", "padding", "upsample")]
        for argument in [*node.args[2:], *named]:
            number = integer(argument)
            if number is not None:
                yield text.edit("geometry", argument, str(number + 1))
                if number > 1:
                    yield text.edit("geometry", argument, str(number - 1))
            elif isinstance(argument, ast.Name) and argument.id in ("stride", "kernel", "padding"):
                yield text.edit("geometry", argument, f"{argument.id} + 1")


def dropped_calls(text: Text) -> Iterator[Edit]:
    """A forgotten flatten, transpose, view …, or a forgotten layer."""
    for node, name in calls(text):
        if name in RESHAPERS and isinstance(node.func, ast.Attribute):
            library = isinstance(node.func.value, ast.Name) and node.func.value.id in ("torch", "F")
            if library and node.args:
                yield text.edit("dropped-reshape", node, text.text(node.args[0]))
            elif not library:
                yield text.edit("dropped-reshape", node, text.text(node.func.value))
        elif text.text(node.func).startswith("self.") and name.islower() and len(node.args) == 1 and not node.keywords:
            yield text.edit("dropped-layer", node, text.text(node.args[0]))


def view_sizes(text: Text) -> Iterator[Edit]:
    for node, name in calls(text):
        if name in ("view", "reshape", "expand", "zeros", "ones", "randn", "view_as"):
            for argument in node.args:
                number = integer(argument)
                if number is not None and number > 0:
                    yield text.edit("view-size", argument, str(number + 1))
                    yield text.edit("view-size", argument, str(max(number // 2, 2)))
                elif isinstance(argument, ast.BinOp | ast.Subscript | ast.Name | ast.Attribute) and name != "view_as":
                    yield text.edit("view-size", argument, f"{text.text(argument)} + 1")


def axes(text: Text) -> Iterator[Edit]:
    """A wrong axis: cat, softmax, sum, transpose …"""
    for node, name in calls(text):
        if name not in DIMENSIONED:
            continue
        named = [each.value for each in node.keywords if each.arg in ("dim", "axis", "start_dim")]
        library = text.text(node.func).startswith(("torch.", "F."))
        for argument in [*named, *node.args[1 if library else 0 :]]:
            number = integer(argument)
            if number is not None:
                for other in sorted({number + 1, number - 1, 0} - {number}):
                    yield text.edit("axis", argument, str(other))


def swaps(text: Text) -> Iterator[Edit]:
    """Operands the wrong way round."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield text.edit("swap", node, f"({text.text(node.right)}) @ ({text.text(node.left)})")
    for node, name in calls(text):
        if name in SWAPPED and len(node.args) >= 2:
            first, second = node.args[:2]
            replacements = ((*text.span(first), text.text(second)), (*text.span(second), text.text(first)))
            yield Edit(text.file, "swap", replacements)
        elif name in ("bmm", "matmul", "mm") and len(node.args) == 1 and isinstance(node.func, ast.Attribute):
            replacements = (
                (*text.span(node.func.value), text.text(node.args[0])),
                (*text.span(node.args[0]), text.text(node.func.value)),
            )
            yield Edit(text.file, "swap", replacements)


def dtypes(text: Text) -> Iterator[Edit]:
    """A wrong dtype: a conversion too many, or another one."""
    for node, _ in calls(text):
        callee = text.text(node.func)
        if callee.startswith(("self.", "F.", "torch.", "model", "criterion")):
            for argument in node.args[:2]:
                if isinstance(argument, ast.Name | ast.Call) and not text.text(argument).startswith("nn."):
                    for conversion in ("long", "double", "float"):
                        yield text.edit("dtype", argument, f"{text.text(argument)}.{conversion}()")
    spelled = ("torch.long", "torch.double", "torch.float", "torch.float32")
    for attribute in ast.walk(text.tree):
        if isinstance(attribute, ast.Attribute) and text.text(attribute) in spelled:
            for other in spelled[:3]:
                if other != text.text(attribute):
                    yield text.edit("dtype", attribute, other)


def wrong_names(text: Text) -> Iterator[Edit]:
    """Another variable of the same function handed to a call."""
    for function in ast.walk(text.tree):
        if not isinstance(function, ast.FunctionDef) or function.name == "__init__":
            continue
        names = {node.id: None for node in ast.walk(function) if isinstance(node, ast.Name)
                 and isinstance(node.ctx, ast.Store)}  # fmt: skip
        names |= {each.arg: None for each in function.args.args if each.arg != "self"}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and text.text(node.func).startswith(("self.", "F.", "torch.")):
                for argument in node.args:
                    if isinstance(argument, ast.Name) and argument.id in names:
                        yield from (text.edit("wrong-name", argument, other) for other in names if other != argument.id)


def slices(text: Text) -> Iterator[Edit]:
    """Wrong indices and slices."""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            for part in ast.walk(node.slice):
                number = integer(part) if isinstance(part, ast.expr) else None
                if number is not None and isinstance(part, ast.Constant):
                    yield text.edit("index", part, str(number + 1))
                if isinstance(part, ast.Constant) and part.value is None:
                    yield text.edit("index", part, ":")


OPERATORS: tuple[Callable[[Text], Iterator[Edit]], ...] = (
    widths, geometry, dropped_calls, view_sizes, axes, swaps, dtypes, wrong_names, slices,
)  # fmt: skip
