"""Sparse tensors: the rules against torch."""

from __future__ import annotations

import pytest

from .mirror import Program, agrees_at
from .samples import OK

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CALLS: dict[str, Program] = {
    "sizes": lambda t: t.sparse_coo_tensor(t.ones(2, 3).long(), t.ones(3), (2, 4)),
    "vectors": lambda t: t.sparse_coo_tensor(t.zeros(2, 3).long(), t.ones(3, 5).double(), (2, 4, 5)),
    "dtype": lambda t: t.sparse_coo_tensor([[0, 1], [1, 0]], [1, 2], (2, 4), dtype=t.float16),
    "empty": lambda t: t.sparse_coo_tensor((2, 3)),
    "legacy": lambda t: t.sparse.DoubleTensor(t.zeros(2, 3).long(), t.ones(3).double(), (2, 4)),
    "product": lambda t: t.sparse.mm(t.eye(3).to_sparse(), t.ones(3, 4)),
}
MISTAKES: dict[str, Program] = {
    "too few values": lambda t: t.sparse_coo_tensor(t.zeros(2, 3).long(), t.ones(2), (2, 4)),
    "one row": lambda t: t.sparse_coo_tensor(t.zeros(3).long(), t.ones(3), (2, 4)),
    "another rank": lambda t: t.sparse.FloatTensor(t.zeros(2, 3).long(), t.ones(3), (2, 4, 5)),
    "product of other sizes": lambda t: t.sparse.mm(t.eye(3).to_sparse(), t.ones(4, 4)),
    "product of other dtypes": lambda t: t.sparse.mm(t.eye(3).double().to_sparse(), t.ones(3, 4)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call(name: str) -> None:
    assert agrees_at(CALLS[name], ()) == OK


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(name: str) -> None:
    assert agrees_at(MISTAKES[name], ()) == "both"


def test_without_a_size_the_axes_are_counted() -> None:
    assert agrees_at(lambda t: t.sparse_coo_tensor(t.zeros(2, 3).long(), t.ones(3, 5)).dim(), ()) == OK
