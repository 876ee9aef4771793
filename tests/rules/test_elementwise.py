"""Elementwise operations: the rules against torch for dtypes, broadcasting, `out=` and symbolic sizes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules import arithmetic, comparison, elementwise
from mypy_torch_shapes.rules.vocabulary import broadcast
from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol, text

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

DTYPES = ("bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64", "complex64")
SHAPES = ((), (2, 3), (0, 3), (1,))
GOOD = (OK, "both", "missed")  # a rule need not know every dtype torch has no kernel for


def names(*tables: str) -> list[str]:
    """The functions of torch in the rules' own tables."""
    found = [entry.split(":")[0] for table in tables for entry in table.split()]
    return sorted(name.removeprefix("torch.") for name in found if not name.startswith("."))


def function(torch: Any, name: str) -> Any:
    for part in name.split("."):
        torch = getattr(torch, part)
    return torch


FURTHER = ["abs", "absolute", "angle", "round", "square", "logit", "nan_to_num", "frexp", "logical_not", "real", "imag"]
UNARY = names(elementwise._SAME, elementwise._FLOAT, elementwise._BOOL) + FURTHER
FURTHER_BINARY = ["add", "sub", "div", "float_power", "heaviside", "isclose", "dist", "max", "min", "clamp", "rsub"]
FURTHER_BINARY += ["complex", "polar", "masked_fill", "clamp_min", "subtract", "divide"]
BINARY = names(arithmetic._PROMOTING, arithmetic._FLOATING, comparison._COMPARISONS, comparison._BITWISE)
BINARY += FURTHER_BINARY


@pytest.mark.parametrize("name", UNARY)
def test_one_tensor(name: str) -> None:
    missed = set()
    for dtype, shape in itertools.product(DTYPES, SHAPES):
        verdict = agrees_at(lambda t, s=shape, d=dtype: function(t, name)(t.ones(s, dtype=getattr(torch, d))), ())
        assert verdict in GOOD, (dtype, shape, verdict)
        missed |= {dtype} if verdict == "missed" and 0 not in shape else set()
    assert missed <= {"float16", "bfloat16"}  # kernels CUDA may have


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name: str) -> None:
    operands = [
        (dtype, shape) for dtype in ("bool", "int64", "float16", "float32", "complex64") for shape in ((), (3,))
    ]
    for (first, s), second in itertools.product(operands, [*operands, True, 2, 1.5]):

        def program(t: Any, first: str = first, s: Any = s, second: Any = second) -> Any:
            other = t.ones(second[1], dtype=getattr(torch, second[0])) if isinstance(second, tuple) else second
            return function(t, name)(t.ones(s, dtype=getattr(torch, first)), other)

        assert agrees_at(program, ()) in (*GOOD, "undecided"), (first, s, second)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), min_size=2, max_size=3))
def test_broadcasting(shapes: list[tuple[int, ...]]) -> None:
    def program(torch: Any) -> Any:
        first, *others = (torch.zeros(shape) for shape in shapes)
        if len(others) == 1:
            return torch.add(first, *others), torch.eq(others[0], first), torch.maximum(first, others[0])
        return torch.addcmul(first, *others), torch.lerp(first, *others), torch.clamp(first, *others)

    assert agrees_at(program, ()) in (OK, "both")


@pytest.mark.parametrize("name", ["exp", "floor", "add", "sub", "mul", "div", "pow", "amax", "abs", "signbit", "eq"])
def test_out(name: str) -> None:
    for dtype, out in itertools.product(("int64", "float32", "complex64"), DTYPES):

        def program(t: Any, dtype: str = dtype, out: str = out) -> Any:
            tensor, target = t.ones(2, dtype=getattr(torch, dtype)), t.zeros(2, dtype=getattr(torch, out))
            args = (tensor, tensor) if name in ("add", "sub", "mul", "div", "pow", "eq") else (tensor,)
            return function(t, name)(*args, out=target)

        assert agrees_at(program, ()) in (*GOOD, "undecided"), (dtype, out)


TERNARY = {
    "where": lambda t: t.where(t.zeros(3, dtype=torch.bool), t.zeros(2, 3), 1.5),
    "where_numbers": lambda t: t.where(t.zeros(3, dtype=torch.bool), 1, 2.5),
    "where_method": lambda t: t.zeros(2, 1).where(t.zeros(3, dtype=torch.bool), t.zeros((), dtype=torch.float64)),
    "where_wrong": lambda t: t.where(t.zeros(3), t.zeros(3), t.zeros(3)),
    "where_does_not_fit": lambda t: t.where(t.zeros(3, dtype=torch.bool), t.zeros(4), t.zeros(3)),
    "clamp": lambda t: t.zeros(2, 3).clamp(min=t.zeros(3), max=t.zeros(2, 1)),
    "clamp_ints": lambda t: t.zeros(2, dtype=torch.int64).clamp(0.5, 3),
    "clip": lambda t: t.zeros(2, dtype=torch.int32).clip(max=3),
    "lerp_wrong": lambda t: t.lerp(t.zeros(2), t.zeros(2, dtype=torch.float64), 0.5),
    "addcdiv_wrong": lambda t: t.addcdiv(t.zeros(2), t.zeros(2, dtype=torch.int64), t.zeros(2, dtype=torch.int64)),
    "masked_fill": lambda t: t.zeros(3).masked_fill(t.zeros(2, 3, dtype=torch.bool), -1e9),
    "masked_fill_wrong": lambda t: t.zeros(3).masked_fill(t.zeros(3), 0.0),
    "masked_fill_value": lambda t: t.zeros(3).masked_fill(t.zeros(3, dtype=torch.bool), t.zeros(1)),
    "alpha_wrong": lambda t: t.add(t.zeros(2, dtype=torch.int64), 1, alpha=0.5),
    "alpha": lambda t: t.sub(t.zeros(2), 1, alpha=2),
    "rounding": lambda t: t.div(t.zeros(2, dtype=torch.int64), 2, rounding_mode="floor"),
    "minus_bool": lambda t: t.zeros(2).__sub__(True),
    "bool_minus": lambda t: t.zeros(2, dtype=torch.bool).__rsub__(1),
    "minus_of_bool": lambda t: t.zeros(2, dtype=torch.bool).__neg__(),
    "invert": lambda t: t.zeros(2, dtype=torch.bool).__invert__(),
    "invert_floats": lambda t: t.zeros(2).__invert__(),
    "and_floats": lambda t: t.zeros(2).__and__(t.zeros(2)),
    "reflected": lambda t: t.zeros(2, dtype=torch.int64).__rtruediv__(3),
    "numpy_names": lambda t: t.mul(x1=t.zeros(2), x2=3),
    "view_as_complex": lambda t: t.view_as_complex(t.zeros(3, 2)),
    "view_as_complex_wrong": lambda t: t.view_as_complex(t.zeros(3, 3)),
    "view_as_complex_ints": lambda t: t.view_as_complex(t.zeros(3, 2, dtype=torch.int64)),
    "view_as_real": lambda t: t.view_as_real(t.zeros(3, dtype=torch.complex128)),
    "view_as_real_wrong": lambda t: t.view_as_real(t.zeros(3)),
    "imag_wrong": lambda t: t.zeros(3).imag,
    "imag": lambda t: t.zeros(3, dtype=torch.complex64).imag,
    "polygamma": lambda t: t.polygamma(1, t.zeros(3, dtype=torch.int64)),
    "polygamma_method": lambda t: t.zeros(3).polygamma(2),
    "isin": lambda t: t.isin(t.zeros(3), t.zeros(5)),
}


@pytest.mark.parametrize("name", TERNARY)
def test_calls(name: str) -> None:
    assert agrees_at(TERNARY[name], ()) in (OK, "both")


SYMBOLIC = {
    "add": lambda t, a, b: t.add(t.zeros(a, b), t.zeros(b)),
    "add_row": lambda t, a, b: t.add(t.zeros(a, 1), t.zeros(1, b)),
    "mul_size": lambda t, a, b: t.mul(t.zeros(a, dtype=torch.int64), b),
    "size_over": lambda t, a, b: t.div(b, t.zeros(a, dtype=torch.int64)),
    "where": lambda t, a, b: t.where(t.zeros(a, 1, dtype=torch.bool), t.zeros(b), 0.0),
    "compound": lambda t, a, b: t.add(t.zeros(2 * a, b + 1), t.zeros(a + a, 1 + b)),
    "add_wrong": lambda t, a, b: t.add(t.zeros(a), t.zeros(a + 2)),
    "eq_wrong": lambda t, a, b: t.eq(t.zeros(a, b), t.zeros(b, a)),
    "view_as_real": lambda t, a, b: t.view_as_real(t.zeros(a, b, dtype=torch.complex64)),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else OK
    assert agrees_symbolically(SYMBOLIC[name], ((3, 8), (5, 12)), ((4, 7), (1, 2), (6, 6))) == expected


MESSAGES = {
    "shapes (8, 3) and (4,) do not broadcast: 3 against 4": lambda t: t.add(t.zeros(8, 3), t.zeros(4)),
    "bool cannot be subtracted, use ^, logical_xor() or logical_not()": lambda t: t.sub(t.zeros(2), True),
    "input has dtype bool, the operation is not defined for bool": lambda t: t.neg(t.zeros(2, dtype=torch.bool)),
    "condition has dtype torch.float32, expected bool": lambda t: t.where(t.zeros(2), 1, 0),
    "the result has dtype torch.float32, out has torch.int64": lambda t: t.exp(
        t.zeros(2), out=t.zeros(2, dtype=torch.int64)
    ),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message: str) -> None:
    assert run_rules(MESSAGES[message], ()).message == message


N, M = (Dim.of(Symbol(name)) for name in "NM")


@pytest.mark.parametrize(
    "left, right, common",
    [
        (16 * (N // 16), N, 16 * (N // 16)),  # a multiple of 16 is not 1, so the other is 1 or the same
        (M, N + 3, N + 3),
        (2 * M, N + 0, 2 * M),
        (5, N, 5),
        (M, N, None),  # either may be 1
        (2 * M - 1, N, None),
    ],
)
def test_a_size_that_cannot_be_one_is_the_common_size(left: Size, right: Size, common: Size | None) -> None:
    for pair in ((left, right), (right, left)):
        (size,) = broadcast(*((each,) for each in pair)) or ()
        assert (size == common) if common is not None else text(size) is None
