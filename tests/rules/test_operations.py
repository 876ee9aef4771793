"""docs/operations.md: up to date and complete; and what is said to be asked of torch is answered by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mypy_torch_shapes.rules import service
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided

from . import operations

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
N = Dim.of(Symbol("N", (4, 5)))


def tensor(*dims: Any, dtype: Any = float32) -> TensorType:
    return TensorType(dtype, dims)


def test_the_page_is_up_to_date_and_nothing_public_is_missing() -> None:
    assert PAGE.read_text(encoding="utf-8") == operations.page(), (
        "python -m tests.rules.operations > docs/operations.md"
    )


x, h = tensor(7, N, 3), tensor(1, N, 5)
GATES: Callable[[int], list[TensorType]] = lambda k: [tensor(k * 5, 3), tensor(k * 5, 5), tensor(k * 5), tensor(k * 5)]  # noqa: E731
RECURRENT = (True, 1, 0.0, False, False, False)
matrices = tensor(N, 8, dtype=float32), tensor(2, 8, 16)
# Of every name that torch answers for: a call, and the dims of its (first) result; None where only a GPU has a kernel.
ASKED: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]] | None] = {
    "torch.convolution": (
        (tensor(N, 3, 9, 9), tensor(6, 3, 3, 3), None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
        (N, 6, 7, 7),
    ),
    "torch.embedding_bag": ((tensor(10, 3), tensor(N, dtype=int64), tensor(2, dtype=int64)), (2, 3)),
    "torch.frobenius_norm": ((tensor(N, 3), [1]), (N,)),
    "torch.gru": ((x, h, GATES(3), *RECURRENT), (7, N, 5)),
    "torch.lstm": ((x, [h, h], GATES(4), *RECURRENT), (7, N, 5)),
    "torch.nuclear_norm": ((tensor(N, 3, 4), [1, 2]), (N,)),
    "torch.rnn_relu": ((x, h, GATES(1), *RECURRENT), (7, N, 5)),
    "torch.rnn_tanh": ((x, h, GATES(1), *RECURRENT), (7, N, 5)),
    "torch.split_copy": ((tensor(N, 6), 2, 1), (N, 2)),
    "torch.nn.functional.grouped_mm": None,
    "torch.nn.functional.scaled_grouped_mm": None,
    "torch.nn.functional.scaled_mm": None,
}


def test_there_is_an_example_of_everything_torch_answers_for() -> None:
    asked = {
        path for _, paths in operations.sections() for path in paths if operations.served(path)[0] == operations.TORCH
    }
    assert asked == set(ASKED)


@pytest.mark.parametrize("path", [path for path, call in ASKED.items() if call is not None])
def test_torch_answers(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPY_TORCH_SHAPES_CACHE", str(tmp_path))
    call = ASKED[path]
    assert call is not None
    result = service.answer(path, call[0], {})
    first = result[0] if isinstance(result, tuple | list) else result
    assert first.dims == call[1]


def test_what_is_unknown_on_purpose_says_why() -> None:
    with pytest.raises(Undecided, match="sparse"):
        service.answer("torch.Tensor.sparse_mask", (tensor(2, 3),), {})
    assert service.served_by("torch.Tensor.sparse_mask") is None
    assert service.served_by("torch.Tensor.add_") == service.IN_PLACE
