"""Arrays that numpy computes have the dims and dtypes that numpy gives them, or unknown ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

from mypy_torch_shapes.evaluation import arrays
from mypy_torch_shapes.shapes.unknown import NumpyFloat, Unknown, UnknownNumber

from .support import evaluated
from .test_programs import net, returned

PROGRAM = """
import numpy as np

betas = np.linspace(0.1, 0.5, 6, dtype=np.float64)
single_betas = np.linspace(0.1, 0.5, 6, dtype=np.float32)
rates = np.array([1, 2, 3, 4, 5, 6]) / 10
alphas = 1.0 - rates
product = np.cumprod(alphas, axis=0)
before = np.append(1.0, product[:-1])
after = np.append(product[1:], 0.0)
variance = rates * (1.0 - before) / (1.0 - product)
clipped = np.log(np.append(variance[1], variance[1:]))
grid = np.outer(np.arange(4), np.asarray([1.0, 3.0], dtype=np.float32))
summed, mean = grid.sum(axis=0), rates.mean()
single = grid.astype(np.float32)[:, None] * 2
whole = np.arange(4) * 2
halved = np.arange(4) / 2
turned = grid.T
rows = np.concatenate([grid, grid], axis=1)
wide = np.reshape(rows, (2, 8))
power = np.arange(0, 8, 2, dtype=np.float32) ** 2
mask = rows > 1
scaled = np.sqrt(2.0) * single
kept = np.zeros(4, dtype=np.float32)
kept += np.ones(4)
written = np.linspace(0.0, 1.0, 3)
written[0] = 7.0
first = written.tolist()[0]
across = np.meshgrid(np.arange(3, dtype=np.float32), np.arange(5, dtype=np.float32))
stacked = np.stack(across, axis=0).reshape([2, 1, 3, 5])
down, _ = np.meshgrid(np.arange(3), np.arange(5), indexing="ij")
angles = np.einsum("m,d->md", stacked[0].reshape(-1), 1.0 / 10000 ** np.arange(4, dtype=np.float64))
waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
product_of_two = np.matmul(angles, angles.T)
"""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return evaluated(tmp_path_factory.mktemp("arrays"), PROGRAM)[0]


def test_against_numpy(ours: dict[str, Any]) -> None:
    real: dict[str, Any] = {}
    exec(PROGRAM, real)
    known = 0
    for name, value in real.items():
        tensor = arrays.tensor_of(ours.get(name))
        if not isinstance(value, numpy.ndarray) or tensor is None:
            continue
        known += 1
        assert tensor.type.dims == value.shape, name
        assert tensor.type.dtype is None or tensor.type.dtype.name == value.dtype.name, name
    assert known >= 27


def test_what_has_no_axes_is_a_number_and_other_options_make_it_unknown(ours: dict[str, Any]) -> None:
    assert isinstance(ours["mean"], UnknownNumber) and ours["mean"].kind is NumpyFloat
    assert isinstance(ours["single_betas"], Unknown) and isinstance(ours["first"], UnknownNumber)


def test_tensors_of_computed_arrays(tmp_path: Path) -> None:
    source = (
        "import numpy as np, torch\nk = np.asarray([1, 3, 3, 1], dtype=np.float32)\nk = np.outer(k, k)\n"
        "k /= np.sum(k)\nx = torch.from_numpy(np.cumprod(1 - k, axis=1)).float()[:, None]\ny = torch.tensor(k)\n"
    )
    found, _ = evaluated(tmp_path, source)
    assert str(found["x"].type) == "Tensor[float32, 4, 1, 4]"
    assert found["y"].type.dims == (4, 4)


@pytest.mark.parametrize(
    "change",
    [
        "a[0] = 9", "a += 1", "a.sort()", "a.fill(7)", "np.random.shuffle(a)", "np.put(a, 0, 9)", "np.add(a, 1, out=a)",
        "b = a\nb[0] = 9", "b = a[:2]\nb[0] = 9", "b = a.reshape(3, 1)\nb[0, 0] = 9", "b = a.T\nb[0] = 9",
        "np.cumsum(a, out=a)",
    ],
)  # fmt: skip
def test_the_numbers_of_an_array_that_may_be_written_to_are_forgotten(tmp_path: Path, change: str) -> None:
    values, _ = evaluated(tmp_path, f"import numpy as np\na = np.array([3, 1, 2])\nx = a[1]\n{change}\ny = a[0]\n")
    assert values["x"] == 1
    assert isinstance(values["y"], Unknown)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_arrays_in_a_list_are_rows_of_its_table(tmp_path: Path) -> None:
    program = (
        "import numpy as np, torch\n"
        "rows = torch.LongTensor([np.asarray([1, 2, 3]) for _ in range(4)])\n"
        "tables = torch.FloatTensor([np.eye(5)[[0, 1, 2]], np.eye(5)[[1, 2, 3]]])\n"
        "wide = torch.tensor([np.zeros(3), np.ones(3)])\nlegacy = torch.Tensor([np.zeros(3)])\n"
        "narrow = torch.from_numpy(np.array([np.zeros(3, dtype=np.float32)] * 2))\n"
        "scalars = torch.tensor([torch.zeros(1), torch.ones(1)])\n"
    )
    values, _ = evaluated(tmp_path, program)
    expected: dict[str, Any] = {}
    exec(program, expected)
    for name in ("rows", "tables", "wide", "legacy", "narrow", "scalars"):
        shape, dtype = tuple(expected[name].shape), str(expected[name].dtype).removeprefix("torch.")
        assert (values[name].type.dims, values[name].type.dtype.name) == (shape, dtype), name


def test_what_numpy_computes_of_a_configuration_is_known(tmp_path: Path) -> None:
    program = (
        "import numpy as np\nwidth = 3 + np.sum([2, 4]) - len([2, 4])\nmost = np.max((1, 5))\n"
        "pieces = int(np.ceil(7 / 2)) + int(np.floor(2.5))\nlast = np.array([3, 4, 5])[::-1][0]\n"
    )
    values, _ = evaluated(tmp_path, program)
    assert (values["width"], values["most"], values["pieces"], values["last"]) == (7, 5, 6, 5)


def test_a_size_that_numpy_rounds_is_a_size(tmp_path: Path) -> None:
    forward = "import numpy as np\nreturn x.new_zeros(int(np.ceil(x.size(0) / 2)), np.sum([2, 3]))"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N - N//2, 5]"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_array_is_walked_by_its_rows_and_drawn_from(tmp_path: Path) -> None:
    program = (
        "import numpy as np, torch\nrows = torch.stack([torch.from_numpy(row) for row in np.zeros((3, 4))])\n"
        "drawn = np.random.choice(range(10), 4, replace=False)\nkept = torch.zeros(20, 3)[drawn]\n"
        "mixed = torch.zeros(7, 3)[np.random.permutation(7)]\nx, y = np.zeros((2, 5))\nsecond = torch.tensor(y)\n"
        "few = torch.tensor([np.eye(8)[i] for i in np.random.choice(8, size=2)])\n"
        "same = torch.from_numpy(np.random.permutation(np.zeros((6, 2))))\nsizes = np.zeros(5, dtype=np.int64)\n"
        "order = torch.from_numpy(np.argsort(-sizes))\nfalling = torch.from_numpy(np.sort(sizes)[::-1].copy())\n"
        "flipped = torch.from_numpy(np.zeros((4, 5, 3))[:, ::-2, ::-1].copy())\n"
    )
    values, _ = evaluated(tmp_path, program)
    expected: dict[str, Any] = {}
    exec(program, expected)
    for name in ("rows", "kept", "mixed", "second", "few", "same", "order", "falling", "flipped"):
        assert values[name].type.dims == tuple(expected[name].shape), name
def test_arrays_of_random_numbers(tmp_path: Path) -> None:
    source = (
        "import numpy as np\nimport torch\nx = torch.Tensor(np.random.random((4, 1, 1)))\n"
        "y = torch.from_numpy(np.random.standard_normal(size=3))\nz = np.random.random() + 1\n"
    )
    values, _ = evaluated(tmp_path, source)
    assert str(values["x"].type) == "Tensor[float32, 4, 1, 1]" and str(values["y"].type) == "Tensor[float64, 3]"
    assert type(values["z"]) is UnknownNumber


def test_a_size_filled_up_by_the_ceiling_of_numpy(tmp_path: Path) -> None:
    forward = "h = x.shape[1]\nreturn torch.nn.functional.pad(x, (0, int(np.ceil(h / 8) * 8 - h)))"
    report = net(tmp_path, "pass", forward, shapes=((4, 20), (4, 27), (5, 33)), before="import numpy as np\n")
    assert returned(report, tmp_path) == "Tensor[float32, N, 8*D - 8*((7*D)//8)]"
    values, _ = evaluated(tmp_path, "import numpy as np\nx = np.ceil(2.5), np.floor(-0.5), np.ceil([1.5])\n")
    assert [values["x"][at] for at in (0, 1)] == [3.0, -1.0] and isinstance(values["x"][0], float)
    assert isinstance(values["x"][2], Unknown)


def test_what_numpy_makes_of_a_number_that_is_not_known(tmp_path: Path) -> None:
    forward = "rate = np.clip(x.shape[0] / 7, 0.0, 1.0)\nreturn x * rate"
    report = net(tmp_path, "pass", forward, before="import numpy as np\n")
    assert returned(report, tmp_path) == "Tensor[float32, N, 6]"
    values, _ = evaluated(tmp_path, "import numpy as np\nx = np.expand_dims(0.5, 0), np.cumsum(0.5), np.tile(0.5, 3)\n")
    assert all(type(value) is Unknown for value in values["x"])  # they are arrays


def test_tensors_of_numpys_numbers_have_numpys_dtype(tmp_path: Path) -> None:
    program = (
        "import numpy as np\nimport torch\nx = np.array([0.5, 1.5])\n"
        "a, b, c = torch.tensor(np.log(0.1)), torch.tensor([1.0, np.sqrt(2.0)]), torch.tensor(x.mean())\n"
        "d, e, f = torch.tensor(-2 * np.log(0.1) + 1), torch.full((2,), np.log(0.1)), torch.arange(2) * np.exp(1.0)\n"
        "g, h = torch.ones(2) / np.sqrt(3.0), torch.tensor(int(np.log2(8.0)))\ni = torch.tensor(x.mean() * 2)\n"
    )
    expected: dict[str, Any] = {}
    exec(program, expected)
    values, _ = evaluated(tmp_path, program)
    for name in "abcdefghi":
        assert values[name].type.dtype.name == str(expected[name].dtype).removeprefix("torch."), name
