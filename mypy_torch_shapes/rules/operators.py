"""Python's operators called by name: __add__, __radd__, __eq__, __neg__, ... (torch docs: torch.Tensor)."""

from __future__ import annotations

from typing import Any

from .registry import apply, rule

# Python's name of the operator, torch's name of the operation.
_BINARY = """
    add:add  sub:sub  mul:mul  truediv:div  div:div  floordiv:floor_divide  mod:remainder  pow:pow
    and:bitwise_and  or:bitwise_or  xor:bitwise_xor  lshift:bitwise_left_shift  rshift:bitwise_right_shift
"""
_COMPARISONS = "eq:eq  ne:ne  lt:lt  le:le  gt:gt  ge:ge"
_UNARY = "neg:neg  pos:positive  abs:abs  invert:bitwise_not"


def _register_binary(name: str, operation: str) -> None:
    @rule(f".__{name}__")
    def forward(input: Any, other: Any) -> Any:
        return apply(f"torch.{operation}", input, other)

    @rule(f".__r{name}__")
    def reflected(input: Any, other: Any) -> Any:
        return apply(f"torch.{operation}", other, input)


def _register(name: str, operation: str) -> None:
    @rule(f".__{name}__")
    def operator(*operands: Any) -> Any:
        return apply(f"torch.{operation}", *operands)


for _entry in _BINARY.split():
    _register_binary(*_entry.split(":"))
for _entry in (_COMPARISONS + "  " + _UNARY).split():
    _register(*_entry.split(":"))
