"""Digests: what changes a function changes its digest, what does not does not."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from types import FunctionType
from typing import Any

import pytest

from mypy_torch_shapes.seeds.digests import class_digest, function_digest, index_functions

SOURCE = """
class Net(Base, metaclass=Meta):
    '''Words.'''
    def forward(self, x, k=1, *rest, flag: bool = True, **more) -> int:
        '''Words.'''
        def inner(y): return y
        return [self.f(i) for i in x] + inner(k)
"""

SAME = [
    ("'''Words.'''", "'''Other words.'''"),
    ("'''Words.'''", ""),
    ("flag: bool", "flag"),
    (" -> int", " -> 'torch.Tensor'"),
    ("self, x,", "self,\n            x,  # a comment\n           "),
    ("def forward", "\n\n    def forward"),
    ("= 1", "=1"),
]
OTHER = [
    ("k=1", "k=2"),
    ("k=1", "k"),
    ("self.f(i)", "self.g(i)"),
    ("return y", "return -y"),
    ("(Base, ", "(Other, "),
    ("metaclass=Meta", "metaclass=Other"),
    ("    def forward", "    @no_grad()\n    def forward"),
    ("k=1", "k=True"),
    ("return [", "return None and ["),
    ("def forward", "async def forward"),
]


def digest(source: str) -> str:
    node, owner = index_functions(ast.parse(source))["Net.forward"]
    return function_digest(node, owner)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_does_not_matter(old: str, new: str) -> None:
    assert digest(SOURCE.replace(old, new)) == digest(SOURCE)


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_what_matters(old: str, new: str) -> None:
    assert old in SOURCE
    assert digest(SOURCE.replace(old, new)) != digest(SOURCE)


def test_annotations_matter_under_a_decorator() -> None:
    decorated = SOURCE.replace("    def forward", "    @check\n    def forward")
    assert digest(decorated) != digest(decorated.replace("flag: bool", "flag: int"))


def test_a_class_is_all_of_its_body() -> None:
    tree = ast.parse("class A:\n    x = 1\n")
    other = ast.parse("class A:\n    x = 2\n")
    assert class_digest(tree.body[0]) != class_digest(other.body[0])  # type: ignore[arg-type]


QUALNAMES = """
import functools
def plain(): pass
async def later(): pass
def outer():
    def inner():
        class Local:
            def method(self): pass
        return Local
    if True:
        def inner2(): pass
    return inner, inner2
class A:
    class B:
        def deep(self): pass
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): pass
    with open(__file__):
        def within(self): pass
try:
    def tried(): pass
except ImportError as error:
    def tried(): pass
match 1:
    case 1:
        def matched(): pass
for _ in (): pass
else:
    def looped(): pass
"""


def test_names_are_pythons_own() -> None:
    index = index_functions(ast.parse(QUALNAMES))
    namespace: dict[str, Any] = {"__name__": "m", "__file__": __file__}
    exec(QUALNAMES, namespace)
    inner, inner2 = namespace["outer"]()
    functions: list[Any] = [inner, inner2, inner().method, namespace["A"].B.deep, namespace["A"].size.fget]
    functions += [namespace["A"].within, *(f for f in namespace.values() if isinstance(f, FunctionType))]
    assert set(index) == {function.__qualname__ for function in functions}
    getter, owner = index["A.size"]
    assert [argument.arg for argument in getter.args.args] == ["self"]
    assert owner is not None
    assert owner.name == "A"
    assert index["plain"][1] is None


def test_the_digest_is_the_same_in_every_python() -> None:
    """Several Pythons write and read the same store: nothing of `ast` that differs between them may count."""
    here = digest(SOURCE)
    code = textwrap.dedent(inspect.getsource(digest)) + f"print(digest({SOURCE!r}))"
    head = "import ast\nfrom mypy_torch_shapes.seeds.digests import *\n"
    for version in ("3.10", "3.12", "3.13"):
        python = _python(version)
        if python is not None:
            result = subprocess.run([python, "-c", head + code], capture_output=True, text=True, check=True)
            assert result.stdout.strip() == here, version


def _python(version: str) -> str | None:
    """Another Python of this machine, if pyenv has one."""
    result = subprocess.run(
        ["sh", "-c", f"ls -d ~/.pyenv/versions/{version}.*/bin/python 2>/dev/null | tail -1"],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() or None if sys.platform != "win32" else None


PROPERTY = """
class A:
    @property
    def size(self): return self._size
    @size.setter
    def size(self, value): self._size = value
    def other(self): pass
"""


def test_a_property_has_one_digest_whichever_of_its_functions_ran() -> None:
    def found(source: str) -> tuple[str, str]:
        (owner,) = ast.parse(source).body
        assert isinstance(owner, ast.ClassDef)
        getter, setter, _ = (each for each in owner.body if isinstance(each, ast.FunctionDef))
        return function_digest(getter, owner), function_digest(setter, owner)

    assert len(set(found(PROPERTY))) == 1
    assert found(PROPERTY.replace("self._size = value", "self._size = -value"))[0] != found(PROPERTY)[0]
    assert found(PROPERTY.replace("def other(self): pass", "def other(self): return 1")) == found(PROPERTY)
