"""torch.nn's classes: attributes and results against torch's own instances, and what their errors say."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from mypy_torch_shapes.rules import modules
from mypy_torch_shapes.rules.mismatch import DTYPE, Mismatch
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32, float64, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided, Unknown

from .memory import holds
from .module_calls import asked_of_module, module_calls, module_db
from .outcomes import judge
from .samples import OK, PARTIAL, compare, tensor_type, to_value

pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLES = 5  # of each class
NOT_DESCRIBED = {"TransformerEncoder", "TransformerDecoder"}  # their constructors take modules


def described(info: Any) -> bool:
    return modules.known(f"torch.nn.{info.module_cls.__name__}")


@pytest.mark.parametrize("info", [i for i in module_db if described(i)], ids=lambda info: info.module_cls.__name__)
@pytest.mark.parametrize("training", [True, False])
def test_samples(info: Any, training: bool) -> None:
    path = f"torch.nn.{info.module_cls.__name__}"
    if info.module_cls.__name__ in NOT_DESCRIBED:
        pytest.skip("its constructor takes modules")
    for call in itertools.islice(module_calls(info, torch.float32, training), SAMPLES):
        try:
            real = call.run()
        except (RuntimeError, TypeError):
            continue
        outcome, detail = judge(asked_of_module(path, training), call.given, real)
        assert outcome in (OK, PARTIAL), detail


CONSTRUCTED: tuple[tuple[Any, tuple[Any, ...], dict[str, Any]], ...] = (
    (nn.Linear, (3, 4), {"bias": False}),
    (nn.Bilinear, (3, 4, 5), {"dtype": torch.float64}),
    (nn.Conv1d, (4, 6, 3), {"groups": 2, "padding": "same"}),
    (nn.Conv2d, (4, 6, (3, 1)), {"stride": 2, "padding": 1, "bias": False}),
    (nn.ConvTranspose2d, (4, 6, 3), {"groups": 2, "output_padding": 0}),
    (nn.BatchNorm2d, (5,), {}),
    (nn.BatchNorm1d, (5,), {"affine": False, "track_running_stats": False}),
    (nn.InstanceNorm2d, (5,), {"affine": True}),
    (nn.LayerNorm, (5,), {"bias": False}),
    (nn.LayerNorm, ((5, 6),), {"elementwise_affine": False}),
    (nn.RMSNorm, (5,), {}),
    (nn.GroupNorm, (2, 4), {}),
    (nn.Embedding, (10, 3), {"padding_idx": -1}),
    (nn.EmbeddingBag, (10, 3), {"mode": "sum"}),
    (nn.PReLU, (3,), {}),
    (nn.MaxPool2d, (3,), {"ceil_mode": True}),
    (nn.AvgPool1d, (3,), {"stride": 2}),
    (nn.AvgPool2d, ((3, 2),), {}),
    (nn.LPPool2d, (2, 3), {}),
    (nn.AdaptiveAvgPool2d, ((None, 2),), {}),
    (nn.FractionalMaxPool2d, (2,), {"output_size": 3}),
    (nn.ZeroPad2d, (1,), {}),
    (nn.ConstantPad1d, ((1, 2), 3.5), {}),
    (nn.ReflectionPad2d, (1,), {}),
    (nn.Dropout, (0.3,), {}),
    (nn.Softmax, (), {"dim": 1}),
    (nn.ReLU6, (), {}),
    (nn.Hardtanh, (-2.0,), {}),
    (nn.LeakyReLU, (0.2, True), {}),
    (nn.Upsample, (), {"scale_factor": 2}),
    (nn.Flatten, (), {}),
    (nn.Unflatten, (1, (2, 3)), {}),
    (nn.PixelShuffle, (3,), {}),
    (nn.Fold, ((4, 4), 2), {}),
    (nn.CrossEntropyLoss, (), {"label_smoothing": 0.1}),
    (nn.MSELoss, (), {"size_average": False}),
    (nn.CosineSimilarity, (), {}),
    (nn.PairwiseDistance, (), {}),
    (nn.RNN, (3, 4), {"nonlinearity": "relu"}),
    (nn.GRU, (3, 4, 2), {"bias": False, "bidirectional": True}),
    (nn.LSTM, (3, 4, 2), {"proj_size": 2, "bidirectional": True, "batch_first": True}),
    (nn.LSTMCell, (3, 4), {}),
    (nn.GRUCell, (3, 4), {"bias": False}),
    (nn.RNNCell, (3, 4), {"nonlinearity": "relu"}),
    (nn.MultiheadAttention, (8, 2), {"batch_first": True}),
    (nn.MultiheadAttention, (8, 2), {"kdim": 3, "vdim": 4, "add_bias_kv": True, "bias": False}),
    (nn.TransformerEncoderLayer, (8, 2, 16), {"activation": "gelu"}),
    (nn.TransformerDecoderLayer, (8, 2, 16), {"bias": False}),
    (nn.Transformer, (8, 2, 2, 1), {"batch_first": True}),
    (nn.LinearCrossEntropyLoss, (3, 4), {}),
)


@pytest.mark.parametrize(("cls", "args", "kwargs"), CONSTRUCTED)
def test_attributes(cls: type[nn.Module], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    made = modules.construct(f"torch.nn.{cls.__name__}", to_value(args), to_value(kwargs))
    same_attributes(made, cls(*args, **kwargs))


def same_attributes(made: Any, real: nn.Module) -> None:
    """Every parameter, buffer, submodule and plain attribute of torch's instance is there, with its value."""
    for name, value in {**real._parameters, **real._buffers}.items():
        claimed = made.get(name, "missing")
        if value is None or not isinstance(claimed, TensorType):
            assert claimed is value and value is None, name
        else:
            assert replace(claimed, layout=None, device=None) == tensor_type(value), name
            assert claimed.layout is None or holds(claimed.layout, value)
    for name, value in vars(real).items():
        if not name.startswith("_") and name not in ("training", "activation"):
            known = made[name]
            assert known == value or isinstance(known, Unknown) or isinstance(to_value(value), Unknown), name
    for name, child in real._modules.items():
        if child is not None and made[name] is not None and not isinstance(made[name], Unknown):
            same_attributes(made[name].attrs, child)


def f(*dims: Any) -> TensorType:
    return TensorType(float32, dims)


WORLDS = {"N": (2, 3), "T": (5, 9), "H": (32, 64), "W": (32, 48)}
SIZES = ({"N": 2, "T": 5, "H": 32, "W": 32}, {"N": 3, "T": 9, "H": 64, "W": 48}, {"N": 5, "T": 4, "H": 11, "W": 8})
SYMBOLS = {name: Symbol(name, values) for name, values in WORLDS.items()}
N, T, H, W = (Dim.of(symbol) for symbol in SYMBOLS.values())
ERRORS: tuple[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...], str], ...] = (
    ("Linear", (400, 10), {}, (f(N, 576),), "linear: input has 576 features, expected in_features = 400"),
    ("Conv2d", (3, 8, 3), {}, (f(N, 4, H, W),), "conv2d: input has 4 channels, expected in_channels = 3"),
    ("Conv2d", (3, 8, (3, 3, 3)), {}, (f(N, 3, H, W),), "conv2d: kernel_size = (3, 3, 3) has 3 values, expected 2"),
    ("BatchNorm2d", (8,), {}, (f(N, 4, H, W),), "batch_norm: input has 4 channels, expected num_features = 8"),
    ("BatchNorm2d", (8,), {}, (f(N, 8),), "batch_norm: input has rank 2, expected 4: input[N, 8]"),
    ("LayerNorm", (8,), {}, (f(N, 4),), "layer_norm: input has 4 features, expected normalized_shape = [8]"),
    ("GroupNorm", (2, 8), {}, (f(N, 4, H),), "group_norm: input has 4 channels, expected num_channels = 8"),
    ("LSTM", (5, 6), {}, (f(T, N, 4),), "lstm: input has 4 features, expected input_size = 5"),
    ("GRU", (5, 6), {}, (f(T, N, 5), f(2, N, 6)), "gru: hx has shape [2, N, 6], expected [1, N, 6]"),
    ("GRUCell", (5, 6), {}, (f(N, 4),), "gru_cell: input has 4 features, expected input_size = 5"),
    (
        "MultiheadAttention",
        (8, 2),
        {"batch_first": True},
        (f(N, T, 7), f(N, T, 7), f(N, T, 7)),
        "multihead_attention: query has embedding size 7, expected embed_dim = 8",
    ),
    ("MaxPool2d", (3,), {}, (f(N, 8, 2, W),), "max_pool2d: the window spans 3, the padded input has 2"),
    (
        "CrossEntropyLoss",
        (),
        {},
        (f(4, 5), TensorType(int64, (3,))),
        "cross_entropy: input has batch size 4, target has 3",
    ),
    ("Transformer", (8, 2), {}, (f(T, N, 7), f(T, N, 8)), "transformer: src has 7 features, expected d_model = 8"),
)


@pytest.mark.parametrize(("cls", "args", "kwargs", "inputs", "message"), ERRORS)
def test_messages(cls: str, args: Any, kwargs: Any, inputs: Any, message: str) -> None:
    attrs = modules.construct(f"torch.nn.{cls}", args, kwargs)
    with pytest.raises(Mismatch) as raised:
        modules.forward(f"torch.nn.{cls}", attrs, True, inputs, {})
    assert f"{raised.value.operation}: {raised.value.message}" == message


CONSTRUCTOR_ERRORS = (
    ("Conv2d", (3, 8, 3), {"groups": 2}, "in_channels = 3 is not divisible by groups = 2"),
    ("Conv2d", (3, 8, 3), {"padding": "full"}, "padding = 'full'"),
    ("GroupNorm", (3, 8), {}, "num_channels = 8 is not divisible by num_groups = 3"),
    ("MultiheadAttention", (8, 3), {}, "embed_dim = 8 is not divisible by num_heads = 3"),
    ("Embedding", (10, 3), {"padding_idx": 10}, "padding_idx = 10 must be within num_embeddings = 10"),
    ("Dropout", (1.5,), {}, "p = 1.5 is no probability"),
    ("LSTM", (3, 4), {"proj_size": 4}, "proj_size = 4 must be smaller than hidden_size = 4"),
    ("Linear", (-1, 4), {}, "a size is negative: -1"),
)


@pytest.mark.parametrize(("cls", "args", "kwargs", "message"), CONSTRUCTOR_ERRORS)
def test_constructor_errors(cls: str, args: Any, kwargs: Any, message: str) -> None:
    with pytest.raises(Mismatch) as raised:
        modules.construct(f"torch.nn.{cls}", args, kwargs)
    assert raised.value.operation == cls
    assert raised.value.message.startswith(message)
    with pytest.raises((ValueError, AssertionError, RuntimeError)):
        getattr(nn, cls)(*args, **kwargs)


def test_a_wrong_call_is_undecided() -> None:
    with pytest.raises(Undecided):
        modules.construct("torch.nn.Linear", (1,), {})
    with pytest.raises(Undecided):
        modules.construct("torch.nn.NoSuchClass", (), {})


def test_dtypes() -> None:
    attrs = modules.construct("torch.nn.Linear", (3, 4), {"dtype": float64})
    with pytest.raises(Mismatch) as raised:
        modules.forward("torch.nn.Linear", attrs, True, (f(N, 3),), {})
    assert raised.value.code == DTYPE


def test_changed_and_missing_attributes() -> None:
    attrs = modules.construct("torch.nn.Linear", (3, 4), {})
    changed = {**attrs, "weight": f(5, 7), "bias": None}
    assert modules.forward("torch.nn.Linear", changed, True, (f(N, 7),), {}).dims == (N, 5)
    del attrs["weight"]  # parametrized away
    assert modules.forward("torch.nn.Linear", attrs, True, (f(N, 3),), {}).dims == (N, 4)
    unknown = {**attrs, "weight": Unknown("?"), "bias": Unknown("?")}
    assert modules.forward("torch.nn.Linear", unknown, True, (f(N, 3),), {}).dims is None


SYMBOLIC: tuple[tuple[nn.Module, tuple[Any, ...], dict[str, Any], tuple[TensorType, ...]], ...] = (
    (nn.Conv2d, (3, 8, 3), {"stride": 2, "padding": 1}, (f(N, 3, H, W),)),
    (nn.Conv2d, (3, 8, 3), {"padding": 2, "padding_mode": "reflect"}, (f(N, 3, H, W),)),
    (nn.ConvTranspose2d, (3, 8, 3), {"stride": 2}, (f(N, 3, H, W),)),
    (nn.MaxPool2d, (3,), {"stride": 2, "ceil_mode": True, "padding": 1}, (f(N, 3, H, W),)),
    (nn.LSTM, (5, 6, 2), {"bidirectional": True, "proj_size": 3}, (f(T, N, 5),)),
    (nn.GRU, (5, 6, 2), {"batch_first": True}, (f(N, T, 5),)),
    (nn.MultiheadAttention, (8, 2), {"batch_first": True}, (f(N, T, 8), f(N, H, 8), f(N, H, 8))),
    (nn.TransformerEncoderLayer, (8, 2, 16), {}, (f(T, N, 8),)),
    (nn.Transformer, (8, 2, 1, 1, 16), {}, (f(T, N, 8), f(H, N, 8))),
    (nn.Upsample, (), {"scale_factor": 0.5}, (f(N, 3, H, W),)),
    (nn.Flatten, (), {}, (f(N, 3, H, W),)),
    (nn.LazyLinear, (7,), {}, (f(N, T, 5),)),
    (nn.LazyConv2d, (7, 3), {}, (f(N, 5, H, W),)),
)


@pytest.mark.parametrize(("cls", "args", "kwargs", "inputs"), SYMBOLIC)
def test_symbolic(cls: Any, args: Any, kwargs: Any, inputs: Any) -> None:
    path = f"torch.nn.{cls.__name__}"
    claim = modules.forward(path, modules.construct(path, args, kwargs), True, inputs, {})
    for sizes in SIZES:
        binding = {SYMBOLS[name]: size for name, size in sizes.items()}
        real = [torch.zeros(tuple(tensor.substitute(binding).dims or ())) for tensor in inputs]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = cls(*args, **kwargs)(*real)
        assert compare(claim, result, binding) == (OK, "")
