"""dtype promotion: the rules against torch for every pair of dtypes and every kind of operand."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules import promotion
from mypy_torch_shapes.rules.mismatch import DTYPE, Mismatch
from mypy_torch_shapes.rules.promotion import result_type
from mypy_torch_shapes.rules.settings import default_dtype
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import BY_NAME, DType, can_cast, promote
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Unknown, UnknownNumber

from .mirror import agrees_at
from .samples import OK, to_value

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

NAMES = [name for name, dtype in BY_NAME.items() if name == dtype.name]
LEVELS = ((2,), ())
NUMBERS = (True, 3, 1.5, 2j)
COMMON = ("bool", "uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")


def real(dtype: torch.dtype) -> DType:
    return BY_NAME[str(dtype).removeprefix("torch.")]


@pytest.mark.parametrize("name", NAMES)
def test_promote_and_cast(name: str) -> None:
    for other in NAMES:
        first, second = getattr(torch, name), getattr(torch, other)
        try:
            expected = real(torch.promote_types(first, second))
        except RuntimeError:
            expected = None
        assert promote(BY_NAME[name], BY_NAME[other]) == expected, other
        assert can_cast(BY_NAME[name], BY_NAME[other]) == torch.can_cast(first, second), other


def outcome(*operands: Any) -> DType | str | None:
    try:
        return result_type(*map(to_value, operands))
    except Mismatch as mismatch:
        assert mismatch.code == DTYPE
        return "refused"


def expected(*operands: Any) -> DType | str:
    try:
        return real(torch.result_type(*operands))
    except RuntimeError:
        return "refused"


@pytest.mark.parametrize("default", [torch.float32, torch.float64, torch.float16])
def test_pairs_of_operands(default: torch.dtype) -> None:
    tensors = [torch.zeros(level, dtype=getattr(torch, name)) for name in NAMES for level in LEVELS]
    token = default_dtype.set(real(default))
    torch.set_default_dtype(default)
    try:
        for first, second in itertools.chain(itertools.product(tensors, tensors), itertools.product(tensors, NUMBERS)):
            assert outcome(first, second) == expected(first, second), (first.dtype, first.dim(), second)
    finally:
        torch.set_default_dtype(torch.float32)
        default_dtype.reset(token)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(COMMON), st.sampled_from(LEVELS)), min_size=3, max_size=3))
def test_three_operands(given: list[tuple[str, tuple[int, ...]]]) -> None:
    """torch.addcmul promotes three tensors at once."""
    real_result = agrees_at(
        lambda torch: torch.addcmul(*(torch.zeros(dims, dtype=getattr(torch, name)) for name, dims in given)), ()
    )
    assert real_result in (OK, "both")


UNKNOWN = {
    "dtype": lambda tensor: TensorType(None, tensor.dims),
    "rank": lambda tensor: TensorType(tensor.dtype, None),
    "both": lambda tensor: TensorType(None, None),
    "all": lambda tensor: Unknown("a test"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_operands_are_never_guessed(kind: str) -> None:
    """With one operand hidden the answer is torch's, whatever was hidden, or none."""
    tensors = [torch.zeros(level, dtype=getattr(torch, name)) for name in COMMON for level in LEVELS]
    for first, second in itertools.product(tensors, tensors):
        answer = result_type(to_value(first), UNKNOWN[kind](to_value(second)))
        assert answer in (None, expected(first, second))


def test_unknown_operands_that_do_not_matter() -> None:
    wide = TensorType(BY_NAME["complex128"], (2,))
    assert result_type(wide, Unknown("a test")) == BY_NAME["complex128"]
    integers = TensorType(BY_NAME["int32"], (2,))
    assert result_type(integers, UnknownNumber(int, "a test")) == BY_NAME["int32"]
    assert result_type(integers, UnknownNumber(float, "a test")) == BY_NAME["float32"]
    assert result_type(integers, Dim.of(Symbol("N"))) == BY_NAME["int32"]
    assert result_type(TensorType(BY_NAME["float16"], None), 2.5) == BY_NAME["float16"]
    assert promotion.floating(None) is None
