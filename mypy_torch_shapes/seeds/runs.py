"""The runs that records were made in: one list for several profiles, without those that nothing mentions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, Profile, RunRecord

MAX_RUNS = 8  # that one record is known to be from; the latest

Recorded = TypeVar("Recorded", FunctionRecord, CallRecord)


def made_by(profile: Profile, run: RunRecord) -> Profile:
    """What one run saw, with the command that repeats it."""
    return _with_runs(replace(profile, runs=[run]), lambda before: (0,))


def with_common_runs(old: Profile, new: Profile) -> tuple[Profile, Profile, list[RunRecord]]:
    """Both profiles with their runs counted in one list; runs of one command are the same, since none has a date."""
    runs = list(dict.fromkeys((*old.runs, *new.runs)))
    return _moved(old, runs), _moved(new, runs), runs


def without_unmentioned_runs(profile: Profile) -> Profile:
    """The profile without the runs of which another one has replaced everything."""
    kept = commands_of(profile, records_of(profile))
    return profile if kept == profile.runs else _moved(profile, kept)


def merged_runs(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """The runs of one observation that was made twice."""
    return tuple(dict.fromkeys((*old, *new)))[-MAX_RUNS:]


def records_of(profile: Profile) -> Iterator[FunctionRecord | CallRecord]:
    """All that runs are known of."""
    yield from profile.functions.values()
    yield from profile.calls


def commands_of(profile: Profile, records: Iterable[FunctionRecord | CallRecord]) -> list[RunRecord]:
    """The runs that records were made in, in their order."""
    wanted = {run for record in records for run in record.runs}
    return [run for place, run in enumerate(profile.runs) if place in wanted]


def _moved(profile: Profile, runs: list[RunRecord]) -> Profile:
    places = {place: runs.index(run) for place, run in enumerate(profile.runs) if run in runs}
    return _with_runs(replace(profile, runs=runs), lambda before: tuple(places[run] for run in before))


def _with_runs(profile: Profile, new: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Profile:
    def changed(record: Recorded) -> Recorded:
        return replace(record, runs=new(record.runs))

    functions = {key: changed(record) for key, record in profile.functions.items()}
    return replace(profile, functions=functions, calls=[changed(call) for call in profile.calls])
