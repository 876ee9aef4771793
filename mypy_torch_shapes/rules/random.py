"""Random tensors (torch docs: torch, Random sampling)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import BOOL, COMPLEX, INTEGER, DType, int64
from ..shapes.tensor_type import TensorType
from .creation import sizes_of
from .inputs import operand, size_or_fresh
from .mismatch import DTYPE, Mismatch
from .promotion import categories, common_shape, given_dtype, into, is_number, refuse_elements
from .registry import rule
from .settings import default_dtype
from .vocabulary import at_most, is_size, less, require, show


@rule("torch.randint")
def randint(*bounds: Any, low: Any = 0, high: Any = None, size: Any = None, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, int64), sizes_of((bounds[-1] if size is None and bounds else size,)))


@rule("torch.randperm")
def randperm(n: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, int64), sizes_of(((n,),)))


@rule("torch.normal")
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, dtype: Any = None, **_: Any) -> TensorType:
    if size is not None:
        return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of((size,)))
    tensors = [value for value in (mean, std) if not is_number(value)]
    operands = [operand(value) for value in tensors]
    for value in operands:
        refuse_elements(value, *categories("bi"), what="mean or std")
    dtypes = {value.dtype for value in operands}
    return TensorType(dtypes.pop() if len(dtypes) == 1 else None, common_shape(mean, std))


@rule("bernoulli")
def bernoulli(input: Any, p: Any = None, *, generator: Any = None) -> TensorType:
    tensor = operand(input)
    if p is None:
        refuse_elements(tensor, *categories("bic"))
    return TensorType(tensor.dtype, tensor.dims)


_MOST_CATEGORIES = 1 << 24  # of multinomial


@rule("multinomial")
def multinomial(
    input: Any, num_samples: Any, replacement: Any = False, *, generator: Any = None, out: Any = None
) -> TensorType:
    tensor = operand(input)
    if tensor.dtype is not None and tensor.dtype.category in (BOOL, INTEGER, COMPLEX):
        raise Mismatch(f"input has dtype {tensor.dtype.name}, expected a floating dtype", DTYPE)
    if tensor.dims is None:
        return TensorType(int64, None)
    if len(tensor.dims) not in (1, 2):
        raise Mismatch(f"input has rank {len(tensor.dims)}, expected 1 or 2: {show(tensor.dims)}")
    message = f"input{show(tensor.dims)} has more than {_MOST_CATEGORIES} categories"
    require(at_most(tensor.dims[-1], _MOST_CATEGORIES), message)
    if is_size(num_samples):
        require(less(0, num_samples), f"num_samples = {show(num_samples)}, expected at least 1")
        if replacement is False:
            message = f"num_samples = {show(num_samples)} of {show(tensor.dims[-1])} categories without replacement"
            require(at_most(num_samples, tensor.dims[-1]), message)
    return into(out, TensorType(int64, (*tensor.dims[:-1], size_or_fresh(num_samples))), exact=True)


@rule("torch.poisson")
def poisson(input: Any, generator: Any = None) -> TensorType:
    tensor = operand(input)
    refuse_elements(tensor, *categories("bic"))
    return TensorType(tensor.dtype, tensor.dims)


@rule("torch.binomial")
def binomial(count: Any, prob: Any, generator: Any = None) -> TensorType:
    trials, chance = operand(count, "count"), operand(prob, "prob")
    return TensorType(_first_known(trials.dtype, chance.dtype), common_shape(trials, chance))


def _first_known(*dtypes: DType | None) -> DType | None:
    return dtypes[0] if len(set(dtypes)) == 1 else None
