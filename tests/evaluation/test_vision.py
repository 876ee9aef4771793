"""What models of vision do: positions cut to the input, layers dropped at random, rates spread over the layers."""

from __future__ import annotations

import ast
from pathlib import Path

from mypy_torch_shapes.evaluation.modules import SourceModule
from mypy_torch_shapes.evaluation.recording import Recording
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.dtypes import float32
from mypy_torch_shapes.shapes.tensor_type import TensorType, fresh

from .test_programs import net, returned


def test_what_two_evaluations_of_a_call_agree_on_stays(tmp_path: Path) -> None:
    """Each has symbols of its own; a size only one of them knows takes nothing from the others."""
    recording = Recording(lambda module: True)
    module = SourceModule("program", tmp_path / "program.py", ast.parse(""), "", True)
    node = ast.parse("x").body[0]
    for unknown in (fresh(), fresh()):
        size = Dim.of(Symbol("N"))
        context = recording.context("f", None, module, (("x", TensorType(float32, (size,))),), True)
        recording.fact(context, module, node, TensorType(float32, (size, unknown, 3)))
    assert [fact.text for fact in recording.report(module).facts] == ["Tensor[float32, N, _, 3]"]


def test_what_is_cut_to_the_length_of_an_input_fits_it(tmp_path: Path) -> None:
    init = "self.places = nn.Parameter(torch.zeros(17, 6))"
    report = net(tmp_path, init, "y = x + self.places[: x.shape[0]]\nreturn y", ((4, 6), (20, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, N, 6]"


def test_layers_dropped_at_random_may_each_be_left_out(tmp_path: Path) -> None:
    init = "self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])\nself.end = nn.Linear(6, 3)"
    forward = """
kept = [layer for layer, drop in zip(self.layers, torch.rand(2) < 0.1) if not drop]
for layer in kept:
    x = layer(x)
return self.end(x)
"""
    report = net(tmp_path, init, forward)
    assert returned(report, tmp_path) == "Tensor[float32, N, 3]"
    assert not report.findings


def test_rates_spread_over_the_layers_are_numbers(tmp_path: Path) -> None:
    """So which kind of layer each gets is known, whether or not its constructor has changed."""
    init = """
rates = [rate.item() for rate in torch.linspace(0, 0.3, 4)]
stages = [piece.tolist() for piece in torch.linspace(0, 0.3, 4).split([1, 3])]
layers = [nn.Linear(6, 6) if rate > 0.05 else nn.Identity() for rate in rates]
layers += [nn.Linear(6, 6) if rate > 0.25 else nn.Identity() for rate in stages[1]]
self.layers = nn.Sequential(*layers, nn.Linear(6, 2))
"""
    forward = "x = self.layers(x)\nreturn x"
    report = net(tmp_path, init, forward)
    assert returned(report, tmp_path) == "Tensor[float32, N, 2]"
    changed = init.replace("0.05 else nn.Identity()", "0.05 else nn.Linear(5, 6)")
    assert len(net(tmp_path, changed, forward).findings) == 1
    written = changed.replace("rates = [rate.item() for rate in", "r =").replace("4)]", "4)", 1)
    written = written.replace("stages =", "r.zero_()\nrates = [rate.item() for rate in r]\nstages =")
    assert not net(tmp_path, written, forward).findings


def test_an_optional_package_that_is_not_there_is_not_used(tmp_path: Path) -> None:
    before = "try:\n    from apex_of_nobody import fast\n    fused = True\nexcept ImportError:\n    fused = False"
    report = net(tmp_path, "pass", "y = fast(x) if fused else x[:, :2]\nreturn y", before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 2]"


def test_an_import_that_fails_whichever_way_is_gone_is_handled(tmp_path: Path) -> None:
    before = """import os
try:
    if os.environ.get("NO_APEX") is None:
        from apex_of_nobody import fast
        fused = True
    else:
        raise ImportError
except ImportError:
    fused = False
"""
    forward = "if fused:\n    return x.reshape(7, 11)\nreturn x[:, :2]"
    report = net(tmp_path, "pass", forward, before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 2]"
    assert not report.findings


def test_rates_spread_by_numpy_are_numbers(tmp_path: Path) -> None:
    init = """
import numpy as np
rates = np.linspace(0, 0.3, 4).tolist()
layers = [nn.Linear(6, 6) if rate > 0.05 else nn.Identity() for rate in rates[0:3]]
layers += [nn.Linear(6, 5) for rate in np.linspace(0, 1, num=3) if rate == 1.0]
layers += [nn.Linear(5, 5) for _ in np.zeros(2)]
self.layers = nn.Sequential(*layers, nn.Linear(5, 2))
"""
    forward = "x = self.layers(x)\nreturn x"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 2]"
    assert len(net(tmp_path, init.replace("nn.Linear(5, 2)", "nn.Linear(6, 2)"), forward).findings) == 1


def test_a_part_that_is_not_known_is_among_the_modules(tmp_path: Path) -> None:
    """What a loop over all modules does to each is not claimed of those that are known."""
    init = """
import elsewhere
self.layers = nn.ModuleList()
for _ in elsewhere.rates():
    self.layers.append(nn.Conv2d(3, 8, 1))
self.stem = nn.Linear(6, 2)
self.weights = [m.weight for m in self.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
self.shapes = [p for p in self.parameters()]
"""
    (tmp_path / "elsewhere.py").write_text("def rates():\n    return input().split()\n")
    report = net(tmp_path, init, "x = self.stem(x)\nreturn x")
    assert returned(report, tmp_path) == "Tensor[float32, N, 2]"
    claimed = {fact.text for fact in report.facts if "2, 6" in fact.text}
    assert not claimed
    known = init.replace("elsewhere.rates()", "range(0)")
    assert any("2, 6" in fact.text for fact in net(tmp_path, known, "return self.stem(x)").facts)


def test_members_of_an_enumeration_are_told_apart(tmp_path: Path) -> None:
    init = """
from enum import Enum
class Layout(str, Enum):
    FIRST = "first"
    LAST = "last"
self.layout = Layout("last")
self.stem = nn.Linear(6, 2)
self.FIRST = Layout.FIRST
"""
    forward = "y = self.stem(x)\nif self.layout != self.FIRST:\n    y = y.t()\nreturn y"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, 2, N]"


def test_a_cache_by_device_gives_what_was_put_into_it(tmp_path: Path) -> None:
    init = "self.bias = nn.Parameter(torch.zeros(4, 6))\nself.cache = {}"
    forward = """
key = str(x.device)
if key not in self.cache:
    self.cache[key] = self.bias.sum(0)
y = x + self.cache[key]
return y
"""
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 6]"


def test_a_table_of_numbers_has_the_lengths_of_the_loops_that_made_it(tmp_path: Path) -> None:
    forward = """
board = [[((i % 2) + j) % 2 for j in range(x.shape[1])] for i in range(x.shape[0])]
mask = torch.tensor(board, dtype=x.dtype).view(1, *x.shape)
lengths = torch.IntTensor([x.shape[1]] * x.shape[0])
return torch.cat([mask[0] * x, lengths[:, np.newaxis].float()], 1)
"""
    report = net(tmp_path, "pass", forward, ((4, 6), (5, 7), (3, 6)), before="import numpy as np\n")
    assert returned(report, tmp_path) == "Tensor[float32, N, D + 1]"


def test_code_for_devices_that_the_run_did_not_use_is_not_run(tmp_path: Path) -> None:
    init = "self.device = torch.device('cpu')"
    forward = """
if x.is_cuda:
    x = unknown(x)
if x.device.type != "cpu" or self.device.type == "cuda":
    x = unknown(x)
return x.double().type(x.type())
"""
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 6]"


def test_an_entry_at_an_unknown_key_is_an_entry(tmp_path: Path) -> None:
    forward = """
kept = {}
kept[str(x.device)] = x
y = torch.stack([value[:, :2] for value in kept.values()])
other = kept.get("cpu")
if other is not None:
    y = y.sum(0)
return y
"""
    assert returned(net(tmp_path, "", forward), tmp_path) == "Tensor[float32, ...]"
