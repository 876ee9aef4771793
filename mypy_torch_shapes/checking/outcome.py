"""What mypy is to print for one file, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mypy_torch_shapes import messages
from mypy_torch_shapes.evaluation.facts import Finding, Span

Message = tuple[Span, str, str, str]  # where, severity, text, code


@dataclass(frozen=True)
class Outcome:
    """Findings and revealed types; `failure` are the notes of a file that had to be abandoned."""

    findings: tuple[Finding, ...] = ()
    reveals: tuple[tuple[Span, str], ...] = ()
    failure: tuple[str, ...] = ()

    def messages(self) -> Iterator[Message]:
        """Everything to be printed, in the order it is to be printed in."""
        for finding in self.findings:
            yield finding.span, "error", finding.message, finding.code
            for note in finding.notes:
                yield finding.span, "note", note, finding.code
        for span, text in self.reveals:
            yield span, "note", messages.revealed(text), "tensor-reveal"
        for line in self.failure:
            yield Span(1, 0, 1, 0), "note", line, "tensor-internal"


def to_json(outcome: Outcome) -> dict[str, object]:
    return {
        "findings": [{**vars(each), "span": list(each.span)} for each in outcome.findings],
        "reveals": [{"span": list(span), "text": text} for span, text in outcome.reveals],
        "failure": list(outcome.failure),
    }


def from_json(data: dict[str, list[dict[str, object]]]) -> Outcome:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError on anything else."""
    return Outcome(
        findings=tuple(
            Finding(span_from(each["span"]), str(each["code"]), str(each["message"]), strings(each["notes"]))
            for each in data["findings"]
        ),
        reveals=tuple((span_from(each["span"]), str(each["text"])) for each in data["reveals"]),
        failure=strings(data["failure"]),
    )


def span_from(data: object) -> Span:
    if not isinstance(data, list):
        raise TypeError("a span is a list")
    return Span(*map(int, data))


def strings(data: object) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError("a list of strings is a list")
    return tuple(str(each) for each in data)
