"""The house rules: small files that say what they are, and documentation that leaves nothing out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mypy_torch_shapes import __version__, config, messages

ROOT = Path(__file__).parents[1]
LONGEST = 500  # most are under 250 lines, and should be
SOURCES = sorted((ROOT / "mypy_torch_shapes").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_small_and_its_first_line_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < LONGEST
    says = ast.get_docstring(ast.parse(text))
    assert not text or (says and text.startswith(f'"""{says.splitlines()[0]}'))


@pytest.mark.parametrize("code", messages.CODES)
def test_every_error_code_is_documented(code: str) -> None:
    assert f"## `{code}`" in (ROOT / "docs" / "errors.md").read_text()


@pytest.mark.parametrize("option", config.KNOWN)
def test_every_option_is_documented(option: str) -> None:
    assert f"## `{option}`" in (ROOT / "docs" / "configuration.md").read_text()


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_continuous_integration_runs_the_tests() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
