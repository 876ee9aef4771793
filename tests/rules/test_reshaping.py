"""Reshaping, permuting, repeating, splitting and joining: the rules against torch, with numbers and with symbols."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from .mirror import agrees_at, agrees_symbolically, run_rules
from .samples import OK

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
dims = st.integers(-5, 5)
WORLDS = ((2, 6, 12), (4, 8, 24))
OTHERS = ((3, 4, 36), (6, 10, 12), (5, 7, 60), (2, 12, 120))


@st.composite
def view_calls(draw: st.DrawFn) -> tuple[tuple[int, ...], list[int]]:
    shape = draw(st.lists(st.integers(0, 6), max_size=4).map(tuple))
    factors = [n for size in shape for n in ((2, size // 2) if size % 2 == 0 and size else (size,))]
    target = draw(st.permutations(factors))
    change = draw(st.integers(0, 5))
    if target and change in (1, 2):
        target[draw(st.integers(0, len(target) - 1))] = -1
    if change == 3:
        target = [*target, draw(st.integers(-2, 3))]
    return shape, target


@SETTINGS
@given(view_calls(), st.sampled_from(["view", "reshape"]), st.booleans())
def test_view(call: tuple[tuple[int, ...], list[int]], method: str, spread: bool) -> None:
    shape, target = call
    spread = spread and bool(target)

    def program(torch: Any) -> Any:
        method_ = getattr(torch.zeros(shape), method)
        return method_(*target) if spread else method_(tuple(target))

    assert agrees_at(program, ()) in (OK, "both")


ONE_AXIS = {
    "squeeze": lambda torch, x, d: x.squeeze(d),
    "squeeze_all": lambda torch, x, d: x.squeeze(),
    "unsqueeze": lambda torch, x, d: x.unsqueeze(d),
    "unbind": lambda torch, x, d: x.unbind(d),
    "flatten": lambda torch, x, d: torch.flatten(x, d),
    "flatten_to": lambda torch, x, d: x.flatten(end_dim=d),
    "transpose": lambda torch, x, d: x.transpose(d, -1),
    "movedim": lambda torch, x, d: x.movedim(d, 0),
    "flip": lambda torch, x, d: x.flip(d, 0),
    "select": lambda torch, x, d: x.select(d, 1),
    "select_last": lambda torch, x, d: x.select(d, -2),
    "narrow": lambda torch, x, d: x.narrow(d, 1, 2),
    "narrow_end": lambda torch, x, d: x.narrow(d, -1, 1),
    "chunk": lambda torch, x, d: x.chunk(3, d),
    "split": lambda torch, x, d: x.split(2, dim=d),
    "split_sizes": lambda torch, x, d: torch.split(x, [1, 2], d),
    "tensor_split": lambda torch, x, d: x.tensor_split(3, d),
    "tensor_split_at": lambda torch, x, d: torch.tensor_split(x, (1, -1, 7), dim=d),
    "hsplit": lambda torch, x, d: torch.hsplit(x, 2),
    "vsplit": lambda torch, x, d: x.vsplit([1]),
    "dsplit": lambda torch, x, d: torch.dsplit(x, 2),
    "unfold": lambda torch, x, d: x.unfold(d, 2, 1),
    "repeat_interleave": lambda torch, x, d: x.repeat_interleave(2, d),
    "unflatten": lambda torch, x, d: x.unflatten(d, (2, -1)),
    "stack": lambda torch, x, d: torch.stack([x, x], d),
    "cat": lambda torch, x, d: torch.cat((x, x), dim=d),
    "cat_axis": lambda torch, x, d: torch.concat((x, x, x), axis=d),
    "roll": lambda torch, x, d: torch.roll(x, 1, d),
    "size": lambda torch, x, d: x.size(d),
    "diagonal": lambda torch, x, d: x.diagonal(1, d, -1),
    "diag_embed": lambda torch, x, d: torch.diag_embed(x, 1, d, -1),
    "rot90": lambda torch, x, d: torch.rot90(x, 1, (0, d)),
}


@pytest.mark.parametrize("name", ONE_AXIS)
def test_along_an_axis(name: str) -> None:
    verdicts = {}
    sizes = [(), (0,), (1,), (4,), (3, 4), (1, 3), (4, 0), (2, 4, 2), (1, 4, 1), (4, 4, 4)]
    for shape, d in itertools.product(sizes, range(-4, 4)):
        verdict = agrees_at(lambda torch, shape=shape, d=d: ONE_AXIS[name](torch, torch.zeros(shape), d), ())
        verdicts[shape, d] = verdict
    assert {call: v for call, v in verdicts.items() if v not in (OK, "both")} == {}


@SETTINGS
@given(shapes, st.permutations(range(-2, 4)), st.integers(0, 4))
def test_permute(shape: tuple[int, ...], order: list[int], n: int) -> None:
    assert agrees_at(lambda torch: torch.zeros(shape).permute(order[:n]), ()) in (OK, "both")


SIZES = st.lists(st.integers(-1, 3), max_size=5)


@SETTINGS
@given(shapes, SIZES, st.sampled_from(["expand", "repeat", "tile", "broadcast_to"]))
def test_repetition(shape: tuple[int, ...], sizes: list[int], name: str) -> None:
    assert agrees_at(lambda torch: getattr(torch.zeros(shape), name)(tuple(sizes)), ()) in (OK, "both", "undecided")


JOINS = {
    "cat": lambda torch, xs: torch.cat(xs, -1),
    "stack": lambda torch, xs: torch.stack(xs, 1),
    "hstack": lambda torch, xs: torch.hstack(xs),
    "vstack": lambda torch, xs: torch.vstack(xs),
    "dstack": lambda torch, xs: torch.dstack(xs),
    "column_stack": lambda torch, xs: torch.column_stack(xs),
    "block_diag": lambda torch, xs: torch.block_diag(*xs),
    "broadcast_tensors": lambda torch, xs: torch.broadcast_tensors(*xs),
    "meshgrid": lambda torch, xs: torch.meshgrid(*xs, indexing="xy"),
    "meshgrid_list": lambda torch, xs: torch.meshgrid(xs, indexing="ij"),
    "atleast_1d": lambda torch, xs: torch.atleast_1d(*xs),
    "atleast_2d": lambda torch, xs: torch.atleast_2d(xs),
    "atleast_3d": lambda torch, xs: torch.atleast_3d(xs[0]),
    "broadcast_shapes": lambda torch, xs: torch.broadcast_shapes(*(tuple(x.shape) for x in xs)),
}
DTYPES = st.sampled_from([torch.float32, torch.float16, torch.int64, torch.uint8, torch.bool, torch.complex64])
some_tensors = st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=3), DTYPES), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, derandomize=True)
@pytest.mark.parametrize("name", JOINS)
@given(tensors=some_tensors, same=st.booleans())
def test_joining(name: str, tensors: list[tuple[list[int], torch.dtype]], same: bool) -> None:
    def program(torch: Any) -> Any:
        shape = tensors[0][0]
        return JOINS[name](torch, [torch.zeros(shape if same else s, dtype=dtype) for s, dtype in tensors])

    assert agrees_at(program, ()) in (OK, "both")


# Programs of three sizes a, b, c, run with symbols.
SYMBOLIC = {
    "view_flat": lambda torch, a, b, c: torch.zeros(a, b, c).view(a, -1),
    "view_batch": lambda torch, a, b, c: torch.zeros(a, b, c).view(-1, c),
    "view_heads": lambda torch, a, b, c: torch.zeros(a, b, c).view(a, b, 4, c // 4),
    "view_merge_heads": lambda torch, a, b, c: torch.zeros(a, b, 4, c // 4).reshape(a, b, -1),
    "view_all": lambda torch, a, b, c: torch.zeros(a, b, c).reshape(-1),
    "view_sum": lambda torch, a, b, c: torch.zeros(a, b + 1, c).view(a * (b + 1), -1),
    "view_split_sum": lambda torch, a, b, c: torch.zeros(a * (b + 1), c).view(-1, b + 1, c),
    "view_shape": lambda torch, a, b, c: torch.zeros(a, b, c).view(*torch.zeros(a * b, c).shape),
    "view_windows": lambda torch, a, b, c: torch.zeros(a, b // 2, 2, c // 3, 3).view(-1, 6),
    "view_back": lambda torch, a, b, c: torch.zeros(a * (b // 2) * (c // 3), 6).view(a, b // 2, c // 3, 2, -1),
    "unflatten": lambda torch, a, b, c: torch.zeros(a, b * c).unflatten(1, (b, -1)),
    "flatten": lambda torch, a, b, c: torch.zeros(a, b, c, 2).flatten(1, 2),
    "numel": lambda torch, a, b, c: torch.zeros(a, b, c).numel(),
    "expand": lambda torch, a, b, c: torch.zeros(1, b, 1).expand(a, -1, c),
    "expand_wrong": lambda torch, a, b, c: torch.zeros(a, b).expand(c, b),
    "repeat": lambda torch, a, b, c: torch.zeros(a, b).repeat(2, a, c),
    "tile": lambda torch, a, b, c: torch.zeros(a, b, c).tile((b, 2)),
    "repeat_interleave": lambda torch, a, b, c: torch.zeros(a, b).repeat_interleave(c, dim=1),
    "chunk": lambda torch, a, b, c: torch.zeros(a, b, 3 * c).chunk(3, dim=-1),
    "chunk_last": lambda torch, a, b, c: torch.zeros(a, b, c + 1).chunk(2, dim=-1),
    "split": lambda torch, a, b, c: torch.zeros(a, 2 * b).split(b, dim=1),
    "split_sizes": lambda torch, a, b, c: torch.zeros(a, b + c).split([b, c], dim=1),
    "split_wrong": lambda torch, a, b, c: torch.zeros(a, b + c).split([b, b], dim=1),
    "tensor_split": lambda torch, a, b, c: torch.zeros(c).tensor_split(5),
    "narrow": lambda torch, a, b, c: torch.zeros(c).narrow(0, 1, c - 1),
    "unfold": lambda torch, a, b, c: torch.zeros(a, c).unfold(1, 3, 2),
    "cat": lambda torch, a, b, c: torch.cat([torch.zeros(a, b), torch.zeros(a, c)], 1),
    "cat_wrong": lambda torch, a, b, c: torch.cat([torch.zeros(a, b), torch.zeros(a, c)], 0),
    "stack": lambda torch, a, b, c: torch.stack([torch.zeros(a, b), torch.zeros(a, b)], -1),
    "stack_wrong": lambda torch, a, b, c: torch.stack([torch.zeros(a, b), torch.zeros(a, c)]),
    "block_diag": lambda torch, a, b, c: torch.block_diag(torch.zeros(a, b), torch.zeros(c)),
    "meshgrid": lambda torch, a, b, c: torch.meshgrid(torch.zeros(a), torch.zeros(c), indexing="xy"),
    "permute": lambda torch, a, b, c: torch.zeros(a, b, c).permute(2, 0, 1),
    "mT": lambda torch, a, b, c: torch.zeros(a, b, c).mT,
    "T": lambda torch, a, b, c: torch.zeros(a, b).T,
    "squeeze": lambda torch, a, b, c: torch.zeros(a, 1, c).squeeze(),
    "squeeze_kept": lambda torch, a, b, c: torch.zeros(a, 1, c).squeeze(0),
    "diagonal": lambda torch, a, b, c: torch.zeros(a, c, c).diagonal(1, -2, -1),
    "diagonal_of_any": lambda torch, a, b, c: torch.zeros(a, c).diagonal(),
    "unbind_known": lambda torch, a, b, c: torch.zeros(a, 3, c).unbind(1),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbolic(name: str) -> None:
    expected = "both" if name.endswith("_wrong") else OK
    assert agrees_symbolically(SYMBOLIC[name], WORLDS, OTHERS) == expected


TEXTS = {
    "view_flat": "Tensor[float32, A, B*C]",
    "view_batch": "Tensor[float32, A*B, C]",
    "view_heads": "Tensor[float32, A, B, 4, C//4]",
    "view_split_sum": "Tensor[float32, A, B + 1, C]",
    "view_windows": "Tensor[float32, A*(B//2)*(C//3), 6]",
    "cat": "Tensor[float32, A, B + C]",
    "narrow": "Tensor[float32, C - 1]",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    from mypy_torch_shapes.shapes.dims import Dim, Symbol

    sizes = [Dim.of(Symbol(letter, values)) for letter, values in zip("ABC", zip(*WORLDS, strict=True), strict=True)]
    assert repr(run_rules(SYMBOLIC[name], sizes)) == TEXTS[name]


MESSAGES = {
    "8192 elements do not fit shape (8, -1, 400)": lambda torch: torch.zeros(8, 1024).view(8, -1, 400),
    "tensors differ outside dim 1: [4, 64, 32, 32] and [4, 64, 16, 16]": lambda torch: torch.cat(
        [torch.zeros(4, 64, 32, 32), torch.zeros(4, 64, 16, 16)], 1
    ),
    "dim 5 is out of range for a tensor of rank 2 (expected -3 to 2)": lambda torch: torch.zeros(2, 3).unsqueeze(5),
    "split sizes (1, 1) add up to 2, the axis has 3": lambda torch: torch.zeros(3).split([1, 1]),
    "dims (0, 1) names 2 axes, input has rank 3": lambda torch: torch.zeros(2, 3, 4).permute(0, 1),
    "index 5 is out of range for size 3 of dim 1": lambda torch: torch.zeros(2, 3)[:, 5],
    "too many indices: 3 for a tensor of rank 2": lambda torch: torch.zeros(2, 3)[0, 0, 0],
    "input has 64 columns, other has 128 rows": lambda torch: torch.zeros(8, 64) @ torch.zeros(128, 10),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_messages(message: str) -> None:
    outcome = run_rules(MESSAGES[message], ())
    assert outcome.message == message


def test_what_is_unknown_stays_open() -> None:
    from mypy_torch_shapes.rules import registry
    from mypy_torch_shapes.shapes.dtypes import float32
    from mypy_torch_shapes.shapes.tensor_type import TensorType
    from mypy_torch_shapes.shapes.unknown import Unknown, UnknownNumber

    x, unknown = TensorType(float32, (4, 6)), Unknown("test")
    number = UnknownNumber(int, "test")
    cases: dict[str, tuple[Any, ...]] = {
        "Tensor[float32, ...]": (".view", unknown),
        "Tensor[float32, 24]": (".view", number),
        "Tensor[float32, 2, 12]": (".view", 2, unknown),
        "Tensor[float32, _, 2, _]": (".view", unknown, 2, -1),
        "Tensor[float32, _, _]": (".transpose", unknown, 0),
        "Tensor[float32, 6]": (".__getitem__", number),
        "Tensor[float32, _, 4, 6]": (".expand", number, -1, number),
        "Tensor[float32, _, 6]": (".__getitem__", slice(unknown, None, None)),
        "Tensor[float32, 4, _]": (".narrow", 1, 0, number),
    }
    for text, (name, *args) in cases.items():
        assert repr(registry.apply(f"torch.Tensor{name}", x, *args)) == text
    assert repr(registry.apply("torch.cat", [x, unknown], 1)) == "Tensor[_, 4, _]"
    assert repr(registry.apply("torch.stack", unknown)) == "Tensor[_, ...]"
