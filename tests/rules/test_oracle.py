"""The oracle: what it recovers, refuses and remembers."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.rules import oracle
from mypy_torch_shapes.rules.mismatch import DTYPE, SHAPE, Mismatch
from mypy_torch_shapes.rules.modules.table import ModuleSpec
from mypy_torch_shapes.rules.oracle import memory
from mypy_torch_shapes.rules.oracle.errors import classify
from mypy_torch_shapes.rules.oracle.expressions import decode, encode
from mypy_torch_shapes.rules.oracle.fitting import fit
from mypy_torch_shapes.shapes.dims import Dim, Size, Symbol, floordiv, substitute
from mypy_torch_shapes.shapes.dtypes import bool_, complex64, float32, float64, int64
from mypy_torch_shapes.shapes.tensor_type import TensorType
from mypy_torch_shapes.shapes.unknown import Undecided, Unknown


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MYPY_TORCH_SHAPES_CACHE", str(tmp_path))
    oracle._memory.cache_clear()
    yield tmp_path
    oracle._memory.cache_clear()


def size(name: str | None, *values: int) -> Dim:
    return Dim.of(Symbol(name, values or None))


N, H, W = size("N", 4, 6), size("H", 32, 48), size("W", 32, 40)


def tensor(*dims: Size, dtype: Any = float32) -> TensorType:
    return TensorType(dtype, dims)


@pytest.mark.parametrize(
    ("path", "args", "kwargs", "expected"),
    [
        ("torch.fft.rfft2", (tensor(N, 3, H, W),), {}, tensor(N, 3, H, W // 2 + 1, dtype=complex64)),
        ("torch.kron", (tensor(N, 3), tensor(H, W)), {}, tensor(N * H, 3 * W)),
        ("torch.cat", ((tensor(N, 3), tensor(H, 3)),), {}, tensor(N + H, 3)),
        ("torch.Tensor.flatten", (tensor(N, 3, H, W), 1), {}, tensor(N, 3 * H * W)),
        ("torch.Tensor.unfold", (tensor(N, H), 1, 4, 3), {}, tensor(N, (H - 4) // 3 + 1, 4)),
        ("torch.Tensor.mT", (tensor(N, H, W),), {}, tensor(N, W, H)),
        ("torch.Tensor.numel", (tensor(N, H, W),), {}, N * H * W),
        ("torch.hann_window", (H,), {"dtype": float64}, tensor(H, dtype=float64)),
        ("torch.isnan", (tensor(N),), {}, tensor(N, dtype=bool_)),
        ("torch.zeros", ((N, 2),), {"device": Unknown("self.device")}, tensor(N, 2)),
        ("torch.zeros", ((N, 2),), {"device": "cuda:0"}, tensor(N, 2)),
        ("torch.Tensor.is_floating_point", (tensor(N),), {}, True),
    ],
)
def test_sizes_are_recovered(path: str, args: Any, kwargs: Any, expected: Any) -> None:
    assert oracle.ask(path, args, kwargs) == expected


def test_several_results_and_the_lesser_of_two_sizes() -> None:
    u, s, vh = oracle.ask("torch.linalg.svd", (tensor(N, H, W),), {"full_matrices": False})
    for h, w in ((32, 32), (3, 5), (7, 2)):
        binding = dict(zip((_symbol(H), _symbol(W)), (h, w), strict=True))
        assert [substitute(d, binding) for d in s.dims[1:]] == [min(h, w)]
        assert [substitute(d, binding) for d in u.dims[1:]] == [h, min(h, w)]
        assert [substitute(d, binding) for d in vh.dims[1:]] == [min(h, w), w]


def _symbol(dim: Dim) -> Symbol:
    (symbol,) = set(dim.terms and [atom for monomial in dim.terms for atom, _ in monomial])
    assert isinstance(symbol, Symbol)
    return symbol


def test_what_a_size_decides_is_not_claimed() -> None:
    with pytest.raises(Undecided):
        oracle.ask("torch.Tensor.unbind", (tensor(N, 3),))
    assert oracle.ask("torch.Tensor.squeeze", (tensor(N, 1),)) == tensor(N)
    unobserved = size(None)
    with pytest.raises(Undecided):
        oracle.ask("torch.Tensor.squeeze", (tensor(unobserved, 3),))


@pytest.mark.parametrize(
    ("path", "args", "code", "text"),
    [
        ("torch.Tensor.matmul", (tensor(N, 3), tensor(4, H)), SHAPE, "cannot be multiplied (4x3 and 4x32)"),
        ("torch.nn.functional.embedding", (tensor(N), tensor(9, 4)), DTYPE, "Long"),
        ("torch.Tensor.sub", (tensor(3, dtype=bool_), tensor(3, dtype=bool_)), DTYPE, "bool"),
        ("torch.Tensor.view", (tensor(N, 3), 7), SHAPE, "invalid for input of size 12"),
    ],
)
def test_torch_refuses_in_its_own_words(path: str, args: Any, code: str, text: str) -> None:
    with pytest.raises(Mismatch) as caught:
        oracle.ask(path, args)
    assert caught.value.code == code
    assert text in caught.value.message
    assert caught.value.operation == path.rpartition(".")[2]


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("torch.Tensor.add", (tensor(N), tensor(size("M", 4, 7)))),  # fits in one world
        ("torch.Tensor.add", (tensor(5), tensor(size("M")))),  # never observed
        ("torch.Tensor.nonzero", (tensor(N),)),
        ("torch.Tensor.item", (tensor(),)),
        ("torch.Tensor.stride", (tensor(N, 3),)),
        ("torch.Tensor.relu", (TensorType(float32, None),)),
        ("torch.Tensor.relu", (TensorType(None, (3,)),)),
        ("torch.sum", (tensor(3), Unknown("an argument"))),
        ("torch.no_such_operation", (tensor(3),)),
        ("torch.Tensor.no_such_method", (tensor(3),)),
        ("os.getcwd", ()),
        ("tests.rules.samples.dtype_of", ()),
    ],
)
def test_what_cannot_be_told(path: str, args: Any) -> None:
    with pytest.raises(Undecided):
        oracle.ask(path, args)


def test_modules() -> None:
    image = tensor(N, 3, H, W)
    assert oracle.ask_module("torch.nn.Conv2d", (3, 8, 3), {"stride": 2}, (image,)) == tensor(
        N, 8, (H - 3) // 2 + 1, (W - 3) // 2 + 1
    )
    layer = oracle.Construction("torch.nn.TransformerEncoderLayer", (16, 4))
    assert oracle.ask_module("torch.nn.TransformerEncoder", (layer, 2), {}, (tensor(N, 5, 16),)) == tensor(N, 5, 16)
    assert oracle.ask_module("torch.nn.LazyLinear", (7,), {}, (tensor(N, 3),)) == tensor(N, 7)
    with pytest.raises(Mismatch):
        oracle.ask_module("torch.nn.Linear", (3, 4), {}, (tensor(N, 5),))
    with pytest.raises(Undecided):
        oracle.ask_module("torch.Tensor", (), {}, ())


def test_what_modules_hold() -> None:
    held = oracle.construct_module("torch.nn.MultiheadAttention", (16, 4), {"bias": False})
    assert held["in_proj_weight"] == TensorType(float32, (48, 16), parameter=True)
    assert held["num_heads"] == 4
    assert held["in_proj_bias"] is None
    assert isinstance(held["out_proj"], ModuleSpec)
    assert held["out_proj"].attrs["weight"].dims == (16, 16)
    assert oracle.construct_module("torch.nn.BatchNorm1d", (N,))["running_mean"] == tensor(N)
    activation = oracle.construct_module("torch.nn.TransformerEncoderLayer", (16, 4))["activation"]
    assert activation == oracle.Reference("torch.nn.functional.relu")


a, b = Symbol("a"), Symbol("b")
A, B = Dim.of(a), Dim.of(b)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(-5, 9), st.integers(1, 8))
def test_floors_are_found(factor: int, shift: int, divisor: int) -> None:
    expected = floordiv(A * factor + shift, divisor)
    xs = tuple(range(7, 47))
    results = tuple((factor * x + shift) // divisor for x in xs)
    found = fit({A: xs}, results, frozenset(range(0, 40, 3)))
    assert found is not None
    for x in (7, 48, 101, 1000):
        assert substitute(found, {a: x}) == substitute(expected, {a: x})


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(0, 4), st.integers(-3, 3))
def test_sums_and_products_are_found(factor: int, other: int, constant: int) -> None:
    points = [(x, 9) for x in range(5, 15)] + [(5, y) for y in range(3, 14)] + [(11, 17), (20, 4), (6, 30)]
    features = {A: tuple(x for x, _ in points), B: tuple(y for _, y in points)}
    for expected in (A * factor + B * other + constant, A * B * factor, A * A * B):
        results = tuple(int(substitute(expected, {a: x, b: y})) for x, y in points)  # type: ignore[arg-type]
        assert fit(features, results, frozenset(range(2, len(points), 3))) == expected


def test_no_expression_is_found_where_there_is_none() -> None:
    xs = tuple(range(2, 40))
    assert fit({A: xs}, tuple(x.bit_length() for x in xs), frozenset({5, 30})) is None


def test_values_survive_the_memory() -> None:
    names = {a: "s0", b: "s1"}
    value = (
        [tensor(A * 2 + 1, 3), TensorType(None, None), {"k": (A + 1) // 2 * B - A**2}],
        (True, None, 1.5, 2j, "text", float32, slice(A, None, -1), Ellipsis),
    )
    written = json.loads(json.dumps(encode(value, names)))
    assert decode(written, {"s0": a, "s1": b}) == value


def test_a_remembered_answer_needs_no_torch(own_memory: Path) -> None:
    script = (
        "import sys\n"
        "from mypy_torch_shapes.rules import oracle\n"
        "from mypy_torch_shapes.shapes.dims import Dim, Symbol\n"
        "from mypy_torch_shapes.shapes.dtypes import float32\n"
        "from mypy_torch_shapes.shapes.tensor_type import TensorType\n"
        "x = TensorType(float32, (Dim.of(Symbol(sys.argv[1], (4, 6))), 3))\n"
        "print(oracle.ask('torch.Tensor.mT', (x,)), 'torch' in sys.modules)\n"
        "try:\n    oracle.ask('torch.Tensor.view', (x, 7))\n"
        "except Exception as error:\n    print(type(error).__name__, 'torch' in sys.modules)\n"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, check=True).stdout
        for name in ("N", "batch")
    ]
    assert outputs == [
        "Tensor[float32, 3, N] True\nMismatch True\n",
        "Tensor[float32, 3, batch] False\nMismatch False\n",
    ]


def test_several_writers_lose_nothing(own_memory: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom mypy_torch_shapes.rules.oracle.memory import Memory\n"
        "for i in range(20):\n    m = Memory(Path(sys.argv[1]))\n"
        "    m.put(f'{sys.argv[2]} {i}', {'result': i})\n    m.flush()\n"
    )
    file = own_memory / "answers.json"
    writers = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(json.loads(file.read_text())["answers"]) == 60
    assert not list(own_memory.glob("*.tmp"))


def test_the_memory_is_bounded(own_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_ENTRIES", 5)
    kept = memory.Memory(own_memory / "answers.json")
    for i in range(9):
        kept.put(str(i), {"result": i})
    kept.flush()
    assert list(json.loads(kept.path.read_text())["answers"]) == list("45678")
    assert kept.get("0") is None
    assert kept.get("8") == {"result": 8}


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"format": 99, "answers": {}}', "\x00\x01", '{"answers": 3}'])
def test_a_damaged_memory_is_ignored(own_memory: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    file = own_memory / "answers.json"
    file.write_text(content)
    with caplog.at_level(logging.WARNING):
        kept = memory.Memory(file)
        assert kept.get("question") is None
    assert "ignored" in caplog.text
    kept.put("question", {"result": 1})
    kept.flush()
    assert memory.Memory(file).get("question") == {"result": 1}


def test_a_damaged_answer_is_asked_again(own_memory: Path, caplog: pytest.LogCaptureFixture) -> None:
    oracle.ask("torch.Tensor.mT", (tensor(N, 3),))
    oracle.flush()
    (file,) = own_memory.glob("*.json")
    content = json.loads(file.read_text())
    content["answers"] = {key: {"result": {"tensor": ["float99", ["s7"], 0]}} for key in content["answers"]}
    file.write_text(json.dumps(content))
    oracle._memory.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert oracle.ask("torch.Tensor.mT", (tensor(N, 3),)) == tensor(3, N)
    assert "asked again" in caplog.text


def test_a_place_that_cannot_be_written_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    kept = memory.Memory(blocked / "answers.json")
    kept.put("question", {"result": 1})
    with caplog.at_level(logging.WARNING):
        kept.flush()
    assert "could not be remembered" in caplog.text
    kept._new.clear()  # or the end of the tests would warn again


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("mat1 and mat2 must have the same dtype, but got Float and Double"), DTYPE),
        (RuntimeError("expected scalar type Long but found Float"), DTYPE),
        (RuntimeError("shape '[3]' is invalid for input of size 4"), SHAPE),
        (IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 2)"), SHAPE),
        (RuntimeError("index 23 is out of bounds for dimension 1 with size 2"), None),  # a value in an index tensor
        (RuntimeError("Tensor.item() cannot be called on meta tensors"), None),
        (NotImplementedError("Cannot copy out of meta tensor; no data!"), None),
        (RuntimeError("a leaf Variable that requires grad is being used in an in-place operation."), None),
        (TypeError("add(): argument 'other' must be Tensor, not str"), None),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), None),
        (KeyError("size"), None),
    ],
)
def test_errors_are_told_apart(error: Exception, code: str | None) -> None:
    assert classify(error) == code


def test_the_dtype_in_force_counts() -> None:
    from mypy_torch_shapes.rules.settings import default_dtype

    assert oracle.ask("torch.ones", (3,)) == tensor(3)
    token = default_dtype.set(float64)
    try:
        assert oracle.ask("torch.ones", (3,)) == tensor(3, dtype=float64)
    finally:
        default_dtype.reset(token)
    assert oracle.ask("torch.Tensor.sum", (tensor(3, dtype=int64),)) == tensor(dtype=int64)


def test_what_has_effects_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    for path, args in (("torch.save", (3, str(file))), ("torch.load", (str(file),)), ("torch.manual_seed", (0,))):
        with pytest.raises(Undecided, match="more than compute"):
            oracle.ask(path, args)
    assert not file.exists()
