"""Lengths of padded rows after arithmetic: the largest is followed where it stays the largest, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, Profile, TensorSeed, Variation
from tests.evaluation.test_programs import HEAD, reported, returned

RISING = [
    "lengths", "lengths - 2", "3 + lengths * 2", "lengths // 2", "torch.div(lengths - 1, 2, rounding_mode='floor') + 1",
    "torch.floor(lengths / 2).long()", "torch.ceil(lengths.float() / 4).to(torch.int64)", "(lengths + 1).cpu().int()",
    "torch.tensor([int(n) // 2 for n in lengths])", "torch.tensor([int(n) + n.item() for n in lengths])",
    "torch.tensor(np.ceil(lengths.numpy() / 2).astype('int64'))", "torch.from_numpy(lengths.numpy() // 3)",
    "torch.as_tensor(np.array(np.floor(lengths.numpy() / 2), dtype=np.int64).tolist())",
]  # fmt: skip
FALLING = [
    "20 - lengths", "lengths * -1", "lengths // -2", "torch.tensor([30 - int(n) for n in lengths])", "lengths % 4",
    "torch.tensor([int(n) * -2 for n in lengths])", "torch.tensor([int(n) - 2 * int(n) for n in lengths])",
    "torch.tensor([int(n) for n in lengths if n > 3])", "torch.from_numpy(9 - lengths.numpy())",
]  # fmt: skip


def source_of(expression: str) -> str:
    return (
        f"{HEAD}import numpy as np\ndef f(x, lengths):\n    changed = {expression}\n"
        "    return torch.zeros(int(changed.max()))\n"
    )


def largest(expression: str, directory: Path) -> str | None:
    """The type of a tensor as long as the largest is, in our eyes."""

    def call(probe: int | None, steps: int) -> CallRecord:
        arguments = (("x", TensorSeed("float32", (3, steps))), ("lengths", TensorSeed("int64", (3,), largest=steps)))
        return CallRecord("program:f", arguments, root=True, probe=probe)

    record = FunctionRecord("program", "f", "program.py", 5, "")
    variations = [Variation(0, (("x", 1),), size, True) for size in (9, 12)]
    calls = [call(None, 7), call(0, 9), call(1, 12)]
    profile = Profile({"program:f": record}, {}, calls, variations)
    report = reported(directory, source_of(expression), profile)
    assert not report.findings
    return returned(report, directory)


@pytest.mark.parametrize("expression", RISING)
def test_the_largest_stays_the_largest(expression: str, tmp_path: Path) -> None:
    said = largest(expression, tmp_path)
    namespace: dict[str, Any] = {}
    exec(source_of(expression), namespace)
    real = namespace["f"](torch.zeros(3, 7), torch.tensor([4, 7, 6]))
    assert said is not None and said.startswith("Tensor[float32, ") and "_" not in said
    assert eval(said.removeprefix("Tensor[float32, ").removesuffix("]"), {"T": 7, "D": 7}) == real.shape[0]


@pytest.mark.parametrize("expression", FALLING)
def test_what_becomes_of_the_others_is_not_known(expression: str, tmp_path: Path) -> None:
    assert largest(expression, tmp_path) in ("Tensor[float32, _]", None)
