"""What surrounds torch's layers: adaptive softmax, weight normalization, operators of torch.library, regions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mypy_torch_shapes.evaluation import module_methods
from mypy_torch_shapes.evaluation.values import Instance, Library
from mypy_torch_shapes.rules import modules as rules
from mypy_torch_shapes.shapes.unknown import Unknown

from .support import evaluated
from .test_programs import net, returned

PROGRAM = """
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

net = nn.AdaptiveLogSoftmaxWithLoss(16, 100, [10, 50], head_bias=True)
made = net(torch.zeros(4, 16), torch.zeros(4, dtype=torch.long))
output, loss = made.output, made.loss
inner = net.tail[1](torch.zeros(2, 16))

new = parametrizations.weight_norm(nn.Conv2d(3, 8, 3))
old = nn.utils.weight_norm(nn.Linear(3, 4))
images = new(torch.zeros(2, 3, 9, 9))
rows = old(torch.zeros(2, 3))
all_new = nn.utils.parameters_to_vector(new.parameters())
all_old = nn.utils.parameters_to_vector(old.parameters())
scale = old.weight_g
again = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 4)))
all_again = nn.utils.parameters_to_vector(again.parameters())


@torch.library.custom_op("mypy_torch_shapes_tests::twice", mutates_args=())
def twice(x: Tensor) -> Tensor:
    return torch.cat([x, x], dim=0)


called = twice(torch.zeros(2, 3))
by_name = torch.ops.mypy_torch_shapes_tests.twice(torch.zeros(2, 3))


@torch.autocast("cpu", dtype=torch.bfloat16)
def lower(x):
    return x @ x.t()


with torch.autocast("cpu", torch.bfloat16):
    product = torch.zeros(2, 3) @ torch.zeros(3, 4)
    with torch.autocast("cpu", enabled=False):
        exact = torch.zeros(2, 3) @ torch.zeros(3, 4)
    added = torch.zeros(2, 3) + 1
plain = lower(torch.zeros(2, 3))

into = torch.zeros(0, dtype=torch.float64)
kept = torch.add(torch.zeros(3), torch.ones(2, 3), out=into)
zeroed = kept.zero_()
zeroed.unsqueeze_(0)
largest = torch.zeros(3), torch.zeros(3, dtype=torch.long)
both = torch.max(torch.zeros(3, 4), dim=1, out=largest)
values = both.values
"""


@pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")
def test_against_torch(tmp_path: Path) -> None:
    ours, run = evaluated(tmp_path, PROGRAM)
    assert not run.faults
    real: dict[str, object] = {}
    exec(PROGRAM, real)
    seen = 0
    for name, value in real.items():
        if isinstance(value, torch.Tensor):
            said = ours[name]
            assert not isinstance(said, Unknown), f"{name}: {said}"
            assert said.type.dims == tuple(value.shape), name
            assert said.type.dtype is None or said.type.dtype.name == str(value.dtype).removeprefix("torch."), name
            seen += 1
    assert seen == 19


def test_no_name_that_modules_of_torch_have_is_missing() -> None:
    for cls in ("Module", *(name for name in vars(torch.nn) if rules.known(f"torch.nn.{name}"))):
        real, ours = getattr(torch.nn, cls), Instance(Library(f"torch.nn.{cls}"))
        made = {"training", *(name for base in real.__mro__ for name in vars(base).get("__annotations__", {}))}
        names = {name for name in {*dir(real), *vars(torch.nn.Module())} - made if not name.startswith("__")}
        known = {name for name in names if module_methods.has_method(ours, name) or module_methods.has_data(ours, name)}
        assert names == known, f"{cls}: {sorted(names - known)}"


def test_an_inner_attribute_of_a_module_is_not_missing(tmp_path: Path) -> None:
    before = (
        "class Conv(nn.Conv1d):\n    def __init__(self, *args):\n        super().__init__(*args)\n"
        "        self.register_backward_hook(print)\n        self.kept = 3\n"
        "    def step(self, x):\n        for hook in self._forward_pre_hooks.values():\n            hook(self, x)\n"
        "        return F.linear(x, self.weight.view(self.out_channels, -1), self.bias)\n"
    )
    init = "self.body = nn.ModuleList([Conv(6, 4, 1), nn.ReLU()])"
    forward = (
        "for layer in self.body:\n    try:\n        x = layer.step(x)\n"
        "    except AttributeError:\n        x = layer(x)\n"
        "for layer in self.body._modules.values():\n    x = x + getattr(layer, 'kept', 0)\nreturn x"
    )
    report = net(tmp_path, init, forward, before=before)
    assert not report.findings
    assert returned(report, tmp_path) == "Tensor[float32, N, 4]"


def test_a_function_with_a_gradient_of_its_own_by_any_name_of_its_base(tmp_path: Path) -> None:
    before = (
        "from torch.autograd.function import Function\nfrom torch.nn.utils.weight_norm import weight_norm\n"
        "class Double(Function):\n    @staticmethod\n    def forward(ctx, x, layer):\n"
        "        ctx.save_for_backward(x)\n        return torch.cat([layer(x), x], 1)\n"
    )
    report = net(tmp_path, "self.fc = weight_norm(nn.Linear(6, 4))", "return Double.apply(x, self.fc)", before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 10]"
def test_methods_of_torch_classes_called_with_the_object(tmp_path: Path) -> None:
    before = """
class Rank:
    def __init__(self, r):
        self.r = r
class Lora(nn.Linear, Rank):
    def __init__(self, i, o, r):
        nn.Linear.__init__(self, i, o)
        Rank.__init__(self, r=r)
        self.down = nn.Parameter(self.weight.new_zeros((r, i)))
        self.up = nn.Parameter(self.weight.new_zeros((o, r)))
    def train(self, mode=True):
        nn.Linear.train(self, mode)
        return self
    def forward(self, x):
        return nn.Linear.forward(self, x) + x @ self.down.T @ self.up.T
class Plain(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.fc = nn.Linear(5, 7)
    def forward(self, x):
        return self.fc(x)
"""
    init = "self.a = Lora(6, 5, 2)\nself.b = Plain().train()"
    report = net(tmp_path, init, "return self.b(self.a(x))", before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 7]" and not report.findings
    findings = net(tmp_path, "self.a = Lora(8, 5, 2)", "return self.a(x)", before=before).findings
    assert "in_features = 8" in findings[0].message


COUNTED = """
import torch
x = torch.zeros(2, 3, 4, 5)
axes = torch.arange(2, len(x.shape)).tolist()
y = x.sum(dim=[0] + axes)
written = torch.arange(3)
written[0] = 5
numbers = written.tolist()
total = 0
for i in torch.arange(1, 4):
    total += i.item()
"""


def test_axes_that_arange_counts_are_known_until_they_are_written_to(tmp_path: Path) -> None:
    ours, _ = evaluated(tmp_path, COUNTED)
    assert (ours["axes"], ours["total"]) == ([2, 3], 6)
    assert ours["y"].type.dims == (3,)
    assert isinstance(ours["numbers"], Unknown)


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        ("nn.Parameter(torch.tensor(1))", True),
        ("nn.Parameter(torch.zeros(2) > 0)", True),
        ("nn.Parameter(torch.tensor(1), requires_grad=False)", False),
        ("nn.Parameter(torch.tensor(1), False)", False),
        ("nn.Parameter(torch.tensor(1.0))", False),
        ("nn.Parameter(torch.zeros(2, dtype=torch.complex64))", False),
        ("nn.Buffer(torch.tensor(1))", False),
    ],
)
def test_whole_numbers_have_no_gradients(tmp_path: Path, made: str, wrong: bool) -> None:
    source = f"import torch\nfrom torch import nn\nx = {made}\n"
    _, run = evaluated(tmp_path, source)
    assert run.recording.failed is wrong
    try:
        exec(source, {})
    except RuntimeError:
        assert wrong
    else:
        assert not wrong


def test_a_shape_has_a_number_of_elements(tmp_path: Path) -> None:
    forward = "n = x.shape[1:].numel()\ny = x.reshape(x.shape.numel() // n, n)\nreturn y"
    report = net(tmp_path, "pass", forward, shapes=((4, 6, 2), (5, 6, 3)))
    assert returned(report, tmp_path) == "Tensor[float32, N, 6*D]"
