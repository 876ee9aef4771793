"""x[...] and gathering: the rules against torch, with numbers and with symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.rules.registry import apply
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK, PARTIAL

# In torch 2.13 a list of lists or tensors is still read as a tuple, with a warning.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
AGREED = (OK, PARTIAL, "both")
SETTINGS = settings(max_examples=400, deadline=None, derandomize=True)

bounds = st.none() | st.integers(-5, 5)
slices = st.builds(slice, bounds, bounds, st.none() | st.integers(-1, 3))


@st.composite
def index_tensors(draw: st.DrawFn) -> Callable[[Any], Any]:
    shape = draw(st.lists(st.integers(0, 3), max_size=2).map(tuple))
    dtype = draw(st.sampled_from([torch.int64] * 6 + [torch.int32, torch.int16, torch.float32, torch.uint8]))
    return lambda torch: torch.zeros(shape, dtype=dtype)


@st.composite
def masks(draw: st.DrawFn) -> Callable[[Any], Any]:
    shape = draw(st.lists(st.integers(1, 3), max_size=2).map(tuple))
    return lambda torch: torch.zeros(shape, dtype=torch.bool)


lists = st.lists(st.integers(-2, 2), max_size=3) | st.lists(st.booleans(), min_size=1, max_size=3)
plain = st.integers(-3, 3) | slices | st.none() | st.just(Ellipsis) | st.booleans() | lists
parts = plain | index_tensors() | index_tensors() | masks()


def key_of(torch: Any, part: Any) -> Any:
    return tuple(key_of(torch, one) for one in part) if type(part) is tuple else part(torch) if callable(part) else part


@SETTINGS
@given(st.lists(st.integers(1, 3), max_size=4).map(tuple), st.lists(parts, max_size=4).map(tuple) | parts)
def test_getitem(shape: tuple[int, ...], key: Any) -> None:
    verdict = agrees_at(lambda torch: torch.zeros(shape)[key_of(torch, key)], ())
    # Indices are 0, masks empty: what torch says of them at other values cannot be told.
    assert verdict in (*AGREED, "undecided")


VALUES = st.tuples(st.lists(st.integers(1, 3), max_size=4), st.sampled_from([torch.float32, torch.float64]))


@SETTINGS
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    st.lists(plain | index_tensors(), max_size=3).map(tuple) | index_tensors(),
    VALUES | st.just(1.0),
)
def test_setitem(shape: tuple[int, ...], key: Any, value: Any) -> None:
    def program(torch: Any) -> None:
        x = torch.zeros(shape)
        x[key_of(torch, key)] = value if isinstance(value, float) else torch.zeros(value[0], dtype=value[1])

    # What depends on the values of indices is missed.
    assert agrees_at(program, ()) in (*AGREED, "undecided", "missed") and agrees_at(program, ()) != "false"


def x_of(torch: Any, *sizes: Any) -> Any:
    return torch.zeros(*sizes)


SYMBOLIC = {
    "to_size": lambda torch, a, b, c: torch.zeros(1, c)[:, :b],
    "to_size_of_constant": lambda torch, a, b, c: torch.zeros(1, 64, 64)[:, :c, :c],
    "from_one": lambda torch, a, b, c: torch.zeros(a, b)[:, 1:],
    "all_but_last": lambda torch, a, b, c: torch.zeros(a, b)[:, :-1],
    "inner": lambda torch, a, b, c: torch.zeros(a, b)[..., 1:-1],
    "every_second": lambda torch, a, b, c: torch.zeros(a, b)[:, ::2],
    "odd": lambda torch, a, b, c: torch.zeros(a, b)[:, 1::2],
    "last": lambda torch, a, b, c: torch.zeros(a, b)[:, -1],
    "first_ten": lambda torch, a, b, c: torch.zeros(a, c)[:, :10],
    "last_ten": lambda torch, a, b, c: torch.zeros(a, c)[:, -10:],
    "last_size": lambda torch, a, b, c: torch.zeros(a, b + c)[:, -b:],
    "from_size": lambda torch, a, b, c: torch.zeros(a, b + c)[:, b:],
    "between": lambda torch, a, b, c: torch.zeros(a, b + c)[:, b : b + 3],
    "half": lambda torch, a, b, c: torch.zeros(a, b)[:, b // 2 :],
    "before_half": lambda torch, a, b, c: torch.zeros(a, b)[:, : b // 2],
    "far": lambda torch, a, b, c: torch.zeros(a)[c:],
    "new_axes": lambda torch, a, b, c: torch.zeros(a, b)[:, None, ..., None],
    "index": lambda torch, a, b, c: torch.zeros(a, b)[torch.zeros(c, 3, dtype=torch.int64)],
    "indices": lambda torch, a, b, c: torch.zeros(a, 5, b)[
        torch.zeros(c, dtype=torch.int64), :, torch.zeros(c, dtype=torch.int64)
    ],
    "mask": lambda torch, a, b, c: torch.zeros(a, b, c)[torch.zeros(a, b, dtype=torch.bool)],
    "symbolic_index": lambda torch, a, b, c: torch.zeros(a, b)[:, b - 1],
    "ellipsis": lambda torch, a, b, c: torch.zeros(a, b, c)[..., 0],
    "mask_wrong": lambda torch, a, b, c: torch.zeros(a, b)[torch.zeros(a, c, dtype=torch.bool)],
    "index_wrong": lambda torch, a, b, c: torch.zeros(a, b)[:, b],
    "gather": lambda torch, a, b, c: torch.zeros(a, c).gather(1, torch.zeros(a, b, dtype=torch.int64)),
    "gather_wrong": lambda torch, a, b, c: torch.zeros(a, c).gather(1, torch.zeros(a, dtype=torch.int64)),
    "index_select": lambda torch, a, b, c: torch.zeros(a, c).index_select(1, torch.zeros(b, dtype=torch.int64)),
    "take_along_dim": lambda torch, a, b, c: torch.take_along_dim(
        torch.zeros(a, c), torch.zeros(1, b, dtype=torch.int64), 1
    ),
    "scatter": lambda torch, a, b, c: torch.zeros(a, c).scatter(1, torch.zeros(a, b, dtype=torch.int64), 1.0),
    "nonzero": lambda torch, a, b, c: torch.zeros(a, c).nonzero(),
    "nonzero_tuple": lambda torch, a, b, c: torch.zeros(a, c).nonzero(as_tuple=True),
}
OPEN = {"mask", "nonzero", "nonzero_tuple"}  # sizes that depend on the data
WORLDS = ((2, 6, 12), (4, 8, 24))
OTHERS = ((3, 4, 36), (6, 10, 12), (5, 7, 60), (2, 12, 120))
FEW = {"to_size", "to_size_of_constant", "far"}  # what is assumed there holds at the worlds, not everywhere


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else PARTIAL if name in OPEN else OK
    assert agrees_symbolically(SYMBOLIC[name], WORLDS, () if name in FEW else OTHERS) == expected


TEXTS = {
    "to_size": "Tensor[float32, 1, B]",
    "to_size_of_constant": "Tensor[float32, 1, C, C]",
    "from_one": "Tensor[float32, A, B - 1]",
    "inner": "Tensor[float32, A, B - 2]",
    "every_second": "Tensor[float32, A, (B + 1)//2]",
    "last": "Tensor[float32, A]",
    "first_ten": "Tensor[float32, A, min(10, C)]",
    "last_ten": "Tensor[float32, A, min(10, C)]",
    "last_size": "Tensor[float32, A, B]",
    "from_size": "Tensor[float32, A, C]",
    "indices": "Tensor[float32, C, 5]",
    "mask": "Tensor[float32, _, C]",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    sizes = [Dim.of(Symbol(letter, values)) for letter, values in zip("ABC", zip(*WORLDS, strict=True), strict=True)]
    assert repr(run_rules(SYMBOLIC[name], sizes)) == TEXTS[name]


INT = torch.int64
PAIRS = {
    "gather": lambda torch, x, i, y: torch.gather(x, 0, i),
    "scatter": lambda torch, x, i, y: torch.scatter(x, -1, i, y),
    "scatter_add": lambda torch, x, i, y: x.scatter_add(0, i, y),
    "scatter_reduce": lambda torch, x, i, y: x.scatter_reduce(0, i, y, "sum"),
    "index_select": lambda torch, x, i, y: x.index_select(0, i),
    "index_add": lambda torch, x, i, y: torch.index_add(x, 0, i, y),
    "index_copy": lambda torch, x, i, y: x.index_copy(0, i, y),
    "index_fill": lambda torch, x, i, y: x.index_fill(0, i, 1.0),
    "index_put": lambda torch, x, i, y: torch.index_put(x, (i,), y),
    "take": lambda torch, x, i, y: torch.take(x, i),
    "put": lambda torch, x, i, y: torch.put(x, i, y),
    "take_along_dim": lambda torch, x, i, y: torch.take_along_dim(x, i, -1),
    "take_along_all": lambda torch, x, i, y: torch.take_along_dim(x, i),
}
some_shapes = st.lists(st.integers(1, 3), max_size=3)
index_dtypes = st.sampled_from([torch.int64, torch.int64, torch.int64, torch.int32, torch.float32])


@settings(max_examples=80, deadline=None, derandomize=True)
@pytest.mark.parametrize("name", PAIRS)
@given(some_shapes, some_shapes, index_dtypes, some_shapes, st.booleans())
def test_gathering(name: str, x: Any, i: Any, dtype: Any, y: Any, wide: bool) -> None:
    def program(torch: Any) -> Any:
        source = torch.zeros(y, dtype=torch.float64 if wide else torch.float32)
        return PAIRS[name](torch, torch.zeros(x), torch.zeros(i, dtype=dtype), source)

    assert agrees_at(program, ()) in AGREED


MASKED = {
    "masked_select": lambda torch, x, m: torch.masked_select(x, m),
    "masked_scatter": lambda torch, x, m: x.masked_scatter(m, torch.zeros(100)),
    "getitem": lambda torch, x, m: x[m],
    "nonzero": lambda torch, x, m: x.nonzero(),
    "argwhere": lambda torch, x, m: torch.argwhere(m),
    "as_tuple": lambda torch, x, m: torch.nonzero(x, as_tuple=True),
    "nonzero_static": lambda torch, x, m: torch.nonzero_static(x, size=7),
}


@settings(max_examples=40, deadline=None, derandomize=True)
@pytest.mark.parametrize("name", MASKED)
@given(some_shapes, some_shapes, st.sampled_from([torch.bool, torch.bool, torch.bool, torch.int64]))
def test_masks(name: str, x: Any, m: Any, dtype: Any) -> None:
    assert agrees_at(lambda torch: MASKED[name](torch, torch.zeros(x), torch.zeros(m, dtype=dtype)), ()) in AGREED


def test_a_list_of_tensors_is_read_as_a_tuple() -> None:
    verdict = agrees_at(lambda torch: torch.zeros(3, 4)[[torch.zeros(2, dtype=INT), torch.zeros(2, dtype=INT)]], ())
    assert verdict == OK


def test_indices_of_unknown_rank_are_counted() -> None:
    table, index = TensorType(float32, (4, 5, 6)), TensorType(int64, None)
    with pytest.raises(Mismatch, match="too many indices: 4 for a tensor of rank 3"):
        apply("torch.Tensor.__getitem__", table, (slice(None), slice(None), index, 0))
    assert apply("torch.Tensor.__getitem__", table, (slice(None), index, 0)).dims is None
