"""The 150 operations used most: what torch accepts has the type we say, what it refuses we report."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .everyday import CALLS, program
from .mirror import agrees_at, agrees_symbolically, run_torch

SEVERAL = st.tuples(*[st.sampled_from([2, 3, 4, 6, 8])] * 5)  # a size of 1 broadcasts: it is never a symbol's
SIZES = st.tuples(*[st.sampled_from([1, 2, 3, 4, 6])] * 5)
EMPTY = st.tuples(st.just(0), *[st.sampled_from([1, 2, 3, 6])] * 4)  # a batch of nothing
AXES = st.integers(-4, 3)
NUMBERS = st.integers(1, 4)

assert len(CALLS) >= 150
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of sizes that differ, of variances of one number


@pytest.mark.parametrize("name", CALLS)
def test_what_torch_does_is_what_we_say(name: str) -> None:
    verdicts: Counter[str] = Counter()

    @settings(max_examples=25, deadline=None, derandomize=True, database=None)
    @given(SIZES | EMPTY, AXES, NUMBERS)
    def check(sizes: tuple[int, ...], axis: int, number: int) -> None:
        if 0 in sizes and ("i(" in CALLS[name] or name == "multinomial"):
            return  # an index has to be in range: the values of tensors are not known
        verdict = agrees_at(program(name, axis, number), sizes)
        verdicts[verdict] += 1
        said = f"{verdict}: {CALLS[name]} at {sizes}, {axis}, {number}"
        assert verdict in ("ok", "both", "partial", "undecided"), said

    check()
    assert verdicts["ok"] + verdicts["both"] >= 0.9 * verdicts.total() or name in _OPEN, verdicts


_OPEN = ("index mask", "masked_select", "nonzero")  # their sizes depend on data


@pytest.mark.parametrize("name", CALLS)
def test_symbols_agree_with_torch_at_every_size(name: str) -> None:
    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @given(SEVERAL, st.lists(SEVERAL, max_size=3), AXES, NUMBERS)
    def check(base: tuple[int, ...], others: list[tuple[int, ...]], axis: int, number: int) -> None:
        run = program(name, axis, number)
        moved = [tuple(size + 1 if at == place else size for at, size in enumerate(base)) for place in range(len(base))]
        worlds = [base, *(sizes for sizes in moved if not isinstance(run_torch(run, sizes), Exception))]  # as the probe
        verdict = agrees_symbolically(run, worlds, others)
        assert verdict in ("ok", "both", "partial", "undecided", "missed"), (
            f"{verdict}: {CALLS[name]} at {worlds} and {others}, {axis}, {number}"
        )

    check()
