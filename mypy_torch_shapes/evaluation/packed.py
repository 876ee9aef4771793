"""Packed sequences: rows of different lengths without padding (torch docs: torch.nn.utils.rnn)."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..shapes.dims import Size
from ..shapes.dtypes import BY_NAME, DType
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from . import iteration, lengths
from .run import Frame, Run
from .specials import special
from .values import Instance, Lengths, Library, Tensor, Value, is_size

_PACKED = Library("torch.nn.utils.rnn.PackedSequence")
_RECURRENT = frozenset({"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"})


def make(dtype: DType | None, batch: Size, features: tuple[Size, ...], steps: Size | None = None) -> Instance:
    """A packed sequence of `batch` rows, the longest of them of `steps`; how many they have in all depends on data."""
    int64 = BY_NAME["int64"]
    return Instance(
        _PACKED,
        {
            "data": Tensor(TensorType(dtype, (fresh(), *features))),
            "batch_sizes": Tensor(TensorType(int64, (fresh(),))),
            "sorted_indices": Tensor(TensorType(int64, (batch,))),
            "unsorted_indices": Tensor(TensorType(int64, (batch,))),
            "<rows>": batch,
            "<steps>": fresh() if steps is None else steps,
        },
    )


def is_packed(value: Value) -> bool:
    """Whether a value is a packed sequence."""
    return isinstance(value, Instance) and value.cls == _PACKED


def through(path: str | None, batch_first: bool, value: Instance, layer: Callable[[Tensor], Value]) -> Value:
    """What a recurrent layer makes of a packed sequence: as of a padded one, with its output packed again."""
    if path not in _RECURRENT:
        return Unknown("a packed sequence in a layer that is not recurrent")
    padded = _padded(value, value.attrs["<steps>"], batch_first)
    result = layer(Tensor(padded))
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[0], Tensor):
        return result
    output = result[0].type
    features = (fresh(),) if output.dims is None else output.dims[2:]
    return (make(output.dtype, value.attrs["<rows>"], features, value.attrs["<steps>"]), result[1])


def _padded(value: Instance, steps: Size, batch_first: bool) -> TensorType:
    data: TensorType = value.attrs["data"].type
    rows = value.attrs["<rows>"]
    return TensorType(data.dtype, (*((rows, steps) if batch_first else (steps, rows)), *(data.dims or ())[1:]))


@special("torch.nn.utils.rnn.pack_padded_sequence")
def _pack(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = dict(zip(("input", "lengths", "batch_first"), args, strict=False)) | kwargs
    batch_first, input = given.get("batch_first", False), given.get("input")
    if not isinstance(input, Tensor) or not isinstance(batch_first, bool):
        return Unknown("a packed sequence of something unknown")
    dims = run.settle(input).type.dims
    if dims is None or len(dims) < 2:
        return Unknown("a packed sequence of something unknown")
    longest = lengths.of(given.get("lengths"))
    return make(input.type.dtype, dims[0] if batch_first else dims[1], dims[2:], longest)


@special("torch.nn.utils.rnn.pack_sequence")
def _pack_rows(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    rows = iteration.items(run, args[0])
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], Tensor) or not rows[0].type.dims:
        return Unknown("a packed sequence of something unknown")
    return make(rows[0].type.dtype, len(rows), rows[0].type.dims[1:])


@special("torch.nn.utils.rnn.pad_packed_sequence")
def _pad(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    names = ("sequence", "batch_first", "padding_value", "total_length")
    given = dict(zip(names, args, strict=False)) | kwargs
    value, batch_first, total = given.get("sequence"), given.get("batch_first", False), given.get("total_length")
    if not isinstance(value, Instance) or not is_packed(value) or not isinstance(batch_first, bool):
        return Unknown("what a packed sequence holds")
    longest: Size = value.attrs["<steps>"]
    steps: Size = total if is_size(total) and total is not None else longest
    rows = Lengths(TensorType(BY_NAME["int64"], (value.attrs["<rows>"],)), longest)
    return (Tensor(_padded(value, steps, batch_first)), rows)
