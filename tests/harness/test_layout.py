"""How programs are laid out to be measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import programs


def test_a_copied_file_imports_from_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    lines = ["from . import _builder", "from ._api import f", "from ..layers.norm import g", "from os import path"]
    (tmp_path / "models" / "net.py").write_text("\n".join(lines))
    monkeypatch.setattr(programs, "package_directory", lambda name: tmp_path)
    copied = programs.standing_alone("library/models/net.py").splitlines()
    assert copied == [
        "from library.models import _builder",
        "from library.models._api import f",
        "from library.layers.norm import g",
        "from os import path",
    ]


def test_every_entry_has_its_driver() -> None:
    for program in programs.real_code():
        assert program.drivers is not None and (program.drivers / program.driver).exists(), program.name
        assert program.files and len(program.sizes) >= 2, program.name
