"""Our errors where people see them: dmypy, python-lsp-server with pylsp-mypy, and Neovim (`make editors`)."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.client import REPOSITORY, Client
from tests.editors.conftest import MESSAGE, PLACE, broken, line_of

pytestmark = pytest.mark.editors
LUA = Path(__file__).parent / "neovim.lua"
QUIET = {name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe", "autopep8", "yapf")}
needs_pylsp = pytest.mark.skipif(
    importlib.util.find_spec("pylsp_mypy") is None, reason="pylsp-mypy is not installed: pip install '.[editors]'"
)
needs_neovim = pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim (nvim) is not installed")


def ours(diagnostics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in diagnostics if str(each.get("code", "")).startswith("tensor-")]


@pytest.fixture
def daemon(network: Path, environment: dict[str, str]) -> Iterator[Path]:
    yield network
    dmypy(network, environment, "stop")


def dmypy(root: Path, environment: dict[str, str], *arguments: str) -> list[str]:
    everything = {**os.environ, **environment, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "mypy.dmypy", *arguments]
    done = subprocess.run(command, cwd=root, env=everything, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout.splitlines()


def test_dmypy_follows_edits(daemon: Path, environment: dict[str, str]) -> None:
    path = daemon / "resnet.py"
    text = path.read_text()

    def errors() -> list[str]:
        return [line for line in dmypy(daemon, environment, "run") if "error: " in line]

    assert errors() == []
    path.write_text(broken(text))
    place = f"resnet.py:{line_of(text, PLACE) + 1}"
    assert errors() == [f"{place}: error: {MESSAGE}  [tensor-shape]"]
    path.write_text(text)
    assert errors() == []


def client_of(root: Path, environment: dict[str, str], **options: object) -> Client:
    """python-lsp-server with nothing but pylsp-mypy."""
    client = Client([sys.executable, "-m", "pylsp"], root, environment=environment)
    settings = {"pylsp": {"plugins": {**QUIET, "pylsp_mypy": {"enabled": True, **options}}}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    return client


def is_the_error(diagnostic: dict[str, Any], text: str) -> bool:
    line = line_of(text, PLACE)
    column = text.splitlines()[line].index(PLACE)
    place = {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + len(PLACE)}}
    return (diagnostic["range"], diagnostic["severity"], diagnostic["code"]) == (place, 1, "tensor-shape")


def wait_for(client: Client, path: Path, some: bool) -> list[dict[str, Any]]:
    """Our diagnostics, once there are some, or none any more: a server publishes those of older texts, too."""
    while True:
        found = ours(client.diagnostics(path))
        if bool(found) is some:
            return found


@needs_pylsp
def test_pylsp_shows_errors_in_a_buffer_that_is_not_saved(network: Path, environment: dict[str, str]) -> None:
    path = network / "resnet.py"
    text = "# a line that is not in the file\n" + path.read_text()
    client = client_of(network, environment, live_mode=True)
    client.open(path)
    assert ours(client.diagnostics(path)) == []
    client.change(path, broken(text), 2)
    error, *notes = wait_for(client, path, some=True)
    assert is_the_error(error, text)
    assert error["message"] == MESSAGE
    assert {note["severity"] for note in notes} == {3}  # information
    assert any("Tensor[float32, N, 8" in note["message"] for note in notes)
    client.change(path, text, 3)
    assert wait_for(client, path, some=False) == []
    client.close()


@needs_pylsp
def test_pylsp_with_dmypy_shows_errors_when_a_file_is_saved(daemon: Path, environment: dict[str, str]) -> None:
    path = daemon / "resnet.py"
    text = path.read_text()
    client = client_of(daemon, environment, live_mode=False, dmypy=True)
    client.open(path)
    assert ours(client.diagnostics(path)) == []
    client.change(path, broken(text), 2)
    client.save(path, broken(text))
    error, *_ = wait_for(client, path, some=True)
    assert is_the_error(error, text)
    client.change(path, text, 3)
    client.save(path, text)
    assert wait_for(client, path, some=False) == []
    client.close()


def neovim(root: Path, environment: dict[str, str], **settings: object) -> dict[str, Any]:
    """What neovim.lua has seen: it opens resnet.py, edits the buffer as it is told, and asks the servers."""
    result = root / "seen.json"
    task = json.dumps({"python": sys.executable, "result": str(result), **settings})
    own = {"PYTHONPATH": str(REPOSITORY), "XDG_STATE_HOME": str(root), "XDG_DATA_HOME": str(root), "TASK": task}
    everything = {**os.environ, **environment, **own}
    command = ["nvim", "--headless", "--clean", "-n", "resnet.py", "-c", f"luafile {LUA}", "-c", "qa!"]
    done = subprocess.run(command, cwd=root, env=everything, capture_output=True, text=True, timeout=500, check=False)
    assert result.exists(), done.stdout + done.stderr
    return dict(json.loads(result.read_text()))


@needs_neovim
@needs_pylsp
def test_neovim_shows_errors_while_a_buffer_is_edited(network: Path, environment: dict[str, str]) -> None:
    text = (network / "resnet.py").read_text()
    number = line_of(text, "self.conv2 = conv3x3(planes, planes)")
    edited = broken(text).splitlines()[number]
    seen = neovim(network, environment, server="pylsp", line=number, text=edited)
    (error,) = (each for each in seen["diagnostics"] if each["severity"] == 1)
    assert (error["lnum"], error["message"], error["code"]) == (line_of(text, PLACE), MESSAGE, "tensor-shape")
    assert any(MESSAGE in mark for mark in seen["shown"]), seen  # as virtual text beside the line
    assert seen["file_unchanged"]
    assert not seen["after_undo"]


@needs_neovim
def test_neovim_shows_shapes_on_hover(network: Path, environment: dict[str, str]) -> None:
    text = (network / "resnet.py").read_text()
    number = line_of(text, PLACE)
    column = text.splitlines()[number].index("out")
    seen = neovim(network, environment, server="ours", line=number, column=column)
    assert "Tensor[float32, N, 8" in seen["hover"]
    assert any(label.startswith("float32[N, ") or label.startswith(": float32[N, ") for label in seen["hints"])
