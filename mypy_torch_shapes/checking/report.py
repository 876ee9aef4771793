"""Outcomes as mypy errors: in place, obeying ignores and disabled codes, changing nothing mypy says itself."""

from __future__ import annotations

from mypy.errorcodes import ErrorCode
from mypy.errors import ErrorInfo, Errors
from mypy.nodes import MypyFile
from mypy.options import Options

from mypy_torch_shapes.checking.codes import CODES
from mypy_torch_shapes.checking.outcome import Outcome
from mypy_torch_shapes.evaluation.facts import Span


def publish(errors: Errors, file: MypyFile, options: Options, outcome: Outcome) -> None:
    """Replace what was said of a file by this outcome.

    The list of errors is appended to directly. `Errors.report` does more than that: beside an ignore for another
    code it adds a note without a code, and it counts a bare ignore as used, which takes a warning of mypy's away.
    """
    kept = [info for info in errors.error_info_map.get(file.path, ()) if info.code not in CODES.values()]
    added = []
    for span, severity, text, code in outcome.messages():
        wanted = CODES[code] not in options.disabled_error_codes and span.line not in file.skipped_lines
        if wanted and ignored(span, code, file.ignored_lines) is None:
            added.append(error_info(errors, file, kept, span, severity, text, CODES[code]))
    mark_used_ignores(errors, file, outcome)
    if kept or added:
        errors.error_info_map[file.path] = kept + added
    else:
        errors.error_info_map.pop(file.path, None)


def ignored(span: Span, code: str, ignores: dict[int, list[str]]) -> int | None:
    """The line of the `# type: ignore` that covers this, if one does: as in mypy, any line of the expression."""
    for line in range(span.line, span.end_line + 1):
        codes = ignores.get(line)
        if codes is not None and (not codes or code in codes):
            return line
    return None


def has_own_ignores(file: MypyFile) -> bool:
    return any(code in CODES for codes in file.ignored_lines.values() for code in codes)


def mark_used_ignores(errors: Errors, file: MypyFile, outcome: Outcome) -> None:
    """Count the ignores that name a code of ours as used. Bare ones are mypy's business, with or without us."""
    for span, _, _, code in outcome.messages():
        line = ignored(span, code, file.ignored_lines)
        if line is not None and code in file.ignored_lines[line]:
            errors.used_ignored_lines[file.path][line].append(code)


def error_info(
    errors: Errors, file: MypyFile, others: list[ErrorInfo], span: Span, severity: str, text: str, code: ErrorCode
) -> ErrorInfo:
    """A message in the import and function context of the one before it: mypy prints each change of these."""
    before = [info for info in others if (info.line, info.column) <= (span.line, span.column)]
    last = max(before, key=lambda info: (info.line, info.column), default=None)
    return ErrorInfo(
        import_ctx=others[-1].import_ctx if others else errors.import_context(),
        local_ctx=last.local_ctx if last else (None, None),
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        severity=severity,
        message=text,
        code=code,
        blocker=False,
        only_once=False,
        module=file.fullname,
        target=None,  # the daemon clears the errors of the targets it checks again, and would not ask us again
    )
