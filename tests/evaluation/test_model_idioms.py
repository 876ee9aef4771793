"""What published model files do besides layers: attributes by name, named tuples, lists that live on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.model import (
    LENGTH,
    CallRecord,
    FunctionRecord,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    NameSeed,
    ObjectSeed,
    Profile,
    SequenceSeed,
    TensorSeed,
    Variation,
)
from tests.evaluation.support import evaluated
from tests.evaluation.test_programs import HEAD, net, profile_of, reported, returned, source_of


def test_attributes_by_name_as_methods(tmp_path: Path) -> None:
    init = "for i in range(2):\n    self.__setattr__('fc%d' % i, nn.Linear(6 - i, 5 - i))"
    forward = "for i in range(2):\n    x = self.__getattr__('fc%d' % i)(x)\nreturn x"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 4]"


def test_a_named_tuple_with_a_replaced_field_and_a_method_of_its_own(tmp_path: Path) -> None:
    before = (
        "import collections, typing\nArgs = collections.namedtuple('Args', ['width', 'depth'])\n"
        "class Sizes(typing.NamedTuple):\n    a: int\n    def doubled(self):\n        return 2 * self.a\n"
    )
    init = "args = Args(3, 1)._replace(width=6)\nself.fc = nn.Linear(args.width, Sizes(4).doubled() + args.depth)"
    report = net(tmp_path, init, "return self.fc(x)", before=before)
    assert returned(report, tmp_path) == "Tensor[float32, N, 9]"


def test_a_comprehension_filtered_by_something_unknown_sees_every_item(tmp_path: Path) -> None:
    init = "self.a = nn.Linear(6, 3)\nself.b = nn.Linear(6, 4)"
    forward = "rows = [p.sum() for p in self.parameters() if p.requires_grad]\nreturn x"
    texts = {fact.text for fact in net(tmp_path, init, forward).facts if fact.span.line == 10}
    assert "Tensor[float32, 3, 6]" not in texts
    values, _ = evaluated(tmp_path, "import os\nx = [i for i in (1, 2) if os.getpid() > i]\ny = x + [3]")
    assert not isinstance(values["x"], list)


def test_an_item_taken_out_of_or_put_into_a_list_at_an_unknown_place(tmp_path: Path) -> None:
    source = "import os\nx = [1, 2, 3]\nx.remove(os.getpid())\ny = [5, 5]\ny.insert(os.getpid(), 5)\n"
    values, _ = evaluated(tmp_path, source)
    assert len(values["x"]) == 2 and values["y"] == [5, 5, 5]
    assert not set(values["x"]) & {1, 2, 3}


def test_a_global_list_that_functions_append_to_is_unknown_in_a_recorded_call(tmp_path: Path) -> None:
    before = "seen = []\nwidths = [6, 5]\n"
    forward = "seen.append(x)\ny = torch.tensor(seen)\nz = torch.stack(seen)\nreturn torch.zeros(widths)"
    report = net(tmp_path, "pass", forward, before=before)
    assert not report.findings
    assert not [fact for fact in report.facts if fact.span.line == 10 and fact.dims is not None]
    assert returned(report, tmp_path) == "Tensor[float32, 6, 5]"


def test_nothing_was_seen_to_be_appended(tmp_path: Path) -> None:
    source = f"{HEAD}found = []\nlayer = nn.Linear(2, 2)\nlayer.register_forward_hook(lambda *a: found.append(a[2]))\n"
    source += "layer(torch.ones(1, 2))\n"
    assert not reported(tmp_path, f"{source}y = torch.stack(found)\n").findings
    assert not reported(tmp_path, f"{source}y = torch.cat(tuple(found)[::-1])\n").findings


@pytest.mark.parametrize("wrong", ["x.shape[2]", "x.size()[2]", "x.shape[-3]", "x.max(1)[2]"])
def test_a_dimension_that_is_not_there(tmp_path: Path, wrong: str) -> None:
    assert [f.code for f in net(tmp_path, "pass", f"n = {wrong}\nreturn x").findings] == ["tensor-shape"]
    assert not net(tmp_path, "pass", f"try:\n    n = {wrong}\nexcept IndexError:\n    pass\nreturn x").findings


def test_the_argument_of_apply_has_contexts_of_its_own(tmp_path: Path) -> None:
    before = "def start(m):\n    if isinstance(m, nn.Linear):\n        m.weight.data.fill_(0.1)\n"
    report = net(
        tmp_path, "self.a = nn.Linear(6, 3)\nself.b = nn.Linear(3, 4)\nself.apply(start)", "return x", before=before
    )
    texts = {fact.text for fact in report.facts if fact.span.line == 6}
    assert texts == {"Tensor[float32, 3, 6]", "Tensor[float32, 4, 3]"}


def test_two_models_of_one_class_are_told_apart(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self, out, rate):\n        super().__init__()\n"
        "        self.fc, self.drop = nn.Linear(6, out), nn.Dropout(rate)\n"
        "    def forward(self, x):\n        return self.drop(self.fc(x))\n"
    )
    profile = profile_of(source, ((4, 6), (5, 6)), (("out", 3), ("rate", 0.1)))
    for number, (out, rate) in enumerate([(7, 0.1), (7, 0.5)], 1):
        profile.modules[number] = replace(
            profile.modules[0], id=number, root=number, init=(("out", out), ("rate", rate))
        )
        arguments = (("self", ModuleSeed(number)), ("x", TensorSeed("float32", (4, 6))))
        profile.calls.append(CallRecord("program:Net.forward", arguments, receiver=number, root=True))
    report = reported(tmp_path, source, profile)
    contexts = [context.id for context in report.contexts if context.function.endswith("forward")]
    assert len(contexts) == 2
    last = [fact.text for fact in report.facts if fact.span.line == 9 and fact.span.column == 15]
    assert sorted(last) == ["Tensor[float32, N, 3]", "Tensor[float32, N, 7]"]


def test_an_axis_whose_partners_the_probe_did_not_reach_is_free(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "    def forward(self, x, y):\n        return x + y\n"
    )
    profile = profile_of(source, ((4, 6),))
    module, calls = ("self", ModuleSeed(0)), []
    for batch, probe in ((3, None), (5, 0)):
        pair = (("x", TensorSeed("float32", (4, 6))), ("y", TensorSeed("float32", (batch, 4, 6))))
        calls.append(CallRecord("program:Net.forward", (module, *pair), receiver=0, root=True, probe=probe))
    alone = [Variation(0, (axis,), 9, ok=False) for axis in (("x", 0), ("x", 1), ("y", 1), ("y", 2))]
    tried = [Variation(0, (("y", 0),), 5, ok=True), *alone, Variation(0, (("x", 0), ("y", 1)), 9, ok=False)]
    report = reported(tmp_path, source, Profile(profile.functions, profile.modules, calls, tried))
    assert returned(report, tmp_path) == "Tensor[float32, N, 4, D]"


def test_an_axis_inside_a_dict_whose_partners_the_probe_did_not_reach_is_free(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "    def forward(self, batch):\n        return batch['x'] + batch['y']\n"
    )
    profile = profile_of(source, ((4, 6),))
    names, calls = ("batch['x']", "batch['y']"), []
    for width, probe in ((6, None), (7, 4)):
        given = MappingSeed("dict", tuple((name, TensorSeed("float32", (3, width))) for name in ("x", "y")))
        arguments = (("self", ModuleSeed(0)), ("batch", given))
        calls.append(CallRecord("program:Net.forward", arguments, receiver=0, root=True, probe=probe))
    tried = [Variation(0, ((name, axis),), 9, ok=False) for name in names for axis in (0, 1)]
    tried.append(Variation(0, tuple((name, 1) for name in names), 7, ok=True))
    report = reported(tmp_path, source, Profile(profile.functions, profile.modules, calls, tried))
    assert returned(report, tmp_path) == "Tensor[float32, N, D]"


def test_a_library_without_torch_is_left_after_some_steps(tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    slow = "def step(n, i):\n    return (n * 7 + i) % 1000\n"
    slow += "def slow(n):\n    for i in range(500):\n        n = step(n, i)\n    return n\n"
    slow += "def quick(n):\n    return n + 1\n"
    (tmp_path / "site-packages" / "busy.py").write_text(slow)
    path = tmp_path / "program.py"
    path.write_text(
        f"{HEAD}import busy\nx = torch.zeros(busy.quick(1), 3)\nfor i in range(50):\n    y = busy.slow(i)\n"
    )
    session = Session(tmp_path, Profile(), Options())
    session.loader.search.append(tmp_path / "site-packages")
    assert "Tensor[float32, 2, 3]" in {fact.text for fact in session.report(path).facts}
    assert "busy takes too many steps" in {gap.reason for gap in session.report(path).gaps}


def test_what_an_imported_module_would_do_as_a_script_is_not_run(tmp_path: Path) -> None:
    source = (
        f"{HEAD}def check():\n    return torch.ones(2, 3) @ torch.ones(2, 3)\nif __name__ == '__main__':\n    check()\n"
    )
    assert reported(tmp_path, source).findings
    profile = profile_of(source, ((4, 6),))
    functions = {key: record for key, record in profile.functions.items() if "Net" not in key}
    functions["driver:run"] = FunctionRecord("driver", "run", "driver.py", 1, "")
    (tmp_path / "driver.py").write_text("import program\n")
    report = reported(tmp_path, source, Profile(functions))
    assert not report.findings
    assert str(tmp_path / "driver.py") in report.depends_on


def test_a_decorator_that_asks_for_the_signature_of_what_it_wraps(tmp_path: Path) -> None:
    before = (
        "import functools, inspect\n"
        "def positional(f):\n"
        "    kinds = inspect.signature(f).parameters\n"
        "    start = next(i for i, p in enumerate(kinds.values()) if p.kind == p.KEYWORD_ONLY)\n"
        "    @functools.wraps(f)\n"
        "    def wrapper(*args, **kwargs):\n"
        "        kwargs.update(zip(tuple(kinds)[start:], args[start:]))\n"
        "        return f(*args[:start], **kwargs)\n"
        "    return wrapper\n"
        "@positional\n"
        "@positional\n"
        "def build(a, *, b=2, **rest):\n"
        "    return nn.Linear(a, b)\n"
    )
    assert returned(net(tmp_path, "self.fc = build(6, 5)", "return self.fc(x)", before=before), tmp_path) == (
        "Tensor[float32, N, 5]"
    )


def test_a_child_unknown_in_a_constructor_that_changed_is_not_the_recorded_one(tmp_path: Path) -> None:
    source = source_of("import library\nself.fc = library.layer(6, 3)", "return self.fc(x)")
    profile = profile_of(source, ((4, 6), (5, 6)))
    builders = ("program:Net.__init__",)
    profile.modules[0] = replace(profile.modules[0], builders=builders, children=(("fc", 1),))
    weights = (("in_features", 6), ("out_features", 3), ("weight", TensorSeed("float32", (3, 6), parameter=True)))
    profile.modules[1] = ModuleRecord(1, "torch.nn.modules.linear:Linear", 0, "fc", None, weights, (), True, builders)
    assert returned(reported(tmp_path, source, profile), tmp_path) == "Tensor[float32, N, 3]"
    assert returned(reported(tmp_path, source.replace("6, 3)", "6, 4)"), profile), tmp_path) is None


def test_a_recorded_function_that_another_made_is_not_that_other(tmp_path: Path) -> None:
    source = source_of("self.fs = [lambda y: y[:, :2]]", "return self.fs[0](x)", "def make(y):\n    return y.t()\n")
    profile = profile_of(source, ((4, 6), (5, 6)))
    made = SequenceSeed("list", (NameSeed("function", "program:make.<locals>.<lambda>"),))
    record = replace(profile.calls[0], arguments=(("x", TensorSeed("float32", (4, 6))), ("fs", made)))
    own = "def apply(x, fs):\n    return fs[0](x)\n"
    source, profile.calls = source + own, [replace(record, function="program:apply", receiver=None)]
    profile.functions.update(profile_of(source, ((4, 6),)).functions)
    assert returned(reported(tmp_path, source, profile), tmp_path) is None


def test_a_default_may_be_made_by_a_function(tmp_path: Path) -> None:
    before = "from inspect import isfunction\ndef default(v, d):\n    return d() if isfunction(d) else d\n"
    forward = "y = default(None, x)\nreturn torch.cat([y, default(None, lambda: x[:, :2])], 1)"
    assert returned(net(tmp_path, "pass", forward, before=before), tmp_path) == "Tensor[float32, N, 8]"


def test_a_list_that_was_read_from_a_file_is_the_recorded_one(tmp_path: Path) -> None:
    init = "self.rows = []\nfor line in open('net.cfg'):\n    self.rows.append({'by': line})"
    source = source_of(init, "for row in self.rows:\n    x = x.repeat(1, int(row['by']))\nreturn x")
    profile = profile_of(source, ((4, 6), (5, 6)))
    rows = SequenceSeed("list", tuple(MappingSeed("dict", (("by", text),)) for text in ("2", "3")))
    builders = ("program:Net.__init__",)
    profile.modules[0] = replace(profile.modules[0], builders=builders, attrs=(("rows", rows),))
    assert returned(reported(tmp_path, source, profile), tmp_path) == "Tensor[float32, N, 36]"
    edited = source.replace("'by': line", "'by': 2")
    assert returned(reported(tmp_path, edited, profile), tmp_path) == "Tensor[float32, N, _]"


def test_a_table_of_numbers_made_with_numpy(tmp_path: Path) -> None:
    init = (
        "rows = [[p / np.power(10, 2 * (i // 2) / 6) for i in range(6)] for p in range(9)]\n"
        "table = np.array(rows)\ntable[:, 0::2] = np.sin(table[:, 0::2])\n"
        "self.register_buffer('table', torch.FloatTensor(table).unsqueeze(0))"
    )
    report = net(tmp_path, init, "return self.table", before="import numpy as np\n")
    assert returned(report, tmp_path) == "Tensor[float32, 1, 9, 6]"


def test_a_convolution_that_casts_its_weights(tmp_path: Path) -> None:
    before = (
        "class Cast(nn.Conv1d):\n    def _conv_forward(self, x, weight, bias):\n"
        "        return super()._conv_forward(x, weight.to(x.dtype), None if bias is None else bias.to(x.dtype))\n"
    )
    init = "self.conv = Cast(3, 4, 3, padding=1)"
    report = net(tmp_path, init, "return self.conv(torch.zeros(2, 3, 5, dtype=torch.float64))", before=before)
    assert returned(report, tmp_path) == "Tensor[float64, 2, 4, 5]" and report.findings == []
    report = net(tmp_path, init, "return self.conv(torch.zeros(2, 4, 5))", before=before)
    assert [each.message for each in report.findings] == ["conv1d: input has 4 channels, expected in_channels = 3"]


def test_an_embedding_of_a_table(tmp_path: Path) -> None:
    init = "self.table = nn.Embedding.from_pretrained(torch.zeros(7, 5), freeze=True)"
    report = net(tmp_path, init, "return self.table(torch.arange(3))")
    assert returned(report, tmp_path) == "Tensor[float32, 3, 5]"


def test_attention_projected_to_another_width(tmp_path: Path) -> None:
    init = "self.qkv, self.out = nn.Linear(6, 6), nn.Linear(6, 4)"
    weights = "None, torch.zeros(18), None, None, False, 0.0, self.out.weight, self.out.bias"
    projections = ", ".join(f"{name}_proj_weight=self.qkv.weight" for name in "qkv")
    call = f"F.multi_head_attention_forward(y, y, y, 6, 2, {weights}, use_separate_proj_weight=True, {projections})"
    forward = f"y = torch.zeros(5, 2, 6)\nreturn {call}[0]"
    report = net(tmp_path, init, forward, before="import torch.nn.functional as F\n")
    assert returned(report, tmp_path) == "Tensor[float32, 5, 2, 4]"


def test_the_registry_of_a_modules_parts_is_read_and_written(tmp_path: Path) -> None:
    init = "self.a, self.b = nn.Linear(6, 5), nn.Linear(5, 4)\nself._modules['b'] = nn.Linear(5, 3)"
    forward = "for name in self._modules:\n    x = self._modules[name](x)\n"
    forward += "for part in self._modules.values():\n    part\nreturn x"
    assert returned(net(tmp_path, init, forward), tmp_path) == "Tensor[float32, N, 3]"


def test_what_next_takes_from_an_iterator_is_not_left_for_the_loop(tmp_path: Path) -> None:
    forward = (
        "steps = enumerate(x)\n_, row = next(steps)\nkept = [row]\nfor i, row in steps:\n"
        "    kept.append(row if i == 1 else kept[-1].view(6))\n"
        "y = torch.cat(kept).view(x.size(0), 6)\nreturn torch.stack(kept)"
    )
    report = net(tmp_path, "pass", forward)
    assert not report.findings
    assert returned(report, tmp_path) == "Tensor[float32, N, 6]"
    taken = "rows = iter(x)\nnext(rows)\nreturn torch.stack([row for row in rows])"
    assert returned(net(tmp_path, "pass", taken), tmp_path) == "Tensor[float32, N - 1, 6]"


def test_a_list_that_grows_from_call_to_call_has_no_length_in_a_recorded_one(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Buffer:\n    def __init__(self):\n        self.states, self.rewards = [], []\n\n"
        "class Agent:\n    def __init__(self):\n        self.buffer = Buffer()\n"
        "    def see(self, x):\n        self.buffer.states.append(x)\n"
        "    def update(self):\n        gains = []\n        for reward in reversed(self.buffer.rewards):\n"
        "            gains.insert(0, reward)\n        gains = torch.tensor(gains, dtype=torch.float32)\n"
        "        gains = gains.unsqueeze(1)\n        return torch.stack(self.buffer.states)\n\n\n"
        "agent = Agent()\nfor _ in range(3):\n    agent.see(torch.zeros(4))\n    agent.buffer.rewards.append(1.0)\n"
    )
    states = SequenceSeed("list", (TensorSeed("float32", (4,)),) * 3)
    buffer = ObjectSeed("program:Buffer", (("states", states), ("rewards", SequenceSeed("list", (1.0, 2.0, 1.0)))))
    agent = ObjectSeed("program:Agent", (("buffer", buffer),))
    profile = Profile(
        {"program:Agent.update": FunctionRecord("program", "Agent.update", "program.py", 13, "")},
        {},
        [CallRecord("program:Agent.update", (("self", agent),), root=True)],
    )
    report = reported(tmp_path, source, profile)
    assert returned(report, tmp_path) == "Tensor[float32, n, N]"
    line = 1 + source[: source.index("unsqueeze")].count("\n")
    assert "Tensor[float32, n2, 1]" in {fact.text for fact in report.facts if fact.span.line == line}


def test_a_number_that_an_object_keeps_may_be_another_one(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Storage:\n    def __init__(self, steps):\n        self.steps = steps\n        self.seen = []\n"
        "    def flat(self, x):\n        rows = x.size(0) // 2\n        return torch.zeros(self.steps * rows, 3)\n"
    )
    storage = ObjectSeed("program:Storage", (("steps", 4), ("seen", SequenceSeed("list", ()))))
    profile = Profile(
        {"program:Storage.flat": FunctionRecord("program", "Storage.flat", "program.py", 8, "")},
        {},
        [CallRecord("program:Storage.flat", (("self", storage), ("x", TensorSeed("float32", (6, 2)))), root=True)],
    )
    assert returned(reported(tmp_path, source, profile), tmp_path) == "Tensor[float32, n*(N//2), 3]"


def test_a_plain_function_may_be_handed_a_longer_list(tmp_path: Path) -> None:
    source = (
        f"{HEAD}def pad(xs):\n    out = xs[0].new_zeros(len(xs), max(x.size(0) for x in xs), xs[0].size(1))\n"
        "    for i, x in enumerate(xs):\n        out[i, : x.size(0)] = x\n    return out\n"
    )
    given = SequenceSeed("list", tuple(TensorSeed("float32", (length, 4)) for length in (5, 3)))
    function = FunctionRecord("program", "pad", "program.py", 4, "")
    profile = Profile({"program:pad": function}, {}, [CallRecord("program:pad", (("xs", given),), root=True)])
    report = reported(tmp_path, source, profile)
    assert not report.findings
    assert (returned(report, tmp_path) or "").startswith("Tensor[float32, n, _, ")


def test_two_items_of_a_list_that_differ_are_not_of_one_size(tmp_path: Path) -> None:
    source = f"{HEAD}def rest(xs):\n    y = torch.zeros(xs[1].size(0) - xs[0].size(0) + 3)\n    return y\n"
    given = SequenceSeed("list", tuple(TensorSeed("float32", (length, 4)) for length in (3, 6)))
    function = FunctionRecord("program", "rest", "program.py", 4, "")
    profile = Profile({"program:rest": function}, {}, [CallRecord("program:rest", (("xs", given),), root=True)])
    assert returned(reported(tmp_path, source, profile), tmp_path) == "Tensor[float32, _]"


def test_two_numbers_of_a_list_that_grew_in_a_loop_are_two_sizes(tmp_path: Path) -> None:
    source = (
        f"{HEAD}def pool(xs):\n    starts = [0]\n    for i, x in enumerate(xs):\n"
        "        starts.append(starts[i] + x.size(0))\n    rows = []\n    for i, x in enumerate(xs):\n"
        "        rows.extend([[i, j] for j in range(starts[i], starts[i + 1])])\n"
        "    return torch.tensor(rows).transpose(0, 1)\n"
    )
    given = SequenceSeed("list", tuple(TensorSeed("float32", (length, 4)) for length in (3, 6)))
    function = FunctionRecord("program", "pool", "program.py", 4, "")
    profile = Profile({"program:pool": function}, {}, [CallRecord("program:pool", (("xs", given),), root=True)])
    report = reported(tmp_path, source, profile)
    assert not report.findings
    assert returned(report, tmp_path) == "Tensor[int64, 2, _]"


def test_what_holds_for_one_number_alone_is_not_claimed(tmp_path: Path) -> None:
    source = (
        f"{HEAD}def edges(nodes, batch):\n    rows = []\n    for i in range(nodes):\n        for j in range(nodes):\n"
        "            if i != j:\n                rows.append(i)\n"
        "    return torch.ones(len(rows) * batch, nodes), torch.ones(batch, 3)\n"
    )
    function = FunctionRecord("program", "edges", "program.py", 4, "")
    call = CallRecord("program:edges", (("nodes", 4), ("batch", 2)), root=True)
    report = reported(tmp_path, source, Profile({"program:edges": function}, {}, [call]))
    assert {fact.text for fact in report.facts} == {"Tensor[float32, _, _]", "Tensor[float32, batch, 3]"}


def test_a_range_as_long_as_a_size_says_indexes(tmp_path: Path) -> None:
    forward = "y = torch.zeros(x.size(0), 9)\nreturn y[range(x.size(0)), x.argmax(1)]"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N]"
    report = net(tmp_path, "pass", "return torch.zeros(9, 9)[range(x.size(0)), torch.zeros(3, dtype=torch.long)]")
    assert [finding.code for finding in report.findings] == ["tensor-shape"]


def test_a_list_inside_an_argument_is_as_long_as_the_batch(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "    def forward(self, b):\n        return b['x'] / torch.tensor(b['n'].lengths).float()[:, None]\n"
    )
    profile = profile_of(source, ((4, 6),))
    calls = []
    for size, probe in ((4, None), (7, 0), (5, 1)):
        lengths = ObjectSeed("program:Net", (("lengths", SequenceSeed("list", tuple(range(size)))),))
        batch = MappingSeed("dict", (("x", TensorSeed("float32", (size, 6))), ("n", lengths)))
        given = (("self", ModuleSeed(0)), ("b", batch))
        calls.append(CallRecord("program:Net.forward", given, receiver=0, root=True, probe=probe))
    axes = (("b['x']", 0), ("b['n'].lengths", LENGTH))
    tried = [Variation(0, axes, size, ok=True) for size in (7, 5)]
    tried.append(Variation(0, (("b['x']", 1),), 9, ok=False))
    report = reported(tmp_path, source, Profile(profile.functions, profile.modules, calls, tried))
    assert returned(report, tmp_path) == "Tensor[float32, N, 6]"


def test_an_axis_as_long_as_an_array_beside_it_is_free(tmp_path: Path) -> None:
    source = (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "    def forward(self, x, lengths):\n        return x + x\n"
    )
    profile = profile_of(source, ((4, 6),))
    shape = ("shape", SequenceSeed("tuple", (4,)))
    lengths = ObjectSeed("numpy:ndarray", (("dtype", "int32"), shape, ("numbers", "6 5 5 2")))
    calls = []
    for width, probe in ((6, None), (9, 0)):
        given = (("self", ModuleSeed(0)), ("x", TensorSeed("float32", (4, width))), ("lengths", lengths))
        calls.append(CallRecord("program:Net.forward", given, receiver=0, root=True, probe=probe))
    tried = [Variation(0, (("x", 1),), 9, ok=True), Variation(0, (("x", 0),), 5, ok=False)]
    report = reported(tmp_path, source, Profile(profile.functions, profile.modules, calls, tried))
    assert returned(report, tmp_path) == "Tensor[float32, N, D]"
def test_what_kind_of_number_it_is(tmp_path: Path) -> None:
    before = "import numbers, typing\n"
    init = (
        "shape = 6\nif isinstance(shape, numbers.Integral):\n    shape = (shape,)\n"
        "self.weight = nn.Parameter(torch.ones(torch.Size(shape)))\n"
        "known = isinstance([1], typing.Sequence) and not isinstance(0.5, numbers.Integral)\n"
        "self.fc = nn.Linear(6, 5 if known and isinstance(0.5, numbers.Real) else 4)"
    )
    forward = "n = x.shape[0]\ny = self.fc(x * self.weight)\nreturn y[:1] if isinstance(n, numbers.Number) else y"
    assert returned(net(tmp_path, init, forward, before=before), tmp_path) == "Tensor[float32, 1, 5]"
    values, _ = evaluated(tmp_path, "import numbers\nx = isinstance('a', numbers.Number), isinstance(1j, numbers.Real)")
    assert values["x"] == (False, False)


def test_a_table_of_numbers_too_long_to_record(tmp_path: Path) -> None:
    source = source_of("pass", "return torch.tensor(table)[x]").replace("(self, x)", "(self, x, table)")
    profile = profile_of(source, ((4, 6),))
    table = SequenceSeed("list", tuple(range(16)), complete=False)
    arguments = (("self", ModuleSeed(0)), ("x", TensorSeed("int64", (4, 6))), ("table", table))
    calls = [replace(profile.calls[0], arguments=arguments)]
    report = reported(tmp_path, source, Profile(profile.functions, profile.modules, calls))
    assert returned(report, tmp_path) == "Tensor[int64, N, T]"


def test_a_compiled_pattern_picks_the_entries_of_a_dict(tmp_path: Path) -> None:
    source = """
import re
key = re.compile(r"^net\\.(.+)")
x = {key.sub(r"\\1", k): v for k, v in {"net.a": 3, "b": 4}.items() if key.match(k) is not None}
y = re.match(r"(\\d+)x(?P<w>\\d+)", "3x40")["w"]
"""
    values, _ = evaluated(tmp_path, source)
    assert values["x"] == {"a": 3} and values["y"] == "40"


@pytest.mark.parametrize(("made", "dtype"), [("x.to(int)", "int64"), ("x.to(dtype=bool)", "bool")])
def test_types_of_python_are_dtypes_to_torch(made: str, dtype: str, tmp_path: Path) -> None:
    forward = f"y = {made} + torch.zeros(x.shape, dtype=bool)\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == f"Tensor[{dtype}, N, 6]"


def test_a_module_that_is_imported_by_name_and_is_not_there_is_an_import_error(tmp_path: Path) -> None:
    before = (
        "import importlib, inspect\n"
        "def with_fallback(package):\n"
        "    def decorator(function):\n"
        "        try:\n            chosen = getattr(importlib.import_module(package), function.__name__)\n"
        "        except Exception:\n            chosen = function\n"
        "        taken = tuple(inspect.signature(chosen).parameters)\n"
        "        return lambda x, **more: chosen(x, **{k: v for k, v in more.items() if k in taken})\n"
        "    return decorator\n"
        "@with_fallback('a_package_that_is_not_there')\n"
        "def scan(x, width=2):\n    return x[:, :width]\n"
    )
    forward = "y = scan(x, width=3, chunk=4)\nreturn y"
    assert returned(net(tmp_path, "pass", forward, before=before), tmp_path) == "Tensor[float32, N, 3]"


def test_a_name_of_torch_that_is_followed_is_there(tmp_path: Path) -> None:
    init = (
        "wrap = nn.utils.weight_norm\nif hasattr(nn.utils.parametrizations, 'weight_norm'):\n"
        "    wrap = nn.utils.parametrizations.weight_norm\nself.fc = wrap(nn.Linear(6, 3))"
    )
    assert returned(net(tmp_path, init, "y = self.fc(x)\nreturn y"), tmp_path) == "Tensor[float32, N, 3]"


@pytest.mark.parametrize("largest", ["max([None, None])", "min([1, 2], key=lambda each: None)"])
def test_what_python_does_not_compare_has_no_largest(largest: str, tmp_path: Path) -> None:
    forward = f"try:\n    width = {largest}\nexcept TypeError:\n    width = 3\ny = x[:, :width]\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, 3]"


EQUAL = ("self.training and count == known", "not count != known", "flat.shape == self.position.shape")


@pytest.mark.parametrize("test", EQUAL)
def test_an_early_return_where_sizes_are_equal_is_what_the_rest_of_a_function_makes(test: str, tmp_path: Path) -> None:
    init = "self.position = nn.Parameter(torch.zeros(1, 16, 8))"
    methods = (
        "    def encode(self, flat, height, width):\n"
        "        count, known = flat.shape[1], self.position.shape[1]\n"
        f"        if {test}:\n            return self.position\n"
        "        grid = self.position.reshape(1, 4, 4, 8).permute(0, 3, 1, 2)\n"
        "        grid = F.interpolate(grid, size=(height // 2, width // 2))\n"
        "        return grid.permute(0, 2, 3, 1).reshape(1, -1, 8)\n"
    )
    forward = (
        "flat = x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(2, 3)[:, :1].expand(-1, 8, -1, 2, 2)\n"
        "flat = flat[..., 0, 0].transpose(1, 2)[:1]\n"
        "y = self.encode(flat, x.shape[2], x.shape[3])\nreturn y"
    )
    shapes = ((2, 1, 8, 8), (3, 1, 8, 8), (2, 1, 12, 8), (2, 1, 8, 10))
    source = source_of(init, forward) + methods
    report = reported(tmp_path, source, profile_of(source, shapes))
    line = source[: source.index("y = self.")].count("\n") + 1
    made = {fact.text for fact in report.facts if fact.span.line == line and fact.span.column == 12}
    assert made == {"Tensor[float32, 1, (H//2)*(W//2), 8]"}


def test_what_is_equal_on_another_way_joins_no_sizes_within_one(tmp_path: Path) -> None:
    forward = (
        "if x.shape[1] != 6:\n    if torch.rand(1).item() > 0.5:\n        y = x\n"
        "    else:\n        y = torch.zeros(x.shape[0], 6)\n    z = y\nelse:\n    z = x\nreturn z"
    )
    assert returned(net(tmp_path, "pass", forward, ((4, 8), (5, 8), (4, 9))), tmp_path) == "Tensor[float32, N, _]"


OPTIONAL = (
    "if mask is not None:\n    y = y + mask",
    "y = y if mask is None else y + mask",
    "if not (mask is None or self.training is None):\n    y = y + mask",
    "if mask is None:\n    return y\ny = y + mask",
)


@pytest.mark.parametrize("use", OPTIONAL)
def test_what_is_a_tensor_or_none_is_a_tensor_where_it_is_not_none(use: str, tmp_path: Path) -> None:
    forward = f"mask = None\nif x.sum() > 0:\n    mask = torch.zeros(1, 6)\ny = x * 2\n{use}\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, 6]"


def test_what_may_be_none_is_no_tensor_for_certain(tmp_path: Path) -> None:
    forward = "mask = None\nif x.sum() > 0:\n    mask = torch.zeros(1, 5)\ny = x + mask\nreturn y"
    report = net(tmp_path, "pass", forward)
    assert returned(report, tmp_path) is None and not report.findings


def test_a_quotient_of_sizes_that_torch_computes_is_a_size(tmp_path: Path) -> None:
    forward = (
        "count = torch.div(x.size(0), 2, rounding_mode='trunc')\nrows = x[: 2 * (len(x) // 2)].view(count, 2, 6)\n"
        "more = x.new_zeros((count * 2 - 1, 6))\ny = torch.cat([rows.flatten(0, 1), more])\nreturn y"
    )
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, 4*(N//2) - 1, 6]"


def test_what_is_compared_behind_a_guard_need_not_be_a_number(tmp_path: Path) -> None:
    forward = "rate = None\ny = x\nif rate is not None and rate > 0 or x.sum() > 0:\n    y = x + 1\nreturn y"
    assert returned(net(tmp_path, "pass", forward), tmp_path) == "Tensor[float32, N, 6]"


@pytest.mark.parametrize("guarded", ["x.dim() == 3 and x.shape[2] == 4", "other is not None and other.shape[0] == 2"])
def test_what_a_guard_keeps_from_being_asked_is_no_mistake(guarded: str, tmp_path: Path) -> None:
    forward = f"other = None\ny = x\nif ({guarded}) or x.sum() > 0:\n    y = x + 1\nreturn y"
    report = net(tmp_path, "pass", forward)
    assert returned(report, tmp_path) == "Tensor[float32, N, 6]" and not report.findings


@pytest.mark.parametrize(
    ("options", "expected"), [("", "Tensor[float32, _, N, 6]"), (", batch_first=True", "Tensor[float32, N, _, 6]")]
)
def test_sequences_of_a_batch_are_padded_to_some_length(options: str, expected: str, tmp_path: Path) -> None:
    rows = "[row[None].repeat(int(row.sum()), 1) for row in x]"
    report = net(tmp_path, "", f"return torch.nn.utils.rnn.pad_sequence({rows}{options})")
    assert returned(report, tmp_path) == expected
