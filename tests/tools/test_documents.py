"""README, docs, --help and messages agree: every command that is shown is run, every option that is named exists."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from mypy_torch_shapes import messages
from mypy_torch_shapes.cli import SUBCOMMANDS, main
from tests.tools.support import REPOSITORY, Project, run

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"(?:run: |[`$] ?)mypy-torch-shapes ([a-z]+)((?: +\[?--?[a-z-]+)*)")
NOT_RUN = {"pip", "cd", "make", "git"}  # what brings one to where the others are run
PROGRAMS = {
    "mypy-torch-shapes": ["mypy_torch_shapes"],
    "pytest": ["pytest", "-p", "mypy_torch_shapes.pytest_plugin", "-p", "no:cacheprovider"],
    "python": [],
}
EXTRA = {
    "pkg/__init__.py": "",
    "pkg/net.py": "from torch import nn\n\nnet = nn.Sequential(nn.Linear(3, 4), nn.ReLU())\n",
    "pkg/train.py": "import torch\n\nfrom .net import net\n\nnet(torch.randn(2, 3))\n",
    "test_model.py": "import torch, model\n\n\ndef test_net():\n    model.Net(16, 32, 10)(torch.randn(3, 16))\n",
    "pytest.ini": "[pytest]\npythonpath = .\n",
}


def commands(document: Path) -> list[str]:
    lines = [line for block in BLOCK.findall(document.read_text()) for line in block.splitlines()]
    return [line[2:].partition("  #")[0].strip() for line in lines if line.startswith("$ ")]


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if commands(each)], ids=lambda each: each.name)
def test_every_command_that_is_shown_runs(document: Path, project: Project) -> None:
    shutil.rmtree(project.root / ".mypy_torch_shapes" / "cache", ignore_errors=True)
    for name, text in EXTRA.items():
        project.write(name, text)
    for command in commands(document):
        program, *arguments = shlex.split(command)
        if program in NOT_RUN:
            continue
        if program == "mypy":
            assert not [line for line in project.mypy(*arguments) if "[tensor-" in line], command
            continue
        done = run(project.root, sys.executable, "-m", *PROGRAMS[program], *arguments)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def help_of(subcommand: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([subcommand, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_every_command_has_help_and_is_documented(subcommand: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(subcommand, capsys)
    assert f"mypy-torch-shapes {subcommand}" in said
    assert SUBCOMMANDS[subcommand].help.capitalize() in " ".join(said.split())
    text = "\n".join(each.read_text() for each in DOCUMENTS)
    assert f"mypy-torch-shapes {subcommand}" in text


def test_what_documents_and_messages_name_exists(capsys: pytest.CaptureFixture[str]) -> None:
    sentences = [value for value in vars(messages).values() if isinstance(value, str)]
    sources = [path.read_text() for path in (REPOSITORY / "mypy_torch_shapes").rglob("*messages.py")]
    helps: dict[str, str] = {}
    for text in [each.read_text() for each in DOCUMENTS] + sentences + sources:
        for subcommand, options in NAMED.findall(text):
            assert subcommand in SUBCOMMANDS, subcommand
            if subcommand not in helps:
                helps[subcommand] = help_of(subcommand, capsys)
            for option in re.findall(r"--?[a-z-]+", options):
                assert option in helps[subcommand] or option == "-m", f"{subcommand} {option}"


def test_the_option_of_pytest_is_documented() -> None:
    assert "`--torch-shapes`" in (REPOSITORY / "docs" / "commands.md").read_text()
    assert '"--torch-shapes"' in (REPOSITORY / "mypy_torch_shapes" / "pytest_plugin.py").read_text()
