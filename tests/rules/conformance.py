"""The conformance sweep: our rules against torch's own samples of every operation and module.

    python -m tests.rules.conformance [--ops RE] [--dtypes float32,int64] [--symbolic] [--errors] [--oracle] [--moved]
                                        [--meta] [--json F]

Each sample of `op_db` and `module_db` is run in torch (CPU) and by the rule; the outcomes are
ok, data (unknown, but torch has no meta kernel either), partial (some size or dtype left unknown), undecided, no
rule; wrong, false (a mismatch where torch runs) and
crash (the rule raised something else) are bugs. With --errors, torch's error inputs: reported, silent (a type is
claimed), undecided, no rule, other (torch refuses for other reasons than shapes and dtypes).
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import random
import re
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

from mypy_torch_shapes.rules import modules, oracle, registry, service
from mypy_torch_shapes.rules.oracle.errors import classify

from . import changing
from .memory import moved
from .module_calls import asked_of_module, judge_attributes, module_calls, module_db, refused_calls
from .op_calls import Call, attempted, calls
from .outcomes import (
    BUGS,
    CHANGING_COLUMNS,
    COLUMNS,
    CRASH,
    DATA,
    ERROR_COLUMNS,
    FALSE,
    NO_RULE,
    OK,
    OTHER,
    PARTIAL,
    REPORTED,
    SILENT,
    UNDECIDED,
    Asked,
    Tally,
    asked_of,
    judge,
    summary,
)
from .samples import map_tensors, one_on_meta
from .symbolic import cases, judge_symbolic, runs_without_data

DTYPES = ("float32", "float64", "int64", "bool", "complex64")


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    started = time.perf_counter()
    tallies = sweep(options)
    changing_ones = options.inplace or options.out
    columns = ERROR_COLUMNS if options.errors else CHANGING_COLUMNS if changing_ones else COLUMNS
    show = tuple(options.show.split(",")) if options.show else (BUGS if not options.errors else (SILENT, CRASH))
    print(summary(tallies, columns, options.verbose, show))
    print(f"{len(tallies)} operations in {time.perf_counter() - started:.0f} s")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({name: vars(tally) for name, tally in tallies.items()}, file, indent=1, default=sorted)
    return 1 if any(tally.counts[bug] for tally in tallies.values() for bug in BUGS) else 0


def sweep(options: argparse.Namespace) -> dict[str, Tally]:
    """The tally of every chosen operation and module, by name."""
    tasks = [
        (kind, number, options)
        for kind, names in (("op", [op.name for op in op_db]), ("module", [info.name for info in module_db]))
        for number, name in enumerate(names)
        if re.fullmatch(options.ops, name)
    ]
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            results = list(pool.map(_sweep, tasks, chunksize=4))
    else:
        results = list(map(_sweep, tasks))
    tallies: dict[str, Tally] = {}
    for name, tally in results:
        tallies.setdefault(name, Tally()).merge(tally)
    return tallies


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance")
    parser.add_argument("--ops", default=".*", help="names to sweep (a regular expression for the whole name)")
    parser.add_argument("--dtypes", default=",".join(DTYPES))
    parser.add_argument("--limit", type=int, default=10**9, help="at most so many samples of an operation and dtype")
    parser.add_argument("--symbolic", action="store_true", help="replace a random choice of sizes by symbols")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    parser.add_argument("--errors", action="store_true", help="torch's error inputs instead of its samples")
    parser.add_argument("--inplace", action="store_true", help="the in-place variant of each operation")
    parser.add_argument("--out", action="store_true", help="results written to out=, of the same and of other dtypes")
    parser.add_argument("--moved", action="store_true", help="tensors lie in memory in another order")
    parser.add_argument("--meta", action="store_true", help="one tensor of several is on the meta device")
    parser.add_argument("--oracle", action="store_true", help="ask torch on the meta device instead of the rules")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", help="write everything to this file")
    parser.add_argument("--show", help="outcomes to give examples of")
    parser.add_argument("--verbose", action="store_true", help="list every operation")
    return parser.parse_args(argv)


def _sweep(task: tuple[str, int, argparse.Namespace]) -> tuple[str, Tally]:
    kind, number, options = task
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name, tally = (_sweep_op if kind == "op" else _sweep_module)(number, options)
    oracle.flush()  # a worker of a pool has no ordinary exit
    return name, tally


def _sweep_op(number: int, options: argparse.Namespace) -> tuple[str, Tally]:
    op, tally = op_db[number], Tally()
    if options.errors:
        _sweep_errors(op, tally, options)
        return op.name, tally
    for sample in itertools.chain.from_iterable(_samples(op, dtype, options) for dtype in _dtypes(options)):
        if options.inplace or options.out:
            for call in (changing.in_place if options.inplace else changing.with_out)(op, sample):
                tally.add(*changing.judge(call))
        else:
            _sweep_sample(op, sample, tally, options)
    return op.name, tally


def _dtypes(options: argparse.Namespace) -> list[torch.dtype]:
    return [getattr(torch, name) for name in options.dtypes.split(",")]


def _samples(op: Any, dtype: torch.dtype, options: argparse.Namespace) -> Iterator[Any]:
    if dtype not in op.supported_dtypes("cpu"):
        return
    torch.default_generator.manual_seed(0)
    try:  # without the wrapper that seeds every device, and looks at the stack for it, before each sample
        yield from itertools.islice(op.sample_inputs_func(op, "cpu", dtype, False), options.limit)
    except Exception:
        logging.getLogger(__name__).debug("%s: torch's own generator fails", op.name, exc_info=True)


def _sweep_sample(op: Any, sample: Any, tally: Tally, options: argparse.Namespace) -> None:
    """Every name of the operation on one sample; names that share a rule are tried once."""
    try:
        if options.meta:
            sample.input, sample.args, sample.kwargs = one_on_meta((sample.input, sample.args, sample.kwargs))
        if options.moved:
            sample.input, sample.args = map_tensors(moved, sample.input), map_tensors(moved, sample.args)
            sample.kwargs = map_tensors(moved, sample.kwargs)
        each = list(calls(op, sample))
        real = each[0].run() if each and not options.symbolic else None
    except Exception:  # noqa: BLE001 - a sample torch itself cannot run on this build
        return
    seen: set[Any] = set()
    for call in each:
        asked = _rule(call.path, tally, seen, options)
        if asked is not None:
            _judge(asked, call, real, tally, options)
    if each and not seen:
        tally.add(NO_RULE, each[0].path)


def _rule(path: str, tally: Tally, seen: set[Any], options: argparse.Namespace) -> Asked | None:
    """What to ask of a path, unless it was asked under another name already."""
    if options.oracle:
        seen.add(path)
        return lambda *args, **kwargs: oracle.ask(path, args, kwargs)
    rule = registry.find(path)
    if rule is None:
        tally.missing.add(path)
        if service.served_by(path) is None:
            return None
        seen.add(path)
        return lambda *args, **kwargs: service.answer(path, args, kwargs)
    identity = (rule.function, rule.signatures)
    new = identity not in seen
    seen.add(identity)
    return rule if new else None


def _judge(asked: Asked, call: Call, real: Any, tally: Tally, options: argparse.Namespace) -> None:
    if not options.symbolic:
        outcome, detail = judge(asked, call.given, real)
        if outcome in (PARTIAL, UNDECIDED) and not runs_without_data(call):
            outcome = DATA
        tally.add(outcome, f"{call}: {detail}")
        return
    chance = random.Random(zlib.crc32(repr(call).encode()) + options.seed)
    for case in cases(call, chance):
        outcome, detail = judge_symbolic(asked, case)
        tally.add(outcome, f"{Call(call.path, (), {}, call.function, case.given)}: {detail}")


def _sweep_errors(op: Any, tally: Tally, options: argparse.Namespace) -> None:
    if op.error_inputs_func is None:
        return
    try:
        samples = [error.sample_input for error in op.error_inputs_func(op, "cpu")]
    except Exception:  # noqa: BLE001 - a generator that needs another device
        return
    for sample in samples:
        seen: set[Any] = set()
        error, each = attempted(op, sample)
        if error is None:
            continue
        for call in each:
            asked = _rule(call.path, tally, seen, options)
            if asked is not None:
                outcome, detail = asked_of(asked, call.given)
                tally.add(_of_error(outcome, error), f"{call}: {detail!r}, torch: {str(error)[:120]}")
        if each and not seen:
            tally.add(NO_RULE, each[0].path)


def _of_error(outcome: str, error: Exception) -> str:
    if outcome in (CRASH,):
        return outcome
    if classify(error) is None:
        return OTHER
    return {OK: SILENT, FALSE: REPORTED, UNDECIDED: UNDECIDED}[outcome]


def _sweep_module(number: int, options: argparse.Namespace) -> tuple[str, Tally]:
    info, tally = module_db[number], Tally()
    if options.inplace or options.out:
        return info.name, tally
    if options.errors:
        for call, error in refused_calls(info, torch.float32, True):
            if modules.known(call.path):
                outcome, detail = asked_of(asked_of_module(call.path, True), call.given)
                tally.add(_of_error(outcome, error), f"{call}: {detail!r}, torch: {str(error)[:120]}")
        return info.name, tally
    for dtype, training in itertools.product(_dtypes(options), (True, False)):
        if dtype not in info.supported_dtypes("cpu"):
            continue
        for call in itertools.islice(module_calls(info, dtype, training), options.limit):
            if options.moved:
                call = Call.of(call.path, map_tensors(moved, call.args), call.kwargs, call.function)
            if not modules.known(call.path) and not options.oracle:
                tally.add(NO_RULE, call.path)
                continue
            try:
                real = call.run()
            except Exception:  # noqa: BLE001 - a sample torch itself cannot run
                continue
            if not options.oracle and not options.symbolic:
                outcome, detail = judge_attributes(call.path, info, call)
                tally.add(outcome, f"{call}: {detail}")
            asked = _oracle_module(call.path, training) if options.oracle else asked_of_module(call.path, training)
            _judge(asked, call, real, tally, options)
    return info.name, tally


def _oracle_module(path: str, training: bool) -> Asked:
    return lambda args, kwargs, run_args, run_kwargs: oracle.ask_module(
        path, args, kwargs, run_args, run_kwargs, training
    )


if __name__ == "__main__":
    sys.exit(main())
