"""What is said of the recorded calls of one function: which contexts there are, and how far integers are sizes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation import recorded_calls
from mypy_torch_shapes.evaluation.contexts import Call
from mypy_torch_shapes.evaluation.recorded_calls import RecordedCalls
from mypy_torch_shapes.seeds.digests import function_digest, index_functions
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    FunctionRecord,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    SequenceSeed,
    TensorSeed,
)

from .test_programs import reported


def functions_of(source: str) -> dict[str, FunctionRecord]:
    return {
        f"program:{name}": FunctionRecord("program", name, "program.py", located[0].lineno, function_digest(*located))
        for name, located in index_functions(ast.parse(source)).items()
    }


CELLS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.rnn = getattr(nn, cell)(6, 5)
    def forward(self, x):
        out, hidden = self.rnn(x)
        return out, hidden
"""


def test_a_module_where_something_is_no_tensor_has_a_context_of_its_own(tmp_path: Path) -> None:
    modules = {
        number: ModuleRecord(number, "program:Net", number, "", (("cell", cell),), (), (), True, ("setup:build",))
        for number, cell in enumerate(("GRU", "LSTM"))
    }
    x = TensorSeed("float32", (4, 2, 6))
    calls = [
        CallRecord("program:Net.forward", (("self", ModuleSeed(number)), ("x", x)), receiver=number, root=True)
        for number in modules
    ]
    report = reported(tmp_path, CELLS, Profile(functions_of(CELLS), modules, calls))
    hidden = [fact for fact in report.facts if fact.span.line == 10 and fact.span.column == 20]
    forward = [context for context in report.contexts if context.function.endswith("forward")]
    assert len(forward) == 2 and len(hidden) == 1


VOCABULARY = """
import torch
class Vocabulary:
    def __init__(self, numbers):
        self.numbers = numbers
    def encode(self, text):
        found = []
        for letter in text:
            for _ in range(300):
                found.append(self.numbers[letter])
        return torch.tensor([found])
"""


def test_numbers_that_are_configuration_are_not_tried_as_sizes_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Call] = []
    real = RecordedCalls._attempt
    monkeypatch.setattr(RecordedCalls, "_attempt", lambda self, *call: tried.append(call[0]) or real(self, *call))
    monkeypatch.setattr(recorded_calls, "_RELEASING_STEPS", 1_000)
    numbers = MappingSeed("dict", tuple((letter, place + 2) for place, letter in enumerate("abcdefgh")))
    vocabulary = ObjectSeed("program:Vocabulary", (("numbers", numbers),))
    arguments = (("self", vocabulary), ("text", "abcdefgh"))
    call = CallRecord("program:Vocabulary.encode", arguments, root=True)
    reported(tmp_path, VOCABULARY, Profile(functions_of(VOCABULARY), {}, [call]))
    assert len(tried) < 6


SCRIPT = """
import torch
def loss(x, y):
    return (x - y) ** 2
def step(batch):
    return loss(torch.zeros(4, 3), batch.unfamiliar())
loss(torch.zeros(4, 3), torch.zeros(4, 3))
"""


def test_what_a_script_shows_of_a_call_does_not_stand_for_what_is_not_known_of_it(tmp_path: Path) -> None:
    x = TensorSeed("float32", (4, 3))
    calls = [
        CallRecord("program:step", (("batch", OpaqueSeed("library:Batch")),), root=True, order=1),
        CallRecord("program:loss", (("x", x), ("y", x)), caller="program:step", order=0),
    ]
    report = reported(tmp_path, SCRIPT, Profile(functions_of(SCRIPT), {}, calls))
    assert "Tensor[float32, N, D]" in {fact.text for fact in report.facts if fact.span.line == 4}


STATEFUL = """
import torch
from torch import nn
class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = None
    def forward(self, x, t):
        if t == 0:
            self.seen = torch.zeros(x.shape)
        return x + self.seen
"""


def test_what_an_earlier_call_left_in_a_module_is_not_what_a_later_one_finds(tmp_path: Path) -> None:
    functions = functions_of(STATEFUL)
    left = (("seen", TensorSeed("float32", (2, 7))),)
    module = ModuleRecord(0, "program:Attention", 0, "", (), left, (), True, ("program:Attention.__init__",))
    x = TensorSeed("float32", (3, 4))
    calls = [
        CallRecord("program:Attention.forward", (("self", ModuleSeed(0)), ("x", x), ("t", t)), receiver=0, root=True)
        for t in (0, 2)
    ]
    report = reported(tmp_path, STATEFUL, Profile(functions, {0: module}, calls))
    assert not report.findings
    set_up = STATEFUL.replace("if t == 0:", "return x + self.seen")
    set_up = set_up.replace("            self.seen", "    def set_up(self, x):\n        self.seen")
    assert reported(tmp_path, set_up, Profile(functions_of(set_up), {0: module}, calls)).findings  # as it was set up
    edited = STATEFUL.replace("return x + self.seen", "return x + torch.zeros(2, 7)")
    assert reported(tmp_path, edited, Profile(functions, {0: module}, calls)).findings


COUNTED = """
import torch
def first(x, t):
    if t == 0:
        x = x.sum(0)
    return x
def every(x, step):
    for t in range(0, len(x), step.item()):
        first(x, t)
    for t in range(len(x)):
        first(x, len(x) - 1 - t)
"""


@pytest.mark.parametrize("numbers", [(2, 0), (0, 2), None])
def test_a_number_may_be_none_whatever_it_is_called(numbers: tuple[int, ...] | None, tmp_path: Path) -> None:
    x, functions = TensorSeed("float32", (4, 3)), functions_of(COUNTED)
    calls = [CallRecord("program:first", (("x", x), ("t", t)), root=True) for t in numbers or ()]
    if not calls:
        calls = [CallRecord("program:every", (("x", x), ("step", TensorSeed("int64", ()))), root=True)]
    report = reported(tmp_path, COUNTED, Profile(functions, {}, calls))
    sums = {fact.text for fact in report.facts if fact.span.line == 5 and fact.span.end_column == 20}
    assert sums == {"Tensor[float32, D]"}
    assert {fact.dims for fact in report.facts if fact.span.line == 6} == {None}  # the other way leaves another rank


CACHED = """
import torch
class Cache:
    def update(self, keys):
        return torch.cat([*self.keys, keys], dim=1)
def attend(keys, cache):
    keys = cache.update(keys)
    return keys
"""


def test_a_call_that_differs_in_what_its_objects_hold_is_not_described_by_one_with_other_types(tmp_path: Path) -> None:
    def call(steps: int, *held: int) -> CallRecord:
        keys = SequenceSeed("list", tuple(TensorSeed("float32", (2, past, 8)) for past in held))
        cache = ObjectSeed("program:Cache", (("keys", keys),))
        arguments = (("keys", TensorSeed("float32", (2, steps, 8))), ("cache", cache))
        return CallRecord("program:attend", arguments, root=True)

    report = reported(tmp_path, CACHED, Profile(functions_of(CACHED), calls=[call(7), call(1, 7)]))
    returned = {fact.text for fact in report.facts if fact.span.line == 8}
    assert returned == {"Tensor[float32, N, T, D]", "Tensor[float32, N2, _, D2]"}


TABLE = """
import torch
def table(n):
    x = torch.zeros(n, 3)
    y = torch.ones({2: 5, 3: 6}[n])
    return x
"""


def test_a_number_is_a_size_where_more_can_be_claimed_so_than_of_the_number_it_was(tmp_path: Path) -> None:
    calls = [CallRecord("program:table", (("n", 2),), root=True)]
    report = reported(tmp_path, TABLE, Profile(functions_of(TABLE), calls=calls))
    assert {fact.text for fact in report.facts if fact.span.line == 6} == {"Tensor[float32, n, 3]"}


ROUNDS = """
import torch
def pick(x, n):
    for i in range(n):
        if i == 1:
            x = x + torch.ones({width})
    return x
"""


def test_an_edit_that_fails_in_the_round_that_was_run_is_found(tmp_path: Path) -> None:
    calls = [CallRecord("program:pick", (("x", TensorSeed("float32", (4,))), ("n", 2)), root=True)]
    profile = Profile(functions_of(ROUNDS.format(width=4)), calls=calls)
    assert not reported(tmp_path, ROUNDS.format(width=4), profile).findings
    assert reported(tmp_path, ROUNDS.format(width=5), profile).findings
