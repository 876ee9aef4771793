"""Recurrent layers and cells (torch docs: torch.nn, Recurrent Layers)."""

from __future__ import annotations

from typing import Any

from ...shapes.dims import Size
from ...shapes.dtypes import DType
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown
from ..mismatch import Mismatch
from ..recurrent import Recurrence, cell, run
from ..vocabulary import is_size, less, require, show
from .table import Attributes, Self, module, parameter, size_of

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
_SHARED = "bias=True, batch_first=False, dropout=0.0, bidirectional=False"
_FACTORY = "device=None, dtype=None"


def _directions(bidirectional: Any) -> Size:
    if isinstance(bidirectional, Unknown):
        return fresh()
    return 2 if bidirectional else 1


def _layers(
    mode: str,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any,
    bias: Any,
    batch_first: Any,
    dropout: Any,
    bidirectional: Any,
    device: Any,
    dtype: Any,
    proj_size: Any = 0,
) -> Attributes:
    _check(input_size, hidden_size, num_layers, proj_size, dropout)
    attrs: Attributes = {
        "mode": mode,
        "input_size": input_size,
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "bias": bias,
        "batch_first": batch_first,
        "dropout": float(dropout) if isinstance(dropout, int | float) else dropout,
        "bidirectional": bidirectional,
        "proj_size": proj_size,
    }
    if isinstance(bidirectional, Unknown) or isinstance(bias, Unknown):
        return attrs
    projected = not isinstance(proj_size, int) or proj_size > 0
    real = size_of(proj_size) if projected else size_of(hidden_size)
    gates = _GATES[mode] * size_of(hidden_size)
    for layer in range(num_layers if isinstance(num_layers, int) else 1):
        entering = size_of(input_size) if layer == 0 else real * _directions(bidirectional)
        for suffix in ("", "_reverse") if bidirectional else ("",):
            shapes: dict[str, tuple[Size, ...]] = {"weight_ih": (gates, entering), "weight_hh": (gates, real)}
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)} if bias else {}
            shapes |= {"weight_hr": (size_of(proj_size), size_of(hidden_size))} if projected else {}
            attrs |= {f"{name}_l{layer}{suffix}": parameter(dtype, *dims) for name, dims in shapes.items()}
    return attrs


def _check(input_size: Any, hidden_size: Any, num_layers: Any, proj_size: Any, dropout: Any) -> None:
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
        if is_size(size):
            require(less(0, size), f"{name} = {show(size)} must be greater than zero")
    if isinstance(dropout, int | float) and not 0 <= dropout <= 1:
        raise Mismatch(f"dropout = {dropout} is no probability")
    if is_size(proj_size) and proj_size != 0:
        require(less(-1, proj_size), f"proj_size = {show(proj_size)} must not be negative")
        if is_size(hidden_size):
            message = f"proj_size = {show(proj_size)} must be smaller than hidden_size = {show(hidden_size)}"
            require(less(proj_size, hidden_size), message)


def _weight_dtype(self: Self, name: str) -> DType | None:
    weight = self.attrs.get(name)
    return weight.dtype if isinstance(weight, TensorType) else None


def _forward(lstm: bool, self: Self, input: Any, hx: Any) -> Any:
    hidden, projected = size_of(self.hidden_size), self.proj_size
    if isinstance(projected, Unknown) and not lstm:
        projected = 0
    output = hidden if isinstance(projected, int) and projected == 0 else size_of(projected)
    if isinstance(self.batch_first, Unknown):
        raise Undecided("batch_first is unknown")
    directions = _directions(self.bidirectional)
    layer = Recurrence(
        size_of(self.input_size),
        hidden,
        output,
        size_of(self.num_layers) * directions,
        directions,
        bool(self.batch_first),
        lstm,
        _weight_dtype(self, "weight_ih_l0"),
    )
    return run(layer, input, hx)


def _rnn(nonlinearity: Any, **config: Any) -> Attributes:
    if isinstance(nonlinearity, str) and nonlinearity not in ("tanh", "relu"):
        raise Mismatch(f'nonlinearity = {nonlinearity!r}, expected "tanh" or "relu"')
    mode = "RNN_RELU" if nonlinearity == "relu" else "RNN_TANH"
    return {"nonlinearity": nonlinearity, **_layers(mode, **config)}


module(
    "RNN",
    f"input_size, hidden_size, num_layers=1, nonlinearity='tanh', {_SHARED}, {_FACTORY}",
    "input, hx=None",
    lambda self, input, hx: _forward(False, self, input, hx),
    _rnn,
)
module(
    "GRU",
    f"input_size, hidden_size, num_layers=1, {_SHARED}, {_FACTORY}",
    "input, hx=None",
    lambda self, input, hx: _forward(False, self, input, hx),
    lambda **config: _layers("GRU", **config),
)
module(
    "LSTM",
    f"input_size, hidden_size, num_layers=1, {_SHARED}, proj_size=0, {_FACTORY}",
    "input, hx=None",
    lambda self, input, hx: _forward(True, self, input, hx),
    lambda **config: _layers("LSTM", **config),
)

# --- cells ---


def _cell(gates: int, input_size: Any, hidden_size: Any, bias: Any, device: Any, dtype: Any, **kept: Any) -> Attributes:
    rows = gates * size_of(hidden_size)
    unknown = Unknown("bias is unknown")
    offset = unknown if isinstance(bias, Unknown) else parameter(dtype, rows) if bias else None
    return {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "bias": bias,
        "weight_ih": parameter(dtype, rows, input_size),
        "weight_hh": parameter(dtype, rows, hidden_size),
        "bias_ih": offset,
        "bias_hh": offset,
        **kept,
    }


def _cell_forward(self: Self, input: Any, hx: Any) -> Any:
    sizes = size_of(self.input_size), size_of(self.hidden_size), _weight_dtype(self, "weight_ih")
    states = [] if hx is None or isinstance(hx, Unknown) else [hx]
    return cell(input, states, *sizes, ["hx"][: len(states)])


def _lstm_cell_forward(self: Self, input: Any, hx: Any) -> Any:
    sizes = size_of(self.input_size), size_of(self.hidden_size), _weight_dtype(self, "weight_ih")
    given = hx is not None and not isinstance(hx, Unknown)
    if given and (not isinstance(hx, tuple | list) or len(hx) != 2):
        raise Undecided("hx is no pair of tensors")
    state = cell(input, list(hx) if given else [], *sizes, ["h_0", "c_0"] if given else [])
    return state, state


module(
    "RNNCell",
    f"input_size, hidden_size, bias=True, nonlinearity='tanh', {_FACTORY}",
    "input, hx=None",
    _cell_forward,
    lambda **config: _cell(1, **config),
    "rnn_cell",
)
module(
    "GRUCell",
    f"input_size, hidden_size, bias=True, {_FACTORY}",
    "input, hx=None",
    _cell_forward,
    lambda **config: _cell(3, **config),
    "gru_cell",
)
module(
    "LSTMCell",
    f"input_size, hidden_size, bias=True, {_FACTORY}",
    "input, hx=None",
    _lstm_cell_forward,
    lambda **config: _cell(4, **config),
    "lstm_cell",
)
