"""What surrounds a model: command lines, data loaders, optimizers, and variables that only a run can know."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.digests import MODULE, function_digest, index_functions, module_digest
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    FunctionRecord,
    IterableSeed,
    ModuleRecord,
    ModuleSeed,
    ObjectSeed,
    Profile,
    ScopeRecord,
    Seed,
    SequenceSeed,
    Sighting,
    TensorSeed,
)
from mypy_torch_shapes.seeds.secrets import NOT_KEPT
from mypy_torch_shapes.seeds.slices import Slicer

from .support import evaluated

HEAD = "import argparse\nimport torch\nfrom torch import nn, optim\nfrom torch.utils.data import *\n"
OPTIONS = (
    "parser = argparse.ArgumentParser()\nparser.add_argument('--width', type=int, default=6)\n"
    "parser.add_argument('--batch', type=int, default=8)\nparser.add_argument('--mode', choices=['a', 'b'])\n"
    "parser.add_argument('--fast', action='store_true')\nparser.add_argument('--odd', type=lambda s: s.upper())\n"
    "args = parser.parse_args()\n"
)


def reported(
    directory: Path, source: str, lines: tuple[tuple[str, ...], ...] = (), seen: dict[str, Seed] | None = None
) -> FileReport:
    """The report of a script whose run had these command lines and variables."""
    path = directory / "program.py"
    path.write_text(source)
    slicer = Slicer(ast.parse(source))
    found = [(name, slicer.slice(MODULE, name), seed) for name, seed in (seen or {}).items()]
    sightings = tuple(Sighting(name, each.digest, (seed,)) for name, each, seed in found if each is not None)
    profile = Profile(scopes={"program:<module>": ScopeRecord(lines, sightings)})
    return Session(directory, profile, Options()).report(path)


def text_of(report: FileReport, line: int) -> list[str]:
    return [fact.text for fact in report.facts if fact.span.line == line]


def test_options_are_their_defaults_where_no_run_is_known(tmp_path: Path) -> None:
    variables, _ = evaluated(tmp_path, f"{HEAD}{OPTIONS}n = args.width * 2\nm = args.mode\nf = args.fast\n")
    assert (variables["n"], variables["m"], variables["f"]) == (12, None, False)


def test_what_a_command_line_says_may_vary_but_a_layer_keeps_it(tmp_path: Path) -> None:
    source = f"{HEAD}{OPTIONS}x = torch.zeros(args.batch, args.width)\ny = nn.Linear(args.width, 3)(x)\ny\nx[0]\n"
    report = reported(tmp_path, source, (("--width", "9"),))
    last = source.count("\n")
    assert text_of(report, last - 1) == ["Tensor[float32, 8, 3]"]
    assert text_of(report, last) == ["Tensor[float32, 8, D]", "Tensor[float32, D]"]
    assert [name for name, _ in report.contexts[-1].local] == ["D"]
    assert not report.findings


def test_options_of_a_type_or_action_of_the_programs_own(tmp_path: Path) -> None:
    own = OPTIONS.replace("args = ", "parser.add_argument('--x', type=open)\nargs = ").replace(
        "parse_args()", "parse_args(['--odd', 'b', '--x', 'f', '--fast'])"
    )
    variables, _ = evaluated(tmp_path, f"{HEAD}{own}n = (args.odd, args.fast, args.width)\nx = args.x\n")
    assert variables["n"] == ("B", True, 6)
    assert "Unknown" in type(variables["x"]).__name__


@pytest.mark.parametrize("wrong", ["--help", "--nothing", "--width x"])
def test_a_command_line_that_argparse_refuses_neither_ends_nor_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    report = reported(tmp_path, f"{HEAD}{OPTIONS}x = torch.zeros(3, args.width)\n", (tuple(wrong.split()),))
    assert not report.faults
    assert capsys.readouterr() == ("", "")


LOADED = (
    "data = TensorDataset(torch.zeros(100, 4), torch.zeros(100, dtype=torch.long))\n"
    "for x, y in DataLoader(data, {options}):\n    x\n    y\n    nn.Linear(4, 3)(x)\n"
)


def test_batches_are_as_large_as_the_data_allow(tmp_path: Path) -> None:
    for options, size in (("16", "N"), ("20", "20"), ("16, drop_last=True", "16"), ("128", "100")):
        report = reported(tmp_path, HEAD + LOADED.format(options=options))
        assert text_of(report, 7) == [f"Tensor[float32, {size}, 4]"]
        assert text_of(report, 8) == [f"Tensor[int64, {size}]"]
        assert not report.findings


def test_an_error_in_a_loop_over_batches_is_reported(tmp_path: Path) -> None:
    source = HEAD + LOADED.format(options="16").replace("Linear(4", "Linear(5")
    assert [finding.span.line for finding in reported(tmp_path, source).findings] == [9]


def test_a_data_set_of_the_programs_own_is_collated(tmp_path: Path) -> None:
    source = HEAD + (
        "class Own(Dataset):\n    def __len__(self): return 50\n"
        "    def __getitem__(self, i): return {'x': torch.zeros(3, 8), 'y': (i, 0.5)}\n"
        "for batch in DataLoader(Own(), batch_size=25):\n    batch['x']\n    batch['y'][0]\n    batch['y'][1]\n"
    )
    report = reported(tmp_path, source)
    assert text_of(report, 9) == ["Tensor[float32, 25, 3, 8]"]
    assert text_of(report, 10) + text_of(report, 11) == ["Tensor[int64, 25]", "Tensor[float64, 25]"]


OPAQUE = "import other\nsize = 28\nloader = DataLoader(other.pictures(size), batch_size=8)\n"
BATCH = SequenceSeed("list", (TensorSeed("float32", (8, 1, 28, 28)), TensorSeed("int64", (8,))))


def test_what_a_run_saw_of_a_variable_holds_while_its_makers_are_unchanged(tmp_path: Path) -> None:
    loop = "for x, y in loader:\n    nn.Conv2d(3, 8, 3)(x)\n"
    source = HEAD + OPAQUE + loop
    seen: dict[str, Seed] = {"loader": IterableSeed("torch.utils.data.dataloader:DataLoader", BATCH, 2)}
    assert [finding.span.line for finding in reported(tmp_path, source, seen=seen).findings] == [9]
    slicer = Slicer(ast.parse(source))
    before = slicer.slice(MODULE, "loader")
    for edit, same in (("size = 28", False), ("Conv2d(3, 8, 3)", True), ("batch_size=8", False)):
        after = Slicer(ast.parse(source.replace(edit, edit.replace("8", "7")))).slice(MODULE, "loader")
        assert (after == before) is same, edit


def test_variables_bound_twice_or_in_a_loop_have_no_slice() -> None:
    slicer = Slicer(ast.parse("x = f()\nx = g()\nfor i in y:\n    z = i\nif c:\n    a = 1\nelse:\n    a = 2\n"))
    assert slicer.names(MODULE) == ["a"]


def test_the_first_round_has_the_first_number(tmp_path: Path) -> None:
    source = HEAD + (
        "for i, (x,) in enumerate(DataLoader(TensorDataset(torch.zeros(30, 4)), 10)):\n"
        "    if i % 5 == 0:\n        nn.Linear(5, 2)(x)\n    if i == 3:\n        nn.Linear(6, 2)(x)\n"
    )
    assert [finding.span.line for finding in reported(tmp_path, source).findings] == [7]


def test_an_optimizer_calls_its_closure(tmp_path: Path) -> None:
    source = HEAD + (
        "net = nn.Linear(4, 2)\noptimizer = optim.LBFGS(net.parameters())\ndef closure():\n"
        "    return nn.functional.mse_loss(net(torch.zeros(3, 5)), torch.zeros(3, 2))\noptimizer.step(closure)\n"
    )
    assert [finding.span.line for finding in reported(tmp_path, source).findings] == [8]


def test_arrays_that_scripts_draw_and_classes_of_tensors_on_any_device(tmp_path: Path) -> None:
    source = HEAD + (
        "import numpy as np\nTensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor\n"
        "shape = (1, 4, 6)\nx = Tensor(np.random.normal(0, 1, (8, int(np.prod(shape)))))\nx\n"
        "torch.zeros(3).double().type(Tensor)\ntorch.from_numpy(np.zeros((2, 3)))\n"
    )
    report = reported(tmp_path, source)
    assert text_of(report, 9) == ["Tensor[float32, 8, 24]"]
    assert "Tensor[float32, 3]" in text_of(report, 10)
    assert text_of(report, 11) == ["Tensor[float64, 2, 3]"]


def test_an_object_of_the_program_is_completed_by_what_the_run_saw(tmp_path: Path) -> None:
    source = HEAD + (
        "import other\nclass Corpus:\n    def __init__(self):\n        self.train, self.n = other.read(), 3\n"
        "corpus = Corpus()\ncorpus.train\ntorch.zeros(corpus.n)\n"
    )
    seed = ObjectSeed("program:Corpus", (("train", TensorSeed("int64", (50,))), ("n", 7)))
    report = reported(tmp_path, source, seen={"corpus": seed})
    assert text_of(report, 10) == ["Tensor[int64, _]"]
    assert text_of(report, 11) == ["Tensor[float32, 3]"]


def test_what_a_library_seems_to_raise_ends_no_script(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    source = HEAD + "import outside\noutside.f()\nnn.Linear(4, 2)(torch.zeros(3, 5))\n"
    (tmp_path / "site-packages" / "outside.py").write_text("def f():\n    raise ValueError\n")
    body = source.replace("outside.f()", "def main():\n    outside.f()\n    nn.Linear(4, 2)(torch.zeros(3, 5))\nmain()")
    profile = Profile()
    path = tmp_path / "program.py"
    path.write_text(body)
    session = Session(tmp_path, profile, Options())
    session.loader.search.append(tmp_path / "site-packages")
    assert [finding.span.line for finding in session.report(path).findings] == [8, 10]


def test_packages_that_import_their_own_parts(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("from package import part\n")
    (tmp_path / "package" / "part.py").write_text("width = 4\n")
    variables, _ = evaluated(tmp_path, "from package import part\nn = part.width\n")
    assert variables["n"] == 4


def test_an_endless_loop_is_left_where_nothing_changes_any_more(tmp_path: Path) -> None:
    _, run = evaluated(tmp_path, "n = 0\nwhile True:\n    if input():\n        break\n    m = 2\nn = m\n")
    assert run.steps < 500


def test_the_parameters_of_a_function_are_known(tmp_path: Path) -> None:
    source = "import inspect\ndef f(a, *, b=2): pass\nn = list(inspect.signature(f).parameters)\n"
    variables, _ = evaluated(tmp_path, source)
    assert variables["n"] == ["a", "b"]


BUILT = HEAD + (
    "H = 32\nclass Net(nn.Module):\n    K = 3\n    def __init__(self):\n        super().__init__()\n"
    "        self.fc = nn.Linear(6, H + self.K)\n    def forward(self, x):\n        return self.fc(x)\n"
    "Net()(torch.zeros(4, 6))\n"
)


@pytest.mark.parametrize(("edit", "width"), [("H = 32", 35), ("H = 64", 67), ("K = 5", 37)])
def test_a_recorded_module_is_of_no_use_where_a_constant_it_was_built_with_changed(
    tmp_path: Path, edit: str, width: int
) -> None:
    tree = ast.parse(BUILT)
    found = {name: function_digest(*located) for name, located in index_functions(tree).items()}
    found[MODULE] = module_digest(tree)
    functions = {f"program:{name}": FunctionRecord("program", name, "program.py", 1, d) for name, d in found.items()}
    weights = (("weight", TensorSeed("float32", (35, 6), parameter=True)), ("out_features", 35))
    builders = ("program:Net.__init__",)
    modules = {
        0: ModuleRecord(0, "program:Net", 0, "", (), (), (("fc", 1),), True, builders),
        1: ModuleRecord(1, "torch.nn.modules.linear:Linear", 0, "fc", None, weights, (), True, builders),
    }
    arguments = (("self", ModuleSeed(0)), ("x", TensorSeed("float32", (4, 6))))
    call = CallRecord("program:Net.forward", arguments, receiver=0, root=True)
    path = tmp_path / "program.py"
    path.write_text(BUILT.replace(f"{edit[0]} = {'32' if edit[0] == 'H' else '3'}", edit))
    report = Session(tmp_path, Profile(functions, modules, [call]), Options()).report(path)
    assert f"Tensor[float32, N, {width}]" in text_of(report, 12)


def test_a_default_that_a_call_did_not_leave_as_it_is_may_be_anything(tmp_path: Path) -> None:
    source = HEAD + "def f(x, more=1):\n    return torch.cat([x, torch.zeros(more)])\n"
    (tmp_path / "program.py").write_text(source)
    record = FunctionRecord("program", "f", "program.py", 5, function_digest(*index_functions(ast.parse(source))["f"]))
    calls = [
        CallRecord("program:f", (("x", TensorSeed("float32", (size,))), ("more", more)), root=True)
        for size, more in ((4, 1), (5, 1), (4, 3))
    ]
    report = Session(tmp_path, Profile({"program:f": record}, {}, calls), Options()).report(tmp_path / "program.py")
    assert "Tensor[float32, N + more]" in text_of(report, 6)


def test_a_name_that_a_script_gives_another_module_is_what_that_module_uses(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(
        "from torch import nn\nwidth = 3\n\n\ndef make():\n    return nn.Linear(4, width)\n\n\n"
        "def run(x):\n    return make()(x)\n"
    )
    source = f"{HEAD}import layers\nlayers.width = 5\ny = layers.run(torch.zeros(2, 4))\n"
    source += "layers.make = lambda: nn.Linear(4, 6)\nz = layers.run(torch.zeros(2, 4))\n"
    values, _ = evaluated(tmp_path, source)
    assert [values[name].type.dims for name in "yz"] == [(2, 5), (2, 6)]


def test_an_option_that_was_not_kept_is_unknown(tmp_path: Path) -> None:
    option = "parser = argparse.ArgumentParser()\nparser.add_argument('--api-key')\nargs = parser.parse_args()\n"
    source = f"{HEAD}{option}x = torch.zeros(3) if args.api_key == 'k' else torch.zeros(4)\nx\n"
    assert text_of(reported(tmp_path, source, (("--api-key", NOT_KEPT),)), 9) == ["Tensor[float32, _]"]


def test_a_module_that_is_only_imported_has_registered_what_it_defines(tmp_path: Path) -> None:
    package = tmp_path / "models"
    package.mkdir()
    (package / "__init__.py").write_text("from models.registry import get\nimport models.small\n")
    (package / "registry.py").write_text(
        "KNOWN = {}\n\n\ndef register(name):\n    def decorator(f):\n        KNOWN[name] = f\n        return f\n"
        "    return decorator\n\n\ndef get(name, **options):\n    if name not in KNOWN:\n"
        "        raise ValueError(name)\n    return KNOWN[name](**options)\n"
    )
    (package / "small.py").write_text(
        "from torch import nn\nfrom models.registry import register\n\n\n@register('small')\n"
        "def small(**options):\n    return nn.Linear(options['width'], 3)\n"
    )
    source = f"{HEAD}from models import get\ny = get('small', width=4)(torch.zeros(2, 4))\n"
    values, _ = evaluated(tmp_path, source)
    assert values["y"].type.dims == (2, 3)


def test_short_arrays_of_whole_numbers_are_what_they_hold(tmp_path: Path) -> None:
    source = (
        f"{HEAD}import numpy as np\nsizes = np.array([5, 6, 7])\n"
        "starts = np.array((0, *np.cumsum(sizes)[:-1]), dtype=np.long)\n"
        "table = nn.Embedding(sum(sizes), 4)\ny = table(torch.zeros(2, 3).long() + torch.tensor(starts).unsqueeze(0))\n"
        "net = nn.Sequential(*[nn.Linear(int(sizes[i]), int(sizes[i + 1])) for i in range(0, sizes.size - 1)])\n"
        "z = net(torch.zeros(2, 5))\nrows, last = len(sizes), starts[-1]\n"
    )
    values, _ = evaluated(tmp_path, source)
    assert values["y"].type.dims == (2, 3, 4) and values["table"].attrs["num_embeddings"] == 18
    assert values["z"].type.dims == (2, 7)
    assert (values["rows"], values["last"]) == (3, 11)


def test_what_is_put_together_of_pieces_nobody_has_counted_has_a_rank(tmp_path: Path) -> None:
    source = (
        f"{HEAD}x = torch.zeros(6, 4)\nparts = [torch.relu(part) for part in x.chunk(len(input()), 0)]\n"
        "y = torch.cat(parts, dim=0)\nz = torch.stack([torch.zeros(3) for _ in input()], 1)\n"
    )
    facts = {fact.text for fact in reported(tmp_path, source).facts}
    assert {"Tensor[float32, _, 4]", "Tensor[float32, 3, _]"} <= facts


def test_what_is_drawn_from_a_memory_has_its_sizes(tmp_path: Path) -> None:
    source = (
        f"{HEAD}import random\nimport numpy as np\nfrom collections import deque, namedtuple\n"
        "Step = namedtuple('Step', 'state action reward')\nmemory, pairs = deque(maxlen=100), []\n"
        "for i in range(20):\n    memory.append(Step(torch.zeros(1, 4), torch.tensor([[1]]), 0.5 * i))\n"
        "    pairs.append((np.zeros(4), 0.5 * i))\n"
        "batch = Step(*zip(*random.sample(memory, 8)))\nstates = torch.cat(batch.state)\n"
        "rewards = torch.tensor(batch.reward)\nrows, gains = map(np.stack, zip(*random.sample(pairs, 6)))\n"
        "observed = torch.FloatTensor(rows)\ngained = torch.FloatTensor(gains).unsqueeze(1)\n"
    )
    report = reported(tmp_path, source)
    lines = {fact.span.line: fact.text for fact in report.facts}
    found = [
        lines.get(source[: source.index(name)].count("\n") + 1) for name in ("rewards =", "observed =", "gained =")
    ]
    assert found == ["Tensor[float32, 8]", "Tensor[float32, 6, 4]", "Tensor[float32, 6, 1]"]
    assert "Tensor[float32, 8, 4]" in {fact.text for fact in report.facts}


@pytest.mark.parametrize("loop", ["for batch in loader:", "for step, batch in enumerate(loader):"])
def test_what_a_round_takes_out_of_its_batch_is_in_the_next_one(loop: str, tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Rows(Dataset):\n    def __len__(self):\n        return 8\n"
        "    def __getitem__(self, index):\n        return {'x': torch.zeros(5), 'labels': torch.tensor(index)}\n"
        f"loader = DataLoader(Rows(), batch_size=4)\nfor epoch in range(2):\n    {loop}\n"
        "        labels = batch.pop('labels')\n        y = batch['x'].sum(1) + labels\n"
    )
    report = reported(tmp_path, source)
    labels = [fact for fact in report.facts if fact.span.line == 13]
    assert labels and all(fact.dtype is not None and fact.dims is not None for fact in labels)
    assert not any(gap.span.line in (13, 14) for gap in report.gaps)


UNCOUNTED = """\
import json

class Net(nn.Module):
    def __init__(self, options, sizes):
        super().__init__()
        self.width, self.depth, self.names = 8, 2, [8]
        self.set_up(**options)
        self.wide = nn.Linear(self.width, 3)
        self.deepen(*sizes)
        self.deep = nn.Linear(self.depth, 3)
        self.names.extend(*sizes)
        self.first = nn.Linear(self.names[0], 3)

    def set_up(self, width=8):
        self.width = width

    def deepen(self, *sizes):
        self.depth = len(sizes)

options, sizes = json.load(open("options")), json.load(open("sizes"))
net = Net(options, sizes)
settings = dict(width=8)
settings.update(depth=2, **options)
"""


@pytest.mark.parametrize(
    "layer", ["net.wide", "net.deep", "net.first", "nn.Linear(len(net.names), 3)", "nn.Linear(settings['width'], 3)"]
)
def test_what_a_method_with_unknown_arguments_changes_is_unknown(tmp_path: Path, layer: str) -> None:
    known = "nn.Linear(settings['depth'], 3)(torch.zeros(2, 5))\n"
    source = f"{HEAD}{UNCOUNTED}{layer}(torch.zeros(2, 5))\n"
    assert not reported(tmp_path, source).findings
    last = source.count("\n") + 1
    assert [finding.span.line for finding in reported(tmp_path, source + known).findings] == [last]


HANDED = """\
import json
fill = json.load(open("what"))
rows, names, table = [], [3], {}
for each in (rows, names, table):
    fill(each)
width = 4
for each in rows:
    width = 5
for key, value in table.items():
    width = 5
"""


@pytest.mark.parametrize(
    "size", ["len(rows)", "len(names)", "names[0]", "len(table)", "table.get('k', 4)", "width", "len(table.keys())"]
)
def test_what_something_unknown_was_handed_may_hold_any_number_of_things(tmp_path: Path, size: str) -> None:
    source = f"{HEAD}{HANDED}nn.Linear({size}, 3)(torch.zeros(2, 5))\n"
    assert not reported(tmp_path, source).findings
    untouched = source.replace("    fill(each)", "    print(each)")
    assert [finding.span.line for finding in reported(tmp_path, untouched).findings] == [untouched.count("\n")]


@pytest.mark.parametrize(
    ("block", "certain"),
    [
        ("if flag:\n        return five(x)\n    return six(x)", False),
        ("if flag:\n        return x\n    x = six(x)\n    return x", False),
        ("for a in flag:\n        if a:\n            return five(x)\n    return six(x)", False),
        ("while flag:\n        return five(x)\n    return six(x)", False),
        ("match flag:\n        case 1:\n            return five(x)\n    return six(x)", False),
        ("if flag:\n        return six(x)\n    return six(x)", False),
        ("if flag:\n        raise ValueError\n    return six(x)", True),
        ("if flag:\n        x = five(x)\n    return six(torch.zeros(2, 5))", True),
        ("for a in (1, 2):\n        if flag:\n            break\n    return six(x)", True),
    ],
)
def test_what_follows_a_return_that_may_have_been_taken_may_never_run(
    tmp_path: Path, block: str, certain: bool
) -> None:
    layers = "import json\nflag = json.load(open('flag'))\nfive, six = nn.Linear(5, 3), nn.Linear(6, 3)\n"
    calls = "f(torch.zeros(2, 5))\nsix(torch.zeros(2, 5))\n"
    source = f"{HEAD}{layers}def f(x):\n    {block}\n{calls}"
    lines = [finding.span.line for finding in reported(tmp_path, source).findings]
    assert len(lines) == 1 + certain  # the last line's own is certain: the function has ended
    assert max(lines) == source.count("\n")


def test_a_session_that_is_closed_keeps_no_source(tmp_path: Path) -> None:
    """An editor or a daemon opens one after the other."""
    source = f"{HEAD}sizes = []\ndef f(x, sizes=[]):\n    sizes.append(3)\n    return nn.Linear(x.shape[1], 3)(x)\n"

    def trees() -> int:
        gc.collect()
        return sum(type(each) is ast.Module for each in gc.get_objects())  # `isinstance` asks objects of torch

    reported(tmp_path, f"{source}f(torch.zeros(2, 5))\n")
    before = trees()
    for _ in range(3):
        reported(tmp_path, f"{source}f(torch.zeros(2, 5))\n")
    assert trees() <= before


OVERRIDDEN = (
    "import json\nwhat = json.load(open('what'))\nwidth, names = 4, [4, 4]\n"
    "net = nn.Sequential(nn.Linear(4, 3))\n"
)


@pytest.mark.parametrize(
    ("change", "layer"),
    [
        ("exec(open('settings.py').read())", "nn.Linear(width, 3)"),
        ("exec('width = 5', globals())", "nn.Linear(width, 3)"),
        ("globals().update(what)", "nn.Linear(width, 3)"),
        ("del names[what]", "nn.Linear(len(names), 3)"),
        ("names[1] = 5\ndel names[what]", "nn.Linear(names[0], 3)"),
        ("net[what] = nn.Linear(5, 3)", "net"),
    ],
)
def test_what_code_from_a_text_or_an_unknown_place_changes(tmp_path: Path, change: str, layer: str) -> None:
    source = f"{HEAD}{OVERRIDDEN}{{}}\n{layer}(torch.zeros(2, 5))\n"
    changed, as_it_was = source.format(change), source.format("pass")
    lines = [finding.span.line for finding in reported(tmp_path, changed).findings]
    assert lines == ([changed.count("\n")] if layer == "nn.Linear(len(names), 3)" else [])
    assert [finding.span.line for finding in reported(tmp_path, as_it_was).findings] == [as_it_was.count("\n")]


def test_what_a_run_saw_of_a_setting_is_known_after_code_from_a_text(tmp_path: Path) -> None:
    source = f"{HEAD}width = 4\nname = 'a'\nexec(open('settings.py').read())\nnn.Linear(width, 3)(torch.zeros(2, 5))\n"
    assert not reported(tmp_path, source, seen={"width": 5}).findings
    assert [finding.span.line for finding in reported(tmp_path, source, seen={"width": 6}).findings] == [
        source.count("\n")
    ]
