"""What is inferred of whole programs, held against real runs of them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.harness import programs
from tests.harness.compare import Result
from tests.harness.measure import measure
from tests.harness.programs import Program
from tests.harness.report import as_json, detail_lines

pytest.importorskip("mypy_torch_shapes.evaluation.session")

ENOUGH = 0.95  # of a real network's expressions; what is required of our own programs stands beside them
CHECKOUT = programs.examples_checkout(None)


def explain(result: Result) -> str:
    return "\n".join(detail_lines(as_json(result)))


def check(program: Program, directory: Path, floor: float) -> None:
    result = measure(program, directory / "project", CHECKOUT)
    assert not result.wrong, explain(result)
    assert not result.findings and not result.faults, explain(result)
    assert result.executed and result.coverage >= floor, explain(result)


@pytest.mark.parametrize("program", programs.own(), ids=lambda program: program.name)
def test_own_program(program: Program, tmp_path: Path) -> None:
    check(program, tmp_path, program.floor)


@pytest.mark.slow
@pytest.mark.networks
@pytest.mark.parametrize("program", programs.networks(), ids=lambda program: program.name)
def test_real_network(program: Program, tmp_path: Path) -> None:
    if program.examples and CHECKOUT is None:
        pytest.skip("needs a checkout of pytorch/examples in $PYTORCH_EXAMPLES")
    if find_spec("torchvision") is None or find_spec("PIL") is None:
        pytest.skip("needs torchvision and pillow")
    check(program, tmp_path, ENOUGH)
