"""Fourier transforms: the rules against torch, with numbers and with symbols."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)
NAMES = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
DTYPES = (torch.bool, torch.int64, torch.float32, torch.float64, torch.complex64)
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)
dims = st.integers(-3, 2)


@pytest.mark.parametrize("name", NAMES)
@SETTINGS
@given(shapes, st.sampled_from(DTYPES), st.none() | st.integers(0, 5), dims)
def test_one_axis(name: str, shape: tuple[int, ...], dtype: torch.dtype, n: int | None, dim: int) -> None:
    def program(t: Any) -> Any:
        return getattr(t.fft, name)(t.ones(shape, dtype=dtype), n, dim)

    assert agrees_at(program, ()) in (OK, "both")


@pytest.mark.parametrize("name", [name + end for name in NAMES for end in "2n"])
@SETTINGS
@given(
    shapes,
    st.sampled_from(DTYPES),
    st.none() | st.lists(st.sampled_from([-1, 0, 1, 3]), max_size=3),
    st.none() | st.lists(dims, max_size=3),
)
def test_several_axes(name: str, shape: Any, dtype: torch.dtype, s: list[int] | None, dim: list[int] | None) -> None:
    def program(t: Any) -> Any:
        options = {} if dim is None else {"dim": tuple(dim)}
        return getattr(t.fft, name)(t.ones(shape, dtype=dtype), s, **options)

    assert agrees_at(program, ()) in (OK, "both")


CALLS = {
    "fftshift": lambda t: (t.fft.fftshift(t.ones(2, 3)), t.fft.ifftshift(t.ones(2, 3), dim=(1,))),
    "fftshift_wrong": lambda t: t.fft.fftshift(t.ones(2, 3), dim=2),
    "fftfreq": lambda t: (t.fft.fftfreq(5), t.fft.rfftfreq(6, d=0.5), t.fft.fftfreq(5, dtype=torch.float64)),
    "stft": lambda t: t.stft(t.ones(2, 20), 8, return_complex=True),
    "stft_hop": lambda t: t.stft(t.ones(20), 7, 3, 5, window=t.ones(5), return_complex=True),
    "stft_real": lambda t: t.stft(t.ones(20), 8, return_complex=False, center=False),
    "stft_two_sided": lambda t: t.stft(t.ones(20), 8, onesided=False, return_complex=True),
    "stft_complex": lambda t: t.stft(t.ones(20, dtype=torch.complex64), 8),
    "stft_short": lambda t: t.stft(t.ones(4), 8, center=False, return_complex=True),
    "stft_padding": lambda t: t.stft(t.ones(4), 8, return_complex=True),
    "stft_window": lambda t: t.stft(t.ones(20), 8, window=t.ones(7), return_complex=True),
    "stft_rank": lambda t: t.stft(t.ones(2, 2, 20), 8, return_complex=True),
    "stft_ints": lambda t: t.stft(t.ones(20, dtype=torch.int64), 8, return_complex=True),
    "istft": lambda t: t.istft(t.ones(2, 5, 9, dtype=torch.complex64), 8),
    "istft_length": lambda t: t.istft(t.ones(5, 9, dtype=torch.complex64), 8, length=15),
    "istft_uncentered": lambda t: t.istft(t.ones(5, 9, dtype=torch.complex64), 8, 2, center=False),
    "istft_real": lambda t: t.istft(t.ones(5, 9), 8),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    assert agrees_at(CALLS[name], ()) in (OK, "both")


SYMBOLIC = {
    "rfft": lambda t, a, b: t.fft.rfft(t.ones(a, b)),
    "irfft": lambda t, a, b: t.fft.irfft(t.ones(a, b + 1), dim=1),
    "there_and_back": lambda t, a, b: t.fft.irfft(t.fft.rfft(t.ones(a, b)), n=b),
    "rfft2": lambda t, a, b: t.fft.rfft2(t.ones(2, a, b)),
    "fftn": lambda t, a, b: t.fft.fftn(t.ones(a, b), s=(b, 5)),
    "stft": lambda t, a, b: t.stft(t.ones(a, 20 * b), 16, 4, return_complex=True),
    "stft_wrong": lambda t, a, b: t.stft(t.ones(a), 64, return_complex=True),
    "out_of_range_wrong": lambda t, a, b: t.fft.fft(t.ones(a, b), dim=2),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else OK
    assert agrees_symbolically(SYMBOLIC[name], ((3, 8), (5, 12)), ((4, 7), (2, 2), (6, 9))) == expected


def test_messages() -> None:
    outcome = run_rules(lambda t: t.fft.rfft(t.ones(3, dtype=torch.complex64)), ())
    assert outcome.message == "input has dtype complex64, expected a real dtype"
    outcome = run_rules(lambda t: t.fft.irfft(t.ones(1)), ())
    assert outcome.message == "0 data points in dim 0 of input(1,), expected at least 1"
