"""Initialisers, which return their tensor (torch docs: torch.nn.init)."""

from __future__ import annotations

from typing import Any

from ..shapes.tensor_type import TensorType
from ..shapes.unknown import UnknownNumber
from .inputs import operand, options, rank_from, rank_is
from .registry import rule

# name, further parameters, least rank, exact ranks
_INITIALISERS: tuple[tuple[str, str, int, tuple[int, ...]], ...] = (
    ("uniform", "a b generator", 0, ()),
    ("normal", "mean std generator", 0, ()),
    ("trunc_normal", "mean std a b generator", 0, ()),
    ("constant", "val", 0, ()),
    ("ones", "", 0, ()),
    ("zeros", "", 0, ()),
    ("eye", "", 0, (2,)),
    ("dirac", "groups", 0, (3, 4, 5)),
    ("xavier_uniform", "gain generator", 2, ()),
    ("xavier_normal", "gain generator", 2, ()),
    ("kaiming_uniform", "a mode nonlinearity generator", 2, ()),
    ("kaiming_normal", "a mode nonlinearity generator", 2, ()),
    ("orthogonal", "gain generator", 2, ()),
    ("sparse", "sparsity std generator", 0, (2,)),
)
_ONLY_IN_PLACE = ("trunc_normal", "ones", "zeros")


def _register(name: str, parameters: str, least: int, ranks: tuple[int, ...]) -> None:
    old = [] if name in _ONLY_IN_PLACE else [f"torch.nn.init.{name}"]

    @rule(f"torch.nn.init.{name}_", *old)
    @options(parameters)
    def initialise(tensor: Any) -> TensorType:
        given = operand(tensor, "tensor")
        if ranks:
            rank_is(given, ranks, "tensor")
        rank_from(given, least, "tensor")
        return given


@rule("torch.nn.init.calculate_gain")
def calculate_gain(nonlinearity: Any, param: Any = None) -> UnknownNumber:
    return UnknownNumber(float, "a gain that is not computed")


for _row in _INITIALISERS:
    _register(*_row)
