"""The evaluator against CPython: what it says of a variable is what Python computes, or nothing."""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.shapes.unknown import Unknown
from tests.evaluation.python_programs import Writer
from tests.evaluation.python_semantics import PROGRAMS
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


def run_by_python(source: str) -> dict[str, object]:
    found = run(source)
    assert found is not None
    return found


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


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_what_python_computes(source: str, tmp_path: Path) -> None:
    compare(tmp_path, source)


# Of these some variables stay unknown, on purpose.
PARTLY = {"a branch of one round of a long loop", "a match statement", "dataclasses", "itertools and operator",
          "numbers and formats", "what an unknown callee may have changed", "descriptors", "patterns",
          "exceptions of the program", "making classes and objects"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(PROGRAMS) - PARTLY))
def test_all_of_it_is_known(name: str, tmp_path: Path) -> None:
    total, known = compare(tmp_path, PROGRAMS[name])
    plain = sum(type(value).__name__ not in ("function", "type") for value in (run(PROGRAMS[name]) or {}).values())
    assert known >= plain and total


def test_a_loop_settles_whatever_the_functions_it_calls_do_to_variables_of_their_own(tmp_path: Path) -> None:
    function = "def f(x):\n    y = [x]\n    y.append(x)\n    x = y\n    return len(x)\n"
    _, run = evaluated(tmp_path, f"import os\n{function}for _ in os.environ:\n    z = f(1)\n")
    assert len(run.seen) == 2
    _, run = evaluated(tmp_path, f"{function}for epoch in range(100):\n    z = [f(1) for _ in range(9)]\n")
    assert len(run.seen) < 30


def test_a_function_made_anew_in_every_round_is_another_one_where_it_sees_something_else(tmp_path: Path) -> None:
    source = "import os\ndef made(n):\n    return lambda: n\nf, n = made(0), 0\n"
    source += "for _ in os.environ:\n    n += 1\n    f = made(n)\n"
    values, _ = evaluated(tmp_path, source + "x = f()\n")
    assert not is_known(values["x"])


def test_a_branch_may_leave_a_round_in_two_ways(tmp_path: Path) -> None:
    source = (
        "import random, torch\ndef draw(taken):\n    while True:\n        n = random.randint(0, 9)\n"
        "        if n in taken:\n            continue\n        else:\n            break\n    return torch.zeros(4)\n"
        "def pick():\n    for k in range(3):\n        if random.random() > 0.5:\n            return torch.zeros(4)\n"
        "        else:\n            break\n    return torch.zeros(4, 3)\nx, y = draw({1, 2}), pick()\n"
    )
    variables, _ = evaluated(tmp_path, source)
    assert str(variables["x"].type) == "Tensor[float32, 4]" and str(variables["y"].type) == "Tensor[float32, ...]"


def test_what_is_not_known_may_be_equal_in_a_set(tmp_path: Path) -> None:
    source = (
        "import random\nx, y = random.random(), random.random()\na, b = len({x, y}), len({x})\n"
        "s = set()\ns.add(x)\ns.add(y)\nc = len(s) == 2\nd = len({'x', 'y', None}) == 3\n"
        "e = len([each for each in {x, y}])\n"
    )
    variables, _ = evaluated(tmp_path, source)
    assert (variables["b"], variables["d"]) == (1, True)
    assert all(not is_known(variables[name]) for name in "ace")


def test_a_name_that_is_not_bound_yet_raises_in_a_try(tmp_path: Path) -> None:
    source = (
        "import torch\nloader = [(torch.rand(4, 3), 1)] * 3\ndef train():\n    for step in range(5):\n"
        "        try:\n            x, y = next(batches)\n        except (NameError, StopIteration):\n"
        "            batches = iter(loader)\n            x, y = next(batches)\n    return x\nx = train()\n"
        "def known():\n    try:\n        return len(loader)\n    except NameError:\n        return 0\nz = known()\n"
    )
    variables, _ = evaluated(tmp_path, source)
    assert str(variables["x"].type) == "Tensor[float32, 4, 3]"
    assert variables["z"] == 3
BY_TEXT = """
import importlib
import math
import sys
import time
import types
from torch import nn

class Net:
    def __init__(self, width):
        self.width = width

def build(kind):
    width = 7
    return eval(kind)(width), eval("width"), eval("Net(width).width")

made, size, inner = build("Net")
listed = globals()["Net"](1).width
asked = globals().get("Net")(2).width
here = getattr(sys.modules[__name__], "Net")(3).width
named = sys.modules[__name__].__dict__["Net"](4).width
imported = importlib.import_module("math").floor(5.5)
missing = globals().get("Other", 6)
there = "Net" in globals()
absent = "Other" in globals()
try:
    mode = eval("nearest")
except NameError:
    mode = "nearest"
"""


def test_names_that_are_looked_up_by_text(tmp_path: Path) -> None:
    ours, _ = evaluated(tmp_path, BY_TEXT)
    sys.modules["program"] = module = types.ModuleType("program")
    try:
        exec(BY_TEXT, vars(module))
    finally:
        del sys.modules["program"]
    names = ("size", "inner", "listed", "asked", "here", "named", "imported", "missing", "there", "absent", "mode")
    assert {name: ours[name] for name in names} == {name: vars(module)[name] for name in names}
    assert ours["made"].attrs == {"width": 7}


def test_a_layer_that_is_looked_up_in_torch_by_text(tmp_path: Path) -> None:
    source = "import torch\nx = torch.nn.__dict__['Linear'](3, 4)(torch.zeros(2, 3))\n"
    assert evaluated(tmp_path, source)[0]["x"].type.dims == (2, 4)


TABLES = """
import itertools
import math

class Grid:
    def __init__(self, width, fine):
        self.width = width
        places = list(itertools.product(range(width), range(width)))
        self.numbers, self.index = {}, []
        numbers, index = self.numbers, self.index
        for p in places:
            for q in places:
                size = 1
                offset = (abs(p[0] * math.ceil(self.width / fine) - q[0] + (size - 1) / 2), abs(p[1] - q[1]))
                if offset not in numbers:
                    numbers[offset] = len(numbers)
                index.append(numbers[offset])

grid = Grid(18, 2)
entries, kinds, last = len(grid.index), len(grid.numbers), grid.index[-1]
boxes, same, rounds = [], None, 0
same = boxes
for i, j in itertools.product(range(9), repeat=2):
    boxes += [(i + 0.5) / 8, j]
    if j == 3:
        continue
    rounds += 1
    if len(same) > 100:
        break
total = sum(boxes)
counts = [0] * 4
for k in range(400):
    counts[k % 4] += k
    word = "odd" if k % 2 else "even"
"""


def test_tables_of_thousands_of_places_are_reckoned_at_once(tmp_path: Path) -> None:
    ours, run = evaluated(tmp_path, TABLES)
    real = run_by_python(TABLES)
    names = ("entries", "kinds", "last", "boxes", "same", "rounds", "total", "i", "j", "counts", "k", "word")
    assert {name: ours[name] for name in names} == {name: real[name] for name in names}
    assert run.steps < 200_000


@pytest.mark.parametrize(
    "statement",
    ["x = x * x", "x = x ** x", "table += table", "x = 2 << x", "word = word + word", "x = max(range(10 ** 12))"],
)
def test_what_grows_without_end_is_not_reckoned(tmp_path: Path, statement: str) -> None:
    source = f"x, word, table = 3, 'ab', [1, 2]\nfor n in range(100):\n    {statement}\n    {statement}\n"
    started = time.process_time()
    evaluated(tmp_path, source)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ("options.setdefault(opaque, 7)", {"a": 4}),
        ("for name in opaque:\n    options.setdefault(name, 7)", {"a": 4}),
        ("options.update(opaque)", {}),
        ("options.update({opaque: 7})", {}),
        ("options.update((name, 7) for name in opaque)", {}),
        ("options.pop(opaque, None)", {}),
        ("del options[opaque]", {}),
        ("options.update(b=5)", {"a": 4, "b": 5}),
    ],
)
def test_a_dict_that_is_changed_at_an_unknown_key(tmp_path: Path, change: str, known: dict[str, int]) -> None:
    source = "import unknown_library\nopaque = unknown_library.make()\noptions = dict(a=4)\n"
    source += f"def call(a=1, b=2): return a, b\n{change}\nmade = call(**options)\n"
    a, b = evaluated(tmp_path, source)[0]["made"]
    assert {name: value for name, value in (("a", a), ("b", b)) if not isinstance(value, Unknown)} == known


def test_one_of_several_names_may_be_added_to_a_dict(tmp_path: Path) -> None:
    source = """
import unknown_library
opaque = unknown_library.make()
options, names = dict(a=4), ("a", "b")
if opaque.fixed:
    names += ("other",)
for name in names:
    if opaque[name] is not None:
        options.setdefault(name, opaque[name])
def call(a=1, b=2, c=3): return a, b, c
made = call(**options)
same, other, kind = names == ("a", "b"), names != ("a", "b"), isinstance(names, tuple)
"""
    found = evaluated(tmp_path, source)[0]
    a, b, c = found["made"]
    assert (a, c) == (4, 3) and isinstance(b, Unknown)
    assert all(isinstance(found[name], Unknown) for name in ("same", "other", "kind"))
