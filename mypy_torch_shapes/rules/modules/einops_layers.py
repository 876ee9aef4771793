"""The layers of einops.layers.torch (einops docs: Layers)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...shapes.dims import Size
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided
from ..einops.patterns import ELLIPSIS, Axis, Side, listed, parse
from ..einops.transforms import planned, sides, transformed
from ..einsum import contraction
from ..inputs import operand
from ..mismatch import Mismatch
from ..registry import apply
from .table import Attributes, ModuleSpec, Self, module, parameter

_PREFIX = "einops.layers.torch."
_MOST_COVERED = 7  # axes an ellipsis may stand for in a layer


def _layer(pattern: Any, axes_lengths: dict[str, Any], reduction: Any = "rearrange") -> Attributes:
    if isinstance(pattern, str) and isinstance(reduction, str):
        left, _ = sides(pattern, reduction, tuple(axes_lengths))
        planned(pattern, reduction, tuple(axes_lengths), len(left.groups) - left.has_ellipsis)
    return {"pattern": pattern, "axes_lengths": axes_lengths}


def _reduce_layer(pattern: Any, reduction: Any, axes_lengths: dict[str, Any]) -> Attributes:
    return {**_layer(pattern, axes_lengths, reduction), "reduction": reduction}


def _transform(self: Self, input: Any) -> TensorType:
    input = operand(input)
    reduction = self.reduction if "reduction" in self.attrs else "rearrange"
    if reduction in ("any", "all"):
        raise Undecided("einops' layers for torch do not know this reduction")
    if input.dims is not None and isinstance(self.pattern, str) and isinstance(reduction, str):
        left, _ = sides(self.pattern, reduction, tuple(self.axes_lengths))
        least = len(left.groups) - left.has_ellipsis
        if len(input.dims) > least + _MOST_COVERED:
            raise Mismatch(f"Wrong shape: the layer is made for at most {least + _MOST_COVERED} dims")
    return transformed(input, self.pattern, reduction, self.axes_lengths)


def _einmix(pattern: Any, weight_shape: Any, bias_shape: Any, axes_lengths: dict[str, Any]) -> Attributes:
    if not all(isinstance(part, str | None) for part in (pattern, weight_shape, bias_shape)):
        raise Undecided("the pattern is not known")
    left, right, weight = _mixed(pattern, weight_shape)
    if not all(weight.groups):
        raise Undecided("a weight with an axis of size 1")
    missing = [axis for axis in weight.flat if axis not in axes_lengths]
    if missing:
        raise Mismatch(f"Dimension {missing[0]} of weight should be specified")
    _report(set(axes_lengths) - left.names - weight.names, "Axes {} are not used in pattern")
    _report(weight.names - left.names - right.names, "Weight axes {} are redundant")
    bias = None if bias_shape is None else _bias_dims(parse(bias_shape), right, axes_lengths)
    return {
        "pattern": pattern,
        "weight_shape": weight_shape,
        "bias_shape": bias_shape,
        "axes_lengths": axes_lengths,
        "weight": parameter(None, *(axes_lengths[str(axis)] for axis in weight.flat)),
        "bias": None if bias is None else parameter(None, *bias),
        "pre_rearrange": _around(_before(pattern, left), {n: s for n, s in axes_lengths.items() if n in left.names}),
        "post_rearrange": _around(_behind(pattern, right), {}),
    }


def _mixed(pattern: str, weight_shape: str) -> tuple[Side, Side, Side]:
    """The sides and the weight of a pattern of EinMix. Raises Mismatch."""
    parts = pattern.split("->")
    if len(parts) != 2:
        raise Mismatch("the pattern needs one '->'")
    left, right = map(parse, parts)
    weight = parse(weight_shape)
    _report(right.names - left.names - weight.names, "Unrecognized identifiers on the right side of EinMix {}")
    if weight.has_ellipsis:
        raise Mismatch("Ellipsis is not supported in weight, as its shape should be fully specified")
    if left.has_ellipsis != right.has_ellipsis:
        raise Mismatch(f"Ellipsis in EinMix should be on both sides, {pattern}")
    if left.inside:
        raise Mismatch(f"Ellipsis on left side can't be in parenthesis, got {pattern}")
    if any(side.has_numbers for side in (left, right, weight)):
        raise Mismatch("Anonymous axes (numbers) are not allowed in EinMix")
    if weight.composed:
        raise Mismatch(f"Parenthesis is not allowed in weight shape: {weight_shape}")
    return left, right, weight


def _report(axes: Iterable[Axis], message: str) -> None:
    if axes:
        raise Mismatch(message.format(listed(axes)))


def _bias_dims(bias: Side, right: Side, axes_lengths: dict[str, Any]) -> list[Size]:
    """The bias has the output's elementary axes behind the ellipsis, of size 1 where it does not depend on them."""
    _report(bias.names - right.names, "Bias axes {} not present in output")
    _report(bias.names - set(axes_lengths), "Sizes not provided for bias axes {}")
    dims: list[Size] = []
    for axis in right.flat:
        if axis == ELLIPSIS:
            if any(each in bias.names for each in right.flat[: right.flat.index(axis)]):
                raise Mismatch("all bias dimensions should go after ellipsis in the output")
        else:
            dims.append(axes_lengths[str(axis)] if axis in bias.names else 1)
    return dims


def _around(pattern: str | None, lengths: dict[str, Any]) -> ModuleSpec | None:
    return None if pattern is None else ModuleSpec(_PREFIX + "Rearrange", _layer(pattern, lengths))


def _before(pattern: str, left: Side) -> str | None:
    """What takes the input's composed axes apart."""
    if all(len(group) == 1 for group in left.groups):
        return None
    return f"{pattern.split('->')[0]}-> {_joined(left.flat)}"


def _behind(pattern: str, right: Side) -> str | None:
    """What composes the output's axes."""
    if all(len(group) == 1 for group in right.groups) and not right.inside:
        return None
    return f"{_joined(right.flat)} ->{pattern.split('->')[1]}"


def _joined(axes: Sequence[Axis]) -> str:
    return " ".join(map(str, axes))


def _mix(self: Self, input: Any) -> TensorType:
    pattern, weight_shape = self.pattern, self.weight_shape
    if not isinstance(pattern, str) or not isinstance(weight_shape, str):
        raise Undecided("the pattern is not known")
    left, right, weight = _mixed(pattern, weight_shape)
    lengths = {name: size for name, size in self.axes_lengths.items() if name in left.names}
    before, behind = _before(pattern, left), _behind(pattern, right)
    if before is not None:
        input = transformed(input, before, "rearrange", lengths)
    rows = [tuple(map(str, left.flat)), tuple(map(str, weight.flat))]
    result = contraction(rows, tuple(map(str, right.flat)), (operand(input), operand(self.weight)))
    if self.bias is not None:
        result = TensorType(result.dtype, apply("torch.add", result, self.bias).dims)
    return result if behind is None else transformed(result, behind, "rearrange", {})


module(_PREFIX + "Rearrange", "pattern, **axes_lengths", "input", _transform, _layer, "Rearrange")
module(_PREFIX + "Reduce", "pattern, reduction, **axes_lengths", "input", _transform, _reduce_layer, "Reduce")
module(_PREFIX + "EinMix", "pattern, weight_shape, bias_shape=None, **axes_lengths", "input", _mix, _einmix, "EinMix")
