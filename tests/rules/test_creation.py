"""Creation, random tensors, conversions: the rules against torch, with numbers and with symbols."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules.registry import apply
from mypy_torch_shapes.rules.settings import default_dtype
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float16, float32, float64, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Unknown, UnknownNumber

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)
BOOL, LONG, HALF, DOUBLE, COMPLEX = torch.bool, torch.int64, torch.float16, torch.float64, torch.complex64

CALLS = {
    "zeros": lambda t: t.zeros(2, 3),
    "zeros_list": lambda t: t.ones([2, 3], dtype=LONG, device="cpu", requires_grad=False),
    "zeros_size": lambda t: t.empty(size=(2,)),
    "zeros_scalar": lambda t: t.rand(()),
    "zeros_like_shape": lambda t: t.randn(t.ones(2, 3).shape),
    "negative": lambda t: t.ones(2, -3),
    "random_whole": lambda t: t.rand(2, 3, dtype=LONG),
    "random_bool": lambda t: t.randn(2, dtype=BOOL),
    "random_like_whole": lambda t: t.rand_like(t.ones(2, dtype=LONG)),
    "random_like_dtype": lambda t: t.randn_like(t.ones(2), dtype=LONG),
    "random_in_whole": lambda t: t.ones(2, dtype=LONG).uniform_(),
    "random_in_bool": lambda t: t.ones(2, dtype=BOOL).normal_(),
    "random_dtypes": lambda t: (t.rand(2, dtype=COMPLEX), t.randn(2, dtype=HALF), t.ones(2, dtype=DOUBLE).uniform_()),
    "random_nothing": lambda t: (t.randn(0, dtype=LONG), t.rand(2, dtype=LONG, device="meta")),
    "full": lambda t: (t.full((2,), 1), t.full((2,), True), t.full((2,), 1.5), t.full((), 2j)),
    "full_dtype": lambda t: t.full((2,), 1, dtype=HALF),
    "full_tensor": lambda t: t.full((2,), t.ones((), dtype=DOUBLE)),
    "eye": lambda t: (t.eye(3), t.eye(3, 4, dtype=BOOL), t.eye(3, m=2)),
    "arange_kinds": lambda t: (t.arange(5), t.arange(5.0), t.arange(0, 1, 0.1), t.arange(end=5), t.arange(10, 1, -3)),
    "arange_dtype": lambda t: (t.arange(0.5, 5.2, dtype=LONG), t.arange(3, dtype=DOUBLE)),
    "arange_wrong": lambda t: t.arange(5, 1),
    "arange_no_step": lambda t: t.arange(0, 5, 0),
    "linspace": lambda t: (t.linspace(0, 1, 5), t.linspace(0, 1, steps=5, dtype=DOUBLE), t.logspace(0, 1, 3)),
    "linspace_wrong": lambda t: t.linspace(0, 1, -2),
    "linspace_complex": lambda t: t.linspace(0, 1j, 4),
    "range": lambda t: t.range(1, 7, 2),
    "tensor_scalars": lambda t: (t.tensor(5), t.tensor(5.0), t.tensor(True), t.tensor(1j)),
    "tensor_lists": lambda t: (t.tensor([1, 2.0]), t.tensor([True, 2]), t.tensor([]), t.tensor([[], []])),
    "tensor_nested": lambda t: t.tensor([[1, 2], [3, 4], (5, 6)]),
    "tensor_ragged": lambda t: t.tensor([[1, 2], [3]]),
    "tensor_of_tensors": lambda t: t.tensor([t.ones((), dtype=DOUBLE), 2]),
    "tensor_of_rows": lambda t: t.tensor([t.ones(2), t.ones(2)]),
    "tensor_dtype": lambda t: t.tensor([1, 2], dtype=HALF),
    "tensor_copy": lambda t: (t.tensor(t.ones(2, dtype=LONG)), t.as_tensor(t.ones(2), dtype=LONG)),
    "tensor_range": lambda t: t.tensor(range(4)),
    "legacy": lambda t: (
        t.Tensor(2, 3),
        t.Tensor([1, 2]),
        t.LongTensor([1, 2]),
        t.Tensor(),
        t.FloatTensor(4),
        t.Tensor((0.5, 2)),
        t.Tensor(((1, 2), (3, 4))),
    ),
    "like": lambda t: (t.zeros_like(t.ones(2, dtype=LONG)), t.rand_like(t.ones(2), dtype=DOUBLE)),
    "full_like": lambda t: (t.full_like(t.ones(2), 3), t.randint_like(t.ones(2), 5)),
    "new": lambda t: (t.ones(1, dtype=HALF).new_zeros(2, 3), t.ones(1, dtype=LONG).new_full((2,), 3.5)),
    "new_more": lambda t: (t.ones(1).new_tensor([[1, 2]]), t.ones(1).new_empty((2, 3), dtype=LONG), t.ones(1).new(3)),
    "randint": lambda t: (t.randint(5, (2, 3)), t.randint(1, 5, (2,)), t.randint(high=5, size=(2,), low=1)),
    "randperm": lambda t: (t.randperm(5), t.randperm(4, dtype=torch.int32)),
    "normal": lambda t: (t.normal(0.0, 1.0, (2, 3)), t.normal(t.ones(2, 3), t.ones(3)), t.normal(0.0, t.ones(4))),
    "normal_wrong": lambda t: t.normal(t.ones(2, 3), t.ones(2)),
    "bernoulli": lambda t: (t.bernoulli(t.ones(2)), t.ones(2).bernoulli(0.3)),
    "multinomial": lambda t: (t.multinomial(t.ones(4), 2), t.multinomial(t.ones(3, 4), 9, replacement=True)),
    "multinomial_wrong": lambda t: t.multinomial(t.ones(3, 4), 5),
    "multinomial_ints": lambda t: t.multinomial(t.ones(4, dtype=LONG), 2),
    "indices": lambda t: (t.tril_indices(3, 4, offset=1), t.triu_indices(3, 4, -1), t.triu_indices(2, 5)),
    "cartesian": lambda t: (t.cartesian_prod(t.ones(2), t.ones(3)), t.cartesian_prod(t.ones(2))),
    "cartesian_wrong": lambda t: t.cartesian_prod(t.ones(2), t.ones(3, 1)),
    "combinations": lambda t: (t.combinations(t.ones(5)), t.combinations(t.ones(5), 3, with_replacement=True)),
    "vander": lambda t: (t.vander(t.ones(3)), t.vander(t.ones(3), 5)),
    "windows": lambda t: (t.hann_window(5, periodic=False, dtype=DOUBLE), t.signal.windows.hann(4)),
    "to_dtype": lambda t: (t.ones(2).to(LONG), t.ones(2).to("cpu", HALF), t.ones(2).to(t.ones(1, dtype=BOOL))),
    "to_keywords": lambda t: t.ones(2).to(device="cpu", dtype=DOUBLE, non_blocking=True),
    "to_device": lambda t: t.ones(2, dtype=LONG).to("cpu"),
    "casts": lambda t: (t.ones(2).half(), t.ones(2).long(), t.ones(2).bool(), t.ones(2).cfloat(), t.ones(2).byte()),
    "type_as": lambda t: t.ones(2).type_as(t.ones(1).int()),
    "copies": lambda t: (
        t.ones(2).clone(),
        t.clone(t.ones(2)),
        t.ones(2).contiguous(),
        t.ones(2).cpu(),
        t.ones(2).data,
    ),
    "detach": lambda t: (t.ones(2).detach(), t.ones(2).requires_grad_(False)),
    "item_wrong": lambda t: t.ones(2).item(),
    "float_wrong": lambda t: t.ones(2).__float__(),
    "bool_wrong": lambda t: t.ones(2).__bool__(),
    "fillers": lambda t: (t.ones(2).normal_(0, 1), t.ones(2).fill_(3), t.ones(2).zero_(), t.ones(2).uniform_(-1, 1)),
    "copy": lambda t: t.ones(2, 3).copy_(t.ones(3, dtype=DOUBLE)),
    "copy_wrong": lambda t: t.ones(2, 3).copy_(t.ones(2)),
    "fill_wrong": lambda t: t.ones(2, 3).fill_(t.ones(2)),
    "resize": lambda t: t.ones(2, 3).resize_(4, 5),
    "promote_types": lambda t: t.promote_types(HALF, LONG),
    "result_type": lambda t: t.result_type(t.ones(2, dtype=LONG), 1.0),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str) -> None:
    assert agrees_at(CALLS[name], ()) in (OK, "both")


numbers = st.one_of(st.integers(-6, 6), st.floats(-6, 6).map(lambda x: round(x, 1)))


@SETTINGS
@given(numbers, numbers, numbers, st.sampled_from([None, torch.int64, torch.int32, torch.float32]))
def test_arange(start: Any, end: Any, step: Any, dtype: torch.dtype | None) -> None:
    whole = dtype == torch.int64 and int(step) == 0  # torch divides by zero, and dies of it
    if not whole:
        assert agrees_at(lambda t: t.arange(start, end, step, dtype=dtype), ()) in (OK, "both")


data = st.recursive(st.sampled_from([True, 2, 1.5, 1j]), lambda items: st.lists(items, max_size=3), max_leaves=6)


@SETTINGS
@given(data)
def test_tensor_of_data(data: Any) -> None:
    assert agrees_at(lambda t: t.tensor(data), ()) in (OK, "both")


SYMBOLIC = {
    "arange": lambda t, a, b: t.arange(a),
    "arange_step": lambda t, a, b: t.arange(0, a, 2),
    "arange_between": lambda t, a, b: t.arange(a, a + b),
    "arange_down": lambda t, a, b: t.arange(a, 0, -1),
    "arange_halves": lambda t, a, b: t.arange(0, a, 0.5),
    "arange_floats": lambda t, a, b: t.arange(0.0, b),
    "arange_centers": lambda t, a, b: t.arange(0.5, b, dtype=t.float32),
    "arange_centers_step": lambda t, a, b: t.arange(-1.25, b, 2.0),
    "arange_to_fraction": lambda t, a, b: t.arange(a - a, 7.5, a - a + 3),
    "arange_down_fraction": lambda t, a, b: t.arange(a + 0 * b, -2.0, -1.0),
    "arange_wrong": lambda t, a, b: t.arange(b, a),
    "zeros": lambda t, a, b: t.zeros(a, b + 1),
    "randn": lambda t, a, b: t.randn((a, 2 * b)),
    "full": lambda t, a, b: t.full((a, b), 0.5),
    "full_of_size": lambda t, a, b: t.full((a,), b),
    "eye": lambda t, a, b: t.eye(a),
    "linspace": lambda t, a, b: t.linspace(0, 1, a),
    "new_zeros": lambda t, a, b: t.ones(a, dtype=torch.float16).new_zeros(b, a),
    "tensor": lambda t, a, b: t.tensor([[a, b]]),
    "tril_indices": lambda t, a, b: t.tril_indices(a, a),
    "triu_indices": lambda t, a, b: t.triu_indices(a, a, 1),
    "combinations": lambda t, a, b: t.combinations(t.arange(a)),
    "cartesian": lambda t, a, b: t.cartesian_prod(t.arange(a), t.arange(b)),
    "multinomial": lambda t, a, b: t.multinomial(t.ones(a, b), a),
    "copy": lambda t, a, b: t.ones(a, b).copy_(t.ones(b)),
    "copy_wrong": lambda t, a, b: t.ones(a, b).copy_(t.ones(a)),
    "vander": lambda t, a, b: t.vander(t.ones(a), b),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else OK
    assert agrees_symbolically(SYMBOLIC[name], ((3, 8), (5, 12)), ((4, 7), (2, 2), (6, 9))) == expected


def test_a_range_between_a_fraction_and_a_size_has_an_expression() -> None:
    n = Dim.of(Symbol("N", (3, 5)))
    assert apply("torch.arange", 0.5, n).dims == (n,)
    assert apply("torch.arange", -0.5, n, 2.0).dims == ((n + 2) // 2,)
    assert apply("torch.arange", n, 7.5).dims == (8 - n,)
    assert repr(apply("torch.arange", 1e-9, n)) == "Tensor[float32, _]"


def test_type() -> None:
    tensor = TensorType(float32, (2,))
    assert apply("torch.Tensor.type", tensor, int64) == TensorType(int64, (2,))
    assert apply("torch.Tensor.type", tensor, "torch.DoubleTensor") == TensorType(float64, (2,))
    assert isinstance(apply("torch.Tensor.type", tensor), Unknown)


def test_default_dtype() -> None:
    token = default_dtype.set(float64)
    try:
        assert apply("torch.zeros", 2).laid(None) == TensorType(float64, (2,))
        assert apply("torch.tensor", [1.0]) == TensorType(float64, (1,))
        assert apply("torch.exp", TensorType(int64, (2,))) == TensorType(float64, (2,))
        assert apply("torch.get_default_dtype") == float64
    finally:
        default_dtype.reset(token)


def test_unknown_arguments_lose_only_what_they_decide() -> None:
    anything, n = Unknown("a test"), Dim.of(Symbol("N"))
    assert repr(apply("torch.zeros", n, anything)) == "Tensor[float32, N, _]"
    assert repr(apply("torch.zeros", anything)) == "Tensor[float32, ...]"
    assert repr(apply("torch.zeros", n, dtype=anything)) == "Tensor[_, N]"
    assert repr(apply("torch.zeros", n, device=anything)) == "Tensor[float32, N]"
    assert repr(apply("torch.arange", anything, dtype=int64)) == "Tensor[int64, _]"
    assert repr(apply("torch.arange", 2.1, -2.9, -1.0, dtype=anything)) == "Tensor[_, _]"
    assert repr(apply("torch.tensor", [1.0, anything])) == "Tensor[_, 2]"
    assert repr(apply("torch.tensor", [UnknownNumber(float, "a test"), 2])) == "Tensor[float32, 2]"
    assert repr(apply("torch.full", (n,), UnknownNumber(int, "a test"))) == "Tensor[int64, N]"
    assert repr(apply("torch.Tensor.to", TensorType(float32, (n,)), anything)) == "Tensor[_, N]"
    assert repr(apply("torch.Tensor.to", TensorType(float32, (n,)), anything, int64)) == "Tensor[int64, N]"
    half = TensorType(float16, (n,))
    assert apply("torch.Tensor.to", half, apply("torch.device", "cuda"), non_blocking=True) == half.placed("cuda")
    assert isinstance(apply("torch.Tensor.item", TensorType(float32, ())), UnknownNumber)


MESSAGES = {
    "the rows of the data differ: (2,) and (1,)": lambda t: t.tensor([[1, 2], [3]]),
    "src(2,) does not broadcast to (2, 3)": lambda t: t.ones(2, 3).copy_(t.ones(2)),
    "input(2, 3) has 6 elements, expected 1": lambda t: t.ones(2, 3).item(),
    "size (2, -3) has a negative size": lambda t: t.ones(2, -3),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message: str) -> None:
    assert run_rules(MESSAGES[message], ()).message == message
