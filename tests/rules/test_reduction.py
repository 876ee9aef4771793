"""Reductions, ordering, running sums and statistics: the rules against torch, with numbers and with symbols."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules.registry import apply
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Unknown

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SHAPES = ((), (3,), (0,), (2, 3), (2, 0), (0, 3), (2, 3, 4))
DTYPES = (torch.bool, torch.int32, torch.uint8, torch.float16, torch.float32, torch.complex64)
ONE_AXIS = ("prod", "argmax", "argmin", "max", "min", "median", "nanmedian", "mode")
SEVERAL = ("sum", "nansum", "mean", "nanmean", "amax", "amin", "logsumexp", "all", "any", "std", "var", "std_mean")
ALONG = ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "sort", "argsort", "diff", "trapezoid")
ALONG += ("cumulative_trapezoid", "unique_consecutive", "count_nonzero", "gradient")


def check(program: Any, *allowed: str) -> None:
    assert agrees_at(program, ()) in (OK, "both", "undecided", *allowed)


@pytest.mark.parametrize("name", ONE_AXIS + SEVERAL)
def test_over_axes(name: str) -> None:
    several = ((0,), (0, 1), (0, -1), (1, 1), (-1, -3), [0, 2]) if name in SEVERAL else ()
    everything = (None, ()) if name in SEVERAL and name != "logsumexp" else ()
    for shape, dim, keepdim in itertools.product(SHAPES, (*everything, 0, 1, -1, -3, 3, *several), (False, True)):
        check(lambda t, s=shape, d=dim, k=keepdim: getattr(t, name)(t.ones(s), dim=d, keepdim=k))


@pytest.mark.parametrize("name", (*ONE_AXIS, *SEVERAL, *ALONG))
def test_dtypes(name: str) -> None:
    for dtype, shape in itertools.product(DTYPES, ((3,), (2, 3))):
        check(lambda t, d=dtype, s=shape: getattr(t, name)(t.ones(s, dtype=d), dim=0), "missed", "partial")
        check(lambda t, d=dtype, s=shape: getattr(t, name)(t.ones(s, dtype=d)), "missed", "partial")


@pytest.mark.parametrize("name", ALONG)
def test_along_an_axis(name: str) -> None:
    for shape, dim in itertools.product(SHAPES, (0, 1, -1, -2, 4)):
        check(lambda t, s=shape, d=dim: getattr(t, name)(t.ones(s), dim=d), "partial")


shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(shapes, st.integers(-1, 5), st.integers(-4, 3), st.booleans())
def test_ranks(shape: tuple[int, ...], k: int, dim: int, keepdim: bool) -> None:
    check(lambda t: t.topk(t.ones(shape), k, dim))
    check(lambda t: t.kthvalue(t.ones(shape), k, dim, keepdim))
    check(lambda t: t.diff(t.ones(shape), k, dim), "missed")


CALLS = {
    "sum_dtype": lambda t: t.ones(2, 3).sum(1, dtype=torch.float64),
    "sum_bools": lambda t: t.ones(2, 3, dtype=torch.bool).sum(dim=(0, 1), keepdim=True),
    "sum_axis": lambda t: t.sum(t.ones(2, 3), axis=1, keepdims=True),
    "sum_repeated": lambda t: t.ones(2, 3).sum((0, -2)),
    "mean_ints": lambda t: t.ones(2, dtype=torch.int64).mean(),
    "mean_cast": lambda t: t.ones(2, dtype=torch.int64).mean(dtype=torch.float32),
    "mean_to_ints": lambda t: t.ones(2).mean(dtype=torch.int64),
    "std_unbiased": lambda t: t.ones(2, 3).std(False),
    "std_axis_unbiased": lambda t: t.ones(2, 3).std(1, False, True),
    "var_correction": lambda t: t.var(t.ones(2, 3), (0, 1), correction=0, keepdim=True),
    "var_mean": lambda t: t.var_mean(t.ones(2, 3, dtype=torch.complex64), 1),
    "max_other": lambda t: t.max(t.ones(2, 3), t.ones(3, dtype=torch.float64)),
    "max_other_wrong": lambda t: t.ones(2, 3).max(t.ones(2)),
    "max_values": lambda t: t.ones(2, 3).max(1).values,
    "max_indices": lambda t: t.ones(2, 3).max(dim=-1, keepdim=True).indices,
    "max_of_nothing": lambda t: t.ones(0).max(),
    "amax_of_nothing": lambda t: t.ones(2, 0).amax(1),
    "argmax_of_none": lambda t: t.ones(2, 0).argmax(0),
    "topk_values": lambda t: t.ones(2, 5).topk(3)[0],
    "topk_too_many": lambda t: t.ones(2, 5).topk(6),
    "sort_stable": lambda t: t.sort(t.ones(2, 5), stable=True, dim=0),
    "sort_method": lambda t: t.ones(2, 5).sort(descending=True),
    "msort": lambda t: t.msort(t.ones(2, 5)),
    "aminmax": lambda t: t.aminmax(t.ones(2, 5), dim=0, keepdim=True),
    "quantile": lambda t: t.quantile(t.ones(2, 5), 0.5, dim=1, keepdim=True),
    "quantiles": lambda t: t.quantile(t.ones(2, 5), t.ones(3), dim=1),
    "quantile_ints": lambda t: t.quantile(t.ones(2, 5, dtype=torch.int64), 0.5),
    "quantile_dtype": lambda t: t.quantile(t.ones(2, 5), t.ones(3, dtype=torch.float64)),
    "norm": lambda t: t.ones(2, 5).norm(dim=1, keepdim=True),
    "norm_p": lambda t: t.norm(t.ones(2, 5, dtype=torch.complex64), 1, (0, 1)),
    "norm_ints": lambda t: t.norm(t.ones(2, dtype=torch.int64)),
    "norm_dtype": lambda t: t.norm(t.ones(2), dtype=torch.float64),
    "cov": lambda t: t.cov(t.ones(3, 5, dtype=torch.int64)),
    "cov_of_three_axes": lambda t: t.cov(t.ones(3, 5, 2)),
    "corrcoef": lambda t: t.corrcoef(t.ones(1, 5)),
    "histc": lambda t: t.histc(t.ones(4), bins=7),
    "histogram": lambda t: t.histogram(t.ones(4), 5),
    "searchsorted": lambda t: t.searchsorted(t.ones(2, 5), t.ones(2, 7), out_int32=True),
    "searchsorted_wrong": lambda t: t.searchsorted(t.ones(2, 5), t.ones(3, 7)),
    "bucketize": lambda t: t.bucketize(t.ones(2, 5), t.ones(3)),
    "bucketize_wrong": lambda t: t.bucketize(t.ones(2, 5), t.ones(3, 1)),
    "diff_joined": lambda t: t.diff(t.ones(2, 5), dim=0, prepend=t.ones(1, 5), append=t.ones(3, 5)),
    "diff_wrong": lambda t: t.diff(t.ones(2, 5), dim=0, prepend=t.ones(1, 4)),
    "trapezoid": lambda t: t.trapezoid(t.ones(2, 5), t.ones(5)),
    "trapezoid_wrong": lambda t: t.trapezoid(t.ones(2, 5), t.ones(4)),
    "unique_dim": lambda t: t.unique(t.ones(2, 5, 3), dim=1, return_inverse=True)[1],
    "bincount_ranks": lambda t: t.bincount(t.ones(2, 2, dtype=torch.int64)),
    "count_nonzero": lambda t: t.count_nonzero(t.ones(2, 5), (0, 1)),
    "renorm": lambda t: t.renorm(t.ones(2, 5), 2, 0, 1.0),
    "masked": lambda t: t.masked.sum(t.ones(2, 5), 1, keepdim=True, mask=t.ones(2, 5, dtype=torch.bool)),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    assert agrees_at(CALLS[name], ()) in (OK, "both")


SYMBOLIC = {
    "sum": lambda t, a, b: t.ones(a, b, 3).sum(-1),
    "mean": lambda t, a, b: t.ones(a, b, 3).mean((0, 2), keepdim=True),
    "max": lambda t, a, b: t.ones(a, b).max(1).values,
    "argmax": lambda t, a, b: t.ones(a, b).argmax(0),
    "topk": lambda t, a, b: t.topk(t.ones(a, b), a, dim=1).indices,
    "topk_wrong": lambda t, a, b: t.topk(t.ones(a, b), b, dim=0),
    "cumsum": lambda t, a, b: t.ones(a, b).cumsum(1),
    "diff": lambda t, a, b: t.diff(t.ones(a, b)),
    "sort": lambda t, a, b: t.ones(a, b).sort().values,
    "cov": lambda t, a, b: t.cov(t.ones(a, b)),
    "trapezoid": lambda t, a, b: t.trapezoid(t.ones(a, b), dim=0),
    "trapezoid_wrong": lambda t, a, b: t.trapezoid(t.ones(a, b), t.ones(a)),
    "quantile": lambda t, a, b: t.quantile(t.ones(a, b), t.zeros(5), dim=0),
    "out_of_range_wrong": lambda t, a, b: t.ones(a, b).sum(2),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else OK
    assert agrees_symbolically(SYMBOLIC[name], ((3, 8), (5, 12)), ((4, 7), (2, 2), (6, 6))) == expected


def test_unknown_arguments_lose_only_what_they_decide() -> None:
    n, anything = Dim.of(Symbol("N")), Unknown("a test")
    tensor = TensorType(float32, (n, 4, 1))
    assert repr(apply("torch.sum", tensor, anything, True)) == "Tensor[float32, _, _, 1]"
    assert repr(apply("torch.sum", tensor, anything)) == "Tensor[float32, ...]"
    assert repr(apply("torch.sum", tensor, (0, anything))) == "Tensor[float32, _]"
    assert repr(apply("torch.sum", TensorType(float32, None))) == "Tensor[float32]"
    assert repr(apply("torch.topk", tensor, anything, 1)[0]) == "Tensor[float32, N, _, 1]"
    assert repr(apply("torch.argsort", tensor, anything)) == "Tensor[int64, N, 4, 1]"
    assert apply("torch.max", TensorType(None, (n, 4)), 1).indices == TensorType(int64, (n,))


MESSAGES = {
    "dim 2 is out of range for a tensor of rank 2 (expected -2 to 1)": lambda t: t.ones(2, 3).sum(2),
    "input has dtype int64, expected a floating or complex dtype": lambda t: t.ones(2, dtype=torch.int64).mean(),
    "k = 6, expected at most 5, the size of dim -1": lambda t: t.ones(2, 5).topk(6),
    "input(2, 0) has size 0 in dim 1, expected at least one element": lambda t: t.ones(2, 0).amax(1),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message: str) -> None:
    assert run_rules(MESSAGES[message], ()).message == message
