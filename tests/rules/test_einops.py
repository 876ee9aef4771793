"""einops' operations and layers: our rules against einops itself, with numbers and with symbols."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules import modules, registry
from mypy_torch_shapes.rules.mismatch import Mismatch
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided

from .mirror import judge
from .samples import OK, to_value

einops = pytest.importorskip("einops")
pytest.importorskip("einops.layers.torch")

SETTINGS = settings(max_examples=300, deadline=None, derandomize=True)
RAISED = (RuntimeError, ValueError, NotImplementedError, TypeError, IndexError, ZeroDivisionError, KeyError)
DTYPES = (torch.float32, torch.float64, torch.int32, torch.bool)
AGREED = (OK, "both")


def real_of(operation: str, *args: Any, **kwargs: Any) -> Any:
    """What einops gives; the exception where it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return getattr(einops, operation)(*args, **kwargs)
        except RAISED as error:
            return error


def ours_of(operation: str, *args: Any, **kwargs: Any) -> Any:
    """What the rules give; Mismatch or Undecided where they raise it."""
    try:
        return registry.apply(f"einops.{operation}", *args, **kwargs)
    except (Mismatch, Undecided) as outcome:
        return outcome


def verdict(operation: str, *args: Any, **kwargs: Any) -> str:
    ours = ours_of(operation, *map(to_value, args), **kwargs)
    return judge(ours, real_of(operation, *args, **kwargs))


AXES = ("a", "b", "c", "x1", "out")


@st.composite
def sides(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """Any order of axes, now and then with ones, numbers, an ellipsis, compositions, or something that is wrong."""
    words = list(draw(st.permutations(names)))
    extra = draw(st.lists(st.sampled_from(["1", "2", "...", "()", "d", "a", "_b", "0", "."]), max_size=1))
    if draw(st.integers(0, 3)) == 0:
        words += extra
    if draw(st.integers(0, 7)) == 0 and words:
        words.pop()
    text = draw(st.permutations(words))
    grouped = draw(st.lists(st.integers(1, 3), max_size=3))
    parts, at = [], 0
    for width in grouped:
        part = text[at : at + width]
        at += width
        parts.append(f"({' '.join(part)})" if len(part) > 1 or draw(st.booleans()) else " ".join(part))
    return " ".join([*parts, *text[at:]])


@st.composite
def transforms(draw: st.DrawFn) -> tuple[str, tuple[int, ...], str, dict[str, int]]:
    operation = draw(st.sampled_from(["rearrange", "reduce", "repeat"]))
    names = AXES[: draw(st.integers(1, 5))]
    kept = names if operation == "rearrange" else names[: draw(st.integers(1, len(names)))]
    left, right = (kept, names) if operation == "repeat" else (names, kept)
    pattern = f"{draw(sides(left))} -> {draw(sides(right))}"
    lengths = {name: draw(st.integers(1, 3)) for name in names if draw(st.booleans())}
    rank = len(einops_groups(pattern.split("->")[0]))
    shape = tuple(
        draw(st.sampled_from([1, 2, 4, 6, 12, 0]))
        for _ in range(max(rank + draw(st.sampled_from([0] * 9 + [1, -1])), 0))
    )
    return operation, shape, pattern, lengths


def einops_groups(side: str) -> list[str]:
    depth, groups = 0, []
    for word in side.replace("(", " ( ").replace(")", " ) ").split():
        depth += (word == "(") - (word == ")")
        if word == "(" or (depth == 0 and word != ")"):
            groups.append(word)
    return groups


@SETTINGS
@given(
    transforms(), st.sampled_from(["min", "max", "sum", "mean", "prod", "any", "all", "most"]), st.sampled_from(DTYPES)
)
def test_any_transform(call: tuple[str, tuple[int, ...], str, dict[str, int]], how: str, dtype: torch.dtype) -> None:
    operation, shape, pattern, lengths = call
    tensor = torch.zeros(shape, dtype=dtype)
    args = (tensor, pattern, how) if operation == "reduce" else (tensor, pattern)
    assert verdict(operation, *args, **lengths) in AGREED, call


# Calls that are as in real models: accepted, and with one thing wrong.
CALLS = [
    ("b c (h p1) (w p2) -> b (h w) (p1 p2 c)", (2, 3, 8, 12), {"p1": 4, "p2": 4}),
    ("b c (h p1) (w p2) -> b (h w) (p1 p2 c)", (2, 3, 9, 12), {"p1": 4, "p2": 4}),
    ("b n (h d) -> b h n d", (2, 5, 12), {"h": 3}),
    ("b n (h d) -> b h n d", (2, 5, 12), {"h": 5}),
    ("b n (qkv h d) -> qkv b h n d", (2, 5, 12), {"h": 2, "qkv": 3}),
    ("b h n d -> b n (h d)", (2, 3, 5, 4), {}),
    ("... (h d) -> ... h d", (2, 5, 12), {"d": 4}),
    ("b ... d -> b (...) d", (2, 3, 4, 5), {}),
    ("b ... d -> (...) b d", (2, 5), {}),
    ("b (n 1) -> n 1 b", (2, 4), {}),
    ("b h w c -> b h w", (2, 3, 4, 1), {}),
    ("b 1 c -> b c", (2, 1, 3), {}),
    ("b 1 c -> b c", (2, 2, 3), {}),
    ("b c -> b () c", (2, 3), {"c": 3}),
    ("b c -> b c", (2, 3), {"c": 4}),
    ("b c -> b c", (2, 3), {"d": 4}),
    ("b c -> c", (2, 3), {}),
    ("b c d -> b c", (2, 3), {}),
    ("(a b c) -> a b c", (12,), {"a": 2}),
    ("(a a) -> a", (4,), {}),
    ("a b", (4, 3), {}),
    ("a ((b) c) -> a b c", (4, 3), {"c": 1}),
    ("(x y -> x y", (4, 3), {}),
    ("x y) -> x y", (4, 3), {}),
    ("x-y -> x y", (4, 3), {}),
    ("... x ... -> x", (4, 3), {}),
    ("(... x) -> x ...", (4, 3), {"x": 1}),
    ("x -> x ...", (4,), {}),
]


@pytest.mark.parametrize("pattern, shape, lengths", CALLS)
def test_rearrange(pattern: str, shape: tuple[int, ...], lengths: dict[str, int]) -> None:
    assert verdict("rearrange", torch.zeros(shape), pattern, **lengths) in AGREED
    layer = [pattern], lengths, shape
    assert judge(*layer_results("Rearrange", *layer)) in AGREED


@pytest.mark.parametrize(
    "args, lengths, shape",
    [
        (["b c (h 2) (w 2) -> b c h w", "max"], {}, (2, 3, 4, 6)),
        (["b c (h 2) (w 2) -> b c h w", "max"], {}, (2, 3, 5, 6)),
        (["b ... -> b", "mean"], {}, (2, 3, 4, 6)),
        (["b n d -> b d", "mean"], {}, (2, 3)),
        (["b n d -> b d e", "mean"], {}, (2, 3, 4)),
        (["b n d -> b d", "median"], {}, (2, 3, 4)),
    ],
)
def test_reduce_layer(args: list[Any], lengths: dict[str, int], shape: tuple[int, ...]) -> None:
    assert judge(*layer_results("Reduce", args, lengths, shape)) in AGREED


@pytest.mark.parametrize(
    "args, lengths, shape",
    [
        (["t b c -> t b d", "c d", "d"], {"c": 3, "d": 5}, (2, 4, 3)),
        (["t b (h c) -> t b (h d)", "h c d", "h d"], {"h": 2, "c": 3, "d": 5}, (2, 4, 6)),
        (["t b (h c) -> t b (h d)", "h c d", "h d"], {"h": 2, "c": 3, "d": 5}, (2, 4, 7)),
        (["... c -> ... d", "c d"], {"c": 3, "d": 5}, (2, 4, 3)),
        (["... c -> ... d", "c d", "d"], {"c": 3, "d": 5}, (2, 4, 4)),
        (["b c -> b d", "c d"], {"c": 3}, (2, 3)),
        (["b c -> b d", "c d e"], {"c": 3, "d": 2, "e": 2}, (2, 3)),
        (["b c -> b d", "c d", "e"], {"c": 3, "d": 2}, (2, 3)),
        (["b c -> b d", "c (d)"], {"c": 3, "d": 2}, (2, 3)),
        (["b c -> (b c) 1", "c", "b"], {"c": 3, "b": 2}, (2, 3)),
        (["b c -> ... d", "c d"], {"c": 3, "d": 2}, (2, 3)),
    ],
)
def test_einmix(args: list[Any], lengths: dict[str, int], shape: tuple[int, ...]) -> None:
    assert judge(*layer_results("EinMix", args, lengths, shape)) in AGREED


def layer_results(name: str, args: list[Any], lengths: dict[str, int], shape: tuple[int, ...]) -> tuple[Any, Any]:
    """What our description of a layer and what the layer gives; the parameters of both are compared too."""
    cls = f"einops.layers.torch.{name}"
    ours: Any
    real: Any
    try:
        attrs = modules.construct(cls, tuple(args), lengths)
        ours = modules.forward(cls, attrs, True, (TensorType(to_value(torch.float32), shape),), {})
    except (Mismatch, Undecided) as outcome:
        ours, attrs = outcome, {}
    try:
        layer = getattr(einops.layers.torch, name)(*args, **lengths)
        real = layer(torch.zeros(shape))
    except RAISED as error:
        return ours, error
    for key, parameter in layer.named_parameters():
        assert attrs[key] == to_value(parameter).placed(None)
    return ours, real


@pytest.mark.parametrize(
    "shapes, pattern",
    [
        ([(2, 3), (2, 3, 4), (2, 3, 4, 5)], "i j *"),
        ([(2, 3, 5), (2, 3, 7, 5), (2, 3, 7, 9, 5)], "i j * k"),
        ([(2, 3), (2, 4)], "b *"),
        ([(2, 3), (3, 3)], "b * c"),
        ([(2,), (2, 3, 3)], "b * c"),
        ([(4, 5)], "* d"),
        ([()], "*"),
        ([(4, 5)], "b d"),
        ([(4, 5)], "b b *"),
        ([(4, 0), (4, 3)], "b *"),
    ],
)
def test_packing(shapes: list[tuple[int, ...]], pattern: str) -> None:
    tensors = [torch.zeros(shape) for shape in shapes]
    ours, real = ours_of("pack", to_value(tensors), pattern), real_of("pack", tensors, pattern)
    assert judge(ours, real) in AGREED
    if not isinstance(real, Exception):
        assert verdict("unpack", real[0], real[1], pattern) == OK


@pytest.mark.parametrize(
    "shape, shapes, pattern",
    [
        ((2, 10), [(1,), (9,)], "b *"),
        ((2, 10), [(1,), (8,)], "b *"),
        ((2, 10), [(1,), (-1,), (3,)], "b *"),
        ((2, 10), [(1,), (-1, 3)], "b *"),
        ((2, 10), [(1,), (-1, 4)], "b *"),
        ((2, 10), [(11,), (-1,)], "b *"),
        ((2, 10), [(-1,), (-1,)], "b *"),
        ((2, 10, 3), [(2, 5)], "b * c"),
        ((2, 10, 3), [(2, 5)], "b *"),
        ((2, 1, 3), [()], "b * c"),
        ((2, 3), [], "b *"),
        ((2, 3), [[3]], "b *"),
    ],
)
def test_unpacking(shape: tuple[int, ...], shapes: list[Any], pattern: str) -> None:
    assert verdict("unpack", torch.zeros(shape), shapes, pattern) in AGREED


@pytest.mark.parametrize(
    "shape, pattern",
    [
        ((2, 3, 4), "b _ d"),
        ((2, 3, 4), "b d"),
        ((2, 3, 4), "... d"),
        ((2, 3, 4), "b 3 d"),
        ((2, 3, 4), "b 4 d"),
        ((2, 1, 4), "b 1 d"),
        ((2, 3, 4), "b () d"),
        ((2, 3, 4), "b (c d)"),
        ((4,), "b ... d"),
    ],
)
def test_parse_shape(shape: tuple[int, ...], pattern: str) -> None:
    ours, real = (
        ours_of("parse_shape", to_value(torch.zeros(shape)), pattern),
        real_of("parse_shape", torch.zeros(shape), pattern),
    )
    assert isinstance(ours, Mismatch) if isinstance(real, Exception) else ours == real


@pytest.mark.parametrize(
    "shapes, pattern",
    [
        ([(2, 3, 4), (2, 5, 4)], "b i d, b j d -> b i j"),
        ([(2, 3, 4), (2, 5, 4)], "batch i dim, batch j dim -> batch j"),
        ([(2, 3, 4), (2, 5, 3)], "b i d, b j d -> b i j"),
        ([(2, 3, 4)], "b i d, b j d -> b i j"),
        ([(2, 3, 4), (4, 5)], "... d, d e -> ... e"),
        ([(3, 3)], "i i -> i"),
        ([(3, 4)], "i i -> i"),
        ([(3, 4)], "i j -> k"),
        ([(3, 4)], "i j"),
        ([(3, 4)], "(i j) -> i"),
        ([(3, 1)], "i 1 -> i"),
        ([(3, 4)], "i j -> i i"),
    ],
)
def test_einsum(shapes: list[tuple[int, ...]], pattern: str) -> None:
    assert verdict("einsum", *(torch.zeros(shape) for shape in shapes), pattern) in AGREED


def test_lists_are_stacked() -> None:
    tensors = [torch.zeros(2, 6)] * 3
    assert verdict("rearrange", tensors, "k b (h d) -> b k h d", d=2) == OK
    assert verdict("reduce", tensors, "k b d -> b d", "sum") == OK
    assert verdict("repeat", [torch.zeros(2), torch.zeros(3)], "k b -> k b r", r=2) == "both"


WORLDS = ((2, 8, 12, 3), (3, 16, 24, 5))
OTHERS = ((1, 12, 12, 4), (4, 4, 36, 1))
SYMBOLIC = [
    (lambda B, H, W, C: ((B, 3, H, W), {"p": 4, "q": 4}), "b c (h p) (w q) -> b (h w) (p q c)"),
    (lambda B, H, W, C: ((B, H * W, C), {"h": H}), "b (h w) c -> b c h w"),
    (lambda B, H, W, C: ((B, H, W, C), {}), "... w c -> (...) (w c)"),
    (lambda B, H, W, C: ((B, H * C), {"h": H}), "b (h d) -> b h d"),
    (lambda B, H, W, C: ((B * C, H), {"b": B}), "(b c) h -> h b c"),
    (lambda B, H, W, C: ((B, H // 4, W * 4), {"p": 4}), "b h (w p) -> b (h p) w"),
    (lambda B, H, W, C: ((B, H, C), {"h": 5}), "b (h w) c -> b c h w"),
    (lambda B, H, W, C: ((B, H), {"b": C}), "b h -> h b"),
]


@pytest.mark.parametrize("make, pattern", SYMBOLIC)
def test_symbolic(make: Any, pattern: str) -> None:
    symbols = [Symbol(name, values) for name, values in zip("BHWC", zip(*WORLDS, strict=True), strict=True)]
    shape, lengths = make(*map(Dim.of, symbols))
    ours = ours_of("rearrange", TensorType(to_value(torch.float32), shape), pattern, **lengths)
    ran = 0
    for sizes in (*WORLDS, *OTHERS):
        shape, lengths = make(*sizes)
        real = real_of("rearrange", torch.zeros(shape), pattern, **lengths)
        if isinstance(real, torch.Tensor):
            assert judge(ours, real, dict(zip(symbols, sizes, strict=True))) == OK
            ran += 1
        else:
            assert sizes in OTHERS or isinstance(ours, Mismatch)
    assert ran >= 3 or isinstance(ours, Mismatch)


def test_what_is_unknown_stays_open() -> None:
    tensor = TensorType(None, None)
    assert registry.apply("einops.rearrange", tensor, "b n d -> b (n d)").rank == 2
    assert registry.apply("einops.rearrange", tensor, "... d -> d ...").dims is None
    assert registry.apply("einops.repeat", tensor, "d -> d r", r=3).dims[1] == 3


def test_messages_are_those_of_einops() -> None:
    for pattern, lengths in itertools.product(["b (h p) -> b h p", "b (h p) 1 -> b h p", "b c -> b c"], [{"p": 4}, {}]):
        real, ours = (
            f("rearrange", t, pattern, **lengths)
            for f, t in ((real_of, torch.zeros(2, 6)), (ours_of, TensorType(None, (2, 6))))
        )
        if isinstance(real, Exception):
            theirs = str(real).splitlines()[-1].strip().rstrip(".")  # which names a set, in any order
            assert sorted(ours.message.partition(" (pattern")[0]) == sorted(theirs)
