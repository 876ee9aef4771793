"""What the evaluator says of small networks: from the source of today and a profile written by hand."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation import contexts
from mypy_torch_shapes.evaluation.contexts import Call
from mypy_torch_shapes.evaluation.facts import FileReport
from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.digests import function_digest, index_functions
from mypy_torch_shapes.seeds.model import (
    CallRecord,
    FunctionRecord,
    ModuleRecord,
    ModuleSeed,
    Profile,
    Seed,
    TensorSeed,
    Variation,
)

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
Shapes = tuple[tuple[int, ...], ...]  # of `x`: the real run's, then those of the probe


def profile_of(source: str, shapes: Shapes, init: tuple[tuple[str, Seed], ...] = ()) -> Profile:
    """What a run of `Net(**init)(x)` would leave behind."""
    functions = {
        f"program:{name}": FunctionRecord("program", name, "program.py", located[0].lineno, function_digest(*located))
        for name, located in index_functions(ast.parse(source)).items()
    }
    builders = ("program:Net.__init__", "setup:build")  # one that is gone: what follows is today's constructor's alone
    module = ModuleRecord(0, "program:Net", 0, "", init, (), (), True, builders)
    calls = [
        CallRecord(
            "program:Net.forward",
            (("self", ModuleSeed(0)), ("x", TensorSeed("float32", shape))),
            receiver=0,
            root=True,
            probe=number - 1 if number else None,
        )
        for number, shape in enumerate(shapes)
    ]
    rank = range(len(shapes[0]))
    tried = [Variation(0, (("x", axis),), shapes[0][axis] + 1, ok=True) for axis in rank if len(shapes) > 1]
    return Profile(functions, {0: module}, calls, tried)


def reported(directory: Path, source: str, profile: Profile | None = None) -> FileReport:
    path = directory / "program.py"
    path.write_text(source)
    report = Session(directory, profile or Profile(), Options()).report(path)
    assert not report.faults
    return report


def net(directory: Path, init: str, forward: str, shapes: Shapes = ((4, 6), (5, 6)), before: str = "") -> FileReport:
    """The report of a `Net` with these bodies, profiled as it is."""
    source = source_of(init, forward, before)
    return reported(directory, source, profile_of(source, shapes))


def source_of(init: str, forward: str, before: str = "") -> str:
    def body(text: str) -> str:
        return "".join(f"        {line}\n" for line in text.strip().splitlines())

    return (
        f"{HEAD}{before}\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{body(init)}"
        f"    def forward(self, x):\n{body(forward)}"
    )


def returned(report: FileReport, directory: Path) -> str | None:
    """The type of what the last `return` of the file returns."""
    tree = ast.parse((directory / "program.py").read_text())
    last = max((node for node in ast.walk(tree) if isinstance(node, ast.Return)), key=lambda node: node.lineno)
    assert last.value is not None
    found = {
        fact.text
        for fact in report.facts
        if (fact.span.line, fact.span.column) == (last.value.lineno, last.value.col_offset)
        and fact.span.end_column == last.value.end_col_offset
    }
    return found.pop() if len(found) == 1 else None


def test_a_free_size_is_symbolic_to_the_output(tmp_path: Path) -> None:
    report = net(tmp_path, "self.fc = nn.Linear(6, 3)", "y = self.fc(x)\nreturn y")
    assert returned(report, tmp_path) == "Tensor[float32, N, 3]"
    assert not report.findings


def test_a_list_grown_by_a_loop_of_symbolic_length_has_that_length(tmp_path: Path) -> None:
    forward = "rows = []\nfor t in range(x.size(0)):\n    rows.append(x[t])\ny = torch.stack(rows)\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, 6]"


def test_unknown_conditions_join_both_ways(tmp_path: Path) -> None:
    forward = "if x.sum() > 0:\n    y = x[:, :3]\nelse:\n    y = x[:, 3:]\nreturn y"
    report = net(tmp_path, "pass", forward)
    assert returned(report, tmp_path) == "Tensor[float32, N, 3]"
    forward = "if x.sum() > 0:\n    y = x[:, :2]\nelse:\n    y = x\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, _]"


def test_in_place_operations_change_what_every_name_holds(tmp_path: Path) -> None:
    report = net(tmp_path, "pass", "y = x\nx.unsqueeze_(0)\nreturn y")
    assert returned(report, tmp_path) == "Tensor[float32, 1, N, 6]"


def test_modules_in_a_sequential_from_a_list_and_a_factory(tmp_path: Path) -> None:
    before = (
        "def block(a, b):\n    layers = [nn.Linear(a, b), nn.ReLU()]\n    layers.append(nn.Linear(b, b))\n"
        "    return nn.Sequential(*layers)\n"
    )
    init = "self.net = nn.Sequential(block(6, 8), block(8, 2))"
    report = net(tmp_path, init, "y = self.net(x)\nreturn y", before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 2]"


def test_module_lists_are_iterated_enumerated_and_indexed(tmp_path: Path) -> None:
    init = "self.layers = nn.ModuleList([nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3)])"
    for forward in (
        "for layer in self.layers:\n    x = layer(x)\nreturn x",
        "for i, layer in enumerate(self.layers):\n    x = self.layers[i](x)\nreturn x",
        "x = self.layers[-1](self.layers[1](self.layers[0](x)))\nreturn x",
    ):
        assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 3]"


def test_module_dicts_are_followed_by_key(tmp_path: Path) -> None:
    init = "self.heads = nn.ModuleDict({'a': nn.Linear(6, 2), 'b': nn.Linear(6, 3)})"
    forward = "out = {name: head(x) for name, head in self.heads.items()}\ny = out['b']\nreturn y"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 3]"


def test_a_replaced_submodule_is_the_one_that_is_called(tmp_path: Path) -> None:
    init = "self.net = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4))\nself.net[1] = nn.Linear(5, 9)"
    assert returned(net(tmp_path, init, "y = self.net(x)\nreturn y"), tmp_path) == "Tensor[float32, N, 9]"


INIT = "self.a = nn.Linear(6, 8)\nself.b = nn.Linear(8, 2)"
FORWARD = "h = torch.relu(self.a(x))\ny = self.b(h)\nreturn y"


def test_a_hidden_size_changed_on_both_sides_is_no_error(tmp_path: Path) -> None:
    profile = profile_of(source_of(INIT, FORWARD), ((4, 6), (5, 6)))
    edited = source_of(INIT.replace("8", "16"), FORWARD)
    report = reported(tmp_path, edited, profile)
    assert not report.findings
    assert "Tensor[float32, N, 16]" in {fact.text for fact in report.facts}


def test_a_hidden_size_changed_on_one_side_is_one_error(tmp_path: Path) -> None:
    profile = profile_of(source_of(INIT, FORWARD), ((4, 6), (5, 6)))
    edited = source_of(INIT.replace("6, 8", "6, 16"), FORWARD)
    report = reported(tmp_path, edited, profile)
    assert [finding.code for finding in report.findings] == ["tensor-shape"]
    assert edited.splitlines()[report.findings[0].span.line - 1].strip() == "y = self.b(h)"


def test_a_function_that_is_gone_is_ignored(tmp_path: Path) -> None:
    profile = profile_of(source_of(INIT, FORWARD), ((4, 6), (5, 6)))
    report = reported(tmp_path, source_of(INIT, FORWARD).replace("def forward", "def other"), profile)
    assert not report.findings


def test_nothing_is_reported_of_a_path_that_may_not_be_taken(tmp_path: Path) -> None:
    forward = "if x.sum() > 1e9:\n    return x @ x\nreturn x"
    assert not net(tmp_path, "pass", forward).findings


def test_nothing_is_reported_of_a_function_nobody_called(tmp_path: Path) -> None:
    report = reported(tmp_path, f"{HEAD}def unused(x):\n    return torch.zeros(2, 3) @ torch.zeros(2, 3)\n")
    assert not report.findings


def test_one_mistake_is_one_message(tmp_path: Path) -> None:
    source = f"{HEAD}a = torch.zeros(2, 3)\nb = a @ a\nc = b + 1\nd = (c @ a).sum()\n"
    findings = reported(tmp_path, source).findings
    assert [finding.span.line for finding in findings] == [5]


def test_a_mistake_in_a_callee_is_reported_there_once(tmp_path: Path) -> None:
    before = "def product(a):\n    return a @ a\n"
    report = net(tmp_path, "pass", "y = product(x) + product(x)\nreturn y", before=before)
    assert [finding.span.line for finding in report.findings] == [5]


def test_an_assert_on_shapes_is_no_error(tmp_path: Path) -> None:
    forward = "n, d = x.shape\nassert d % 3 == 0\ny = x.view(n, 3, d // 3)\nreturn y"
    report = net(tmp_path, "pass", forward)
    assert returned(report, tmp_path) == "Tensor[float32, N, 3, 2]"
    assert not report.findings


def test_an_asserted_divisor_is_believed(tmp_path: Path) -> None:
    forward = "n, d = x.shape\nassert d % 3 == 0\ny = x.view(n, 3, d // 3).flatten(1) + x\nreturn y"
    report = net(tmp_path, "pass", forward, ((4, 6), (5, 6), (4, 9), (4, 12)))
    assert not report.findings
    assert returned(report, tmp_path) in ("Tensor[float32, N, D]", "Tensor[float32, N, 3*(D//3)]")


def test_a_loop_that_may_be_left_early_leaves_what_any_round_made(tmp_path: Path) -> None:
    forward = "for i in range(3):\n    y = x[:, : i + 1]\n    if x.sum() > 0:\n        break\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, _]"


def test_a_way_that_only_other_sizes_take_leaves_no_claim(tmp_path: Path) -> None:
    forward = "if x.size(0) % 2 == 0:\n    x = x[: x.size(0) // 2]\ny = x\nreturn y"
    report = net(tmp_path, "pass", forward, shapes=((4, 6), (8, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, N2, 6]"
    assert [name for name, _ in report.contexts[-1].local] == ["N2"]
    forward = "while x.size(0) > 3:\n    x = x[: x.size(0) // 2]\ny = x\nreturn y"
    report = net(tmp_path, "pass", forward, shapes=((4, 6), (6, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, N2, 6]"
    assert [name for name, _ in report.contexts[-1].local] == ["N2"]
    forward = "if x.size(0) > 3:\n    return x\ny = x[:2]\nreturn y"
    assert returned(net(tmp_path, "pass", forward, shapes=((4, 6), (6, 6))), tmp_path) is None


def test_a_mistake_on_the_way_all_observed_sizes_take_is_reported(tmp_path: Path) -> None:
    forward = "if x.size(0) > 3:\n    x = self.fc(x[:, :4])\ny = x\nreturn y"
    report = net(tmp_path, "self.fc = nn.Linear(6, 3)", forward, shapes=((4, 6), (5, 6)))
    assert [finding.span.line for finding in report.findings] == [11]


def test_padding_that_is_left_out_where_there_is_none_keeps_its_expression(tmp_path: Path) -> None:
    forward = "r = (4 - x.size(0) % 4) % 4\nif r > 0:\n    x = F.pad(x, (0, 0, 0, r))\ny = x.view(-1, 4, 6)\nreturn x"
    report = net(tmp_path, "pass", forward, shapes=((5, 6), (8, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, 4*N - 4*((3*N)//4), 6]"
    assert not report.findings


@pytest.mark.parametrize("shapes", [((5, 6), (8, 6)), ((4, 6), (8, 6)), ((5, 6), (7, 6))])
@pytest.mark.parametrize(
    ("test", "padding", "expected"),
    [
        ("n % 4 != 0", "4 - n % 4", "4*((N + 3)//4)"),
        ("n % 4", "4 - n % 4", "4*((N + 3)//4)"),
        ("n % 2 == 1", "n % 2", "2*N - 2*(N//2)"),
        ("n % 2 == 1", "1", "2*N - 2*(N//2)"),
        ("n % 4 == 1", "n % 4", "N2"),  # it may be 2 elsewhere
        ("n % 4 != 0", "3 - n % 4", "N2"),
    ],
)
def test_filling_up_to_a_multiple_only_where_there_is_a_rest_has_an_expression(
    tmp_path: Path, test: str, padding: str, expected: str, shapes: Shapes
) -> None:
    forward = f"n = x.size(0)\nif {test}:\n    x = F.pad(x, (0, 0, 0, {padding}))\ny = x\nreturn y"
    report = net(tmp_path, "pass", forward, shapes=shapes)
    assert returned(report, tmp_path) == f"Tensor[float32, {expected}, 6]"
    assert not report.findings


@pytest.mark.parametrize("shapes", [((4, 6), (5, 8)), ((3, 6), (4, 7)), ((3, 7), (4, 8))])
@pytest.mark.parametrize(
    "forward",
    [
        "if h == 3 and w == 7:\n    return self.table\nreturn x.new_zeros(h * w)",
        "if h != 3 or w != 7:\n    return x.new_zeros(h * w)\nreturn self.table",
        "if (h, w) == self.size:\n    y = self.table\nelse:\n    y = x.new_zeros(h * w)\nreturn y",
        "if not x.shape == self.size:\n    y = x.new_zeros(h * w)\nelse:\n    y = self.table\nreturn y",
        "return self.table if h == 3 and w == 7 else x.new_zeros(h * w)",
        "for i in range(2):\n    if h == 3 and w == 7:\n        return self.table\nreturn x.new_zeros(h * w)",
        "fits = h == 3 and w == 7\nother = not fits\nreturn x.new_zeros(h * w) if other else self.table",
    ],
)
def test_a_table_that_is_used_at_one_size_alone_has_the_size_that_is_computed_at_others(
    tmp_path: Path, forward: str, shapes: Shapes
) -> None:
    init = "self.size, self.table = (3, 7), torch.zeros(21)"
    grid = "def grid(self, x):\n    h, w = x.shape\n    " + forward.replace("\n", "\n    ") + "\n"
    report = net(tmp_path, init, "y = grid(self, x)\nreturn y", shapes=shapes, before=grid)
    assert returned(report, tmp_path) == "Tensor[float32, N*D]"


def test_a_piece_of_a_tensor_that_is_split_into_any_number_of_them_has_its_rank(tmp_path: Path) -> None:
    forward = "pieces = torch.split(x, 2, 1)\ny = self.conv(pieces[1][:, None]) + pieces[2:][0][:, None]\nreturn y"
    report = net(tmp_path, "self.conv = nn.Conv1d(1, 1, 1)", forward, shapes=((4, 6), (5, 8)))
    assert returned(report, tmp_path) == "Tensor[float32, N, 1, _]"


def test_a_condition_that_is_one_of_two_knows_the_sizes_of_neither(tmp_path: Path) -> None:
    forward = """
n, d = x.shape
test = n == 3 if x.sum() > 0 else d == 3
y = x.new_zeros(3) if test else x.new_zeros(n)
return y"""
    report = net(tmp_path, "pass", forward, shapes=((4, 6), (5, 7)))
    assert returned(report, tmp_path) in ("Tensor[float32, _]", "Tensor[float32, N2]")


def test_what_is_equal_on_one_way_says_nothing_of_the_other(tmp_path: Path) -> None:
    forward = """
n, d = x.shape
if n != d:
    m = n if x.sum() > 0 else d
    y = x.new_zeros(m)
else:
    y = x.new_zeros(n)
return y"""
    report = net(tmp_path, "pass", forward, shapes=((4, 6), (5, 7)))
    assert returned(report, tmp_path) == "Tensor[float32, _]"


def test_hooks_change_what_a_module_gets_and_gives(tmp_path: Path) -> None:
    init = (
        "self.fc = nn.Linear(6, 3)\nself.fc.register_forward_pre_hook(lambda m, a: (a[0].flatten(1),))\n"
        "self.fc.register_forward_hook(lambda m, a, out: out.unsqueeze(1))"
    )
    report = net(tmp_path, init, "y = self.fc(x)\nreturn y", shapes=((4, 2, 3), (5, 2, 3)))
    assert returned(report, tmp_path) == "Tensor[float32, N, 1, 3]"
    assert not report.findings


def test_a_layer_deleted_from_a_list_is_gone(tmp_path: Path) -> None:
    init = "self.layers = nn.ModuleList([nn.Linear(6, 5), nn.Linear(5, 5), nn.Linear(5, 2)])\ndel self.layers[1]"
    forward = "y = self.layers[1](self.layers[0](x))\nreturn y"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 2]"


def test_an_operation_that_fails_where_it_is_caught_goes_to_the_handler(tmp_path: Path) -> None:
    forward = "try:\n    y = x.view(7, 13)\nexcept RuntimeError:\n    y = x.flatten()\nz = y\nreturn z"
    report = net(tmp_path, "pass", forward)
    assert returned(report, tmp_path) == "Tensor[float32, 6*N]"
    assert not report.findings


def test_a_decorated_forward_is_entered_as_it_is_called(tmp_path: Path) -> None:
    before = (
        "import functools\n\ndef turned(fn):\n    @functools.wraps(fn)\n    def inner(self, x):\n"
        "        return fn(self, x.t())\n    return inner\n"
    )
    source = source_of("pass", "return self.run(x)\n", before) + (
        "    @turned\n    def run(self, x):\n        y = x[:, None]\n        return y\n"
    )
    assert returned(reported(tmp_path, source, profile_of(source, ((4, 6), (5, 6)))), tmp_path) == (
        "Tensor[float32, 6, 1, N]"
    )


def test_a_value_that_is_a_number_at_times_is_not_claimed_to_be_a_tensor(tmp_path: Path) -> None:
    forward = (
        "s = 0\nfor k in (1, 2):\n    try:\n        s = s[:, k:]\n    except:\n        s = 0\n"
        "    s = x + s\ny = s\nreturn y"
    )
    report = net(tmp_path, "pass", forward)
    assert report.facts and not [fact for fact in report.facts if fact.text == "Tensor[_, ...]"]


def test_packed_sequences_go_through_recurrent_layers(tmp_path: Path) -> None:
    init = "self.rnn = nn.LSTM(6, 5, batch_first=True)\nself.fc = nn.Linear(5, 2)"
    forward = (
        "p = nn.utils.rnn.pack_padded_sequence(x, torch.full((x.size(0),), 3), batch_first=True)\n"
        "o, (h, c) = self.rnn(p)\no, n = nn.utils.rnn.pad_packed_sequence(o, batch_first=True)\n"
        "y = self.fc(o), self.fc(h)\nz = self.fc(h)\nreturn z"
    )
    report = net(tmp_path, init, forward, shapes=((4, 3, 6), (5, 3, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, 1, N, 2]"
    report = net(tmp_path, init.replace("LSTM(6", "LSTM(7"), forward, shapes=((4, 3, 6), (5, 3, 6)))
    assert [finding.span.line for finding in report.findings] == [12]


@pytest.mark.parametrize(
    ("shapes", "runs", "found"),
    [
        (((4, 6), (4, 16)), 1, True),  # fails in the run, not in the probe
        (((4, 16), (4, 6)), 1, False),  # fails in the probe alone
        (((4, 6), (4, 16)), 2, False),  # fails in one of two runs
        (((4, 6), (4, 7), (4, 16)), 2, True),  # fails in both runs
    ],
)
def test_an_edit_that_breaks_the_sizes_of_the_run_is_an_error(
    tmp_path: Path, shapes: Shapes, runs: int, found: bool
) -> None:
    forward = "return F.max_pool1d(x, {})"
    profile = profile_of(source_of("pass", forward.format(2)), shapes)
    calls = [replace(call, probe=None) if number < runs else call for number, call in enumerate(profile.calls)]
    edited = source_of("pass", forward.format(8))
    assert bool(reported(tmp_path, edited, replace(profile, calls=calls)).findings) is found


@pytest.mark.parametrize(
    "forward",
    [
        "if FLAG:\n    y = self.fc(x)  # E\nelse:\n    y = F.linear(x, self.fc.weight)  # E\nreturn y",
        "return self.fc(x) if FLAG else F.linear(x, self.fc.weight)  # E",
        "if FLAG:\n    return self.fc(x)  # E\nelse:\n    raise ValueError\n",
        "if FLAG:\n    if OTHER:\n        x = self.fc(x)  # E\n    else:\n        x = x @ x\nelse:\n    x @ x  # E\n",
        "if FLAG:\n    y = self.fc(x)\nelse:\n    y = x\nreturn y",
        "if FLAG:\n    y = self.fc(x)\nreturn x",
        "if FLAG:\n    if OTHER:\n        x = self.fc(x)\nelse:\n    x = x @ x\nreturn x",
        "for n in NAMES:\n    if FLAG:\n        x = self.fc(x)\n    else:\n        x = x @ x\nreturn x",
        "try:\n    y = self.fc(x) if FLAG else x @ x\nexcept RuntimeError:\n    y = x\nreturn y",
    ],
)
def test_what_fails_whichever_way_is_gone_is_an_error(tmp_path: Path, forward: str) -> None:
    before = "import os\nFLAG, OTHER, NAMES = os.environ.get('A'), os.environ.get('B'), os.environ.get('C')\n"
    report = net(tmp_path, "self.fc = nn.Linear(5, 3)", forward, before=before)
    source = source_of("self.fc = nn.Linear(5, 3)", forward, before).splitlines()
    found = {line for each in report.findings for line in range(each.span.line, each.span.end_line + 1)}
    assert sorted(found) == [number for number, line in enumerate(source, 1) if line.endswith("# E")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("n, c, h = x.shape", "shape: the tensor has 4 axes, 3 are unpacked"),
        ("*a, b, c, d, e, f = x.size()", "shape: the tensor has 4 axes, at least 5 are unpacked"),
        ("a, b = x", "unpacking: the tensor has 8 rows, 2 are unpacked"),
        ("a, b = x.chunk(3, 1)", "unpacking: there are 3 pieces, 2 are unpacked"),
        ("(a,) = x.split(1, 1)", "unpacking: there are 3 pieces, 1 is unpacked"),
        ("size = x.size(); size[4]", "shape: index 4 is out of range for a tensor of rank 4"),
        ("size = x.size(); size = (1, 2); size[4]", None),
        ("def f(size=(1, 2)): return size[4]\nf()", None),
        ("first, *rest = x.shape", None),
        ("a, b, c = x.unbind(1)", None),
        ("a, b = make(x)", None),
    ],
)
def test_names_and_sizes_are_as_many(tmp_path: Path, line: str, said: str | None) -> None:
    head = f"{HEAD}from elsewhere import make\nx = torch.zeros(8, 3, 4, 4)\n"
    findings = reported(tmp_path, f"{head}{line}\n").findings
    assert [finding.message for finding in findings] == ([said] if said else [])
    inside = line.replace("\n", "\n    ")
    assert not reported(tmp_path, f"{head}try:\n    {inside}\nexcept (ValueError, IndexError):\n    pass\n").findings


def test_an_error_in_a_sequential_names_the_layer(tmp_path: Path) -> None:
    layers = "nn.ReLU(), nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(9, 8, 1))"
    (finding,) = reported(tmp_path, f"{HEAD}nn.Sequential({layers})(torch.zeros(2, 3, 4, 4))").findings
    assert "in layer 1.1 of the Sequential" in finding.notes


def test_steps_of_pictures_are_no_channels(tmp_path: Path) -> None:
    report = net(tmp_path, "pass", "return x.flatten(2)", shapes=((4, 5, 6, 6), (5, 6, 6, 6)))
    assert returned(report, tmp_path) == "Tensor[float32, N, T, 36]"


def test_what_an_edit_breaks_at_the_sizes_of_the_run_is_looked_for_where_the_edit_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Call] = []
    real = contexts.as_run
    monkeypatch.setattr(contexts, "as_run", lambda call: asked.append(call) or real(call))
    (tmp_path / "elsewhere.py").write_text("def used():\n    pass\n")
    elsewhere = {"elsewhere:used": FunctionRecord("elsewhere", "used", "elsewhere.py", 1, "what it was")}
    for before, times in (("", 0), ("import elsewhere\n", 1)):
        source = source_of(INIT, FORWARD, before)
        profile = profile_of(source, ((4, 6), (5, 6)))
        reported(tmp_path, source, replace(profile, functions={**profile.functions, **elsewhere}))
        assert len(asked) == times
    edited = source_of(INIT, "return x.view(5, -1)")
    assert len(reported(tmp_path, edited, profile_of(source_of(INIT, FORWARD), ((4, 6), (5, 6)))).findings) == 1


def test_a_class_is_one_class_for_the_module_that_defines_it_and_those_that_import_it(tmp_path: Path) -> None:
    source = source_of(INIT, FORWARD)
    profile = profile_of(source, ((4, 6), (5, 6)))
    user = "from program import Net\nmade = Net()\ndef f(net, x):\n    return x.t() if isinstance(net, Net) else x\n"
    call = CallRecord("a_user:f", (("net", ModuleSeed(0)), ("x", TensorSeed("float32", (4, 6)))), root=True)
    record = FunctionRecord("a_user", "f", "a_user.py", 3, function_digest(*index_functions(ast.parse(user))["f"]))
    (tmp_path / "program.py").write_text(source)
    (tmp_path / "a_user.py").write_text(user)
    both = replace(profile, functions={**profile.functions, "a_user:f": record}, calls=[*profile.calls, call])
    report = Session(tmp_path, both, Options()).report(tmp_path / "a_user.py")
    assert "Tensor[float32, D, N]" in {fact.text for fact in report.facts}
