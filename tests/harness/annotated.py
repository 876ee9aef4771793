"""What annotations change in whole suites, and whether they hold: `python -m tests.harness.annotated`."""

from __future__ import annotations

import argparse
import ast
import io
import os
import re
import sys
import tempfile
import tokenize
from collections import Counter
from pathlib import Path

from tests.harness import gradual, measure, programs
from tests.harness.programs import Program

ANNOTATION = re.compile(r"\[[\w.]*Tensor, \"")
LINE = re.compile(r":\d+:| on line \d+")
HOOKED = """
import runpy, sys
from jaxtyping import install_import_hook
sys.argv = [{driver!r}, *{words!r}]
sys.path.insert(0, "")
with install_import_hook({modules!r}, "beartype.beartype"):
    runpy.run_path({driver!r}, run_name="__main__")
"""


class Bare(ast.NodeTransformer):
    """Takes out annotations and imports."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None


def bare(source: str) -> tuple[str, list[str]]:
    """A program without annotations and imports, and its comments."""
    words = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [word.string for word in words if word.type == tokenize.COMMENT]
    return ast.dump(Bare().visit(ast.parse(source))), comments


def module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def errors(program: Program, project: Path, caches: Path) -> Counter[str]:
    """What mypy says of the program's files, whatever the line."""
    said = gradual.mypy(project, gradual.PLUGIN, "plain", caches, program.files)
    return Counter(LINE.sub(":", line) for line in said if line.startswith(program.files))


def hooked(program: Program, project: Path) -> dict[str, str]:
    """How the driver fails, by sizes, where annotations are checked while it runs: its authors' own may be wrong."""
    modules, failing = [module(file) for file in program.files], {}
    for sizes in program.sizes:
        code = HOOKED.format(modules=modules, driver=program.driver, words=sizes.split())
        try:
            measure.command([sys.executable, "-c", code], project)
        except measure.StepFailed as failure:
            failing[sizes] = str(failure).strip()[-300:]
    return failing


def complaints(program: Program, project: Path, caches: Path, checkout: Path | None) -> tuple[int, list[str]]:
    """How many functions are annotated, and what does not hold of the result."""
    program.lay_out(project, checkout)
    measure.profile(program, project)
    before, said_before, failing = program.sources(project), errors(program, project, caches), hooked(program, project)
    measure.command([*measure.TOOL, "annotate", *program.files], project)
    after = program.sources(project)
    changed = [file for file in after if bare(after[file]) != bare(before[file])]
    found = [f"{file}: more than annotations and imports changed" for file in changed]
    said = measure.evaluated(program, project)
    found += [f"found: {each}" for each in [*said["findings"], *said["faults"]]]
    found += [f"mypy now says: {line}" for line in errors(program, project, caches) - said_before if ": error:" in line]
    measure.command([*measure.TOOL, "annotate", *program.files], project)
    again = program.sources(project)
    found += [f"{file}: changed when annotated again" for file in after if again[file] != after[file]]
    found += [f"at {sizes}: {said}" for sizes, said in hooked(program, project).items() if sizes not in failing]
    return sum(len(ANNOTATION.findall(text)) for text in after.values()), found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", action="append", default=[], choices=sorted(programs.SUITES))
    parser.add_argument("--only", action="append", default=[], help="a program of the suite, by name")
    parser.add_argument("--examples", help="a checkout of pytorch/examples (or $PYTORCH_EXAMPLES)")
    programs.add_options(parser)
    options, failed = parser.parse_args(), 0
    checkout = programs.examples_checkout(options.examples)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["MYPY_CACHE_DIR"] = str(Path(temporary) / "caches")  # annotate runs mypy as well
        for program in measure.chosen(options):
            try:
                project = Path(temporary) / program.name / "project"
                count, found = complaints(program, project, Path(temporary) / "caches", checkout)
            except measure.StepFailed as failure:
                count, found = 0, [str(failure)]
            failed += bool(found)
            print(f"{program.name:<30} {count:>4} annotations: {'; '.join(found) or 'they hold'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
