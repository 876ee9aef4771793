"""`match` patterns."""

from __future__ import annotations

import ast

from . import expressions, operators
from .run import Frame, Run
from .values import Value


def fits(run: Run, case: ast.match_case, subject: Value, frame: Frame) -> bool | None:
    """Whether a case is taken; None where it cannot be told."""
    matched = _matches(run, case.pattern, subject, frame)
    if not matched or case.guard is None:
        return matched
    return operators.truth(run, expressions.evaluate(run, case.guard, frame), frame)


def _matches(run: Run, pattern: ast.pattern, subject: Value, frame: Frame) -> bool | None:
    if isinstance(pattern, ast.MatchAs):
        inner = True if pattern.pattern is None else _matches(run, pattern.pattern, subject, frame)
        if inner and pattern.name:
            run.set_variable(frame.env, pattern.name, subject)
        return inner
    if isinstance(pattern, ast.MatchValue):
        wanted = expressions.evaluate(run, pattern.value, frame)
        return operators.truth(run, operators.compare(run, ast.Eq, subject, wanted, pattern, frame), frame)
    if isinstance(pattern, ast.MatchSingleton):
        return operators.truth(run, operators.compare(run, ast.Is, subject, pattern.value, pattern, frame), frame)
    if isinstance(pattern, ast.MatchOr):
        answers = [_matches(run, each, subject, frame) for each in pattern.patterns]
        return True if True in answers else (None if None in answers else False)
    if isinstance(pattern, ast.MatchSequence) and isinstance(subject, tuple | list):
        return _sequence(run, pattern, list(subject), frame)
    return None


def _sequence(run: Run, pattern: ast.MatchSequence, items: list[Value], frame: Frame) -> bool | None:
    if any(isinstance(each, ast.MatchStar) for each in pattern.patterns):
        return None
    if len(pattern.patterns) != len(items):
        return False
    answers = [_matches(run, each, item, frame) for each, item in zip(pattern.patterns, items, strict=True)]
    return False if False in answers else (None if None in answers else True)
