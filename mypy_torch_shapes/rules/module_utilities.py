"""Functions on parameters and sequences of tensors (torch docs: torch.nn, Utilities)."""

from __future__ import annotations

from typing import Any

from ..shapes.dims import Size, extreme
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided
from .inputs import operand, rank_from, size_or_fresh
from .mismatch import Mismatch
from .promotion import given_dtype
from .registry import rule
from .settings import default_dtype
from .signature import list_of
from .vocabulary import equal, product, require


@rule("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.get_total_norm")
def clip_grad_norm_(
    parameters: Any, max_norm: Any = None, norm_type: Any = 2.0, error_if_nonfinite: Any = False, foreach: Any = None
) -> TensorType:
    tensors = parameters if isinstance(parameters, tuple | list) else [parameters]
    return TensorType(_shared_dtype([operand(tensor, "parameters") for tensor in tensors]), ())


@rule("torch.nn.utils.parameters_to_vector")
def parameters_to_vector(parameters: Any) -> TensorType:
    if not isinstance(parameters, tuple | list):
        raise Undecided("the parameters are not known")
    tensors = [operand(tensor, "parameters") for tensor in parameters]
    total: Size = 0
    for tensor in tensors:
        total = total + (fresh() if tensor.dims is None else product(tensor.dims))
    return TensorType(_shared_dtype(tensors), (total,))


@rule("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(
    sequences: Any, batch_first: Any = False, padding_value: Any = 0.0, padding_side: Any = "right"
) -> TensorType:
    if not isinstance(sequences, tuple | list) or not isinstance(batch_first, bool):
        raise Undecided("the sequences are not known")
    tensors = [operand(tensor, "sequences") for tensor in sequences]
    if not tensors:
        raise Mismatch("sequences is empty")
    dtype = tensors[0].dtype
    if not all(rank_from(tensor, 1, "sequences") for tensor in tensors):
        return TensorType(dtype, None)
    known = [tensor.dims or () for tensor in tensors]
    for dims in known[1:]:
        message = f"sequences{list_of(known[0])} and {list_of(dims)} differ in more than their first axis"
        if len(dims) != len(known[0]):
            raise Mismatch(message)
        for a, b in zip(dims[1:], known[0][1:], strict=True):
            require(equal(a, b), message)
    longest = extreme("max", *(dims[0] for dims in known))
    lead = (len(known), longest) if batch_first else (longest, len(known))
    return TensorType(dtype, (*lead, *known[0][1:]))


@rule("torch.nn.Transformer.generate_square_subsequent_mask")
def generate_square_subsequent_mask(sz: Any, device: Any = None, dtype: Any = None) -> TensorType:
    size = size_or_fresh(sz)
    return TensorType(given_dtype(dtype, default_dtype.get()), (size, size))


def _shared_dtype(tensors: list[TensorType]) -> DType | None:
    dtypes = {tensor.dtype for tensor in tensors}
    return dtypes.pop() if len(dtypes) == 1 else None
