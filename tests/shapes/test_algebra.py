"""The equalities that programs need, each proved for all sizes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.shapes.algebra import exact_quotient, is_zero
from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol
from mypy_torch_shapes.shapes.relations import Truth, divides, equal
from tests.shapes.support import Tree, everywhere, fresh, trees

N, M, H = (Dim.of(Symbol(name)) for name in "NMH")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param((N - 1) // 2 + 1, (N + 1) // 2, id="(N-1)//2+1 == (N+1)//2"),
        pytest.param(N**2, N * N, id="N**2 == N*N"),
        pytest.param((N + 4 * M) // 4, N // 4 + M, id="(N+4*M)//4 == N//4+M"),
        pytest.param((2 * N) // 2, N, id="(2*N)//2 == N"),
        pytest.param(N * M, M * N, id="N*M == M*N"),
        pytest.param(N + M, M + N, id="N+M == M+N"),
        pytest.param((N + M) * H, H * N + M * H, id="(N+M)*H == H*N+M*H"),
        pytest.param((N + 1) * (N - 1), N * N - 1, id="(N+1)*(N-1) == N*N-1"),
        pytest.param((N * M + N) // N, M + 1, id="(N*M+N)//N == M+1"),
        pytest.param((N * N - M * M) // (N - M), N + M, id="(N*N-M*M)//(N-M) == N+M"),
        pytest.param((N // 2) // 2, N // 4, id="N//2//2 == N//4"),
        pytest.param((N + 1) // 2 + N // 2, N, id="(N+1)//2+N//2 == N"),
        pytest.param(((N - 1) // 2) // 2 + 1, (N + 3) // 4, id="two halvings == one quartering"),
        pytest.param(N - N % 4, 4 * (N // 4), id="N-N%4 == 4*(N//4)"),
        pytest.param((-N) // 2, -((N + 1) // 2), id="-N//2 == -((N+1)//2)"),
    ],
)
def test_proved_equal(left: Size, right: Size) -> None:
    assert equal(left, right) is Truth.YES
    assert equal(right, left) is Truth.YES


def test_a_quotient_times_its_divisor_is_assumed_where_it_divides_in_every_world() -> None:
    n, h = Dim.of(Symbol("N", (8, 12))), Dim.of(Symbol("H", (32, 36)))
    assert equal(h * (n // h), n) is Truth.NO
    n, h = Dim.of(Symbol("N", (8, 12))), Dim.of(Symbol("H", (2, 3)))
    assert equal(h * (n // h), n) is Truth.ASSUMED
    assert divides(h, n) is Truth.ASSUMED
    n, h = Dim.of(Symbol("N", (8, 13))), Dim.of(Symbol("H", (2, 3)))
    assert equal(h * (n // h), n) is Truth.UNKNOWN


def test_what_an_assert_made_of_factors_divides_for_certain() -> None:
    assert divides(H, H * N) is Truth.YES
    assert equal(H * ((H * N) // H), H * N) is Truth.YES


@given(trees)
@settings(max_examples=80, deadline=None)
def test_what_is_zero_is_zero_everywhere(tree: Tree) -> None:
    try:
        size = tree.size(fresh())
    except ZeroDivisionError:
        return
    if is_zero(size):
        for at in everywhere(4):
            try:
                assert tree.at(at) == 0
            except ZeroDivisionError:
                continue


@given(st.lists(st.integers(-3, 3), min_size=3, max_size=3), st.lists(st.integers(-3, 3), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_an_exact_quotient_undoes_a_product(a: list[int], b: list[int]) -> None:
    left, right = a[0] * N * N + a[1] * M + a[2], b[0] * N + b[1] * M + b[2]
    product = left * right
    if isinstance(product, Dim) and isinstance(right, Dim):
        assert exact_quotient(product, right) == left


def test_what_does_not_divide_has_no_exact_quotient() -> None:
    assert exact_quotient(N * N + 1, N + 1) is None
    assert exact_quotient(N, 2 * N) is None
