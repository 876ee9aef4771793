"""Pooling (torch docs: torch.nn.functional, Pooling functions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dims import Dim, Size, extreme
from ..shapes.dtypes import BOOL, INTEGER, int64
from ..shapes.relations import Truth, nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import dtype_in, flag, operand, per_axis, rank_is, require_same_shape, size_or_fresh
from .mismatch import Mismatch
from .promotion import refuse_elements
from .registry import rule
from .resampling import scaled
from .signature import list_of
from .vocabulary import at_most, equal, less, require, show, spread

Pooled = TensorType | tuple[TensorType, TensorType]


def pooled(size: Size, kernel: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: Any) -> Size:
    """How many windows a pooling makes. Raises Mismatch where torch refuses the window."""
    require(less(0, stride), f"stride = {show(stride)} is not positive")
    require(less(0, kernel), f"kernel_size = {show(kernel)} is not positive")
    require(less(0, dilation), f"dilation = {show(dilation)} is not positive")
    span = dilation * (kernel - 1) + 1
    require(at_most(0, padding), f"padding = {show(padding)} is negative")
    require(
        at_most(padding, kernel // 2), f"padding = {show(padding)} is more than half of kernel_size = {show(kernel)}"
    )
    whole = size + 2 * padding - span
    if isinstance(ceil_mode, Unknown | Dim):
        return fresh()
    if not ceil_mode:
        require(at_most(0, whole), f"the window spans {show(span)}, the padded input has {show(size + 2 * padding)}")
        return whole // stride + 1
    # The last window must start inside the input or the padding before it, which caps the rounded-up count.
    over, cap = whole + stride - 1, size + padding - 1
    require(at_most(0, over), f"the window spans {show(span)}, the padded input has {show(size + 2 * padding)}")
    return extreme("min", over, cap) // stride + 1


def pool(
    n: int,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: Any = False,
) -> TensorType:
    """A max or average pool over n spatial axes."""
    tensor = operand(input)
    lead, spatial = split(tensor, n)
    require_elements(tensor, n)
    kernel = per_axis(kernel_size, n)
    stride = kernel if stride is None or stride in ((), []) else per_axis(stride, n)
    settings = kernel, stride, per_axis(padding, n), per_axis(dilation, n)
    out = [pooled(*each, ceil_mode) for each in zip(spatial, *settings, strict=True)]
    return TensorType(tensor.dtype, None if lead is None else (*lead, *out))


def adaptive(n: int, input: Any, output_size: Any) -> TensorType:
    """A pool to a given size; None keeps an axis as it is."""
    tensor = operand(input)
    lead, spatial = split(tensor, n)
    wanted = (None,) * n if isinstance(output_size, Unknown) else _wanted(output_size, n)
    unknown = isinstance(output_size, Unknown)
    for size in spatial:
        require(nonzero(size), "input has no elements in a spatial axis")
    for want in wanted:
        if isinstance(want, int | Dim):
            require(at_most(0, want), f"output_size = {show(want)} is negative")
    out = [
        fresh() if unknown else size if want is None else size_or_fresh(want)
        for size, want in zip(spatial, wanted, strict=True)
    ]
    return TensorType(tensor.dtype, None if lead is None else (*lead, *out))


def adaptive_average(n: int, input: Any, output_size: Any) -> TensorType:
    """An adaptive average pool. To size 1 it is torch's mean over the last n axes, which takes more ranks."""
    tensor = operand(input)
    refuse_elements(tensor, BOOL, INTEGER)
    if n > 1 and tensor.dims is not None:
        given = isinstance(output_size, tuple | list)
        wanted = (output_size,) if not given else tuple(output_size) if len(output_size) == n else (None,)
        ones = [equal(want, 1) if isinstance(want, int | Dim) else _unless_none(want) for want in wanted]
        if len(tensor.dims) >= n + given and Truth.NO not in ones:
            if all(truth.holds for truth in ones):
                return tensor.with_dims(*tensor.dims[:-n], *(1,) * n)
            if len(tensor.dims) not in (n + 1, n + 2):
                return tensor.with_dims(*tensor.dims[:-n], *(fresh() for _ in range(n)))
    return adaptive(n, tensor, output_size)


def _unless_none(want: Any) -> Truth:
    return Truth.NO if want is None else Truth.UNKNOWN


def split(input: TensorType, n: int) -> tuple[tuple[Size, ...] | None, tuple[Size, ...]]:
    """The axes before the spatial ones (None where the rank is unknown), and n spatial sizes."""
    if not rank_is(input, (n + 1, n + 2)) or input.dims is None:
        return None, tuple(fresh() for _ in range(n))
    return input.dims[:-n], input.dims[-n:]


def require_elements(input: TensorType, n: int) -> None:
    """Raise Mismatch where an axis other than the batch axis is empty."""
    if input.dims is not None:
        for size in input.dims[len(input.dims) - n - 1 :]:
            require(nonzero(size), f"input{list_of(input.dims)} has no elements in an axis other than the batch axis")


def _wanted(output_size: Any, n: int) -> tuple[Any, ...]:
    if isinstance(output_size, tuple | list) and len(output_size) != n:
        raise Mismatch(f"output_size = {show(output_size)} has {len(output_size)} values, expected {n}")
    return spread(output_size, n)


def with_indices(result: TensorType, return_indices: Any) -> Pooled:
    """The result, with the indices of its maxima where they are asked for."""
    return (result, result.with_dtype(int64)) if flag(return_indices, "return_indices") else result


def _register(n: int) -> None:
    @rule(f"F.max_pool{n}d", f"torch.max_pool{n}d")
    def max_pool(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: Any = False,
        return_indices: Any = False,
    ) -> Pooled:
        return with_indices(pool(n, input, kernel_size, stride, padding, dilation, ceil_mode), return_indices)

    @rule(f"F.max_pool{n}d_with_indices", *(["torch.max_pool1d_with_indices"] if n == 1 else []))
    def max_pool_with_indices(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: Any = False,
        return_indices: Any = False,
    ) -> Pooled:
        return with_indices(pool(n, input, kernel_size, stride, padding, dilation, ceil_mode), True)

    @rule(f"F.avg_pool{n}d", *(["torch.avg_pool1d"] if n == 1 else []))
    def avg_pool(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: Any = False,
        count_include_pad: Any = True,
        divisor_override: Any = None,
    ) -> TensorType:
        if divisor_override == 0:
            raise Mismatch("divisor_override is 0")
        return pool(n, input, kernel_size, stride, padding, 1, ceil_mode)

    @rule(f"F.lp_pool{n}d")
    def lp_pool(input: Any, norm_type: Any, kernel_size: Any, stride: Any = None, ceil_mode: Any = False) -> TensorType:
        return pool(n, input, kernel_size, stride, 0, 1, ceil_mode)

    @rule(f"F.adaptive_avg_pool{n}d", *(["torch.adaptive_avg_pool1d"] if n == 1 else []))
    def adaptive_avg_pool(input: Any, output_size: Any) -> TensorType:
        return adaptive_average(n, input, output_size)

    @rule(f"F.adaptive_max_pool{n}d")
    def adaptive_max_pool(input: Any, output_size: Any, return_indices: Any = False) -> Pooled:
        return with_indices(adaptive(n, input, output_size), return_indices)

    @rule(f"F.adaptive_max_pool{n}d_with_indices", *(["torch.adaptive_max_pool1d"] if n == 1 else []))
    def adaptive_max_pool_with_indices(input: Any, output_size: Any, return_indices: Any = False) -> Pooled:
        return with_indices(adaptive(n, input, output_size), True)

    @rule(f"F.max_unpool{n}d")
    def max_unpool(
        input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> TensorType:
        tensor, places = operand(input), operand(indices, "indices")
        dtype_in(places, (int64,), "indices")
        require_same_shape(tensor, places, "indices")
        return unpool(n, tensor, kernel_size, stride, padding, output_size)


def _register_fractional(n: int) -> None:
    @rule(f"F.fractional_max_pool{n}d")
    def fractional_max_pool(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: Any = False,
        _random_samples: Any = None,
    ) -> Pooled:
        return with_indices(fractional(n, operand(input), kernel_size, output_size, output_ratio), return_indices)

    @rule(f"F.fractional_max_pool{n}d_with_indices")
    def fractional_max_pool_with_indices(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: Any = False,
        _random_samples: Any = None,
    ) -> Pooled:
        return with_indices(fractional(n, operand(input), kernel_size, output_size, output_ratio), True)


def unpool(n: int, input: TensorType, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> TensorType:
    """The inverse of a max pool: the smallest input it could have had, or the size asked for."""
    lead, spatial = split(input, n)
    if lead is None:
        return TensorType(input.dtype, None)
    if output_size is not None:
        if isinstance(output_size, Unknown):
            return TensorType(input.dtype, (*lead, *(fresh() for _ in range(n))))
        if len(output_size) not in (n, n + 2):
            raise Mismatch(f"output_size = {show(output_size)} has {len(output_size)} values, expected {n} or {n + 2}")
        return TensorType(input.dtype, (*lead, *map(size_or_fresh, output_size[-n:])))
    kernel = per_axis(kernel_size, n)
    steps = kernel if stride is None else per_axis(stride, n)
    settings = zip(spatial, kernel, steps, per_axis(padding, n), strict=True)
    return TensorType(input.dtype, (*lead, *((size - 1) * s + k - 2 * p for size, k, s, p in settings)))


def fractional(n: int, input: TensorType, kernel_size: Any, output_size: Any, output_ratio: Any) -> TensorType:
    """A max pool over random windows, to a given size or share of the size."""
    lead, spatial = split(input, n)
    if output_size is not None:
        out = per_axis(output_size, n)
    elif output_ratio is None:
        raise Mismatch("either output_size or output_ratio is needed")
    elif isinstance(output_ratio, Unknown):
        out = tuple(fresh() for _ in range(n))
    else:
        out = tuple(_share(size, ratio) for size, ratio in zip(spatial, spread(output_ratio, n), strict=True))
    for size, kernel, wanted in zip(spatial, per_axis(kernel_size, n), out, strict=True):
        message = f"output_size = {show(wanted)} with kernel_size = {show(kernel)} does not fit into {show(size)}"
        require(at_most(wanted + kernel - 1, size), message)
    return TensorType(input.dtype, None if lead is None else (*lead, *out))


def _share(size: Size, ratio: Any) -> Size:
    if not isinstance(ratio, float | int):
        raise Undecided("output_ratio is unknown")
    return scaled(size, float(ratio))


_REGISTER: tuple[tuple[Callable[[int], None], tuple[int, ...]], ...] = (
    (_register, (1, 2, 3)),
    (_register_fractional, (2, 3)),
)
for _each, _ranks in _REGISTER:
    for _n in _ranks:
        _each(_n)
