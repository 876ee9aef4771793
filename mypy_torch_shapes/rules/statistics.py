"""Statistics, histograms and sets of values (torch docs: torch, Reduction Ops and Other Operations)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, float32, float64, int64
from ..shapes.relations import Truth, nonzero
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .inputs import operand, size_or_fresh
from .mismatch import DTYPE, Mismatch
from .promotion import floating, refuse, refuse_elements, result_type
from .registry import rule
from .vocabulary import Named, axis, equal, named, product, require, show


@rule("cov", "corrcoef")
def cov(input: Any, *, correction: Any = 1, fweights: Any = None, aweights: Any = None) -> TensorType:
    tensor = operand(input)
    refuse(tensor.dtype, BOOL)
    _check_weights(tensor, fweights, "fweights", (INTEGER,))
    _check_weights(tensor, aweights, "aweights", (FLOATING,))
    operands = [TensorType(tensor.dtype, (1,)), *([] if aweights is None else [operand(aweights, "aweights")])]
    dtype = floating(result_type(*operands))
    if tensor.dims is None:
        return TensorType(dtype, None)
    if len(tensor.dims) > 2:
        raise Mismatch(f"input has rank {len(tensor.dims)}, expected at most 2: {show(tensor.dims)}")
    if len(tensor.dims) < 2:
        return TensorType(dtype, ())
    single = equal(tensor.dims[0], 1)  # one variable: torch squeezes the 1x1 matrix
    if single is Truth.UNKNOWN:
        return TensorType(dtype, None)
    return TensorType(dtype, () if single.holds else (tensor.dims[0], tensor.dims[0]))


def _check_weights(tensor: TensorType, weights: Any, name: str, categories: tuple[int, ...]) -> None:
    if not isinstance(weights, TensorType):
        return
    if weights.dtype is not None and weights.dtype.category not in categories:
        expected = "integers" if INTEGER in categories else "a floating dtype"
        raise Mismatch(f"{name} has dtype {weights.dtype.name}, expected {expected}", DTYPE)
    if weights.dims is None or tensor.dims is None:
        return
    if len(weights.dims) > 1:
        raise Mismatch(f"{name} has rank {len(weights.dims)}, expected at most 1: {show(weights.dims)}")
    given, observations = product(weights.dims), tensor.dims[-1] if tensor.dims else 1
    require(equal(given, observations), f"{name} has {show(given)} values, input {show(observations)} observations")


@rule("histc")
def histc(input: Any, bins: Any = 100, min: Any = 0, max: Any = 0) -> TensorType:
    tensor = operand(input)
    return TensorType(tensor.dtype, (size_or_fresh(bins),))


@rule("histogram")
def histogram(input: Any, bins: Any, **_: Any) -> Named:
    tensor = operand(input)
    if isinstance(bins, TensorType):
        edges = (fresh(),) if bins.dims is None else bins.dims
        if len(edges) != 1:
            raise Mismatch(f"bins has rank {len(edges)}, expected 1: {show(edges)}")
        count = edges[0] - 1
    else:
        count = size_or_fresh(bins)
    hist, bin_edges = TensorType(tensor.dtype, (count,)), TensorType(tensor.dtype, (count + 1,))
    return named(("hist", hist), ("bin_edges", bin_edges))


@rule("bincount")
def bincount(input: Any, weights: Any = None, minlength: Any = 0) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, FLOATING, COMPLEX)
    if tensor.dims is not None and len(tensor.dims) != 1:
        raise Mismatch(f"input has rank {len(tensor.dims)}, expected 1: {show(tensor.dims)}")
    dtype = int64
    if weights is not None:
        weight = operand(weights, "weights").dtype
        return TensorType(None if weight is None else float32 if weight == float32 else float64, (fresh(),))
    return TensorType(dtype, (fresh(),))


@rule("unique")
def unique(
    input: Any, sorted: Any = True, return_inverse: Any = False, return_counts: Any = False, dim: Any = None
) -> Any:
    return _unique(operand(input), return_inverse, return_counts, dim)


@rule("unique_consecutive")
def unique_consecutive(input: Any, return_inverse: Any = False, return_counts: Any = False, dim: Any = None) -> Any:
    return _unique(operand(input), return_inverse, return_counts, dim)


def _unique(tensor: TensorType, return_inverse: Any, return_counts: Any, dim: Any) -> Any:
    """How many different values (or slices along dim) there are depends on the data."""
    count = fresh()
    inverse = tensor.dims
    if dim is None:
        values = TensorType(tensor.dtype, (count,))
    elif tensor.dims is None or not isinstance(dim, int):
        values = TensorType(tensor.dtype, None if tensor.dims is None else tuple(fresh() for _ in tensor.dims))
        inverse = (fresh(),)
    else:
        at = axis(dim, len(tensor.dims), wrap=False)
        for other in (*tensor.dims[:at], *tensor.dims[at + 1 :]):
            require(nonzero(other), f"input{show(tensor.dims)} has size 0 outside dim {dim}")
        values = TensorType(tensor.dtype, (*tensor.dims[:at], count, *tensor.dims[at + 1 :]))
        inverse = (tensor.dims[at],)
    if isinstance(return_inverse, Unknown) or isinstance(return_counts, Unknown) or isinstance(dim, Unknown):
        return Unknown("what unique returns is unknown")
    results = [values]
    if return_inverse:
        results.append(TensorType(int64, inverse))
    if return_counts:
        results.append(TensorType(int64, (count,)))
    return values if len(results) == 1 else tuple(results)


@rule("torch.histogramdd")
def histogramdd(input: Any, bins: Any, **_: Any) -> Named:
    tensor = operand(input)
    rank = tensor.dims[-1] if tensor.dims else None
    given = list(bins) if isinstance(bins, tuple | list) else [bins] * rank if isinstance(rank, int) else None
    if given is None:
        hist = TensorType(tensor.dtype, None)
        return named(("hist", hist), ("bin_edges", Unknown("how many axes the histogram has is unknown")))
    if rank is not None:
        message = f"bins are given for {len(given)} axes, input{show(tensor.dims)} has {show(rank)}"
        require(equal(len(given), rank), message)
    edges = [_edges(one) for one in given]
    hist = TensorType(tensor.dtype, tuple(size - 1 for size in edges))
    return named(("hist", hist), ("bin_edges", tuple(TensorType(tensor.dtype, (size,)) for size in edges)))


def _edges(bins: Any) -> Size:
    """How many edges there are: a tensor of them, or one more than bins."""
    if isinstance(bins, TensorType):
        return fresh() if bins.dims is None or len(bins.dims) != 1 else bins.dims[0]
    return size_or_fresh(bins) + 1
