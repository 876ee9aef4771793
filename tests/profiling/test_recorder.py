"""Which calls are recorded, and how: receivers, callers, roots, exceptions, modules and how they were built."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
import torch

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.profiling import handlers
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.seeds.merging import MAX_CALLS
from mypy_torch_shapes.seeds.model import HOOKS, ModuleRecord, ModuleSeed, OpaqueSeed, SequenceSeed, TensorSeed
from tests.profiling.support import Bench, Recorded

NET = """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.inner = nn.Linear(width, width)

class Block(Base):
    def __init__(self, scale, *rest, flag=False, **more):
        width = scale * 2
        super().__init__(width)
        scale = None
    def forward(self, x):
        return self.inner(x)

class Net(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.blocks = nn.ModuleList([Block(2, 7, flag=True, extra=1) for _ in range(count)])
        self.shared = self.blocks[0]
        self.bias = nn.Parameter(torch.zeros(4))
        self.register_buffer("mask", torch.zeros(3, dtype=torch.bool))
        self.hidden = [nn.ReLU()]
        self.register_parameter("nothing", None)
    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return helper(x)

def helper(x):
    return x + 1

def build():
    net = Net(2)
    net.head = nn.Linear(4, 1)
    return net

def main():
    net = build()
    net(torch.zeros(3, 4))
    with torch.no_grad():
        net.eval()(torch.zeros(5, 4))
"""


@pytest.fixture
def recorded(bench: Bench) -> Recorded:
    return bench.record(bench.write(NET).main)


def record_of(recorded: Recorded, path: str, training: bool = True) -> ModuleRecord:
    (record,) = (r for r in recorded.profile.modules.values() if r.path == path and r.training is training)
    return record


def test_calls_have_their_callers_and_roots(recorded: Recorded) -> None:
    (train, evaluate) = recorded.calls("Net.forward")
    assert (train.root, train.caller, train.returned) == (True, "net:main", TensorSeed("float32", (3, 4)))
    assert dict(evaluate.arguments)["x"] == TensorSeed("float32", (5, 4))
    assert all(call.caller == "net:Net.forward" and not call.root for call in recorded.calls("Block.forward"))
    assert {call.caller for call in recorded.calls("helper")} == {"net:Net.forward"}
    assert recorded.call("main").root
    assert not recorded.call("build").root


def test_each_module_has_its_place_and_configuration(recorded: Recorded) -> None:
    net = record_of(recorded, "")
    assert (net.cls, net.root, net.init) == ("net:Net", net.id, (("count", 2),))
    attrs = dict(net.attrs)
    assert attrs["bias"] == TensorSeed("float32", (4,), "cpu", True)
    assert attrs["mask"] == TensorSeed("bool", (3,))
    assert attrs["nothing"] is None
    assert isinstance(attrs["hidden"], SequenceSeed)
    block = record_of(recorded, "blocks.0")
    assert [name for name, _ in net.children] == ["blocks", "shared", "head"]
    assert dict(net.children)["shared"] == block.id
    assert block.root == net.id
    assert [name for name, _ in block.init or ()] == ["scale", "rest", "flag", "more"]
    assert dict(block.init or ())["scale"] == 2
    assert dict(block.attrs) == {"width": 4}
    assert dict(record_of(recorded, "blocks.0.inner").init or ())["in_features"] == 4
    assert record_of(recorded, "", training=False).cls == "net:Net"


LEFT_OUT = """
import sys
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=6, depth=2, *, bias=True):
        super().__init__()
        self.layer = nn.Linear(width, depth, bias=bias)
    def forward(self, x):
        return self.layer(x)

def main(*options):
    here = sys.modules[__name__]
    nets = [
        Net(),
        here.Net(6),
        Net(
            6,
            bias=False,
        ),
        Net(*options),
        [net for net in map(Net, [6])][0],
    ]
    for count, net in enumerate(nets):
        net(torch.zeros(count + 1, 6))
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the place of a call in its source is not known")
def test_what_a_constructor_call_leaves_to_defaults_is_left_to_them(bench: Bench) -> None:
    recorded = bench.record(bench.write(LEFT_OUT).main)
    calls = sorted(recorded.calls("Net.forward"), key=lambda call: dict(call.arguments)["x"].shape)  # type: ignore
    inits = [dict(recorded.profile.modules[call.receiver or 0].init or ()) for call in calls]
    whole = {"width": 6, "depth": 2, "bias": True}
    assert inits == [{}, {"width": 6}, {"width": 6, "bias": False}, whole, whole]


CALLED_DIRECTLY = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
    def forward(self, x):
        return self.norm(x)
def main():
    net = Net()
    net.forward(torch.zeros(3, 4))
    net.eval()
    net.forward(torch.zeros(1, 4))
"""


def test_a_method_that_is_called_directly_has_the_module_as_it_was(bench: Bench) -> None:
    recorded = bench.record(bench.write(CALLED_DIRECTLY).main)
    modules = recorded.profile.modules
    receivers = [modules[call.receiver or 0] for call in recorded.calls("Net.forward")]
    assert [each.training for each in receivers] == [True, False]
    assert [modules[each.children[0][1]].training for each in receivers] == [True, False]


def test_receivers_are_the_records_of_their_state(recorded: Recorded) -> None:
    modules = recorded.profile.modules
    states = [
        (modules[call.receiver or 0].training, dict(call.arguments)["x"]) for call in recorded.calls("Net.forward")
    ]
    assert states == [(True, TensorSeed("float32", (3, 4))), (False, TensorSeed("float32", (5, 4)))]
    paths = [modules[call.receiver or 0].path for call in recorded.calls("Block.forward")]
    assert paths == ["blocks.0", "blocks.1"] * 2


def test_builders_are_whoever_took_part(recorded: Recorded) -> None:
    inits = {"net:Net.__init__", "net:Block.__init__", "net:Base.__init__"}
    assert set(record_of(recorded, "").builders) == inits | {"net:build"}
    assert set(record_of(recorded, "blocks.1.inner").builders) == inits | {"net:build"}
    assert set(record_of(recorded, "head").builders) == {"net:build"}
    assert all(name in recorded.profile.functions for name in inits)


def test_a_module_that_is_never_called_is_recorded_as_it_was_built(bench: Bench) -> None:
    net = bench.write(NET)
    recorded = bench.record(net.build)
    returned = recorded.call("build").returned
    assert isinstance(returned, ModuleSeed)
    assert dict(recorded.profile.modules[returned.id].attrs)["bias"] == TensorSeed("float32", (4,), "cpu", True)


def test_a_library_module_is_recorded_where_it_is_the_root(bench: Bench) -> None:
    net = bench.write("""
import torch
from torch import nn
def main():
    model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())
    return model(torch.zeros(3, 4))
""")
    recorded = bench.record(net.main, probe=True)
    call = recorded.call("Sequential.forward")
    assert call.root
    assert call.caller == "net:main"
    assert not recorded.calls("ReLU.forward")
    assert recorded.free() == {(("input", 0),): [4, 6]}


def test_what_a_library_calls_inside_a_root_is_no_root(bench: Bench) -> None:
    net = bench.write("""
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
class Block(nn.Module):
    def forward(self, x): return x + 1
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
    def forward(self, x): return checkpoint(self.block, x, use_reentrant=False)
def main(): Net()(torch.zeros(3, 4))
def alone(): checkpoint(Block().forward, torch.zeros(3, 4), use_reentrant=False)
""")
    recorded = bench.record(net.main)
    assert recorded.call("Net.forward").root
    assert not recorded.call("Block.forward").root
    assert bench.record(net.alone).call("Block.forward").root


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the place of a call in its source is not known")
def test_what_a_call_leaves_to_defaults_is_left_to_them(bench: Bench) -> None:
    net = bench.write(
        "import torch\nfrom torch import nn\n"
        "def scale(x, by=2, mode='a', kept=[1]): return x * by\n"
        "class Net(nn.Module):\n"
        "    def helper(self, x, axis=0): return x.sum(axis)\n"
        "    def forward(self, x, mask=None, steps=3): return self.helper(scale(x, by=2))\n"
        "def calls():\n"
        "    x = torch.zeros(2, 3)\n"
        "    scale(x)\n"
        "    scale(*[x, 2])\n"
        "    Net()(x, steps=4)\n"
    )
    recorded = bench.record(net.calls)

    def given(function: str) -> set[tuple[str, ...]]:
        return {tuple(name for name, _ in call.arguments) for call in recorded.calls(function)}

    assert given("scale") == {("x", "kept"), ("x", "by", "kept")}
    assert given("Net.forward") == {("self", "x", "steps")}
    assert given("Net.helper") == {("self", "x")}


def test_a_call_is_left_out_if_the_program_handles_its_exception(bench: Bench) -> None:
    net = bench.write("""
def inner(x):
    if x: raise ValueError
    return None
def outer():
    try: inner(1)
    except ValueError: pass
    inner(0)
""")
    recorded = bench.record(net.outer)
    (returned,) = recorded.calls("inner")
    assert (returned.raised, returned.returned) == (None, None)


def test_generators_closures_properties_and_comprehensions(bench: Bench) -> None:
    net = bench.write("""
class Thing:
    @property
    def size(self): return 3
    @size.setter
    def size(self, value): pass
    @staticmethod
    def static(a, /, b, *, c=1): return [helper(i) for i in (a, b)]
def helper(x): return x
def make(k):
    def inner(x): return x + k
    return inner
def generate(n):
    for i in range(n): yield helper(i)
def main():
    thing = Thing(); thing.size; thing.size = 4
    list(generate(2)); Thing.static(1, b=2); make(1)(2)
""")
    recorded = bench.record(net.main)
    assert recorded.call("Thing.size").returned == 3
    assert recorded.call("generate").returned == OpaqueSeed("builtins:generator")
    assert recorded.call("Thing.static").arguments == (("a", 1), ("b", 2), ("c", 1))
    assert recorded.call("make.<locals>.inner").returned == 3
    assert {call.caller for call in recorded.calls("helper")} == {"net:generate", "net:Thing.static"}


def test_repeats_are_stored_once_and_the_number_of_calls_is_bounded(bench: Bench) -> None:
    net = bench.write("""
def same(x): return x
def numbers(i): return None
def texts(s): return None
def main(x):
    for i in range(200):
        same(x); numbers(i); texts(str(i))
""")
    recorded = bench.record(lambda: net.main(torch.zeros(2)))
    assert len(recorded.calls("same")) == 1
    assert len(recorded.calls("numbers")) == handlers.MAX_ALIKE
    assert len(recorded.calls("texts")) == MAX_CALLS


def test_threads_are_watched(bench: Bench) -> None:
    net = bench.write("def work(x): return x\n")

    def main() -> None:
        thread = threading.Thread(target=net.work, args=(1,))
        thread.start()
        thread.join()

    assert bench.record(main).call("work").returned == 1


def test_a_bug_of_ours_does_not_reach_the_program(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    net = bench.write("def work(x): return x\n")

    def broken(*args: Any) -> None:
        raise LookupError("ours")

    monkeypatch.setattr(handlers.WatchedHandler, "enter", broken)
    recorder = Recorder(bench.directory)
    recorder.start()
    assert net.work(1) == 1
    recorder.stop()
    assert "LookupError: ours" in (recorder.failure or "")


def test_other_packages_are_watched_when_asked_for(bench: Bench) -> None:
    installed = bench.directory / "venv/lib/site-packages/lib"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("def work(x): return x\n")
    net = bench.write("import sys; sys.path.append(__file__[:-6] + 'venv/lib/site-packages')\nimport lib\n")
    assert not bench.record(lambda: net.lib.work(1)).calls("work")
    assert bench.record(lambda: net.lib.work(1), include=("lib",)).calls("work")
    assert bench.record(lambda: net.lib.work(1), include=(str(installed),)).calls("work")


def test_compiled_modules_and_modes_of_the_program_do_not_notice(bench: Bench) -> None:
    net = bench.write("""
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

class Net(nn.Module):
    def forward(self, x): return helper(x)

def helper(x): return x + 1

OPERATIONS = []
class Functions(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        OPERATIONS.append(function)
        return function(*args, **(kwargs or {}))
class Dispatches(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        OPERATIONS.append(function)
        return function(*args, **(kwargs or {}))

def main(x):
    net = Net()
    compiled = torch.compile(net, backend="eager")
    compiled(x)
    with Functions(), Dispatches():
        net(x)
    del net.training, compiled
    return len(OPERATIONS)
""")
    alone = net.main(torch.zeros(2))
    net.OPERATIONS.clear()
    torch._dynamo.reset()
    assert bench.record(lambda: net.main(torch.zeros(2))).call("main").returned == alone


PARAMETRIZED = """
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

class Twice(nn.Module):
    def forward(self, weight):
        return torch.cat([weight, weight])

class Same(nn.Module):
    def forward(self, weight):
        return weight.triu()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = parametrizations.weight_norm(nn.Linear(4, 4))
        self.own = nn.Linear(4, 4)
        parametrize.register_parametrization(self.own, "weight", Same())
        self.taller = nn.Linear(4, 2, bias=False)
        parametrize.register_parametrization(self.taller, "weight", Twice(), unsafe=True)
    def forward(self, x):
        return self.taller(self.own(self.norm(x)))

def main():
    Net()(torch.zeros(3, 4))
"""


def test_a_parametrized_layer_is_a_layer_of_its_class_unless_its_weights_may_have_another_shape(bench: Bench) -> None:
    recorded = bench.record(bench.write(PARAMETRIZED).main)
    classes = {path: record_of(recorded, path).cls.rpartition(":")[2] for path in ("norm", "own", "taller")}
    assert classes == {"norm": "Linear", "own": "Linear", "taller": "ParametrizedLinear"}


HOOKED = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.key, self.value = nn.Linear(4, 4), nn.Linear(4, 4)
    def forward(self, x):
        return self.key(x) @ self.value(x).mT
def main():
    net, seen = Net(), []
    net(torch.zeros(3, 4))
    def keep(module, args, output):
        seen.append(output)
    def both(module, args, output):
        return torch.cat([output, output])
    net.value.register_forward_hook(keep)
    handle = net.key.register_forward_hook(both)
    net(torch.zeros(3, 4))
    handle.remove()
"""


def test_a_module_whose_result_a_hook_replaces_is_in_another_state(bench: Bench) -> None:
    recorded = bench.record(bench.write(HOOKED).main)
    plain, hooked = (call.receiver or 0 for call in recorded.calls("Net.forward"))
    modules = recorded.profile.modules
    marked = {record.path for record in modules.values() if (HOOKS, True) in record.attrs and record.root == hooked}
    assert plain != hooked and marked == {"key"}
    report = Session(bench.directory, recorded.profile, Options()).report(bench.directory / "net.py")
    keys, values = ([f for f in report.facts if f.span.line == 9 and f.span.end_column == end] for end in (26, 42))
    assert "Tensor[float32, N, 4]" in {fact.text for fact in values}
    assert "Tensor[float32, N, 4]" not in {fact.text for fact in keys}
