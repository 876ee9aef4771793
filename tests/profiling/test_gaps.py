"""Where something cannot be followed, the record goes on: calls of single modules, from what they were given."""

from __future__ import annotations

import pytest

from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.model import Profile
from tests.profiling.support import Bench

NET = """
import weakref
import torch
from torch import nn
def opaque(x):
    return weakref.ref(x)()[:, :]
def given(value):
    return value
class Layer(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.fc = nn.Linear(n, m)
    def forward(self, x):
        return self.fc(given(x))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Layer(6, 5)
        self.second = Layer(5, 4)
    def forward(self, x):
        given(None)
        return self.second(opaque(self.first(x)))
"""


@pytest.fixture
def recorded(bench: Bench) -> Profile:
    import torch

    net = bench.write(NET)
    return bench.record(lambda: net.Net()(torch.randn(3, 6)), probe=True).profile


def report(bench: Bench, profile: Profile, before: str = "", after: str = "") -> FileReport:
    (bench.directory / "net.py").write_text(NET.replace(before, after) if before else NET)
    return Session(bench.directory, profile, Options()).report(bench.directory / "net.py")


def said(found: FileReport, function: str) -> dict[str | None, list[str]]:
    """By instance, the types in a function."""
    return {
        context.instance: [fact.text for fact in found.facts if fact.context == context.id]
        for context in found.contexts
        if context.function == function
    }


def test_a_module_that_nothing_led_to_is_entered_as_it_was_recorded(bench: Bench, recorded: Profile) -> None:
    types = said(report(bench, recorded), "net.Layer.forward")
    assert types["first"][0] == "Tensor[float32, N, 5]"
    assert types["second"][0] == "Tensor[float32, N, 4]"


def test_a_mistake_behind_what_cannot_be_followed_is_found(bench: Bench, recorded: Profile) -> None:
    found = report(bench, recorded, "return self.fc(given(x))", "return self.fc(given(x).t())")
    assert {each.message for each in found.findings} == {"linear: input has N features, expected in_features = 6"}




def test_what_came_before_has_to_be_what_it_was(bench: Bench, recorded: Profile) -> None:
    edited = report(bench, recorded, 'weakref.ref(x)()[:, :]', 'weakref.ref(x)()[:, :5]')
    assert said(edited, "net.Layer.forward")["second"] == ["Tensor[float32, ...]"]
    assert not edited.findings


def test_a_call_without_a_tensor_is_a_context_too(bench: Bench, recorded: Profile) -> None:
    contexts = [context for context in report(bench, recorded).contexts if context.function == "net.given"]
    assert [bool(context.symbols) for context in contexts].count(False) == 1


GATHERING = """
import torch
from torch import distributed, nn
def everywhere(x):
    if not (distributed.is_available() and distributed.is_initialized()):
        return x
    parts = [torch.zeros_like(x) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, x)
    return torch.cat(parts)[:, :5 * distributed.get_world_size()]
class Net(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.fc = nn.Linear(n, m)
        self.several = distributed.is_initialized() and distributed.get_world_size() > 1
    def forward(self, x, y):
        x = self.fc(x)
        if self.several:
            x, y = everywhere(x), everywhere(y)
        return everywhere(x) @ everywhere(y).t()
"""


@pytest.mark.parametrize("several", [False, True])
def test_where_the_run_was_one_process_there_is_no_process_group(bench: Bench, several: bool) -> None:
    import torch
    from torch import distributed

    def action() -> None:
        if several:
            distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
        try:
            module = bench.write(GATHERING, "gathering")
            module.Net(6, 5)(torch.zeros(3, 6), torch.zeros(4, 5))
        finally:
            if several:
                distributed.destroy_process_group()

    profile = bench.record(action).profile
    assert profile.distributed is several
    path = bench.directory / "gathering.py"
    assert not Session(bench.directory, profile, Options()).report(path).findings
    path.write_text(GATHERING.replace("nn.Linear(n, m)", "nn.Linear(n, m + 1)"))
    findings = Session(bench.directory, profile, Options()).report(path).findings
    assert [each.span.line for each in findings] == ([] if several else [19])


PROMPTS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 4)
    def encode(self, texts):
        return torch.zeros(len(texts), 6)
    def forward(self, batch):
        y = self.fc(batch["x"]) + self.fc(self.encode(batch["texts"]))
        return y.unsqueeze(1)
    def generate(self, texts, steps):
        return self.fc(self.encode(texts).repeat(1, steps).view(-1, steps, 6))
    def named(self, x, names):
        return torch.cat([self.fc(x) for _ in names], dim=1)
"""


def test_prompts_are_a_batch_and_names_are_not(bench: Bench) -> None:
    import torch

    module = bench.write(PROMPTS, "prompts")

    def action() -> None:
        net = module.Net()
        net({"x": torch.zeros(2, 6), "texts": ["a cat", "a dog"]})
        net.generate(["a cat", "a dog"], 3)
        net.named(torch.zeros(2, 6), ["first", "second"])

    profile = bench.record(action).profile
    path = bench.directory / "prompts.py"
    report = Session(bench.directory, profile, Options()).report(path)
    assert not report.findings
    claims = {fact.span.line: fact.text for fact in report.facts if fact.span.column == 15}
    assert claims == {
        9: "Tensor[float32, n, 6]",
        12: "Tensor[float32, N, 1, 4]",
        14: "Tensor[float32, n, steps, 4]",
        16: "Tensor[float32, N, _]",
    }
    path.write_text(PROMPTS.replace("len(texts), 6", "len(texts), 5"))
    assert len(Session(bench.directory, profile, Options()).report(path).findings) >= 1
