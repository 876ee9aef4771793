"""Which recorded calls are one call at several sizes, and what of it is a size."""

from __future__ import annotations

from typing import Any

from mypy_torch_shapes.evaluation.contexts import ANY_FLOAT, Call, calls_of
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    ItemsSeed,
    MappingSeed,
    OpaqueSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
    Variation,
)
from mypy_torch_shapes.shapes.dims import Dim


def record(probe: int | None = None, **arguments: Seed) -> CallRecord:
    return CallRecord("m:f", tuple(arguments.items()), probe=probe)


def only(*records: CallRecord) -> Call:
    (found,) = calls_of(Profile(calls=list(records)), records)
    return found


def objects(*counts: int) -> SequenceSeed:
    """A list of dicts, of as many objects each."""
    return SequenceSeed("list", tuple(MappingSeed("dict", (("ids", TensorSeed("int64", (n,))),)) for n in counts))


def test_a_list_that_the_probe_made_longer_has_any_length_also_where_a_number_was_computed_from_it() -> None:
    seen = [(None, (2, 3)), (0, (2, 3, 3)), (1, (2, 3, 3, 3))]
    found = only(*(record(probe, targets=objects(*counts), total=float(sum(counts))) for probe, counts in seen))
    (_, targets), (_, total) = found.arguments
    assert isinstance(targets, ItemsSeed) and targets.ragged == {0}
    assert total == OpaqueSeed(ANY_FLOAT)
    length = found.sizes[0]
    assert isinstance(length, Dim) and length.values == (2, 3, 4)


def test_an_axis_that_is_free_in_another_call_and_was_not_reached_in_this_one_is_free() -> None:
    def call(probe: int | None, batch: int, width: int, flag: bool) -> CallRecord:
        arguments = (("x", TensorSeed("float32", (batch, 5, width))), ("flag", flag))
        return CallRecord("m:f", arguments, probe=probe, receiver=0, root=True)

    calls = [call(None, 4, 7, True), call(0, 6, 7, True), call(1, 4, 9, True)]
    calls += [call(None, 4, 7, False), call(2, 6, 7, False)]
    axes = ((0, 0, 6), (0, 2, 9), (3, 0, 6), (0, 1, 6))
    tried = [Variation(base, (("x", axis),), size, ok=axis != 1) for base, axis, size in axes]
    _, cut_short = calls_of(Profile(calls=calls, variations=tried), calls)
    batch, bound, width = cut_short.sizes[:3]
    assert isinstance(batch, Dim) and isinstance(width, Dim) and bound == 5


def test_numbers_that_only_the_run_had_are_configuration() -> None:
    calls = [record(rate=rate, x=TensorSeed("float32", (4, 3))) for rate in (0.1, 0.5)]
    assert len(calls_of(Profile(calls=calls), calls)) == 2


def test_what_lengths_reach_is_the_axis_it_always_equals() -> None:
    def call(probe: int | None, steps: int, **more: Any) -> CallRecord:
        lengths = TensorSeed("int64", (3,), **more)
        return record(probe, x=TensorSeed("float32", (3, steps, 5)), lengths=lengths)

    found = only(call(None, 7, largest=7), call(0, 9, largest=9))
    assert found.sizes[-1] == found.sizes[1]
    found = only(call(None, 7, largest=7), call(0, 9))  # once it was not
    assert all(seed.largest is None for _, seed in found.arguments if isinstance(seed, TensorSeed))


def test_an_integer_of_one_may_be_a_size() -> None:
    found = only(record(rows=1, x=TensorSeed("float32", (5, 1))))
    assert isinstance(found.sizes[0], Dim) and found.fixed[0] == 1
    assert found.sizes[2] == 1  # it broadcasts


def test_of_many_worlds_those_are_kept_that_show_what_varies() -> None:
    sizes = [(4, 9, 5)] + [(4, 9 + n, 5) for n in range(1, 40)] + [(6, 9, 5), (6, 9, 7)]
    calls = [record(number or None, x=TensorSeed("float32", shape)) for number, shape in enumerate(sizes)]
    found = only(*calls)
    assert all(isinstance(size, Dim) for size in found.sizes) and len(set(found.sizes)) == 3


def test_pictures_that_are_one_in_a_plain_function_are_a_batch() -> None:
    found = only(record(said=TensorSeed("float32", (1, 3)), wanted=TensorSeed("float32", (1, 3))))
    assert isinstance(found.sizes[0], Dim) and found.sizes[0] is found.sizes[2]
    assert found.fixed[0] == found.fixed[2] == 1


def test_numbers_of_several_kinds_in_a_list() -> None:
    lists: list[tuple[Seed, ...]] = [(1, 2.5, 3), (2, 4), (0.5, 1.5)]
    calls = [record(probe, at=SequenceSeed("list", items)) for probe, items in zip((None, 0, 1), lists, strict=True)]
    first, *_ = calls_of(Profile(calls=calls), calls)
    assert isinstance(dict(first.arguments)["at"], ItemsSeed)


def test_lists_under_keys_that_nobody_knows() -> None:
    key = OpaqueSeed("numpy:int64")
    lists = [MappingSeed("dict", ((key, objects(2, n)), (key, objects(3, n)))) for n in (2, 3)]
    assert only(*(record(number or None, held=each) for number, each in enumerate(lists))).sizes
