"""torch.set_default_dtype: for what the program does afterwards, and for no other program."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_programs import HEAD, reported

LAYER = "y = nn.Linear(4, 2)(torch.zeros(3, 4, dtype=torch.float32))\n"


def messages(directory: Path, source: str) -> list[str]:
    directory.mkdir()
    return [finding.message for finding in reported(directory, HEAD + source).findings]


def test_what_another_program_chose_does_not_count(tmp_path: Path) -> None:
    (wrong,) = messages(tmp_path / "first", "torch.set_default_dtype(torch.float64)\n" + LAYER)
    assert "float64" in wrong
    assert messages(tmp_path / "second", LAYER) == []


@pytest.mark.parametrize(
    "chosen",
    [
        "torch.set_default_dtype(torch.float64)\ntorch.set_default_dtype(torch.float32)",
        "if torch.cuda.is_available():\n    torch.set_default_dtype(torch.float64)",
        "if torch.cuda.is_available():\n    torch.set_default_tensor_type(torch.cuda.HalfTensor)",
        "torch.set_default_dtype(getattr(torch, open('dtype').read()))",
        "torch.set_default_tensor_type('torch.FloatTensor')",
    ],
)
def test_a_choice_that_is_taken_back_or_not_certain_is_no_error(chosen: str, tmp_path: Path) -> None:
    assert messages(tmp_path / "program", f"{chosen}\n{LAYER}z = torch.arange(3) * 0.5 + torch.zeros(3)\n") == []


def test_the_shape_is_known_where_the_dtype_is_not(tmp_path: Path) -> None:
    chosen = "if torch.cuda.is_available():\n    torch.set_default_dtype(torch.float64)\n"
    assert messages(tmp_path / "program", f"{chosen}torch.zeros(3, 4) @ torch.zeros(3, 4)\n") != []


def test_a_class_of_tensors_names_a_dtype(tmp_path: Path) -> None:
    (wrong,) = messages(tmp_path / "program", "torch.set_default_tensor_type(torch.DoubleTensor)\n" + LAYER)
    assert "float64" in wrong
