"""Generates edits of programs and runs each in torch: `python -m tests.mutants.generate --suite networks --out F`."""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import random
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import torch

from tests.harness import programs
from tests.harness.programs import Program
from tests.mutants import edits, harmless
from tests.mutants.edits import Edit
from tests.mutants.reached import entered, reaches
from tests.mutants.realrun import SECONDS, Outcome, outcome


def select(candidates: list[Edit], sources: dict[str, str], count: int, seed: str) -> list[Edit]:
    """An equal share of each kind, chosen by the seed alone, of what is still Python (of a long file, parsing takes
    long: only those are parsed that are chosen)."""
    chance = random.Random(seed)
    kinds: dict[str, list[Edit]] = defaultdict(list)
    for edit in candidates:
        kinds[edit.kind].append(edit)
    for each in kinds.values():
        chance.shuffle(each)
    chosen: list[Edit] = []
    while len(chosen) < count and any(kinds.values()):
        for each in kinds.values():
            edit = each.pop() if each and len(chosen) < count else None
            if edit is not None and edits.parses(edit.apply(sources[edit.file])):
                chosen.append(edit)
    return chosen


def of_program(program: Program, project: Path, options: argparse.Namespace) -> list[Edit]:
    sources = program.sources(project)
    found = [edit for file, source in sources.items() for edit in edits.candidates(file, source)]
    gentle = [edit for file, source in sources.items() for edit in harmless.candidates(file, source)]
    name = f"{options.seed}:{program.name}"
    if options.program or program.installed or program.library:  # long files, of which a driver runs a part
        ran = entered(program, project)
        found = [edit for edit in found if reaches(edit, sources[edit.file], ran)]
        gentle = [edit for edit in gentle if reaches(edit, sources[edit.file], ran)]
    return select(found, sources, options.breaking, name) + select(gentle, sources, options.harmless, name)


IMPORTED_ONCE = ("PIL.Image", "torch.onnx", "torch._dynamo")  # what torchvision and optimizers import, seconds each

Task = tuple[str, Path, str, str, tuple[str, ...], str, str]


def work(task: Task) -> tuple[str, Outcome]:
    key, project, driver, sizes, files, file, text = task
    return key, outcome(project, driver, sizes, files, file, text)


def run_all(tasks: list[Task], jobs: int) -> dict[str, Outcome]:
    """Each task in a process of its own, forked when torch is already imported."""
    results: dict[str, Outcome] = {}
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        waiting = [(task[0], pool.apply_async(work, (task,))) for task in tasks]
        for key, result in waiting:
            try:
                results[key] = result.get(timeout=2 * SECONDS)[1]
            except multiprocessing.TimeoutError:
                results[key] = Outcome("timeout")
    return results


def verdict(outcomes: list[Outcome]) -> str:
    """ "crash": a shape or dtype error at every size, blamed on one line. "runs": at every size."""
    kinds = {each.kind for each in outcomes}
    if kinds == {"runs"}:
        return "runs"
    if kinds == {"shape"}:
        return "crash" if len({(each.file, each.line) for each in outcomes}) == 1 else "moving-crash"
    return "some-sizes" if kinds == {"runs", "shape"} else "other"


def line_of(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


def describe(edit: Edit, source: str, outcomes: list[Outcome]) -> dict[str, Any]:
    start = min(each[0] for each in edit.replacements)
    line = line_of(source, start)
    return {
        "file": edit.file,
        "kind": edit.kind,
        "line": line,
        "before": source.splitlines()[line - 1].strip(),
        "after": edit.apply(source).splitlines()[line - 1].strip(),
        "replacements": [list(each) for each in edit.replacements],
        "verdict": verdict(outcomes),
        "blamed": [outcomes[0].file, outcomes[0].line],
        "error": outcomes[0].error,
        "outcomes": [each.kind for each in outcomes],
    }


def by_hand(path: Path, sources: dict[str, str]) -> list[Edit]:
    """Edits that somebody wrote down: in each file, `old` occurs once."""
    made = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        start = sources[row["file"]].index(row["old"])
        made.append(Edit(row["file"], "by-hand", ((start, start + len(row["old"]), row["new"]),)))
    return made


def generate(program: Program, project: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The program's edits, each with what became of it."""
    sources = program.sources(project)
    if options.edits is not None:
        chosen = by_hand(options.edits, sources)
    else:
        chosen = of_program(program, project, options)

    def tasks(numbers: list[int], sizes: str) -> list[Task]:
        return [
            (str(n), project, program.driver, sizes, program.files, chosen[n].file,
             chosen[n].apply(sources[chosen[n].file]))
            for n in numbers
        ]  # fmt: skip

    outcomes: dict[int, list[Outcome]] = {n: [] for n in range(len(chosen))}
    alive = list(outcomes)
    for sizes in program.sizes:  # what ended otherwise at the first size need not be run again
        results = run_all(tasks(alive, sizes), options.jobs)
        for n in alive:
            outcomes[n].append(results[str(n)])
        alive = [n for n in alive if outcomes[n][-1].kind in ("runs", "shape")]
    return [describe(edit, sources[edit.file], outcomes[n]) for n, edit in enumerate(chosen)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=sorted(programs.SUITES), default="programs")
    parser.add_argument("--only", action="append", default=[])
    programs.add_options(parser)
    parser.add_argument("--edits", type=Path, help='your own: a JSON list of {"file": …, "old": …, "new": …}')
    parser.add_argument("--examples", help="a checkout of pytorch/examples (or $PYTORCH_EXAMPLES)")
    parser.add_argument("--breaking", type=int, default=40, help="candidates a program that may break it")
    parser.add_argument("--harmless", type=int, default=15, help="candidates a program that should not")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--imported", action="append", default=[], help="a module to import once, before any run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)  # before any fork: threads do not survive one
    for slow in [*IMPORTED_ONCE, *options.imported]:
        importlib.import_module(slow)
    report: dict[str, Any] = {}
    own = None
    if options.program is not None:
        own = programs.given(options.program, options.driver, options.files, options.sizes)
    written = {"seed": options.seed, "given": [own.as_json()] if own else [], "programs": report}
    with tempfile.TemporaryDirectory() as temporary:
        checkout = programs.examples_checkout(options.examples)
        for program in [own] if own else programs.chosen([options.suite], options.only, checkout):
            project = (Path(temporary) / program.name / "project").resolve()
            program.lay_out(project, checkout)
            report[program.name] = generate(program, project, options)
            counts = Counter(row["verdict"] for row in report[program.name])
            print(f"{program.name:26}", *(f"{kind} {count}" for kind, count in sorted(counts.items())), flush=True)
            options.out.write_text(json.dumps(written, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
