"""Operators, comparisons and truth of values."""

from __future__ import annotations

import ast
import operator
from typing import Any

from ..shapes.dims import Dim
from ..shapes.relations import Truth, equal, less
from ..shapes.unknown import Undecided, Unknown
from . import array_operations, arrays, calls, conditions, containers, iteration, numbers, objects, tensors
from .joins import join
from .plain_values import LONGEST, is_plain, is_too_large, is_too_long
from .run import Frame, Run
from .values import (
    Class,
    Condition,
    Function,
    Instance,
    Library,
    ListValue,
    Many,
    Raised,
    Real,
    Some,
    Tensor,
    Value,
    is_size,
)  # fmt: skip

PYTHON: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}

TORCH: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "remainder",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
    ast.LShift: "bitwise_left_shift",
    ast.RShift: "bitwise_right_shift",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.UAdd: "positive",
    ast.USub: "neg",
    ast.Invert: "bitwise_not",
}

DUNDER: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.BitAnd: "and",
    ast.BitOr: "or",
}


def truth(run: Run, value: Value, frame: Frame) -> bool | None:
    """bool(value), or None where it is not known."""
    if isinstance(value, bool | int | float | str | bytes | complex | tuple | dict | set | frozenset | range | None):
        return bool(value)
    if isinstance(value, ListValue):
        return bool(value) if value.length is None else (True if less(0, value.length).holds else None)
    try:
        if isinstance(value, Dim):
            return bool(value)
        if isinstance(value, Instance):
            return objects.truth(run, value, frame)
    except Undecided:
        return None
    if isinstance(value, Condition):
        return value.decided
    if isinstance(value, Real) and value.values is not None and len({bool(v) for v in value.values}) == 1:
        return bool(value.values[0])
    if isinstance(value, Unknown | Tensor | Many | Some | Real):
        return None
    return True


def binary(run: Run, op: type[ast.operator], left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    """`left op right`."""
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if isinstance(left, Instance) or isinstance(right, Instance):
            return Unknown("an operator on an object and a tensor")
        return tensors.operate(run, f"torch.{TORCH[op]}", [left, right], {}, node, frame)
    if isinstance(left, Instance) or isinstance(right, Instance):
        return _by_method(run, op, left, right, node, frame)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return numbers.of_unknown(op is ast.Div, left, right)
    if isinstance(left, Dim | Real) or isinstance(right, Dim | Real):
        if isinstance(left, ListValue | tuple) or isinstance(right, ListValue | tuple):
            return _repeat(op, left, right)
        return numbers.binary(PYTHON[op], left, right)
    return _plain(op, left, right)


def _repeat(op: type, left: Value, right: Value) -> Value:
    """`[x] * n` with a symbolic n."""
    row, count = (left, right) if isinstance(left, ListValue | tuple) else (right, left)
    if op is ast.Mult and len(row) == 1 and isinstance(row, ListValue) and isinstance(count, Dim):
        return ListValue(row, count)
    return Unknown("a sequence of unknown length")


def _plain(op: type, left: Value, right: Value) -> Value:
    if isinstance(left, ListValue) and isinstance(right, ListValue) and op is ast.Add:
        return concatenate(left, right)
    if is_too_large(op, left, right):
        return Unknown("a number too large to compute")
    if op is ast.Add and isinstance(left, str | tuple | list) and is_too_long(left, right):
        return Unknown("a sequence too long to build")
    if op is ast.Mult and isinstance(left, int) is not isinstance(right, int):
        row, count = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(row, str | bytes | list | tuple) and isinstance(count, int) and len(row) * count > LONGEST:
            return Unknown("a sequence too long to build")
    try:
        result = PYTHON[op](left, right)
    except (TypeError, ValueError, ArithmeticError) as error:
        if isinstance(left, int | float | str) and isinstance(right, int | float | str):
            raise Raised(type(error).__name__) from None
        return Unknown("an operator on values it does not know")
    return ListValue(result) if isinstance(result, list) else result


def concatenate(left: ListValue, right: ListValue) -> Value:
    """The list of both's items."""
    if left.length is None and right.length is None:
        return ListValue([*left, *right])
    if not left or not right:
        kept = left or right
        return ListValue(kept, kept.length)
    count: Any = iteration.length(left)
    element = left[0]
    for item in [*left[1:], *right]:
        element = join(element, item)
    return ListValue([element], count + iteration.length(right))


def _by_method(run: Run, op: type, left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    if op in TORCH and (arrays.tensor_of(left) or arrays.tensor_of(right)):
        return array_operations.apply(run, f"torch.{TORCH[op]}", [left, right], {})
    name = DUNDER.get(op)
    if name and isinstance(left, Instance):
        method = objects.find_method(run, left, f"__{name}__")
        if method is not None:
            return calls.call(run, method, [right], {}, node, frame)
        container = objects.add(run, left, right) if op is ast.Add else None
        if container is not None:
            return container
    if name and isinstance(right, Instance):
        method = objects.find_method(run, right, f"__{name}__" if op in (ast.Eq, ast.NotEq) else f"__r{name}__")
        if method is not None:
            return calls.call(run, method, [left], {}, node, frame)
    if op is ast.NotEq:  # without a method of its own, the opposite of ==
        equality = _by_method(run, ast.Eq, left, right, node, frame)
        return (
            conditions.negated(equality)
            if isinstance(equality, bool | Condition)
            else Unknown("an operator on objects")
        )
    if op is ast.Eq:
        return containers.same(left, right)
    return Unknown("an operator on an object")


def unary(run: Run, op: type[ast.unaryop], value: Value, node: ast.AST, frame: Frame) -> Value:
    """`op value`."""
    if op is ast.Not:
        known = conditions.condition(run, value, frame)
        return Unknown("not of something unknown") if known is None else conditions.negated(known)
    if isinstance(value, Tensor):
        return tensors.operate(run, f"torch.{TORCH[op]}", [value], {}, node, frame)
    if arrays.tensor_of(value) is not None:
        return array_operations.apply(run, f"torch.{TORCH[op]}", [value], {})
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Dim | Real):
        return numbers.binary(operator.mul, value, -1) if op is ast.USub else value
    if isinstance(value, int | float | complex):
        try:
            return PYTHON[op](value)
        except TypeError:
            return Unknown("an operator on a value it does not know")
    return Unknown("an operator on something unknown")


def compare(run: Run, op: type[ast.cmpop], left: Value, right: Value, node: ast.AST, frame: Frame) -> Value:
    """`left op right` for a comparison; Unknown where it cannot be told."""
    if op in (ast.Is, ast.IsNot):
        result = _identical(left, right)
        return result if isinstance(result, Unknown) else result is (op is ast.Is)
    if op in (ast.In, ast.NotIn):
        found = _contains(run, left, right)
        return found if isinstance(found, Unknown) else found is (op is ast.In)
    kinds = {type(left), type(right)}
    if Tensor in kinds and op in TORCH and not kinds & {Instance, type(None)}:
        return tensors.operate(run, f"torch.{TORCH[op]}", [left, right], {}, node, frame)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return left if isinstance(left, Unknown) else right
    if isinstance(left, Instance) or isinstance(right, Instance):
        return _by_method(run, op, left, right, node, frame)
    if op in (ast.Eq, ast.NotEq):
        answer = _equality(left, right)
        return answer if op is ast.Eq or isinstance(answer, Unknown) else conditions.negated(answer)
    return _ordered(op, left, right)


def _equality(left: Value, right: Value) -> Value:
    """`left == right`: a bool, a Condition, or Unknown."""
    if is_size(left) and is_size(right):
        return conditions.compared(ast.Eq, left, right)
    if isinstance(left, Real | Dim) or isinstance(right, Real | Dim):
        return numbers.compare(operator.eq, left, right)
    if isinstance(left, tuple | ListValue) and type(left) is type(right) and _count(left) == _count(right) >= 0:
        return conditions.equal_sequences(left, right)
    outcome = equal_values(left, right)
    return Unknown("cannot tell whether two values are equal") if outcome is Truth.UNKNOWN else outcome.holds


def _count(row: tuple[Value, ...] | ListValue) -> int:
    """How many items; less than none where that is symbolic."""
    return len(row) if getattr(row, "length", None) is None else -1


def _ordered(op: type, left: Value, right: Value) -> Value:
    if isinstance(left, Real | Dim) or isinstance(right, Real | Dim):
        return conditions.compared(op, left, right)
    try:
        return bool(PYTHON[op](left, right))
    except TypeError:
        return Unknown("cannot compare")


def equal_values(left: Value, right: Value) -> Truth:
    """Python's == on values that hold no tensors; sizes by what is known of them."""
    if is_size(left) and is_size(right):
        return equal(left, right)
    if isinstance(left, Unknown | Real | Many | Some) or isinstance(right, Unknown | Real | Many | Some):
        if isinstance(left, Real) or isinstance(right, Real):
            result = numbers.compare(operator.eq, left, right)
            decided = result.decided if isinstance(result, Condition) else None
            return Truth.UNKNOWN if decided is None else (Truth.ASSUMED if decided else Truth.NO)
        return Truth.UNKNOWN
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        if isinstance(left, tuple) is not isinstance(right, tuple):
            return Truth.NO
        if getattr(left, "length", None) is not None or getattr(right, "length", None) is not None:
            return Truth.UNKNOWN
        if len(left) != len(right):
            return Truth.NO
        return _all([equal_values(x, y) for x, y in zip(left, right, strict=True)])
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return Truth.NO
        return _all([equal_values(left[key], right[key]) for key in left])
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return Truth.UNKNOWN if type(left) is type(right) else Truth.NO
    return Truth.YES if left is right or bool(left == right) else Truth.NO


def _all(truths: list[Truth]) -> Truth:
    for answer in (Truth.NO, Truth.UNKNOWN, Truth.ASSUMED):
        if answer in truths:
            return answer
    return Truth.YES


def _identical(left: Value, right: Value) -> bool | Unknown:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return left if isinstance(left, Unknown) else right
    if left is right:
        return True
    for a, b in ((left, right), (right, left)):
        if a is None or isinstance(a, bool | Tensor | Instance | Function | Class):
            return (
                False if not isinstance(b, type(a)) or isinstance(b, Tensor | Instance | Function | Class) else a is b
            )
    if isinstance(left, Library) and isinstance(right, Library):
        return left == right
    return bool(left == right) if isinstance(left, int | str) and isinstance(right, int | str) else False


def _contains(run: Run, item: Value, container: Value) -> Value:
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, Instance):
        return objects.contains(run, container, item)
    if isinstance(container, dict) and is_plain(item) and item in container:
        return True  # at once: programs build tables of thousands of places
    known = iteration.items(run, container)
    if isinstance(known, list) and not known:
        return False
    if not isinstance(known, list) or isinstance(item, Unknown):
        return Unknown("cannot tell what is in it")
    if is_plain(item) and all(map(is_plain, known)):
        return item in known
    answers = [equal_values(item, each) for each in known]
    if any(answer.holds for answer in answers):
        return True
    return Unknown("cannot tell what is in it") if Truth.UNKNOWN in answers else False
