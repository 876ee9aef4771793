"""Recurrent layers and cells (torch docs: torch.nn, Recurrent Layers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Undecided, Unknown
from .inputs import common_dtype, operand, rank_is
from .mismatch import DTYPE, Mismatch
from .registry import rule
from .signature import list_of
from .vocabulary import equal, require, show


@dataclass
class Recurrence:
    """The settings of a recurrent layer."""

    input_size: Size
    hidden_size: Size
    output_size: Size  # the hidden size, or that of the projection
    layers: Size  # times the directions
    directions: Size
    batch_first: bool
    cell_state: bool  # an LSTM's hidden state is a pair
    dtype: DType | None


def run(layer: Recurrence, input: Any, hx: Any) -> tuple[Any, Any]:
    """What a recurrent layer returns: the outputs of every step, and the last hidden state. Raises Mismatch."""
    if isinstance(input, Unknown):  # perhaps a PackedSequence
        hidden = TensorType(layer.dtype, None)
        return Unknown(input.reason), (hidden, hidden) if layer.cell_state else hidden
    tensor = operand(input)
    known = rank_is(tensor, (2, 3))
    if tensor.dtype is not None and layer.dtype is not None and tensor.dtype != layer.dtype:
        raise Mismatch(f"input has dtype {tensor.dtype.name}, the weights have {layer.dtype.name}", DTYPE)
    if known and tensor.dims:
        message = f"input has {show(tensor.dims[-1])} features, expected input_size = {show(layer.input_size)}"
        require(equal(tensor.dims[-1], layer.input_size), message)
    lead = _batch(layer, tensor)
    hidden = _state(layer, lead, layer.output_size)
    cell = _state(layer, lead, layer.hidden_size)
    if hx is not None and not isinstance(hx, Unknown):
        _check_states(layer, hx, hidden, cell)
    out = None if tensor.dims is None else (*tensor.dims[:-1], layer.output_size * layer.directions)
    return TensorType(layer.dtype or tensor.dtype, out), (hidden, cell) if layer.cell_state else hidden


def _batch(layer: Recurrence, input: TensorType) -> tuple[Size, ...] | None:
    if input.dims is None:
        return None
    return () if len(input.dims) == 2 else (input.dims[0 if layer.batch_first else 1],)


def _state(layer: Recurrence, lead: tuple[Size, ...] | None, size: Size) -> TensorType:
    return TensorType(layer.dtype, None if lead is None else (layer.layers, *lead, size))


def _check_states(layer: Recurrence, hx: Any, hidden: TensorType, cell: TensorType) -> None:
    if not layer.cell_state:
        _check_state(operand(hx, "hx"), hidden, "hx")
    elif isinstance(hx, tuple | list) and len(hx) == 2:
        _check_state(operand(hx[0], "h_0"), hidden, "h_0")
        _check_state(operand(hx[1], "c_0"), cell, "c_0")
    else:
        raise Undecided("hx is no pair of tensors")


def _check_state(given: TensorType, expected: TensorType, name: str) -> None:
    if given.dtype is not None and expected.dtype is not None and given.dtype != expected.dtype:
        raise Mismatch(f"{name} has dtype {given.dtype.name}, the weights have {expected.dtype.name}", DTYPE)
    if given.dims is None or expected.dims is None:
        return
    message = f"{name} has shape {list_of(given.dims)}, expected {list_of(expected.dims)}"
    if len(given.dims) != len(expected.dims):
        raise Mismatch(message)
    for size, want in zip(given.dims, expected.dims, strict=True):
        require(equal(size, want), message)


def cell(
    input: Any, states: list[Any], input_size: Size, hidden_size: Size, dtype: DType | None, names: list[str]
) -> TensorType:
    """The new state of a recurrent cell. Raises Mismatch."""
    tensor = operand(input)
    known = rank_is(tensor, (1, 2))
    if known and tensor.dims:
        message = f"input has {show(tensor.dims[-1])} features, expected input_size = {show(input_size)}"
        require(equal(tensor.dims[-1], input_size), message)
    given = {name: operand(state, name) for name, state in zip(names, states, strict=True)}
    checked = {name: state for name, state in given.items() if name != "c_0"}  # torch does not look at that one's dtype
    common = common_dtype(input=tensor, weight=TensorType(dtype, None), **checked)
    if any(state.dtype != common for state in given.values()):
        common = None
    result = TensorType(common, None if tensor.dims is None else (*tensor.dims[:-1], hidden_size))
    for name, state in given.items():
        rank_is(state, (1, 2), name)
        _check_state(TensorType(None, state.dims), result, name)
    return result


@rule("torch.rnn_tanh_cell", "torch.rnn_relu_cell", "torch.gru_cell")
def rnn_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> TensorType:
    return cell(input, [hx], *_sizes(w_ih, w_hh), ["hx"])


@rule("torch.lstm_cell")
def lstm_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[TensorType, TensorType]:
    if not isinstance(hx, tuple | list) or len(hx) != 2:
        raise Undecided("hx is no pair of tensors")
    state = cell(input, list(hx), *_sizes(w_ih, w_hh), ["h_0", "c_0"])
    return state, state


def _sizes(w_ih: Any, w_hh: Any) -> tuple[Size, Size, DType | None]:
    """The input size, the hidden size and the dtype that the weights of a cell have."""
    inner, outer = operand(w_ih, "w_ih"), operand(w_hh, "w_hh")
    input_size = inner.dims[1] if rank_is(inner, (2,), "w_ih") and inner.dims else fresh()
    hidden_size = outer.dims[1] if rank_is(outer, (2,), "w_hh") and outer.dims else fresh()
    return input_size, hidden_size, common_dtype(w_ih=inner, w_hh=outer)
