"""einops.pack, unpack, parse_shape and einsum (einops docs: API reference)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...shapes.dims import Size
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown
from ..einsum import contraction
from ..inputs import operand
from ..mismatch import Mismatch
from ..registry import apply, known_dims, rule
from ..sizes import listed, operands, size_of
from ..vocabulary import at_most, equal, product, require, show
from .patterns import ELLIPSIS, Number, Side, check_name, parse


@rule("einops.pack")
def pack(tensors: Any, pattern: Any) -> tuple[Any, Any]:
    before, behind = _star(pattern, "pack")
    given = operands(tensors)
    if given is None or any(tensor.dims is None for tensor in given):
        return TensorType(None, None), Unknown("what is packed is not known")
    if not given:
        raise Undecided("nothing is packed")
    flat, shapes = [], []
    for number, tensor in enumerate(given):
        dims = known_dims(tensor)
        if len(dims) < before + behind:
            raise Mismatch(
                f"packed tensor #{number} (enumeration starts with 0) has shape {show(dims)}, "
                f"while pattern {pattern} assumes at least {before + behind} axes"
            )
        end = len(dims) - behind
        shapes.append(dims[before:end])
        flat.append(apply("torch.Tensor.reshape", tensor, (*dims[:before], -1, *dims[end:])))
    return apply("torch.cat", flat, before), shapes


@rule("einops.unpack")
def unpack(tensor: Any, packed_shapes: Any, pattern: Any) -> list[TensorType]:
    before, behind = _star(pattern, "unpack")
    shapes = _shapes(packed_shapes)
    tensor = operand(tensor, "tensor")
    dims = tensor.dims if tensor.dims is not None else tuple(fresh() for _ in range(before + 1 + behind))
    if len(dims) != before + 1 + behind:
        raise Mismatch(f"unpack(..., {pattern}) received input of wrong dim with shape {show(dims)}")
    if sum(-1 in shape for shape in shapes) > 1:
        raise Mismatch(f"unpack(..., {pattern}) received more than one -1 in {show(shapes)} and can't infer dimensions")
    message = f"could not split axis of size {show(dims[before])} into requested {show(shapes)}"
    results = []
    for shape, width in zip(shapes, _widths(shapes, dims[before], message), strict=True):
        piece = tensor.with_dims(*dims[:before], width, *dims[before + 1 :])
        try:
            results.append(apply("torch.Tensor.reshape", piece, (*dims[:before], *shape, *dims[before + 1 :])))
        except Mismatch:
            raise Mismatch(message) from None
    return results


def _shapes(value: Any) -> list[tuple[Any, ...]]:
    """The shapes to unpack: a list of rows of sizes. Raises Undecided where they are not known."""
    if not isinstance(value, tuple | list):
        raise Undecided("the packed shapes are not known")
    rows = [listed((shape,)) if isinstance(shape, tuple | list | Unknown) else None for shape in value]
    if any(row is None for row in rows):
        raise Undecided("the packed shapes are not known")
    return [tuple(size if isinstance(size, int) else size_of(size) for size in row or ()) for row in rows]


def _widths(shapes: Sequence[tuple[Any, ...]], total: Size, message: str) -> list[Size]:
    """How much of the packed axis each shape takes; what is left over goes to the one with -1, else to the last."""
    open_ = next((number for number, shape in enumerate(shapes) if -1 in shape), len(shapes) - 1)
    widths: list[Size] = [0 if number == open_ else product(shape) for number, shape in enumerate(shapes)]
    if widths:
        rest = total - sum(widths)
        require(at_most(0, rest), message)
        widths[open_] = rest
    return widths


def _star(pattern: Any, operation: str) -> tuple[int, int]:
    """How many axes a pattern has before and behind its `*`. Raises Mismatch."""
    if not isinstance(pattern, str):
        raise Undecided("the pattern is not known")
    axes = pattern.split()
    if len(axes) != len(set(axes)):
        raise Mismatch(f'Duplicates in axes names in {operation}(..., "{pattern}")')
    if "*" not in axes:
        raise Mismatch(f'No *-axis in {operation}(..., "{pattern}")')
    for axis in axes:
        if axis != "*":
            check_name(axis)
    return axes.index("*"), len(axes) - axes.index("*") - 1


@rule("einops.parse_shape")
def parse_shape(x: Any, pattern: Any) -> dict[str, Size]:
    if not isinstance(pattern, str):
        raise Undecided("the pattern is not known")
    side = parse(pattern, underscore=True)
    if any(len(group) > 1 for group in side.groups):
        raise Mismatch(f"Can't parse shape with composite axes: {pattern}")
    dims = operand(x, "x").dims
    if dims is None:
        if side.has_ellipsis:
            return {str(axis): fresh() for axis in side.names if axis not in ("_", ELLIPSIS)}
        dims = tuple(fresh() for _ in side.groups)
    covered = len(dims) - len(side.groups) + side.has_ellipsis
    if covered < 0 or (covered and not side.has_ellipsis):
        raise Mismatch(f"Can't parse shape with this number of dimensions: {pattern} {show(dims)}")
    found: dict[str, Size] = {}
    for group, size in zip(side.expanded(covered), dims, strict=True):
        (axis,) = group or (Number(1),)
        if isinstance(axis, Number):
            require(equal(size, axis.value), f"Length of anonymous axis does not match: {pattern} {show(dims)}")
        elif axis != "_" and not axis.startswith(ELLIPSIS):
            found[axis] = size
    return found


@rule("einops.einsum")
def einsum(*tensors_and_pattern: Any) -> TensorType:
    if not tensors_and_pattern or not isinstance(tensors_and_pattern[-1], str):
        raise Undecided("the pattern is not known")
    *tensors, pattern = tensors_and_pattern
    lefts, arrow, right = pattern.partition("->")
    if not arrow or not tensors:
        raise Mismatch("Einsum pattern must contain '->'." if tensors else "einsum needs at least one tensor")
    rows = [_row(parse(left, underscore=True, duplicates=True)) for left in lefts.split(",")]
    output = _row(parse(right, underscore=True))
    given = tuple(operand(tensor, "an operand") for tensor in tensors)
    for label in output:
        if label != ELLIPSIS and not any(label in row for row in rows):
            raise Mismatch(f"Unknown axis {label} on right side of einsum {pattern}.")
    return contraction(rows, output, given)


def _row(side: Side) -> tuple[str, ...]:
    """The labels of one operand."""
    row: list[str] = []
    for number, group in enumerate(side.groups):
        if group != (ELLIPSIS,) and (len(group) != 1 or isinstance(group[0], Number) or ELLIPSIS in group):
            raise Mismatch("Shape rearrangement, singleton and anonymous axes are not supported in einsum.")
        if group == (ELLIPSIS,) and number in side.composed:
            raise Undecided("einops turns an ellipsis in parentheses into a name")
        row.append(str(group[0]))
    return tuple(row)
