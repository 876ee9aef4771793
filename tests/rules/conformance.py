"""The conformance sweep: our rules against torch's own samples of every operation.

    python -m tests.rules.conformance [--ops RE] [--dtypes float32,int64] [--symbolic] [--errors] [--oracle] [--json F]

Each sample of `op_db` is run in torch (CPU) and by the rule; the outcomes are
ok, partial (some size or dtype left unknown), undecided, no rule; wrong, false (a mismatch where torch runs) and
crash (the rule raised something else) are bugs.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

from mypy_torch_shapes.rules import registry
from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.shapes.unknown import Undecided

from .op_calls import Call, calls
from .samples import OK, PARTIAL, WRONG, compare

DTYPES = ("float32", "float64", "int64", "bool", "complex64")
NO_RULE, UNDECIDED, FALSE, CRASH = "no rule", "undecided", "false", "crash"
BUGS = (WRONG, FALSE, CRASH)
COLUMNS = (OK, PARTIAL, UNDECIDED, NO_RULE, *BUGS)
EXAMPLES = 4  # kept of each outcome of an operation

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
        if outcome != OK and len(kept) < EXAMPLES and example not in kept:
            kept.append(example)


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    chosen = [i for i, op in enumerate(op_db) if re.fullmatch(options.ops, op.name)]
    started = time.perf_counter()
    tallies: dict[str, Tally] = {}
    tasks = [(i, options) for i in chosen]
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            results = list(pool.map(_sweep_op, tasks, chunksize=4))
    else:
        results = list(map(_sweep_op, tasks))
    for name, tally in results:
        _merge(tallies.setdefault(name, Tally()), tally)
    print(summary(tallies, options.verbose, options.show))
    print(f"{len(chosen)} operations in {time.perf_counter() - started:.0f} s")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({name: vars(tally) for name, tally in tallies.items()}, file, indent=1, default=sorted)
    return 1 if any(tally.counts[bug] for tally in tallies.values() for bug in BUGS) else 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance")
    parser.add_argument("--ops", default=".*", help="names to sweep (a regular expression for the whole name)")
    parser.add_argument("--dtypes", default=",".join(DTYPES))
    parser.add_argument("--limit", type=int, default=10**9, help="at most so many samples of an operation and dtype")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", help="write everything to this file")
    parser.add_argument("--show", default=",".join(BUGS), help="outcomes to give examples of")
    parser.add_argument("--verbose", action="store_true", help="list every operation")
    return parser.parse_args(argv)


def _sweep_op(task: tuple[int, argparse.Namespace]) -> tuple[str, Tally]:
    number, options = task
    torch.set_num_threads(1)
    op = op_db[number]
    tally = Tally()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dtype in options.dtypes.split(","):
            for sample in _samples(op, getattr(torch, dtype), options.limit):
                sweep_sample(op, sample, tally)
    return op.name, tally


def _samples(op: Any, dtype: torch.dtype, limit: int) -> Iterator[Any]:
    if dtype not in op.supported_dtypes("cpu"):
        return
    torch.manual_seed(0)
    try:
        for count, sample in enumerate(op.sample_inputs("cpu", dtype)):
            if count >= limit:
                return
            yield sample
    except Exception:
        logging.getLogger(__name__).debug("%s: no samples", op.name, exc_info=True)


def sweep_sample(op: Any, sample: Any, tally: Tally) -> None:
    """Every name of the operation on one sample; names that share a rule are tried once."""
    try:
        each = list(calls(op, sample))
        real = each[0].run() if each else None
    except Exception:  # noqa: BLE001 - a sample torch itself cannot run on this build
        return
    if not each:
        return  # an internal operation without a public name
    seen = set()
    for call in each:
        rule = registry.find(call.path)
        if rule is None:
            tally.missing.add(call.path)
        elif (rule.function, rule.signatures) not in seen:
            seen.add((rule.function, rule.signatures))
            tally.add(*judge(rule, call, real))
    if not seen:
        tally.add(NO_RULE, each[0].path)


def judge(asked: Asked, call: Call, real: Any) -> tuple[str, str]:
    """The outcome of one call on concrete sizes, and what it was."""
    args, kwargs = call.given
    try:
        outcome, detail = compare(asked(*args, **kwargs), real)
    except Undecided as undecided:
        outcome, detail = UNDECIDED, undecided.reason
    except Mismatch as mismatch:
        outcome, detail = FALSE, mismatch.message
    except Exception as error:  # noqa: BLE001 - a bug of the rule, which is what the sweep is for
        outcome, detail = CRASH, f"{type(error).__name__}: {error}"
    return outcome, f"{call}: {detail}"


def _merge(into: Tally, tally: Tally) -> None:
    into.counts.update(tally.counts)
    into.missing |= tally.missing
    for outcome, kept in tally.examples.items():
        into.examples[outcome] = [*into.examples.get(outcome, []), *kept][:EXAMPLES]


def summary(tallies: dict[str, Tally], verbose: bool, show: str) -> str:
    """A table of the operations that are not all ok, examples of the outcomes asked for, and totals."""
    lines = [f"{'':44}" + "".join(f"{column:>10}" for column in COLUMNS)]
    total: Counter[str] = Counter()
    for name, tally in sorted(tallies.items()):
        total.update(tally.counts)
        if verbose or any(tally.counts[bug] for bug in show.split(",")):
            lines.append(f"{name:44}" + "".join(f"{tally.counts[column] or '':>10}" for column in COLUMNS))
            for outcome in show.split(","):
                lines.extend(f"    {outcome}: {example}" for example in tally.examples.get(outcome, ()))
    lines.append(f"{'total':44}" + "".join(f"{total[column]:>10}" for column in COLUMNS))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
