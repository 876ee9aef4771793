"""Candidate edits that a person makes all the time and that change nothing a shape depends on."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Callable, Iterator

from tests.mutants.edits import Edit, Text, calls, constructors, integer

SPELLINGS = (
    ("F.relu(", "torch.relu("),
    ("F.relu(", "F.gelu("),
    ("torch.relu(", "F.silu("),
    (".view(", ".reshape("),
    ("nn.ReLU(", "nn.Hardtanh("),
    ("bias=False", "bias=True"),
    ("torch.sigmoid(", "torch.tanh("),
)


def candidates(file: str, source: str) -> list[Edit]:
    """Every harmless edit the operators know. Whether one really is harmless, and still Python, a run decides."""
    text = Text(file, source)
    found = [edit for operator in OPERATORS for edit in operator(text)]
    return [edit for edit in dict.fromkeys(found) if edit.apply(source) != source]


def functions(text: Text) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(text.tree):
        if isinstance(node, ast.FunctionDef):
            yield node


def renamed_variables(text: Text) -> Iterator[Edit]:
    """A local variable under another name, everywhere in its function."""
    for function in functions(text):
        nested = [each for each in ast.walk(function) if isinstance(each, ast.FunctionDef | ast.Lambda)]
        kept = {
            name for each in ast.walk(function) if isinstance(each, ast.Global | ast.Nonlocal) for name in each.names
        }
        kept |= {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
        names = [each for each in ast.walk(function) if isinstance(each, ast.Name)]
        stored = {each.id: None for each in names if isinstance(each.ctx, ast.Store)}
        for name in stored:
            if name not in kept and len(nested) == 1 and not hasattr(builtins, name):
                places = tuple((*text.span(each), f"{name}_renamed") for each in names if each.id == name)
                yield Edit(text.file, "rename", places)


def renamed_attributes(text: Text) -> Iterator[Edit]:
    """A submodule under another name, everywhere in its class."""
    for cls in ast.walk(text.tree):
        if not isinstance(cls, ast.ClassDef):
            continue
        used = [
            node
            for node in ast.walk(cls)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        ]
        for name in {node.attr: None for node in used if isinstance(node.ctx, ast.Store)}:
            places = tuple((*text.span(node), f"self.{name}_renamed") for node in used if node.attr == name)
            yield Edit(text.file, "rename-attribute", places)


def consistent_sizes(text: Text) -> Iterator[Edit]:
    """A hidden size changed wherever it stands."""
    numbers = [
        (node, value)
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Constant) and (value := integer(node)) is not None and value >= 4
    ]
    for value, count in Counter(value for _, value in numbers).items():
        if count >= 2:
            for other in (value * 2, value + 4):
                places = tuple((*text.span(node), str(other)) for node, number in numbers if number == value)
                yield Edit(text.file, "hidden-size", places)


def constants(text: Text) -> Iterator[Edit]:
    """Another dropout probability, epsilon, learning rate …"""
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Constant) and type(node.value) is float and 0 < node.value < 1:
            yield text.edit("constant", node, str(round(node.value * 0.75, 8)))
    for call in constructors(text):
        if text.text(call.func).endswith(("BatchNorm2d", "LayerNorm")) and len(call.args) == 1 and not call.keywords:
            yield text.edit("constant", call.args[0], f"{text.text(call.args[0])}, eps=1e-3")


def blank_lines(text: Text) -> Iterator[Edit]:
    """A comment or an empty line before a statement."""
    for function in functions(text):
        for statement in function.body[1:]:
            start = text.offset(statement.lineno, 0)
            indent = " " * statement.col_offset
            yield Edit(text.file, "comment", ((start, start, f"{indent}# a comment\n\n"),))


def extracted_variables(text: Text) -> Iterator[Edit]:
    """The argument of a call given a name of its own."""
    for function in functions(text):
        for statement in function.body:
            call = getattr(statement, "value", None)
            if not isinstance(statement, ast.Assign | ast.Return) or not isinstance(call, ast.Call) or not call.args:
                continue
            argument = call.args[0]
            if isinstance(argument, ast.Call):
                start = text.offset(statement.lineno, statement.col_offset)
                named = f"extracted = {text.text(argument)}\n{' ' * statement.col_offset}"
                yield Edit(text.file, "extract", ((start, start, named), (*text.span(argument), "extracted")))


def reordered(text: Text) -> Iterator[Edit]:
    """Two neighbouring layers built in the other order."""
    for function in functions(text):
        for first, second in zip(function.body, function.body[1:], strict=False):
            both = (first, second)
            if function.name == "__init__" and all(isinstance(each, ast.Assign) for each in both):
                replacements = ((*text.span(first), text.text(second)), (*text.span(second), text.text(first)))
                yield Edit(text.file, "reorder", replacements)


def spellings(text: Text) -> Iterator[Edit]:
    """The same operation spelled otherwise, or another activation."""
    for old, new in SPELLINGS:
        start = text.source.find(old)
        while start >= 0:
            yield Edit(text.file, "spelling", ((start, start + len(old), new),))
            start = text.source.find(old, start + 1)


def inspections(text: Text) -> Iterator[Edit]:
    """A line that only looks."""
    for call, name in calls(text):
        if name == "size" and isinstance(call.func, ast.Attribute) and len(call.args) == 1:
            yield text.edit("shape-spelling", call, f"{text.text(call.func.value)}.shape[{text.text(call.args[0])}]")
    for function in functions(text):
        parameters = [each.arg for each in function.args.args if each.arg in ("x", "X", "input", "images", "z")]
        if function.name == "forward" and parameters:
            last = function.body[-1]
            start = text.offset(last.lineno, last.col_offset)
            look = f"assert {parameters[0]}.dim() > 0\n{' ' * last.col_offset}"
            yield Edit(text.file, "assert", ((start, start, look),))


OPERATORS: tuple[Callable[[Text], Iterator[Edit]], ...] = (
    renamed_variables, renamed_attributes, consistent_sizes, constants, blank_lines, extracted_variables, reordered,
    spellings, inspections,
)  # fmt: skip
