"""The comparison of claims with runs, on hand-written claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.harness.claims import evaluate_dim, parse
from tests.harness.compare import Result, compare
from tests.harness.measure import observed
from tests.harness.programs import Program

NET = "def twice(x, flag=False):\n    y = x + x\n    return y[1:] if flag else y\n"
DRIVER = """import sys, torch, net
n, k = (int(word[2:]) for word in sys.argv[1:])
net.twice(torch.ones(n, k))
net.twice(torch.ones(n, k), flag=True)
"""
SIZES = ("N=4 K=2", "N=3 K=5")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, Any]]]:
    directory = tmp_path_factory.mktemp("twice")
    (directory / "net.py").write_text(NET)
    (directory / "driver.py").write_text(DRIVER)
    program = Program("twice", ("net.py",), "driver.py", SIZES, directory)
    return [(sizes, observed(program, directory, sizes)) for sizes in SIZES]


def row(context: int, line: int, column: int, end: int, dims: list[Any] | None) -> dict[str, Any]:
    span = {"file": "net.py", "line": line, "column": column, "end_line": line, "end_column": end}
    return {"context": context, **span, "type": {"dtype": "float32", "dims": dims, "text": str(dims)}}


def context(number: int, symbols: dict[str, str]) -> dict[str, Any]:
    return {"id": number, "function": "net.twice", "instance": None, "symbols": symbols}


def measured(
    runs: list[tuple[str, dict[str, Any]]], contexts: list[Any], expressions: list[Any], said: list[Any] | None = None
) -> Result:
    claims = parse({"version": 1, "contexts": contexts, "expressions": expressions}, said)
    return compare(claims, runs, {"net.py": NET})


BOTH = {"N": "x.shape[0]", "K": "x.shape[1]"}
LOADS = [(2, 8, 9), (2, 12, 13), (2, 8, 13)]  # x, x, x + x


def rows(number: int, dims: list[Any]) -> list[dict[str, Any]]:
    return [row(number, line, column, end, dims) for line, column, end in LOADS]


def test_true_claims(runs: list[tuple[str, dict[str, Any]]]) -> None:
    result = measured(runs, [context(0, BOTH)], rows(0, ["N", "K"]))
    assert not result.wrong and not result.misfits
    assert len(result.executed) == 7 and len(result.covered) == 3 and result.checked == 12


def test_sizes_that_only_a_variable_names_are_counted_apart(runs: list[tuple[str, dict[str, Any]]]) -> None:
    for_people = [["B", "K"], ["B", "K"], ["B", "K"]]
    result = measured(runs, [context(0, {"K": "x.shape[1]"})], rows(0, [None, "K"]), for_people)
    assert not result.wrong and not result.covered and len(result.named) == 3


def test_a_name_for_two_sizes_is_wrong(runs: list[tuple[str, dict[str, Any]]]) -> None:
    for_people = [["B", "K"], ["B", "K"], ["2*B", "K"]]
    result = measured(runs, [context(0, {"K": "x.shape[1]"})], rows(0, [None, "K"]), for_people)
    assert {each.text for each in result.wrong.values()} == {"x + x"} and len(result.named) == 2


def test_a_flag_sets_contexts_apart(runs: list[tuple[str, dict[str, Any]]]) -> None:
    whole, part = row(0, 3, 11, 33, ["N", "K"]), row(1, 3, 11, 33, ["N - 1", "K"])
    expressions = [*rows(0, ["N", "K"]), whole, *rows(1, ["N", "K"]), part]
    assert not measured(runs, [context(0, BOTH), context(1, BOTH)], expressions).wrong


def test_an_orphan_is_wrong(runs: list[tuple[str, dict[str, Any]]]) -> None:
    expressions = [*rows(0, ["N", "K"]), *rows(1, ["N", "K"])[:2], row(1, 2, 8, 13, ["N", "2*K"])]
    wrong = measured(runs, [context(0, BOTH), context(1, BOTH)], expressions).wrong
    assert [each.text for each in wrong.values()] == ["x + x"]


def test_a_constant_for_a_free_size_is_wrong_at_other_sizes(runs: list[tuple[str, dict[str, Any]]]) -> None:
    result = measured(runs, [context(0, {"N": "x.shape[0]"})], rows(0, ["N", 2]))
    assert {each.sizes for each in result.wrong.values()} == {SIZES[1]}
    assert len(result.wrong) == 3 and len(result.misfits) == 2


def test_unknown_claims_nothing(runs: list[tuple[str, dict[str, Any]]]) -> None:
    result = measured(runs, [context(0, {})], [row(0, 2, 8, 13, [None, None]), row(0, 3, 27, 31, None)])
    assert not result.wrong and not result.covered


@pytest.mark.parametrize(
    ("dim", "value"),
    [("(H - 1)//2 + 1", 4), ("max(N, H % 3)", 2), (64, 64), (None, None), ("Q + 1", None), ("H//(N//3)", -1)],
)
def test_dims(dim: int | str | None, value: int | None) -> None:
    assert evaluate_dim(dim, {"H": 8, "N": 2}) == value


def test_own_programs_exist() -> None:
    from tests.harness.programs import own

    for program in own():
        assert program.directory is not None
        assert all((Path(program.directory) / file).exists() for file in (*program.files, program.driver))
