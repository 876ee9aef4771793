"""Convolutions, pools, padding, resizing, normalizations and attention: the rules against torch on drawn calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .mirror import Program, agrees_at, agrees_symbolically, run_rules
from .samples import OK, PARTIAL

SETTINGS = settings(max_examples=60, deadline=None, derandomize=True)
AGREED = (OK, "both")
Draw = Callable[[Any], Any]


def check(program: Program, sizes: tuple[int, ...], allowed: tuple[str, ...] = AGREED) -> None:
    """The rules and torch agree on numbers; and symbolically, at this size and a larger one."""
    assert agrees_at(program, sizes) in allowed
    larger = tuple(2 * size + 1 if at else size + 1 for at, size in enumerate(sizes))
    assert agrees_symbolically(program, (sizes, larger), ()) in (*allowed, PARTIAL, "missed", "undecided")


def axes(draw: Draw, n: int, values: Any) -> Any:
    """A setting as one value, or one for each axis."""
    return draw(values) if draw(st.booleans()) else tuple(draw(values) for _ in range(n))


@SETTINGS
@given(st.data())
def test_convolution(data: st.DataObject) -> None:
    draw = data.draw
    n, groups, channels = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    out, kernel = draw(st.integers(1, 4)), [draw(st.integers(1, 3)) for _ in range(n)]
    wrong, batched, bias = draw(st.sampled_from([0, 0, 0, 1])), draw(st.booleans()), draw(st.sampled_from([None, 0, 1]))
    stride, dilation = axes(draw, n, st.integers(1, 3)), axes(draw, n, st.integers(1, 2))
    padding = draw(st.sampled_from(["same", "valid", *(axes(draw, n, st.integers(0, 2)) for _ in range(4))]))

    def program(torch: Any, batch: Any, *spatial: Any) -> Any:
        lead = (batch,) if batched else ()
        input = torch.zeros(*lead, channels * groups + wrong, *spatial)
        weight = torch.zeros(out, channels, *kernel)
        offset = None if bias is None else torch.zeros(out + bias)
        conv = getattr(torch.nn.functional, f"conv{n}d")
        return conv(input, weight, offset, stride, padding, dilation, groups)

    check(program, (2, *(draw(st.integers(1, 6)) for _ in range(n))))


@SETTINGS
@given(st.data())
def test_transposed_convolution(data: st.DataObject) -> None:
    draw = data.draw
    n, groups, channels = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    out, kernel = draw(st.integers(1, 3)), [draw(st.integers(1, 3)) for _ in range(n)]
    wrong, batched = draw(st.sampled_from([0, 0, 0, 1])), draw(st.booleans())
    stride, dilation = axes(draw, n, st.integers(1, 3)), axes(draw, n, st.integers(1, 2))
    extra = axes(draw, n, st.integers(0, 2))

    def program(torch: Any, batch: Any, *spatial: Any) -> Any:
        lead = (batch,) if batched else ()
        input = torch.zeros(*lead, channels * groups + wrong, *spatial)
        weight = torch.zeros(channels * groups, out, *kernel)
        conv = getattr(torch.nn.functional, f"conv_transpose{n}d")
        return conv(input, weight, None, stride, 0, extra, groups, dilation)

    check(program, (2, *(draw(st.integers(1, 5)) for _ in range(n))))


@SETTINGS
@given(st.data())
def test_pool(data: st.DataObject) -> None:
    draw = data.draw
    n, kind, batched = draw(st.integers(1, 3)), draw(st.sampled_from(["max", "avg", "lp"])), draw(st.booleans())
    stride = draw(st.sampled_from([None, 1, 2, 3]))
    kernel = draw(st.integers(1, 3)) if kind == "lp" else axes(draw, n, st.integers(1, 3))
    padding, dilation = axes(draw, n, st.integers(0, 2)), axes(draw, n, st.integers(1, 2))
    ceil_mode, indices = draw(st.booleans()), draw(st.booleans())
    options: dict[str, Any] = {"stride": stride, "ceil_mode": ceil_mode}
    if kind != "lp":
        options["padding"] = padding
    if kind == "max":
        options |= {"dilation": dilation, "return_indices": indices}

    def program(torch: Any, batch: Any, *spatial: Any) -> Any:
        input = torch.zeros(*((batch,) if batched else ()), 2, *spatial)
        pool = getattr(torch.nn.functional, f"{kind}_pool{n}d")
        return pool(input, 2, kernel, **options) if kind == "lp" else pool(input, kernel, **options)

    check(program, (2, *(draw(st.integers(1, 7)) for _ in range(n))))


@SETTINGS
@given(st.data())
def test_adaptive_pool(data: st.DataObject) -> None:
    draw = data.draw
    n, kind, extra = draw(st.integers(2, 3)), draw(st.sampled_from(["max", "avg"])), draw(st.sampled_from([0, 0, 0, 1]))
    size = (
        draw(st.integers(1, 3))
        if draw(st.booleans())
        else [draw(st.sampled_from([None, 1, 2])) for _ in range(n + extra)]
    )

    def program(torch: Any, *sizes: Any) -> Any:
        return getattr(torch.nn.functional, f"adaptive_{kind}_pool{n}d")(torch.zeros(*sizes), size)

    check(program, tuple(draw(st.integers(1, 5)) for _ in range(n + draw(st.integers(0, 3)))))


@SETTINGS
@given(st.data())
def test_pad(data: st.DataObject) -> None:
    draw = data.draw
    mode = draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    pad = [draw(st.integers(-1, 4)) for _ in range(draw(st.integers(1, 6)))]

    def program(torch: Any, *sizes: Any) -> Any:
        return torch.nn.functional.pad(torch.zeros(*sizes), pad, mode)

    check(program, tuple(draw(st.integers(1, 5)) for _ in range(draw(st.integers(1, 5)))))


@SETTINGS
@given(st.data())
def test_interpolate(data: st.DataObject) -> None:
    draw = data.draw
    mode = draw(st.sampled_from(["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"]))
    rank = draw(st.integers(2, 5))
    factor = axes(draw, max(rank - 2, 1), st.sampled_from([0.5, 0.75, 1.5, 2, 2.0, 0.3, 1.7]))
    size = axes(draw, max(rank - 2 + draw(st.integers(0, 1)), 1), st.integers(1, 6))
    options = {"scale_factor": factor} if draw(st.booleans()) else {"size": size}

    def program(torch: Any, *sizes: Any) -> Any:
        return torch.nn.functional.interpolate(torch.zeros(*sizes), mode=mode, **options)

    check(program, tuple(draw(st.integers(1, 6)) for _ in range(rank)))


@SETTINGS
@given(st.data())
def test_attention(data: st.DataObject) -> None:
    draw = data.draw
    rank, grouped = draw(st.integers(2, 4)), draw(st.sampled_from([False, False, True]))
    lead = [draw(st.sampled_from([1, 2, 4])) for _ in range(rank - 2)]
    other = [draw(st.sampled_from([1, size, 2])) for size in lead]
    wrong, masked = draw(st.sampled_from([0, 0, 0, 1])), draw(st.sampled_from([0, 0, 2, 3, 4]))

    def program(torch: Any, steps: Any, source: Any, width: Any) -> Any:
        query = torch.zeros(*lead, steps, width)
        key, value = torch.zeros(*other, source, width + wrong), torch.zeros(*other, source, 5)
        mask = torch.zeros(*(1,) * (masked - 2), steps, source) if masked else None
        attend = torch.nn.functional.scaled_dot_product_attention
        return attend(query, key, value, attn_mask=mask, enable_gqa=grouped)

    check(program, (3, 4, 8), (OK, "both", "missed") if grouped else AGREED)


def test_causal_attention_with_a_mask() -> None:
    """Some of torch's kernels take both."""

    def program(torch: Any, steps: Any, width: Any) -> Any:
        query, mask = torch.zeros(2, 4, steps, width), torch.zeros(steps, steps)
        return torch.nn.functional.scaled_dot_product_attention(query, query, query, attn_mask=mask, is_causal=True)

    check(program, (3, 8), (OK, "missed"))


PROGRAMS: dict[str, tuple[Program, tuple[int, ...]]] = {
    "linear": (lambda torch, n, i: torch.nn.functional.linear(torch.zeros(n, 3, i), torch.zeros(5, i)), (2, 4)),
    "linear_1d": (
        lambda torch, n, i: torch.nn.functional.linear(torch.zeros(i), torch.zeros(n, i), torch.zeros(n)),
        (2, 4),
    ),
    "linear_wrong": (lambda torch, n, i: torch.nn.functional.linear(torch.zeros(n, i), torch.zeros(5, i + 1)), (2, 4)),
    "bilinear": (
        lambda torch, n, i: torch.nn.functional.bilinear(torch.zeros(n, i), torch.zeros(n, 3), torch.zeros(5, i, 3)),
        (2, 4),
    ),
    "layer_norm": (lambda torch, n, i: torch.nn.functional.layer_norm(torch.zeros(n, i, 3), (i, 3)), (2, 4)),
    "layer_norm_wrong": (lambda torch, n, i: torch.nn.functional.layer_norm(torch.zeros(n, i), (i + 1,)), (2, 4)),
    "group_norm": (lambda torch, n, h: torch.nn.functional.group_norm(torch.zeros(n, 6, h), 3), (2, 4)),
    "group_norm_wrong": (lambda torch, n, h: torch.nn.functional.group_norm(torch.zeros(n, 6, h), 4), (2, 4)),
    "instance_norm": (lambda torch, n, h: torch.nn.functional.instance_norm(torch.zeros(n, 6, h)), (2, 4)),
    "batch_norm": (
        lambda torch, n, c: torch.nn.functional.batch_norm(torch.zeros(n, c, 3), torch.zeros(c), torch.zeros(c)),
        (2, 4),
    ),
    "batch_norm_single": (
        lambda torch: torch.nn.functional.batch_norm(torch.zeros(1, 3), None, None, training=True),
        (),
    ),
    "glu": (lambda torch, n, c: torch.nn.functional.glu(torch.zeros(n, 2 * c), 1), (2, 4)),
    "glu_odd": (lambda torch, n: torch.nn.functional.glu(torch.zeros(n, 3), 1), (2,)),
    "pixel_shuffle": (lambda torch, c, h: torch.nn.functional.pixel_shuffle(torch.zeros(9 * c, h, 2), 3), (2, 4)),
    "pixel_shuffle_wrong": (lambda torch, h: torch.nn.functional.pixel_shuffle(torch.zeros(8, h, 2), 3), (2,)),
    "pixel_unshuffle": (lambda torch, c, h: torch.nn.functional.pixel_unshuffle(torch.zeros(c, 3 * h, 6), 3), (2, 4)),
    "unfold": (lambda torch, n, h: torch.nn.functional.unfold(torch.zeros(n, 3, h, 7), (2, 3), stride=2), (2, 5)),
    "fold": (lambda torch, n, h: torch.nn.functional.fold(torch.zeros(n, 12, h * h), (h + 1, h + 1), 2), (2, 5)),
    "fold_wrong": (lambda torch, n, h: torch.nn.functional.fold(torch.zeros(n, 12, h), (h + 1, h + 1), 2), (2, 5)),
    "grid_sample": (
        lambda torch, n, h: torch.nn.functional.grid_sample(
            torch.zeros(n, 3, h, h), torch.zeros(n, 5, h, 2), align_corners=False
        ),
        (2, 5),
    ),
    "normalize": (lambda torch, n, c: torch.nn.functional.normalize(torch.zeros(n, c)), (2, 5)),
    "cosine": (lambda torch, n, c: torch.cosine_similarity(torch.zeros(n, 1, c), torch.zeros(3, c), -1), (2, 5)),
    "pairwise": (lambda torch, n, c: torch.pairwise_distance(torch.zeros(n, c), torch.zeros(c), keepdim=True), (2, 5)),
    "pdist": (lambda torch, n: torch.pdist(torch.zeros(n, 3)), (4,)),
    "multi_head": (
        lambda torch, n, t: torch.nn.functional.multi_head_attention_forward(
            *(torch.zeros(t, n, 8),) * 3,
            8,
            2,
            torch.zeros(24, 8),
            None,
            None,
            None,
            False,
            0.0,
            torch.zeros(8, 8),
            None,
        ),
        (2, 5),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    program, sizes = PROGRAMS[name]
    check(program, sizes)


MESSAGES: dict[str, tuple[Program, str]] = {
    "linear": (
        lambda torch: torch.nn.functional.linear(torch.zeros(3, 576), torch.zeros(120, 400)),
        "input has 576 features, expected in_features = 400",
    ),
    "conv2d": (
        lambda torch: torch.conv2d(torch.zeros(1, 4, 8, 8), torch.zeros(6, 3, 3, 3)),
        "input has 4 channels, expected in_channels = 3",
    ),
    "embedding": (
        lambda torch: torch.nn.functional.embedding(torch.zeros(3), torch.zeros(5, 4)),
        "indices have dtype float32, expected int64 or int32",
    ),
    "max_pool2d": (
        lambda torch: torch.nn.functional.max_pool2d(torch.zeros(1, 2, 1, 8), 2),
        "the window spans 2, the padded input has 1",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name: str) -> None:
    program, expected = MESSAGES[name]
    mismatch = run_rules(program, ())
    assert (mismatch.operation, mismatch.message) == (name, expected)
