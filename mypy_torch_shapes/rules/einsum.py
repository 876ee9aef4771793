"""torch.einsum, in its string and sublist forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, INTEGER, DType, int64, promote
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .registry import rule
from .sizes import operands
from .vocabulary import broadcast, equal, require, show

ELLIPSIS = "..."
_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
Row = tuple[str, ...]  # the labels of one operand: letters, for einops any names


@rule("torch.einsum")
def einsum(*args: Any) -> TensorType:
    if not args or isinstance(args[0], Unknown):
        return TensorType(None, None)
    equation, given = _read(args)
    if equation is None or given is None:
        return TensorType(None, None)
    return contraction(*equation, given)


def contraction(rows: Sequence[Row], output: Row | None, given: Sequence[TensorType]) -> TensorType:
    """The product of operands whose axes have these labels, summed over those that are not in the output."""
    if len(rows) != len(given):
        raise Mismatch(f"the equation names {len(rows)} operands, got {len(given)}")
    sizes, covered = _sizes(rows, given)
    wanted = _inferred(rows) if output is None else output
    _check_output(wanted, rows)
    dtype = _dtype(rows, given, wanted)
    if any(tensor.dims is None and ELLIPSIS in row for row, tensor in zip(rows, given, strict=True)):
        return TensorType(dtype, None)
    return TensorType(dtype, tuple(s for label in wanted for s in (covered if label == ELLIPSIS else (sizes[label],))))


def _read(args: tuple[Any, ...]) -> tuple[tuple[list[Row], Row | None] | None, tuple[TensorType, ...] | None]:
    """The equation's rows and its output, and the operands."""
    if isinstance(args[0], str):
        rest = args[1:]
        listed = len(rest) == 1 and not isinstance(rest[0], TensorType)
        return _parsed(args[0]), operands(rest[0] if listed else rest)
    given = tuple(operand(value, "an operand") for value in args[: len(args) // 2 * 2 : 2])
    lists = [*args[1::2], *([args[-1]] if len(args) % 2 else [])]
    if any(isinstance(labels, Unknown) for labels in lists):
        return None, given
    rows = [tuple(map(_sublist_label, labels)) for labels in lists]
    return (rows[: len(given)], rows[len(given)] if len(args) % 2 else None), given


def _sublist_label(label: Any) -> str:
    if label is Ellipsis:
        return ELLIPSIS
    if not isinstance(label, int):
        raise Undecided("a label is unknown")
    if not 0 <= label < len(_LABELS):
        raise Mismatch(f"label {label} is out of range, expected 0 to {len(_LABELS) - 1}")
    return _LABELS[label]


def _parsed(equation: str) -> tuple[list[Row], Row | None]:
    left, arrow, right = equation.replace(" ", "").partition("->")
    return [_row(part) for part in left.split(",")], _row(right) if arrow else None


def _row(part: str) -> Row:
    if not re.fullmatch(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*", part):
        raise Mismatch(f"{part!r} is no row of labels, expected letters and at most one ...")
    return tuple(re.findall(r"\.\.\.|[A-Za-z]", part))


def _sizes(rows: Sequence[Row], given: Sequence[TensorType]) -> tuple[dict[str, Size], tuple[Size, ...]]:
    """The size of each label, and the sizes that ... covers."""
    sizes: dict[str, Size] = {}
    covered: list[tuple[Size, ...]] = []
    for number, (row, tensor) in enumerate(zip(rows, given, strict=True)):
        if tensor.dims is None:
            continue
        spare = len(tensor.dims) - len([label for label in row if label != ELLIPSIS])
        if spare < 0 or (spare and ELLIPSIS not in row):
            raise Mismatch(f"operand {number} has rank {len(tensor.dims)}, {_text(row)!r} names {len(row)} axes")
        own: dict[str, Size] = {}
        at = 0
        for label in row:
            if label == ELLIPSIS:
                covered.append(tensor.dims[at : at + spare])
                at += spare
                continue
            size = tensor.dims[at]
            at += 1
            repeated = f"label {label} of operand {number} has sizes {show(own.get(label, size))} and {show(size)}"
            require(equal(own.setdefault(label, size), size), repeated)
        for label, size in own.items():
            sizes[label] = _meet(sizes.get(label, 1), size, f"label {label}", number)
    for label in {label for row in rows for label in row} - {ELLIPSIS, *sizes}:
        sizes[label] = fresh()
    return sizes, broadcast(*covered) or ()


def _text(row: Row) -> str:
    """Labels as an equation writes them."""
    return ("" if all(len(label) == 1 or label == ELLIPSIS for label in row) else " ").join(row)


def _meet(before: Size, size: Size, label: str, number: int) -> Size:
    try:
        both = broadcast((before,), (size,))
    except Mismatch:
        raise Mismatch(f"{label} has size {show(size)} in operand {number}, {show(before)} before") from None
    assert both is not None
    return both[0]


def _inferred(rows: Sequence[Row]) -> Row:
    """Without an arrow: what ... covers, then the labels that appear once, in alphabetical order."""
    counts = Counter(label for row in rows for label in row)
    once = sorted(label for label, times in counts.items() if times == 1 and label != ELLIPSIS)
    return (*([ELLIPSIS] if ELLIPSIS in counts else []), *once)


def _check_output(output: Row, rows: Sequence[Row]) -> None:
    known = {label for row in rows for label in row}
    for label in output:
        if label != ELLIPSIS and label not in known:
            raise Mismatch(f"output label {label} is in no operand")
        if output.count(label) > 1:
            raise Mismatch(f"output label {label} appears twice")


def _dtype(rows: Sequence[Row], given: Sequence[TensorType], output: Row) -> DType | None:
    """One dtype for all where a label is summed over: then torch multiplies matrices."""
    dtypes = [tensor.dtype for tensor in given]
    known = [dtype for dtype in dtypes if dtype is not None]
    whole = [dtype for dtype in known if dtype.category in (BOOL, INTEGER)]
    summed = {label for row in rows for label in row} - {*output}
    if not summed:
        return reduce(lambda a, b: None if a is None or b is None else promote(a, b), dtypes)
    if len(set(known)) > 1 and len(whole) < len(known) and len(given) == 2 and _contracts(rows, given, summed):
        raise Mismatch(f"operands have dtypes {', '.join(dtype.name for dtype in known)}, expected one", DTYPE)
    # Sums of small integers are int64, products of them are not: which it is depends on the sizes.
    if len(known) < len(dtypes) or len(set(known)) > 1 or (whole and known[0] != int64):
        return None
    return known[0]


def _contracts(rows: Sequence[Row], given: Sequence[TensorType], summed: set[str]) -> bool:
    """Whether a label in both operands, of a size other than 1, is summed over."""
    for label in summed & {*rows[0]} & {*rows[1]} - {ELLIPSIS}:
        pairs = zip(rows, given, strict=True)
        sizes = [t.dims[row.index(label)] for row, t in pairs if t.dims is not None and ELLIPSIS not in row]
        if len(sizes) == 2 and all(equal(size, 1) is Truth.NO for size in sizes):
            return True
    return False
