"""Code of installed packages: what of it is run, and the idioms it is made of, held against Python itself."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import torch

from mypy_torch_shapes.evaluation import statements
from mypy_torch_shapes.evaluation.modules import Loader
from mypy_torch_shapes.evaluation.recording import Recording
from mypy_torch_shapes.evaluation.run import Run
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.model import CallRecord, FunctionRecord, ModuleRecord, ModuleSeed, Profile, TensorSeed
from tests.evaluation.support import contradictions, evaluated, is_known

LIBRARY = '''
import functools
import re
from collections import OrderedDict
from collections.abc import MutableMapping

size = 1
size = size + 1
TABLE = {"a": 1}
TABLE["b"] = 2
if size > 1:
    limit = 7
else:
    limit = 8
for each in range(10 ** 9):
    slow = each


def documented(function):
    for i in range(5000):
        function.__doc__ = str(i)
    return function


def doubling(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return 2 * function(*args, **kwargs)
    return wrapper


@documented
@doubling
def three(plus=0):
    return 3 + plus


entered = []


@functools.lru_cache
def once(x):
    entered.append(x)
    return x + 1


class Config:
    names = {"width": "hidden"}

    def __init__(self, hidden):
        self.hidden = hidden

    def __getattribute__(self, key):
        if key != "names" and key in super().__getattribute__("names"):
            key = super().__getattribute__("names")[key]
        return super().__getattribute__(key)

    def __setattr__(self, key, value):
        if key in super().__getattribute__("names"):
            key = super().__getattribute__("names")[key]
        super().__setattr__(key, value)


class Registry(MutableMapping):
    shared = {"sdpa": 1}

    def __init__(self):
        self.own = {}

    def __getitem__(self, key):
        return self.own[key] if key in self.own else self.shared[key]

    def __setitem__(self, key, value):
        self.own[key] = value

    def __delitem__(self, key):
        del self.own[key]

    def __iter__(self):
        return iter({**self.shared, **self.own})

    def __len__(self):
        return len({**self.shared, **self.own})

    @classmethod
    def register(cls, key, value):
        cls.shared.update({key: value})


class Makers(OrderedDict):
    def __getitem__(self, key):
        made = super().__getitem__(key)
        return made(4) if callable(made) else made


REGISTRY = Registry()
REGISTRY.register("flash", 2)
MAKERS = Makers({"list": lambda n: [n], "four": 4})
'''

PROGRAM = """
from library_of_ours import MAKERS, REGISTRY, TABLE, Config, entered, limit, once, re, size, three

named = (size, limit, TABLE["b"], three(), three(plus=1))
answers = (once(1), once(1), once(2))
config = Config(5)
config.width = 6
widths = (config.hidden, config.width)
REGISTRY["own"] = 3
looked = (REGISTRY.get("sdpa"), REGISTRY.get("flash", 0), REGISTRY.get("none", 9), "own" in REGISTRY, "x" in REGISTRY)
made = (MAKERS["list"], MAKERS["four"])
found = (re.search("b+", "abbc") is not None, re.match("b", "abc") is None, re.sub("b", "x", "abc"))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    installed = tmp_path / "site-packages"
    installed.mkdir()
    monkeypatch.syspath_prepend(installed)
    return installed


def test_idioms_of_libraries(library: Path, tmp_path: Path) -> None:
    (library / "library_of_ours.py").write_text(LIBRARY)
    ours, _ = evaluated(tmp_path, PROGRAM)
    (library / "library_of_ours.py").write_text(LIBRARY.replace("10 ** 9", "1"))
    importlib.invalidate_caches()
    real: dict[str, object] = {}
    exec(PROGRAM, real)
    for name in ("named", "answers", "widths", "looked", "made", "found"):
        assert is_known(ours[name]), name
        assert not list(contradictions(ours[name], real[name], name))


def test_only_what_is_asked_for_is_run(library: Path, tmp_path: Path) -> None:
    (library / "library_of_ours.py").write_text(LIBRARY)
    ours, run = evaluated(tmp_path, "from library_of_ours import size\nx = size\n")
    module = run.loader.find("library_of_ours")
    assert ours["x"] == 2
    assert module is not None
    assert "REGISTRY" not in module.env.variables


def test_a_registry_that_other_modules_fill_is_not_empty(library: Path, tmp_path: Path) -> None:
    package = library / "filling_of_ours"
    package.mkdir()
    (package / "kept.py").write_text("KEPT = {}\n\n\ndef keep(f):\n    KEPT[f.__name__] = f\n    return f\n")
    text = "from .kept import KEPT, keep\n\n\n@keep\ndef made():\n    return 3\n\n\n"
    text += "def find(name):\n    return KEPT.get(name)\n"
    (package / "__init__.py").write_text(text)
    ours, _ = evaluated(tmp_path, "from filling_of_ours import find\nx = 1 if find('made') is None else 2\n")
    assert not isinstance(ours["x"], int)


def test_the_bases_of_a_library_class_are_not_known(tmp_path: Path) -> None:
    ours, _ = evaluated(tmp_path, "import torch\nx = 1 if torch.Tensor.__mro__[0] is torch.Tensor else 2\n")
    assert not isinstance(ours["x"], int)


def test_what_never_ends_is_given_up(library: Path, tmp_path: Path) -> None:
    text = "def spin():\n    while flag():\n        pass\n\n\nvalue = [spin() for _ in range(4000)]\nkept = 5\n"
    (library / "spinning_of_ours.py").write_text(text)
    ours, run = evaluated(tmp_path, "from spinning_of_ours import kept, value\nx = kept\ny = value\n")
    assert ours["x"] == 5
    assert run.steps < 1000


def test_packages_and_versions(tmp_path: Path) -> None:
    program = """
import importlib.util
from packaging import version

there = importlib.util.find_spec("torch") is not None
missing = importlib.util.find_spec("nothing_of_ours") is None
newer = version.parse("2.10.1") > version.parse("2.9.0")
same = version.parse("2.10.0") >= version.parse("2.10")
"""
    ours, _ = evaluated(tmp_path, program)
    assert [ours[name] for name in ("there", "missing", "newer", "same")] == [True] * 4


def test_the_version_of_torch_decides_and_what_only_python_2_or_an_older_torch_had_is_not_imported(
    tmp_path: Path,
) -> None:
    program = """
import torch
from distutils.version import LooseVersion

new = torch.__version__ >= "1.3"
newer = "1.10" <= torch.__version__ and torch.__version__ > (1, 9)
old = torch.__version__ < "0.4.1"
older = LooseVersion(torch.__version__) < LooseVersion("1.5.0")
major = int(torch.__version__.split(".")[0])
never = torch.__version__ == "parrots"
try:
    from itertools import izip as zip
except ImportError:
    pass
try:
    from torch._six import container_abcs
except ImportError:
    import collections.abc as container_abcs
try:
    from collections import Iterable
except ImportError:
    from collections.abc import Iterable
try:
    from urllib import request
except ImportError:
    request = None
pairs = list(zip([1], [2]))
both = isinstance(pairs, container_abcs.Iterable) and isinstance(pairs, Iterable)
there = request is not None
"""
    ours, _ = evaluated(tmp_path, program)
    assert [ours[name] for name in ("new", "newer", "both", "there")] == [True] * 4
    assert [ours[name] for name in ("old", "older", "never")] == [False] * 3
    assert (ours["major"], ours["pairs"]) == (int(torch.__version__.split(".")[0]), [(1, 2)])


def test_circles_of_unknown_length(library: Path, tmp_path: Path) -> None:
    text = """
import torch


def walk(value, depth=0):
    for key in unknown(value):
        if unknown(key):
            walk(key, depth + 1)
        if unknown(value):
            walk(value, depth + 1)
    return 3
"""
    (library / "circling_of_ours.py").write_text(text)
    ours, run = evaluated(tmp_path, "from circling_of_ours import walk\nx = walk({})\n")
    assert ours["x"] == 3
    assert run.steps < 50_000


def test_objects_are_iterated_by_index(tmp_path: Path) -> None:
    program = """
class View:
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index * index


squares = [square for square in View()]
"""
    ours, _ = evaluated(tmp_path, program)
    assert ours["squares"] == [0, 1, 4]


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_limits_of_floats(tmp_path: Path, name: str) -> None:
    ours, _ = evaluated(tmp_path, f"import torch\nf = torch.finfo(torch.{name})\nx = (f.min, f.max, f.eps, f.bits)\n")
    real = torch.finfo(getattr(torch, name))
    assert ours["x"] == (real.min, real.max, real.eps, real.bits)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8"])
def test_limits_of_integers(tmp_path: Path, name: str) -> None:
    ours, _ = evaluated(tmp_path, f"import torch\nf = torch.iinfo(torch.{name})\nx = (f.min, f.max, f.bits)\n")
    real = torch.iinfo(getattr(torch, name))
    assert ours["x"] == (real.min, real.max, real.bits)


def test_what_a_changed_constructor_makes_of_a_library_is_not_what_was_recorded(library: Path, tmp_path: Path) -> None:
    backbone = """
from torch import nn


class Backbone(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = unknown(width)

    def forward(self, x):
        return x.new_zeros(x.shape[0], self.width)
"""
    program = """
from backbone_of_ours import Backbone
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone(16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.backbone(x))
"""
    (library / "backbone_of_ours.py").write_text(backbone)
    (tmp_path / "program.py").write_text(program)
    changed = ("Net.__init__", "Net.forward")
    functions = {f"program:{n}": FunctionRecord("program", n, "program.py", 1, "old") for n in changed}
    builders = ("program:Net.__init__",)
    modules = [
        ModuleRecord(0, "program:Net", 0, "", (), (), (("backbone", 1),), True, builders),
        ModuleRecord(1, "backbone_of_ours:Backbone", 0, "backbone", (), (("width", 8),), (), True, builders),
    ]
    arguments = (("self", ModuleSeed(0)), ("x", TensorSeed("float32", (3, 4))))
    call = CallRecord("program:Net.forward", arguments, receiver=0, root=True)
    profile = Profile(functions, dict(enumerate(modules)), [call])
    report = Session(tmp_path, profile, Options()).report(tmp_path / "program.py")
    assert report.facts
    assert not report.findings


def test_the_fields_of_a_dataclass_as_a_constructor_of_ones_own_reads_them(tmp_path: Path) -> None:
    source = """
from dataclasses import MISSING, dataclass, field, fields

@dataclass
class Base:
    width: int
    depth: int = 2
    sizes: list = field(default_factory=lambda: [3])

@dataclass
class Config(Base):
    depth: int = 4

def make(**given):
    made = {}
    for each in fields(Config):
        if each.name in given:
            made[each.name] = given[each.name]
        elif each.default is not MISSING:
            made[each.name] = each.default
        elif each.default_factory is not MISSING:
            made[each.name] = each.default_factory()
    return made

x = make(width=6)
names = "|".join({each.name: each for each in fields(Config(1))})
here = Config.__dict__.get("depth"), Config.__dict__.get("width"), len(Config.__bases__)
"""
    values, _ = evaluated(tmp_path, source)
    assert values["x"] == {"width": 6, "depth": 4, "sizes": [3]}
    assert values["names"] == "width|depth|sizes"
    assert values["here"] == (4, None, 1)


def test_a_context_variable_is_put_back_by_its_token(tmp_path: Path) -> None:
    source = """
from contextvars import ContextVar
own, other = ContextVar("own", default=1), ContextVar("other")
first = own.set(2)
second = own.set(3)
seen = [own.get()]
own.reset(second)
seen.append(own.get())
own.reset(first)
seen += [own.get(), other.get(None)]
other.reset(other.set(5))
seen.append(other.get(7))
"""
    values, _ = evaluated(tmp_path, source)
    assert values["seen"] == [3, 2, 1, None, 7]


def test_a_recursion_of_which_it_is_not_known_that_it_goes_on_ends(tmp_path: Path) -> None:
    source = """
import os
def visit(tree):
    for each in tree.children():
        if each.ready() or each.more():
            visit(each)
            visit(each.other)
        else:
            visit(each.next)
visit(os.environ)

def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)
x = deep(20) if os.getpid() else deep(20)
"""
    values, run = evaluated(tmp_path, source)
    assert run.steps < 50_000
    assert values["x"] == 20


def test_a_recursion_into_something_unknown_is_entered_once(tmp_path: Path) -> None:
    source = """
import os
def visit(directory):
    found = {}
    for each in os.listdir(directory):
        if os.path.isdir(each):
            found[each] = visit(os.path.join(directory, each))
        for other in os.listdir(directory):
            if other not in found:
                found[other] = visit(other)
    return found
x = visit(os.getcwd())
"""
    _, run = evaluated(tmp_path, source)
    assert run.steps < 1_000


def test_what_is_stored_under_unknown_keys_counts_by_how_much_it_may_replace(tmp_path: Path) -> None:
    source = """
import os
table = dict.fromkeys(range(400), 0)
for name in os.listdir():
    table[name] = 1
"""
    _, run = evaluated(tmp_path, source)
    assert run.steps > 2 * 400


@pytest.mark.parametrize(("inside", "found"), [("n + m", 0), ("torch.zeros(n + 1)", 1)])
def test_a_file_nobody_ran_is_left_where_it_works_long_without_tensors(
    tmp_path: Path, inside: str, found: int
) -> None:
    source = f"""
import torch
for n in range(200):
    for m in range(200):
        x = {inside}
torch.zeros(2, 3) @ torch.zeros(2, 3)
"""
    (tmp_path / "program.py").write_text(source)
    report = Session(tmp_path, Profile(), Options()).report(tmp_path / "program.py")
    assert len(report.findings) == found


def test_a_library_that_visits_parts_it_knows_nothing_of_soon_gives_up(tmp_path: Path) -> None:
    library = """
def visit(part, tasks):
    for each in part.parts():
        if each.ready:
            visit(each, tasks)
        else:
            visit(each.other, tasks)
    for task in tasks:
        if part.wants(task):
            part.add(task)
    return len(tasks)

def names(first, second):
    return str((first,)), str((first, second)), str(())
"""
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "visiting.py").write_text(library)
    source = "import os\nfrom visiting import names, visit\nclass A: pass\nclass B: pass\n"
    source += "x = visit(os.environ, [1, 2])\ny = names(A, B)\n"
    path = tmp_path / "program.py"
    path.write_text(source)
    loader = Loader(tmp_path, {"visiting": tmp_path / "site-packages" / "visiting.py"})
    module = loader.read("program", path)
    assert module is not None
    run = Run(loader, Recording(lambda module: True), general=False)
    statements.run_module(run, module, None, module.tree.body)
    assert run.steps < 3000
    assert module.env.variables["x"] == 2
    one = "<class 'program.A'>"
    assert module.env.variables["y"] == (f"({one},)", f"({one}, <class 'program.B'>)", "()")


def test_a_lazy_package_takes_a_base_class_from_where_its_classes_were_seen(tmp_path: Path) -> None:
    models = tmp_path / "lazy" / "models"
    models.mkdir(parents=True)
    (models / "bert.py").write_text("class Base:\n    pass\nclass Bert(Base):\n    pass\ndef pool(x):\n    return x\n")
    loader = Loader(tmp_path, {}, ["lazy.models.bert:Bert"])
    assert {loader.home("lazy", name) for name in ("Bert", "Base", "pool")} == {"lazy.models.bert"}
    assert loader.home("lazy", "Gpt") is None


def test_modules_of_a_package_are_not_imported_without_its_name(tmp_path: Path) -> None:
    package = tmp_path / "net"
    package.mkdir()
    for name in ("__init__", "math", "layers"):
        (package / f"{name}.py").write_text("import math\n")
    known = {"net": package / "__init__.py", "net.math": package / "math.py", "net.layers": package / "layers.py"}
    assert Loader(tmp_path, known).find("math") is None
    below = Loader(tmp_path, {"layers": package / "layers.py"})  # run as a script, or from a directory in sys.path
    assert below.find("math") is not None and below.find("layers") is not None
