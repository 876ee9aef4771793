"""The conformance sweep in a reduced form: everything, but few samples of each (all: `make conformance`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .outcomes import BUGS, COLUMNS, ERROR_COLUMNS, OK, PARTIAL, REPORTED, SILENT, UNDECIDED, Tally, summary


def run(*options: str) -> dict[str, Tally]:
    conformance = pytest.importorskip("tests.rules.conformance")
    return conformance.sweep(conformance._options([*options, "--jobs", str(min(2, os.cpu_count() or 1))]))


def total(tallies: dict[str, Tally], *outcomes: str) -> int:
    return sum(tally.counts[outcome] for tally in tallies.values() for outcome in outcomes)


def bugs(tallies: dict[str, Tally]) -> str:
    """A readable list of what is wrong; empty where nothing is."""
    return summary(tallies, COLUMNS, False, BUGS) if total(tallies, *BUGS) else ""


def test_no_rule_contradicts_torch() -> None:
    tallies = run("--limit", "6", "--dtypes", "float32,int64,bool,complex64")
    assert not bugs(tallies)
    assert total(tallies, OK) > 3000


def test_no_rule_contradicts_torch_at_other_sizes() -> None:
    tallies = run("--symbolic", "--limit", "4", "--dtypes", "float32")
    assert not bugs(tallies)
    assert total(tallies, OK) > 500


def test_no_in_place_variant_contradicts_torch() -> None:
    tallies = run("--inplace", "--limit", "6")
    assert not bugs(tallies)
    assert total(tallies, SILENT, UNDECIDED, PARTIAL) == 0
    assert total(tallies, REPORTED) > 300


def test_no_result_written_to_out_contradicts_torch() -> None:
    tallies = run("--out", "--limit", "3", "--dtypes", "float32,int64")
    assert not bugs(tallies)
    assert total(tallies, REPORTED) > 1000


def test_what_torch_refuses_is_reported() -> None:
    tallies = run("--errors")
    reported = total(tallies, REPORTED)
    assert reported >= 0.95 * total(tallies, REPORTED, SILENT, UNDECIDED), summary(
        tallies, ERROR_COLUMNS, False, (SILENT, UNDECIDED)
    )


def test_the_oracle_does_not_contradict_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPY_TORCH_SHAPES_CACHE", str(tmp_path))
    tallies = run(
        "--oracle", "--limit", "1", "--dtypes", "float32", "--ops", "(linalg|fft|special|nn.functional.[c-l]).*"
    )
    assert not bugs(tallies)
    assert total(tallies, OK, PARTIAL) > 150
