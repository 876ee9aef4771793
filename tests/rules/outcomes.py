"""What can become of a claim, and counting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.shapes.unknown import Undecided

from .samples import OK, PARTIAL, WRONG, compare

NO_RULE, UNDECIDED, FALSE, CRASH = "no rule", "undecided", "false", "crash"
DATA = "data"  # unknown, and torch itself cannot tell without data
REPORTED, SILENT, OTHER = "reported", "silent", "other"  # of calls that torch refuses
BUGS = (WRONG, FALSE, CRASH)
COLUMNS = (OK, DATA, PARTIAL, UNDECIDED, NO_RULE, *BUGS)
CHANGING_COLUMNS = (OK, PARTIAL, UNDECIDED, REPORTED, SILENT, OTHER, *BUGS)
ERROR_COLUMNS = (REPORTED, SILENT, UNDECIDED, NO_RULE, OTHER, CRASH)
EXAMPLES = 5  # kept of each outcome of an operation

Asked = Callable[..., Any]


@dataclass
class Tally:
    """What became of one operation's samples."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)  # names without a rule

    def add(self, outcome: str, example: str = "") -> None:
        self.counts[outcome] += 1
        kept = self.examples.setdefault(outcome, [])
        if outcome not in (OK, REPORTED) and len(kept) < EXAMPLES and example not in kept:
            kept.append(example)

    def merge(self, tally: Tally) -> None:
        self.counts.update(tally.counts)
        self.missing |= tally.missing
        for outcome, kept in tally.examples.items():
            self.examples[outcome] = [*self.examples.get(outcome, []), *kept][:EXAMPLES]


def asked_of(asked: Asked, given: tuple[tuple[Any, ...], Mapping[str, Any]]) -> tuple[str, Any]:
    """OK and the claim, or UNDECIDED, FALSE (for now) or CRASH and the reason."""
    args, kwargs = given
    try:
        return OK, asked(*args, **kwargs)
    except Undecided as undecided:
        return UNDECIDED, undecided.reason
    except Mismatch as mismatch:
        return FALSE, mismatch.message
    except Exception as error:  # noqa: BLE001 - a bug of the rule, which is what the sweep is for
        return CRASH, f"{type(error).__name__}: {error}"


def judge(asked: Asked, given: tuple[tuple[Any, ...], Mapping[str, Any]], real: Any) -> tuple[str, str]:
    """The outcome of one call that torch accepts, on concrete sizes, and what it was."""
    outcome, claim = asked_of(asked, given)
    return compare(claim, real) if outcome == OK else (outcome, claim)


def summary(tallies: Mapping[str, Tally], columns: tuple[str, ...], verbose: bool, show: tuple[str, ...]) -> str:
    """A table of the operations with an outcome to be shown, examples of it, and totals."""
    lines = [f"{'':44}" + "".join(f"{column:>10}" for column in columns)]
    total: Counter[str] = Counter()
    for name, tally in sorted(tallies.items()):
        total.update(tally.counts)
        if verbose or any(tally.counts[outcome] for outcome in show):
            lines.append(f"{name:44}" + "".join(f"{tally.counts[column] or '':>10}" for column in columns))
            for outcome in show:
                lines.extend(f"    {outcome}: {example}" for example in tally.examples.get(outcome, ()))
    lines.append(f"{'total':44}" + "".join(f"{total[column]:>10}" for column in columns))
    return "\n".join(lines)
