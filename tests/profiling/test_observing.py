"""What a recording says of values: snapshots, bounded, without running any code of theirs."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest
import torch

from mypy_torch_shapes.profiling.facade import Torch
from mypy_torch_shapes.profiling.keys import Keys
from mypy_torch_shapes.profiling.modules import Modules
from mypy_torch_shapes.profiling.observe import MAX_PARTS, Observer
from mypy_torch_shapes.seeds.encode import decode, encode
from mypy_torch_shapes.seeds.model import (
    IterableSeed,
    MappingSeed,
    NameSeed,
    ObjectSeed,
    OpaqueSeed,
    Seed,
    SequenceSeed,
    TensorSeed,
)
from mypy_torch_shapes.seeds.references import parts
from tests.profiling.support import Bench

VALUES = """
import collections, dataclasses, enum, functools, types
import torch

class Colour(enum.Enum):
    RED = 1

class Pair(collections.namedtuple("Pair", "a b")):
    pass

@dataclasses.dataclass
class Config:
    width: int = 3
    sizes: list = dataclasses.field(default_factory=lambda: [1, 2])

class Slotted:
    __slots__ = ("a", "never")
    def __init__(self): self.a = 1

class Hostile:
    def __init__(self): self.x = 1
    def _no(self, *args): raise AssertionError("user code ran")
    __repr__ = __eq__ = __hash__ = __getattr__ = __len__ = __iter__ = __bool__ = __getitem__ = __getattribute__ = _no
    __class__ = property(_no)

class HostileList(list):
    __len__ = __iter__ = __getitem__ = __repr__ = __eq__ = Hostile._no

class HostileTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *args, **kwargs): raise AssertionError("user code ran")

def helper(): pass
"""


def seen(value: Any) -> Seed:
    found = Torch(torch)
    with found.guard():
        seed = Observer(found, Modules().seed, lambda loader: None).seed(value)
        Keys(found, Modules().token).of((value,))
    assert decode(encode(seed)) == seed
    return seed


def test_a_namespace_is_looked_into() -> None:
    namespace = types.SimpleNamespace(x=torch.zeros(2, 3), n=4)
    assert seen(namespace) == ObjectSeed("types:SimpleNamespace", (("x", TensorSeed("float32", (2, 3))), ("n", 4)))


SCRIPT = """
import argparse
from torch.utils.data import DataLoader
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--n', type=int)
    args = parser.parse_args()
    loader = DataLoader(list(range(args.n)), batch_size=4)
    for batch in loader:
        pass
def twice(n):
    size = n
"""


def test_command_lines_and_variables_of_what_runs_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    script = bench.write(SCRIPT, "script")
    monkeypatch.setattr(sys, "argv", ["script.py", "--n", "6"])

    def action() -> None:
        script.main()
        script.twice(1)
        script.twice(2)

    scopes = bench.record(action).profile.scopes
    assert scopes.keys() == {"script:main"}
    assert scopes["script:main"].command_lines == (("--n", "6"),)
    found = {each.name: each.seeds for each in scopes["script:main"].sightings}
    assert [seed.element for seed in found["loader"] if isinstance(seed, IterableSeed)] == [
        TensorSeed("int64", (4,)),
        TensorSeed("int64", (2,)),
    ]


@pytest.fixture
def values(bench: Bench) -> Any:
    return bench.write(VALUES, "values")


@pytest.mark.parametrize(
    ("value", "seed"),
    [
        (torch.zeros(2, 3), TensorSeed("float32", (2, 3))),
        (torch.zeros(2, dtype=torch.bool, device="meta"), TensorSeed("bool", (2,), "meta")),
        (torch.nn.Parameter(torch.zeros(())), TensorSeed("float32", (), "cpu", True)),
        (torch.float16, NameSeed("dtype", "float16")),
        (torch.device("cpu"), NameSeed("device", "cpu")),
        (torch.Size([2]), SequenceSeed("torch:Size", (2,))),
        (torch.relu, NameSeed("function", "torch:relu")),
        (torch.nn.functional.relu, NameSeed("function", "torch.nn.functional:relu")),
        (torch.nn.functional.gelu, NameSeed("function", "torch.nn.functional:gelu")),
        (torch.nn.ReLU, NameSeed("class", "torch.nn.modules.activation:ReLU")),
        (torch.strided, NameSeed("layout", "strided")),
        (torch, NameSeed("module", "torch")),
        (len, NameSeed("function", "builtins:len")),
        (1, 1),
        (True, True),
        (float("inf"), float("inf")),
        (np.sqrt(0.25), 0.5),
        (2 + 1j, 2 + 1j),
        (b"\0x", b"\0x"),
        ("\ud800", "\ud800"),
        (10**400, OpaqueSeed("builtins:int")),
        ("x" * 10_000, OpaqueSeed("builtins:str")),
        ((1, [None]), SequenceSeed("tuple", (1, SequenceSeed("list", (None,))))),
        ({"b", "a"}, SequenceSeed("set", ("a", "b"))),
        ({"k": 1, 2: ()}, MappingSeed("dict", (("k", 1), (2, SequenceSeed("tuple", ()))))),
        (slice(1, None), ObjectSeed("builtins:slice", (("start", 1), ("stop", None), ("step", None)))),
        (range(3), ObjectSeed("builtins:range", (("start", 0), ("stop", 3), ("step", 1)))),
        (..., OpaqueSeed("builtins:ellipsis")),
        (sys, NameSeed("module", "sys")),
        (torch.optim.SGD([torch.zeros(1)], 0.1), OpaqueSeed("torch.optim.sgd:SGD")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_and_its_seed(value: Any, seed: Seed) -> None:
    assert seen(value) == seed


def test_values_of_the_programs_own_classes(values: Any) -> None:
    assert seen(values.Colour.RED) == NameSeed("enum", "values:Colour.RED")
    assert seen(values.Pair(1, 2)) == SequenceSeed("values:Pair", (1, 2))
    sizes = SequenceSeed("list", (1, 2))
    assert seen(values.Config()) == ObjectSeed("values:Config", (("width", 3), ("sizes", sizes)))
    assert seen(values.Slotted()) == ObjectSeed("values:Slotted", (("a", 1),))
    assert seen(values.helper) == NameSeed("function", "values:helper")


KEEPING = """
def kept(cls):
    class Decorator(cls):
        pass
    Decorator.__name__ = cls.__name__
    return Decorator
"""
DECORATED = """
from keeping import kept

@kept
class Net:
    pass

Other = kept(Net)
"""


def test_a_class_that_a_decorator_made_is_called_what_its_module_calls_it(bench: Bench) -> None:
    bench.write(KEEPING, "keeping")
    module = bench.write(DECORATED, "decorated")
    assert seen(module.Net) == NameSeed("class", "decorated:Net")
    assert seen(module.Other) == NameSeed("class", "keeping:kept.<locals>.Decorator")
    module.Net.__module__ = "decorated"
    assert seen(module.Net) == NameSeed("class", "decorated:Net")


def test_no_code_of_a_value_runs(values: Any) -> None:
    hostile = values.Hostile()
    assert seen(hostile) == ObjectSeed("values:Hostile", (("x", 1),))
    assert seen(values.HostileList([1, 2])) == SequenceSeed("values:HostileList", (1, 2))
    with torch._C.DisableTorchFunction():
        tensor = torch.zeros(2).as_subclass(values.HostileTensor)
    assert seen([tensor]) == SequenceSeed("list", (TensorSeed("float32", (2,)),))


def test_values_without_end_are_cut() -> None:
    round_and_round: list[Any] = [1]
    round_and_round.append(round_and_round)
    assert seen(round_and_round) == SequenceSeed("list", (1, OpaqueSeed("builtins:list")))
    long = seen(list(range(10_000)))
    assert isinstance(long, SequenceSeed)
    assert not long.complete
    assert long.items == tuple(range(16))
    wide = [[[[list(range(9)) for _ in range(9)] for _ in range(9)] for _ in range(9)] for _ in range(9)]
    assert _count(seen(wide)) < 3 * MAX_PARTS


def _count(seed: Seed) -> int:
    return 1 + sum(map(_count, parts(seed)))


def test_what_is_mutated_later_stays_as_it_was(bench: Bench) -> None:
    net = bench.write("""
def work(xs, table):
    xs.append(3); table["new"] = 1
    return xs
""")
    recorded = bench.record(lambda: net.work([1], {}))
    call = recorded.call("work")
    assert dict(call.arguments) == {"xs": SequenceSeed("list", (1,)), "table": MappingSeed("dict", ())}
    assert call.returned == SequenceSeed("list", (1, 3))


def test_a_loader_is_known_by_what_it_yielded(bench: Bench) -> None:
    net = bench.write("""
from torch.utils.data import DataLoader, TensorDataset
def train(loader):
    for x, y in loader: pass
def main(x):
    train(DataLoader(TensorDataset(x, x.long()), batch_size=4))
def unused(loader): pass
""")
    state = torch.get_rng_state()
    recorded = bench.record(lambda: net.main(torch.zeros(10, 3)))
    elements = [dict(call.arguments)["loader"] for call in recorded.calls("train")]
    assert elements == [
        IterableSeed(
            "torch.utils.data.dataloader:DataLoader",
            SequenceSeed("list", (TensorSeed("float32", (n, 3)), TensorSeed("int64", (n, 3)))),
            3,
        )
        for n in (4, 2)
    ]
    assert not torch.equal(state, torch.get_rng_state())  # as without us: a loader draws its seed
    recorded = bench.record(lambda: net.unused(torch.utils.data.DataLoader([1])))
    assert dict(recorded.call("unused").arguments)["loader"] == OpaqueSeed("torch.utils.data.dataloader:DataLoader")


def test_arrays_are_what_tensors_are_made_of() -> None:
    shape = SequenceSeed("tuple", (2, 3))
    table = ObjectSeed("numpy:ndarray", (("dtype", "float32"), ("shape", shape), ("numbers", None)))
    assert seen(np.zeros((2, 3), dtype=np.float32)) == table
    assert dict(seen(np.array([5, 6])).attrs)["numbers"] == "5 6"
    assert decode(encode(table)) == table


def test_the_command_line_belongs_to_the_program_s_own_parse_args(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = bench.write(SCRIPT.replace("def main", "def parse_args"), "script")
    monkeypatch.setattr(sys, "argv", ["script.py", "--n", "6"])
    scopes = bench.record(script.parse_args).profile.scopes
    assert scopes["script:parse_args"].command_lines == (("--n", "6"),)
