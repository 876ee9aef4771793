"""Lists that outlive a call: what one call appends, as another finds it."""

from __future__ import annotations

from pathlib import Path

from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, Profile, TensorSeed, Variation
from tests.evaluation.test_programs import HEAD, reported

SOURCE = f"""{HEAD}from collections import namedtuple
Saved = namedtuple('Saved', ['value', 'size'])
class Memory:
    def __init__(self):
        self.saved, self.rewards = [], []
memory = Memory()
def act(x):
    memory.saved.append(Saved(x[:, :1] * torch.zeros(1, 5), x.size(0)))
    memory.rewards.append(0.5)
def unseen(x):
    memory.saved.append(None)
def learn():
    value, size = memory.saved[0]
    total = 0
    gains = []
    for reward in memory.rewards[::-1]:
        total = reward + 0.9 * total
        gains.insert(0, total)
    gains = torch.tensor(gains)
    return value.sum(0) * (gains / size).mean()
def main(x):
    for _ in range(int(x.sum())):
        act(x)
    return learn()
"""
LEARN = CallRecord("program:learn", (), root=True, order=2)


def profile(*calls: CallRecord) -> Profile:
    keys = {call.function for call in calls} | {"program:act"}
    names = ("act", "learn", "main")
    lines = {f"program:{name}": SOURCE[: SOURCE.index(f"def {name}")].count("\n") + 1 for name in names}
    records = {key: FunctionRecord("program", key.partition(":")[2], "program.py", lines[key], "") for key in keys}
    variations = [Variation(0, (("x", 0),), size, True) for size in (3, 5)] if calls[0].arguments else []
    return Profile(records, {}, list(calls), variations)


def called(function: str) -> CallRecord:
    return CallRecord(f"program:{function}", (("x", TensorSeed("float32", (2, 7))),), root=True)


def result(report: FileReport) -> set[str]:
    """The types of what `learn` returns."""
    line = SOURCE[: SOURCE.index("return value.sum")].count("\n") + 1
    column = len("    return ")
    end = column + len("value.sum(0) * (gains / size).mean()")
    spans = [each.span for each in report.facts]
    assert any(span.line == line for span in spans)
    return {
        fact.text
        for fact in report.facts
        if (fact.span.line, fact.span.column, fact.span.end_column) == (line, column, end)
    }


def test_a_later_call_finds_what_an_earlier_one_appended_without_its_names(tmp_path: Path) -> None:
    report = reported(tmp_path, SOURCE, profile(called("act"), LEARN))
    assert result(report) == {"Tensor[float32, 5]"}
    assert "Tensor[float32, _, 5]" in {fact.text for fact in report.facts}
    assert not report.findings


def test_a_loop_finds_what_it_appended_itself(tmp_path: Path) -> None:
    report = reported(tmp_path, SOURCE, profile(called("main")))
    assert result(report) == {"Tensor[float32, 5]"}
    assert not report.findings


def test_a_list_to_which_a_recorded_function_appends_unseen_holds_anything(tmp_path: Path) -> None:
    seen = profile(called("act"), LEARN)
    assert result(reported(tmp_path, SOURCE, seen)) == {"Tensor[float32, 5]"}
    seen.functions["program:unseen"] = FunctionRecord("program", "unseen", "program.py", 11, "")
    assert result(reported(tmp_path, SOURCE, seen)) != {"Tensor[float32, 5]"}
