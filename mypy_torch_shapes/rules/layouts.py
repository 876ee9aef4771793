"""How results lie in memory, for operations of which torch promises it on every device; and what cannot be viewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..shapes.layout import Layout, contiguous, ordered
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Reference, Unknown, UnknownDevice, UnknownNumber
from .layout_views import VIEWS
from .names import MOVING, RESHAPING, paths
from .vocabulary import Named, named

Arguments = Mapping[str, Any]
# From a call's arguments and the type of its result (of one of several, numbered) to how that lies in memory.
Carrier = Callable[[Arguments, TensorType, int], Layout | None]

# Element by element (torch: TensorIterator): in the order of the first operand that is not broadcast.
_ELEMENTWISE = """
    abs absolute neg negative exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square reciprocal sin cos tan
    asin acos atan sinh cosh asinh acosh atanh erf erfc erfinv floor ceil round trunc frac sigmoid tanh sign
    logical_not bitwise_not isnan isinf isfinite clamp clip clamp_min clamp_max nan_to_num
    add sub subtract mul multiply div divide true_divide floor_divide remainder fmod pow maximum minimum
    eq ne lt le gt ge not_equal less less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and
    bitwise_or bitwise_xor atan2 lerp addcmul addcdiv torch.where
    relu F.relu F.relu6 F.gelu F.silu F.mish F.elu F.selu F.celu F.leaky_relu F.hardtanh F.hardswish F.hardsigmoid
    F.softplus F.softsign F.tanhshrink F.sigmoid F.tanh
"""
# In the order of the input, or the input itself: only of an input without gaps is both the same.
_KEEPING = """
    F.dropout torch.dropout F.dropout1d F.dropout2d F.dropout3d F.alpha_dropout
    clone torch.clone .to .float .double .half .bfloat16 .int .long .bool .type .type_as .cpu .cuda .pin_memory
    torch.zeros_like torch.ones_like torch.empty_like torch.full_like torch.rand_like torch.randn_like
"""
# The tensor itself, or another name for it.
_SAME = "detach positive torch.Tensor.data"
# Contiguous if all tensors are that are given.
_IF_CONTIGUOUS = """
    torch.conv1d torch.conv2d torch.conv3d F.conv1d F.conv2d F.conv3d
    F.conv_transpose1d F.conv_transpose2d F.conv_transpose3d
    torch.conv_transpose1d torch.conv_transpose2d torch.conv_transpose3d
    F.max_pool1d F.max_pool2d F.max_pool3d F.avg_pool1d F.avg_pool2d F.avg_pool3d F.adaptive_avg_pool1d
    F.adaptive_avg_pool2d F.adaptive_avg_pool3d F.adaptive_max_pool1d F.adaptive_max_pool2d F.interpolate F.pad
    F.softmax F.log_softmax softmax log_softmax F.glu torch.cat torch.concat torch.concatenate torch.stack
    .repeat tile repeat_interleave
    sum mean amax amin prod var std argmax argmin max min any all logsumexp cumsum cumprod tril triu masked_fill
    scatter scatter_add index_add index_fill index_copy F.pixel_shuffle F.unfold F.normalize flip roll
"""
# Contiguous if the input is, whatever the weights are like.
_IF_INPUT_IS = """
    F.layer_norm F.group_norm F.batch_norm F.instance_norm F.rms_norm
    torch.layer_norm torch.group_norm torch.batch_norm torch.instance_norm torch.rms_norm
"""
# Always contiguous.
_NEW = """
    mm bmm addmm baddbmm mv outer F.embedding torch.embedding index_select gather F.one_hot
    torch.zeros torch.ones torch.empty torch.full torch.rand torch.randn torch.randint torch.randperm torch.arange
    torch.range torch.linspace torch.logspace torch.eye .new_zeros .new_ones .new_empty .new_full ravel
"""


# In-place methods that move the axes of their tensor, or give it other memory.
_MOVING = RESHAPING | MOVING


def carry(path: str) -> Callable[[Arguments, Any], Any]:
    """What gives the results of an operation their layouts."""
    carrier = _carriers.get(path)
    if carrier is None and path.endswith("_") and path.rpartition(".")[2] not in _MOVING:
        carrier = _same
    return (lambda _, result: forgotten(result)) if carrier is None else partial(_carried, carrier)


def _carried(carrier: Carrier, arguments: Arguments, result: Any) -> Any:
    if isinstance(result, TensorType):
        return _laid(carrier, arguments, result, 0)
    if not isinstance(result, tuple | list):
        return result
    laid = (
        _laid(carrier, arguments, each, at) if isinstance(each, TensorType) else each for at, each in enumerate(result)
    )
    return named(*zip(result.fields, laid, strict=True)) if isinstance(result, Named) else type(result)(laid)


def _laid(carrier: Carrier, arguments: Arguments, result: TensorType, number: int) -> TensorType:
    return result.laid(None if result.dims is None else carrier(arguments, result, number))


def forgotten(result: Any) -> Any:
    """What is made of tensors in a way that says nothing of memory; a rule may have handed back one of them."""
    if isinstance(result, TensorType):
        return result.laid(None)
    if isinstance(result, Named) or type(result) not in (tuple, list):
        return result
    return type(result)(map(forgotten, result))


# --- what operations make ---


def _tensors(arguments: Arguments) -> list[TensorType] | None:
    """The tensors among the arguments, scalars aside; None where something may be one and is unknown."""
    found: list[TensorType] = []
    for value in arguments.values():
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, TensorType) and each.dims != ():
                found.append(each)
            elif isinstance(each, Unknown) and not isinstance(each, UnknownNumber | UnknownDevice | Reference):
                return None
    return found


def _is_contiguous(tensor: TensorType) -> bool:
    return tensor.dims is not None and tensor.layout == contiguous(len(tensor.dims))


def _elementwise(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    operands = _tensors(arguments)
    if operands is None or result.dims is None:
        return None
    if all(map(_is_contiguous, operands)):
        return contiguous(len(result.dims))
    first = operands[0]
    known = all(each.layout is not None for each in operands) and first.dims == result.dims
    if not known or first.layout is None or len(first.layout.order) != len(result.dims):
        return None
    return ordered(first.layout.order)


def _same(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    first = next(iter(arguments.values()), None)
    return first.layout if isinstance(first, TensorType) and first.dims == result.dims else None


def _keeping(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    kept = _same(arguments, result, number)
    plain = kept is not None and kept.is_dense(len(result.dims or ()))
    return kept if plain and _formats(arguments) <= {"torch.preserve_format", "torch.strided"} else None


def _made_contiguous(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """A tensor may be contiguous already, and its axes of size 1 have strides from where else they were in memory.

    By those torch tells that a convolution's channels come last. So what this makes is only known without such axes.
    """
    kept, rank = _same(arguments, result, number), len(result.dims or ())
    plain = kept == contiguous(rank) or all(equal(size, 1) is Truth.NO for size in result.dims or ())
    return _new(arguments, result, number) if plain else None


def _new(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    plain = _formats(arguments) <= {"torch.preserve_format", "torch.strided", "torch.contiguous_format"}
    return contiguous(len(result.dims or ())) if plain else None


def _formats(arguments: Arguments) -> set[str]:
    """What the options `memory_format` and `layout` say; "" for what is unknown."""
    options = arguments.get("_") or {}
    given = [arguments.get("memory_format"), options.get("memory_format"), options.get("layout")]
    given += [each for each in arguments.get("args") or () if isinstance(each, Reference) or type(each) is Unknown]
    return {getattr(each, "path", "") for each in given if each is not None}


def _if_contiguous(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    operands = _tensors(arguments)
    known = operands is not None and all(map(_is_contiguous, operands))
    return contiguous(len(result.dims or ())) if known else None


def _if_input_is(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    input = arguments.get("input")
    known = isinstance(input, TensorType) and _is_contiguous(input)
    return contiguous(len(result.dims or ())) if known else None


def _product(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    """A matrix times a stack of matrices is computed the other way around, and transposed."""
    ranks = [len(each.dims) for each in arguments.values() if isinstance(each, TensorType) and each.dims is not None]
    plain = len(ranks) == 2 and (ranks[0] >= ranks[1] or ranks[0] > 2)
    return contiguous(len(result.dims or ())) if plain else None


def _linear(arguments: Arguments, result: TensorType, number: int) -> Layout | None:
    weight = arguments["weight"]
    plain = isinstance(weight, TensorType) and weight.dims is not None and len(weight.dims) == 2
    return contiguous(len(result.dims or ())) if plain else None


_TABLES: tuple[tuple[Carrier, str], ...] = (
    (_elementwise, _ELEMENTWISE),
    (_keeping, _KEEPING),
    (_same, _SAME),
    (_if_contiguous, _IF_CONTIGUOUS),
    (_if_input_is, _IF_INPUT_IS),
    (_new, _NEW),
    (_made_contiguous, ".contiguous"),
    (_product, "matmul torch.linalg.matmul"),
    (_linear, "F.linear"),
    *VIEWS.items(),
)
_carriers = {path: carrier for carrier, table in _TABLES for name in table.split() for path in paths(name)}
