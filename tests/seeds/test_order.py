"""When calls were made: what several runs say together, and what an edit between them leaves of it."""

from __future__ import annotations

from mypy_torch_shapes.seeds.merging import merge_profiles
from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, Profile, RunRecord
from mypy_torch_shapes.seeds.runs import made_by


def run(number: int, *calls: str, digest: str = "d") -> Profile:
    """A run in which these functions were called, one after the other."""
    functions = {f"m:{name}": FunctionRecord("m", name, "m.py", 1, digest if name == "f" else "d") for name in calls}
    records = [CallRecord(f"m:{name}", (("x", 1),), order=order) for order, name in enumerate(calls)]
    return made_by(Profile(functions, calls=records), RunRecord((f"run {number}",)))


def orders(*runs: Profile) -> dict[str, int | None]:
    merged = Profile()
    for each in runs:
        merged = merge_profiles(merged, each).profile
    return {call.function[2:]: call.order for call in merged.calls}


def test_a_call_is_as_early_as_it_was_in_any_run() -> None:
    assert orders(run(1, "f", "g", "h"), run(2, "h", "g")) == {"f": 0, "g": 1, "h": 0}


def test_what_came_after_code_that_has_changed_comes_before_nothing() -> None:
    assert orders(run(1, "g", "f", "h"), run(1, "f", digest="new")) == {"f": 0, "g": 0, "h": None}


def test_what_is_seen_again_without_an_order_has_none_to_trust() -> None:
    merged = orders(run(1, "g", "f", "h"), run(1, "f", digest="new"), run(1, "f", "h", digest="new"))
    assert merged == {"f": 0, "g": 0, "h": None}
