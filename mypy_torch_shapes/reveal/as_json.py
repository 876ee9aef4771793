"""The inferred types as JSON: the contract of docs/reveal.md."""

from __future__ import annotations

from collections.abc import Sequence

from mypy_torch_shapes.evaluation.facts import Fact, FileReport
from mypy_torch_shapes.reveal.details import mentions

VERSION = 1


def as_json(reports: dict[str, FileReport]) -> dict[str, object]:
    """The contract of docs/reveal.md. Contexts are numbered through all files."""
    contexts: list[dict[str, object]] = []
    expressions: list[dict[str, object]] = []
    for name, report in reports.items():
        ids = {context.id: len(contexts) + index for index, context in enumerate(report.contexts)}
        contexts += (
            {
                "id": ids[context.id],
                "function": context.function,
                "instance": context.instance,
                "symbols": dict(context.symbols),
            }
            for context in report.contexts
        )
        local = {context.id: [name for name, _ in context.local] for context in report.contexts}
        expressions += (expression_json(fact, name, ids[fact.context], local[fact.context]) for fact in report.facts)
    return {"version": VERSION, "contexts": contexts, "expressions": expressions}


def expression_json(fact: Fact, file: str, context: int, local: Sequence[str]) -> dict[str, object]:
    """A size that no parameter defines is null; its name is for people, in the text."""
    span = fact.span
    return {
        "context": context,
        "file": file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "type": {
            "dtype": fact.dtype,
            "dims": None if fact.dims is None else [None if mentions(size, local) else size for size in fact.dims],
            "text": fact.text,
        },
    }
