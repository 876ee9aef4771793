"""Losses, activations and embeddings: the rules against torch over shapes, dtypes and reductions."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from mypy_torch_shapes.rules.mismatch import DTYPE, Mismatch

from .mirror import Program, agrees_at, agrees_symbolically, run_rules
from .samples import OK, PARTIAL

pytestmark = pytest.mark.filterwarnings("ignore")
AGREED = (OK, "both")
PAIRS = (
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 4), (3,)),
    ((), ()),
    ((5,), (5,)),
    ((5,), ()),
    ((5,), (1,)),
    ((3, 5), (3,)),
    ((3, 5), (4,)),
    ((3, 5), (3, 1)),
    ((3, 5, 2), (3, 2)),
    ((3, 5, 2), (3, 5)),
    ((3, 5, 2, 2), (3, 2, 2)),
    ((3, 5, 2, 2), (3, 5, 2, 2)),
    ((0, 5), (0,)),
)
FLOATS = (torch.float32, torch.float64)
DTYPES = tuple(itertools.product((torch.float32, torch.float16, torch.int64), (*FLOATS, torch.int64, torch.int32)))
PAIRED = (
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
    "soft_margin_loss",
    "poisson_nll_loss",
    "hinge_embedding_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "multilabel_soft_margin_loss",
    "multilabel_margin_loss",
    "multi_margin_loss",
    "nll_loss",
    "cross_entropy",
)
# torch notices these only in the kernel of one device, or only where there is something to compute.
MAY_MISS = {"multilabel_margin_loss", "multi_margin_loss", "nll_loss", "cross_entropy"}


@pytest.mark.parametrize("name", PAIRED)
def test_pairs(name: str) -> None:
    allowed = (*AGREED, "missed") if name in MAY_MISS else AGREED
    for (left, right), dtypes, reduction in itertools.product(PAIRS, DTYPES, ("mean", "none")):

        def program(torch: Any, shapes: Any = (left, right), dtypes: Any = dtypes, reduction: str = reduction) -> Any:
            given = [torch.zeros(shape, dtype=dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
            return getattr(torch.nn.functional, name)(*given, reduction=reduction)

        assert agrees_at(program, ()) in allowed, (left, right, dtypes, reduction)


ELEMENTWISE = (
    *("relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "hardsigmoid", "hardtanh"),
    *("leaky_relu", "logsigmoid", "softplus", "softsign", "tanhshrink", "softshrink", "hardshrink", "rrelu"),
    *("sigmoid", "tanh", "dropout", "alpha_dropout", "dropout2d", "feature_alpha_dropout"),
)
WITH_DIM = ["softmax", "log_softmax", "softmin", "gumbel_softmax", "glu", "normalize"]
KINDS = (torch.float32, torch.bfloat16, torch.int64, torch.bool, torch.complex64)


@pytest.mark.parametrize("name", [*ELEMENTWISE, *WITH_DIM])
def test_activation(name: str) -> None:
    options: dict[str, Any] = {"dim": -1} if name in WITH_DIM else {}
    if "dropout" in name:
        options["training"] = True
    for shape, dtype in itertools.product(((3, 4), (0, 4), (), (5,)), KINDS):

        def program(torch: Any, shape: Any = shape, dtype: Any = dtype) -> Any:
            return getattr(torch.nn.functional, name)(torch.zeros(shape, dtype=dtype), **options)

        assert agrees_at(program, ()) in (*AGREED, "missed"), (shape, dtype)


def _embedding(torch: Any, n: Any, width: Any) -> Any:
    return torch.nn.functional.embedding(torch.zeros(n, 3, dtype=INDEX), torch.zeros(7, width))


def _one_hot(torch: Any, n: Any, classes: Any) -> Any:
    return torch.nn.functional.one_hot(torch.zeros(n, dtype=INDEX), classes)


def _bags(torch: Any, n: Any, width: Any) -> Any:
    return torch.nn.functional.embedding_bag(torch.zeros(n, 3, dtype=INDEX), torch.zeros(7, width))


def _offset_bags(torch: Any, n: Any, bags: Any) -> Any:
    indices, offsets = torch.zeros(n, dtype=INDEX), torch.zeros(bags, dtype=INDEX)
    return torch.nn.functional.embedding_bag(indices, torch.zeros(7, 5), offsets, include_last_offset=True)


def _cross_entropy(torch: Any, n: Any, classes: Any) -> Any:
    scores, target = torch.zeros(n, classes, 3), torch.zeros(n, 3, dtype=INDEX)
    return torch.nn.functional.cross_entropy(scores, target, torch.zeros(classes), reduction="none")


def _probabilities(torch: Any, n: Any, classes: Any) -> Any:
    return torch.nn.functional.cross_entropy(torch.zeros(n, classes), torch.zeros(n, classes), reduction="none")


def _triplets(torch: Any, n: Any, width: Any) -> Any:
    near, far = torch.zeros(1, width), torch.zeros(n, width)
    return torch.nn.functional.triplet_margin_loss(torch.zeros(n, width), near, far, reduction="none")


def _gaussian(torch: Any, n: Any, width: Any) -> Any:
    return torch.nn.functional.gaussian_nll_loss(
        torch.zeros(n, width), torch.zeros(n, width), torch.zeros(n), reduction="none"
    )


def _ctc(torch: Any, steps: Any, n: Any) -> Any:
    lengths = torch.zeros(n, dtype=INDEX)
    scores, target = torch.zeros(steps, n, 5), torch.zeros(n, 4, dtype=INDEX)
    return torch.nn.functional.ctc_loss(scores, target, lengths, lengths, reduction="none")


INDEX = torch.int64
SYMBOLIC: tuple[Program, ...] = (
    _embedding,
    _one_hot,
    _bags,
    _offset_bags,
    _cross_entropy,
    _probabilities,
    _triplets,
    _gaussian,
    _ctc,
)


@pytest.mark.parametrize("program", SYMBOLIC)
def test_symbolic(program: Program) -> None:
    assert agrees_at(program, (4, 6)) == OK
    assert agrees_symbolically(program, ((4, 6), (8, 10)), ((3, 7), (5, 12))) in (OK, PARTIAL)


@pytest.mark.parametrize("dtype", [torch.float32, torch.int32])
def test_class_indices_are_int64(dtype: torch.dtype) -> None:
    def program(torch: Any) -> Any:
        return torch.nn.functional.cross_entropy(torch.zeros(3, 5), torch.zeros(3, dtype=dtype))

    mismatch = run_rules(program, ())
    assert isinstance(mismatch, Mismatch)
    assert mismatch.code == DTYPE
    assert mismatch.message.startswith("target of class indices has dtype")


REDUCED = {
    "kl_div": 2,
    "hinge_embedding_loss": 2,
    "binary_cross_entropy_with_logits": 2,
    "margin_ranking_loss": 3,
    "triplet_margin_loss": 3,
}


@pytest.mark.parametrize("name", REDUCED)
def test_numbered_reductions(name: str) -> None:
    for reduction in range(3):

        def program(torch: Any, n: Any, reduction: int = reduction) -> Any:
            given = [torch.zeros(n, 4) for _ in range(REDUCED[name])]
            return getattr(torch, name)(*given, reduction=reduction)

        assert agrees_at(program, (3,)) == OK
        assert agrees_symbolically(program, ((3,), (5,)), ((4,),)) == OK


def test_padded_sequences() -> None:
    def program(torch: Any, a: Any, b: Any) -> Any:
        sequences = [torch.zeros(a, 5), torch.zeros(3, 5), torch.zeros(b, 5)]
        return torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True)

    assert agrees_at(program, (4, 6)) == OK
    assert agrees_symbolically(program, ((4, 6), (8, 2)), ((1, 2), (9, 9))) == OK
