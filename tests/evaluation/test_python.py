"""The evaluator against CPython: what it says of a variable is what Python computes, or nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.evaluation.python_programs import Writer
from tests.evaluation.support import contradictions, evaluated, is_known

sys.setrecursionlimit(20_000)


def run(source: str) -> dict[str, object] | None:
    """The variables after CPython has run a program; None where it raises."""
    namespace: dict[str, object] = {"__name__": "program"}
    try:
        exec(compile(source, "program.py", "exec"), namespace)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def compare(directory: Path, source: str) -> tuple[int, int]:
    """How many variables there are, and how many are known; all that is said of them must be true."""
    real = run(source)
    if real is None:
        return 0, 0
    ours, evaluation = evaluated(directory, source)
    assert not evaluation.faults, source
    wrong = [each for name in real if name in ours for each in contradictions(ours[name], real[name], name)]
    assert not wrong, f"{wrong}\n{source}"
    return len(real), sum(name in ours and is_known(ours[name]) for name in real)


@given(seed=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(seed=97).via("a generator whose loop looked like epochs")
@example(seed=100).via("the same, counted")
def test_generated_programs(seed: int, tmp_path: Path) -> None:
    compare(tmp_path, Writer(Random(seed)).program(8))


def test_most_of_generated_programs_is_known(tmp_path: Path) -> None:
    counts = [compare(tmp_path, Writer(Random(seed)).program(6)) for seed in range(40)]
    total, known = (sum(column) for column in zip(*counts, strict=True))
    assert known > 0.85 * total


PROGRAMS = {
    "defaults and keywords": """
def f(a, b=2, *rest, c=3, **more):
    return (a, b, rest, c, more)
x = f(1)
y = f(1, 5, 6, 7, c=0, d=9)
z = f(*[1, 2], **{"c": 4})
""",
    "closures keep their variables": """
def counter(start):
    def step(by=1):
        nonlocal start
        start += by
        return start
    return step
a, b = counter(0), counter(10)
x = [a(), a(), b(5), a(2)]
""",
    "recursion": """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
x = [fib(i) for i in range(10)]
""",
    "inheritance, super and properties": """
class A:
    kind = "a"
    def __init__(self, n):
        self.n = n
    @property
    def double(self):
        return self.n * 2
    def name(self):
        return self.kind + str(self.n)
class B(A):
    kind = "b"
    def __init__(self, n, m):
        super().__init__(n + 1)
        self.m = m
    def name(self):
        return "<" + super().name() + ">"
x = B(3, 4)
y = (x.name(), x.double, x.m, isinstance(x, A), A(1).name())
""",
    "an exception goes to the handler that catches it": """
def f(d, key):
    try:
        return d[key]
    except KeyError:
        return "none"
x = f({"a": 1}, "a")
y = f({"a": 1}, "b")
""",
    "else and finally run": """
seen = []
try:
    seen.append(1)
except ValueError:
    seen.append(2)
else:
    seen.append(3)
finally:
    seen.append(4)
""",
    "loops leave as they do": """
found = None
for i in range(10):
    if i % 2:
        continue
    if i > 5:
        found = i
        break
else:
    found = -1
rest = []
while found:
    found -= 1
    if found == 3:
        continue
    rest.append(found)
""",
    "a branch of one round of a long loop": """
x = 0
for epoch in range(20):
    if epoch == 15:
        x = 7
""",
    "unpacking": """
a, (b, *c), d = 1, (2, 3, 4), 5
*e, f = "xyz"
g = [*c, *e]
h = {**{"p": 1}, "q": 2}
""",
    "strings": """
n, s = 7, "ab"
x = f"{s}-{n:03d}-{n * 2!r:>5}"
y = "%s:%d" % (s, n)
z = "{}<{:.2f}".format(s, 1.5)
w = ",".join(sorted({"b", "a"})).upper().split(",")
""",
    "lists are shared by reference": """
a = [1, 2]
b = a
b.append(3)
c = a[:]
c.append(4)
""",
    "module-level constants by comprehension": """
table = {name: [len(name) * k for k in range(3)] for name in ("x", "yy")}
flat = [v for row in table.values() for v in row if v]
pairs = list(zip(table, flat))
""",
    "a match statement": """
def kind(v):
    match v:
        case 0:
            return "zero"
        case [a, b]:
            return a + b
        case {"k": x}:
            return x
        case str():
            return "text"
        case _:
            return "other"
x = [kind(0), kind([1, 2]), kind("s")]
""",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_what_python_computes(source: str, tmp_path: Path) -> None:
    compare(tmp_path, source)


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - {"a branch of one round of a long loop", "a match statement"}))
def test_all_of_it_is_known(name: str, tmp_path: Path) -> None:
    total, known = compare(tmp_path, PROGRAMS[name])
    plain = sum(type(value).__name__ not in ("function", "type") for value in (run(PROGRAMS[name]) or {}).values())
    assert known >= plain and total
