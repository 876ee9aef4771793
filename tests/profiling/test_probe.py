"""Which sizes the probe finds free, and that it leaves nothing behind."""

from __future__ import annotations

import gc
import os
import pty
import random
import signal
import sys
import time
import weakref
from typing import Any

import pytest
import torch

from mypy_torch_shapes.profiling.probe import Probe
from mypy_torch_shapes.profiling.progress import Checkpoints
from mypy_torch_shapes.profiling.recorder import Recorder
from mypy_torch_shapes.profiling.trial import _resized_tensor
from mypy_torch_shapes.profiling.varying import other_sizes
from mypy_torch_shapes.seeds.model import LENGTH, NUMBER, OpaqueSeed, TensorSeed
from tests.profiling.support import Bench

HEADER = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def module(bench: Bench, forward: str, init: str = "pass") -> Any:
    head = f"{HEADER}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    return bench.write(f"{head}        {init}\n    {forward}\n").Net()


def free(bench: Bench, net: Any, *args: Any, **kwargs: Any) -> set[tuple[tuple[str, int], ...]]:
    return set(bench.record(lambda: net(*args, **kwargs), probe=True).free())


def test_single_axes(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return self.conv(x).flatten(2)", "self.conv = nn.Conv2d(3, 4, 3)")
    recorded = bench.record(lambda: net(torch.zeros(2, 3, 8, 8)), probe=True)
    assert recorded.free() == {(("x", 0),): [3, 4], (("x", 2),): [9, 16], (("x", 3),): [9, 16]}
    probed = recorded.calls("Net.forward", probed=True)
    assert [call.returned for call in probed][:2] == [TensorSeed("float32", (n, 4, 36)) for n in (3, 4)]
    assert all(call.root and call.receiver == recorded.calls("Net.forward")[0].receiver for call in probed)


def test_a_transposed_convolution_checks_its_channels(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return self.up(x)", "self.up = nn.ConvTranspose2d(3, 4, 3)")
    assert (("x", 1),) not in free(bench, net, torch.zeros(2, 3, 8, 8))


def test_a_module_may_keep_sizes_and_results_that_c_made(bench: Bench) -> None:
    init = "self.size, self.best = torch.zeros(3, 4).size(), torch.ones(2, 2).max(0)"
    net = module(bench, "def forward(self, x): return x.sum() + self.best.values.sum() + self.size.numel()", init)
    assert free(bench, net, torch.zeros(5)) == {(("x", 0),)}


def test_sizes_that_must_be_divisible(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return x.view(x.shape[0], -1, 16).sum() + x.view(-1, 6).sum()")
    recorded = bench.record(lambda: net(torch.zeros(6, 48)), probe=True)
    assert recorded.free()[("x", 1),] == [96, 144]


def test_axes_that_change_together(bench: Bench) -> None:
    net = module(bench, "def forward(self, xs, batch, *, mask): return (xs[0] @ mask + batch['y'].unsqueeze(1)).sum()")
    args = ([torch.zeros(5, 7, 7)], {"y": torch.zeros(5, 7)})
    found = free(bench, net, *args, mask=torch.zeros(7, 7))
    assert (("xs[0]", 0), ("batch['y']", 0)) in found
    assert (("xs[0]", 1),) in found
    assert any(len(axes) > 1 and ("mask", 0) in axes for axes in found)


def test_a_number_that_says_the_size_of_an_axis_changes_with_it(bench: Bench) -> None:
    net = module(bench, "def forward(self, x, steps, *, wide=4): return x + torch.zeros(steps, wide)")
    recorded = bench.record(lambda: net(torch.zeros(2, 5, 3), 5, wide=3), probe=True)
    assert {(("x", 0),), (("x", 1), ("steps", NUMBER)), (("x", 2), ("wide", NUMBER))} <= set(recorded.free())
    assert ("steps", 6) in {pair for call in recorded.calls("Net.forward", probed=True) for pair in call.arguments}


def test_sizes_that_keep_their_proportion(bench: Bench) -> None:
    net = module(bench, "def forward(self, wave, mel): return wave * mel.repeat_interleave(4, -1)")
    recorded = bench.record(lambda: net(torch.zeros(3, 20), torch.zeros(3, 5)), probe=True)
    assert (("mel", 1), ("wave", 1)) in recorded.free()
    assert {(6, 24), (10, 40)} <= {each.sizes for each in recorded.profile.variations if each.ok}


def test_sizes_that_an_error_names_go_together(bench: Bench) -> None:
    forward = "def forward(self, sound, frames): return sound + frames[:, 2:-2].repeat_interleave(5, 1)"
    found = free(bench, module(bench, forward), torch.zeros(3, 35), torch.zeros(3, 11))
    assert (("sound", 0), ("frames", 0)) in found
    assert {(("frames", 1), ("sound", 1)), (("sound", 1), ("frames", 1))} & found


def test_one_that_is_shorter_goes_with_the_other(bench: Bench) -> None:
    forward = "def forward(self, said, wanted): return said[:, :-1] - wanted"
    found = free(bench, module(bench, forward), torch.zeros(3, 7), torch.zeros(3, 6))
    assert {(("said", 1), ("wanted", 1)), (("wanted", 1), ("said", 1))} & found


def test_what_is_as_long_as_the_items_of_a_list_together(bench: Bench) -> None:
    forward = "def forward(self, x, parts):\n        assert sum(map(len, parts)) == len(x)\n        return x[parts[0]]"
    parts = [torch.arange(3), torch.arange(4)]
    recorded = bench.record(lambda: module(bench, forward)(torch.zeros(7, 5), parts), probe=True)
    worked = {each.axes: each.sizes for each in recorded.profile.variations if each.ok and len(each.axes) > 1}
    assert worked[("parts[0]", 0), ("parts[1]", 0), ("x", 0)] == (7, 8, 15)
    assert worked[("parts", LENGTH), ("x", 0)] == (4, 15)


def test_the_levels_of_a_pyramid_grow_together(bench: Bench) -> None:
    up = "F.interpolate(x, scale_factor=2)"
    body = f"x = xs[2]\n        for y in xs[1::-1]: x = {up} + y\n        return x"
    net = module(bench, f"def forward(self, xs):\n        {body}")
    found = free(bench, net, [torch.zeros(2, 4, 8, 12), torch.zeros(2, 4, 4, 6), torch.zeros(2, 4, 2, 3)])
    assert (("xs[2]", 2), ("xs[1]", 2), ("xs[0]", 2)) in found
    assert (("xs[2]", 3), ("xs[1]", 3), ("xs[0]", 3)) in found


def test_a_list_inside_an_argument_grows_with_the_batch(bench: Bench) -> None:
    net = module(bench, "def forward(self, batch): return batch['x'] / torch.tensor(batch['n'])[:, None]")
    found = free(bench, net, {"x": torch.zeros(3, 5), "n": [5, 4, 4], "scales": [1.0, 2.0]})
    assert found == {(("batch['x']", 0), ("batch['n']", LENGTH)), (("batch['x']", 1),)}


def test_a_list_of_numbers_grows_with_the_batch(bench: Bench) -> None:
    rows = "torch.stack([x[i, :n].sum() for i, n in enumerate(lengths)])"
    net = module(bench, f"def forward(self, x, lengths): return {rows} + x[:, 0]")
    assert (("x", 0), ("lengths", LENGTH)) in free(bench, net, torch.zeros(3, 5), [5, 4, 4])


def test_a_batch_that_may_not_outgrow_its_targets_grows_with_them(bench: Bench) -> None:
    rows = "torch.stack([targets[i].sum() for i in range(len(x))])"
    net = module(bench, f"def forward(self, x, targets): return {rows} + x[:, 0]")
    recorded = bench.record(lambda: net(torch.zeros(2, 5), torch.zeros(2, 6)), probe=True)
    assert recorded.free()[("x", 0), ("targets", 0)] == [3, 4]
    assert recorded.free()[("targets", 0),] == [3, 4]


def test_a_list_of_images_is_as_long_as_the_batch(bench: Bench) -> None:
    forward = "def forward(self, images, boxes): return torch.stack([i.mean((1, 2)) for i in images]) + boxes[0]['n']"
    images = [torch.zeros(3, 8, 8), torch.zeros(3, 9, 8)]
    boxes = [{"n": torch.zeros(1)}, {"n": torch.zeros(1)}]
    found = free(bench, module(bench, forward), images, boxes)
    assert (("images", LENGTH),) in found


def test_the_first_image_may_have_as_many_objects_as_there_are_images(bench: Bench) -> None:
    forward = (
        "def forward(self, out, more, objects):\n"
        "        assert len(out) == len(more) == len(objects)\n"
        "        return sum(x + (o['ids'] * o['boxes'].sum(1)).sum() for x, o in zip(out + more, objects))"
    )
    objects = [{"ids": torch.zeros(n), "boxes": torch.zeros(n, 4)} for n in (2, 3)]
    found = free(bench, module(bench, forward), torch.zeros(2, 6), torch.zeros(2, 6), objects)
    assert (("out", 0), ("more", 0), ("objects", LENGTH)) in found
    assert (("objects[0]['ids']", 0), ("objects[0]['boxes']", 0)) in found


def test_lengths_follow_the_axis_that_they_fill(bench: Bench) -> None:
    forward = (
        "def forward(self, x, lengths):\n"
        "        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)\n"
        "        padded, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)\n"
        "        assert padded.shape == x.shape\n        return padded"
    )
    found = free(bench, module(bench, forward), torch.zeros(3, 7, 2), torch.tensor([7, 5, 4]))
    assert (("x", 1),) in found
    assert (("x", 0), ("lengths", 0)) in found


def test_classes_do_not_follow_the_batch() -> None:
    assert _resized_tensor(torch.tensor([2, 1]), (3,), {2: 3}).tolist() == [2, 1, 1]
    assert _resized_tensor(torch.tensor([7, 5, 4]), (3,), {7: 6}).tolist() == [6, 5, 4]


def test_a_list_with_a_tensor_for_each_layer_has_its_length(bench: Bench) -> None:
    init = "self.layers = nn.ModuleList(nn.Linear(n, 2) for n in (3, 4))"
    net = module(bench, "def forward(self, xs): return sum(f(x) for f, x in zip(self.layers, xs))", init)
    found = free(bench, net, [torch.zeros(5, 3), torch.zeros(5, 4)])
    assert not any(axis == ("xs", LENGTH) for axes in found for axis in axes)


def test_batches_of_one_change_together(bench: Bench) -> None:
    net = module(bench, "def forward(self, x, y): return x * y")
    assert (("x", 0), ("y", 0)) in free(bench, net, torch.zeros(1, 3), torch.zeros(1, 3))


def test_equal_sizes_of_different_meaning(bench: Bench) -> None:
    net = module(bench, "def forward(self, q, k): return torch.bmm(q, k)")
    found = free(bench, net, torch.zeros(4, 4, 4), torch.zeros(4, 4, 4))
    assert found == {(("q", 1),), (("k", 2),), (("q", 0), ("k", 0)), (("q", 2), ("k", 1))}


def test_sizes_that_are_equal_by_chance_do_not_stay_together(bench: Bench) -> None:
    net = module(bench, "def forward(self, q, k, u, v): return torch.cat([q * k, u * v], 1)")
    recorded = bench.record(lambda: net(*(torch.zeros(2, 5) for _ in range(4))), probe=True)
    worked = [each.axes for each in recorded.profile.variations if each.ok]
    assert {(("q", 1), ("k", 1)), (("u", 1), ("v", 1))} <= set(worked)


def test_a_tensor_that_is_passed_twice_is_two(bench: Bench) -> None:
    net = module(bench, "def forward(self, a, b): return a + b")
    x = torch.zeros(5)
    assert free(bench, net, x, x) == {(("a", 0), ("b", 0))}


def test_tensors_made_on_the_way_and_the_cpu_by_name(bench: Bench) -> None:
    net = module(
        bench,
        "def forward(self, x): return x + torch.arange(x.shape[1], device='cpu') + torch.zeros(x.size(0), 1) + MASK",
    )
    __import__("net").MASK = torch.ones(1)
    assert free(bench, net, torch.zeros(2, 3)) == {(("x", 0),), (("x", 1),)}


def test_a_module_that_looks_at_numbers(bench: Bench) -> None:
    forward = "def forward(self, x): return self.fc(x) if x.sum().item() > -1e9 else x.nonzero()"
    net = module(bench, forward, "self.fc = nn.Linear(3, 2)")
    assert free(bench, net, torch.zeros(2, 3)) == {(("x", 0),)}


@pytest.mark.parametrize(
    ("init", "shape", "axes"),
    [
        ("nn.LSTM(3, 4, batch_first=True)", (2, 5, 3), {0, 1}),
        ("nn.TransformerEncoderLayer(8, 2, batch_first=True)", (2, 5, 8), {0, 1}),
        ("nn.MultiheadAttention(8, 2)", None, {0, 1}),
        ("nn.utils.spectral_norm(nn.Linear(3, 4))", (2, 3), {0}),
        ("nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))", (2, 3), {0}),
        ("nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))", (2, 3), {0}),
        ("nn.BatchNorm1d(3)", (2, 3, 4), {0, 2}),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_torchs_own_modules(bench: Bench, init: str, shape: Any, axes: set[int], training: bool) -> None:
    call = "self.inner(x, x, x)" if "Multihead" in init else "self.inner(x)"
    net = module(bench, f"def forward(self, x): return {call}", f"self.inner = {init}").train(training)
    found = free(bench, net, torch.zeros(shape or (5, 2, 8)))
    assert found == {(("x", axis),) for axis in axes}


def test_a_lazy_module_is_probed_once_it_is_complete(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return self.fc(x)", "self.fc = nn.LazyLinear(3)")
    recorded = bench.record(lambda: [net(torch.zeros(2, 3)) for _ in range(2)], probe=True)
    assert recorded.free() == {(("x", 0),): [3, 4]}
    weights = [dict(record.attrs)["weight"] for record in recorded.profile.modules.values() if record.path == "fc"]
    assert weights[0] == OpaqueSeed("torch.nn.parameter:UninitializedParameter")
    assert weights[1] == TensorSeed("float32", (3, 3), "cpu", True)


def test_the_mode_of_the_call_is_kept(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return (self.training, torch.is_grad_enabled(), x)").eval()
    with torch.no_grad():
        recorded = bench.record(lambda: net(torch.zeros(2)), probe=True)
    for call in recorded.calls("Net.forward", probed=True):
        assert getattr(call.returned, "items", ())[:2] == (False, False)


def test_autocast_is_kept(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return self.fc(x)", "self.fc = nn.Linear(3, 2)")
    with torch.autocast("cpu", torch.bfloat16):
        recorded = bench.record(lambda: net(torch.zeros(2, 3)), probe=True)
    returned = [call.returned for call in recorded.calls("Net.forward", probed=True)]
    assert returned == [TensorSeed("bfloat16", (n, 2)) for n in (3, 4)]


def test_nothing_is_left_behind(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    target = bench.directory / "written.txt"
    source = (
        HEADER
        + f"""
import os, random
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.count, self.seen = 0, []
        self.register_forward_hook(lambda *args: HOOKED.append(1))
    def forward(self, x):
        self.count += 1; self.seen.append(1)
        print("hello"); os.system("true") if self.count > 9 else None
        random.random(); torch.rand(3); torch.set_default_dtype(torch.float64)
        if PROBED: open({str(target)!r}, "w")
        return x + x
PROBED = False
HOOKED = []
"""
    )
    other = bench.write(source, "other")
    net = other.Net()
    recorder = Recorder(bench.directory)
    recorder.start()
    net(torch.zeros(2))
    recorder.stop()
    torch.set_default_dtype(torch.float32)
    other.PROBED = True
    states = (random.getstate(), torch.get_rng_state())
    capfd.readouterr()
    Probe(recorder).run()
    assert random.getstate() == states[0]
    assert torch.equal(torch.get_rng_state(), states[1])
    assert torch.get_default_dtype() == torch.float32
    assert not target.exists()
    assert not any(variation.ok for variation in recorder.variations)
    assert (net.count, net.seen, other.HOOKED) == (1, [1], [1])
    assert capfd.readouterr() == ("", "")


def test_the_probe_ends_in_time(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    net = module(bench, "def forward(self, x):\n        for i in range(SPIN): F.relu(x)\n        return x")
    program: Any = __import__("net")
    program.SPIN = 1
    recorder = Recorder(bench.directory)
    recorder.start()
    net(torch.zeros(2))
    recorder.stop()
    program.SPIN = 10**9
    Probe(recorder, max_seconds=1).run()
    assert "probing stopped after 1 s" in capsys.readouterr().err


def test_other_sizes_are_other_sizes() -> None:
    for size in range(1, 70):
        assert size not in other_sizes(size)
        assert min(other_sizes(size)) > 0


def test_a_module_lives_no_longer_for_being_recorded(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return self.fc(x)", "self.fc = nn.Linear(3, 2)")
    refs = [weakref.ref(net), weakref.ref(net.fc.weight)]
    recorder = Recorder(bench.directory)
    recorder.start()
    net(torch.zeros(2, 3))
    recorder.stop()
    del net
    gc.collect()
    assert [ref() for ref in refs] == [None, None]
    Probe(recorder).run()
    assert any(variation.ok for variation in recorder.variations)


def recorded(bench: Bench, net: Any, *args: Any) -> Recorder:
    recorder = Recorder(bench.directory)
    recorder.start()
    net(*args)
    recorder.stop()
    return recorder


def test_an_interrupt_ends_the_probe_only(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.write("import signal\ndef interrupt(n): n == 9 and signal.raise_signal(signal.SIGINT)", "interrupting")
    forward = "def forward(self, x, y): interrupt(x.shape[1]); return x.sum() + y.sum()"
    net = bench.write(f"from interrupting import interrupt\n{HEADER}class Net(nn.Module):\n    {forward}\n").Net()
    recorder = recorded(bench, net, torch.zeros(2, 8), torch.zeros(3))
    before = signal.getsignal(signal.SIGINT)
    Probe(recorder).run()
    assert signal.getsignal(signal.SIGINT) is before
    assert {variation.axes for variation in recorder.variations if variation.ok} == {(("x", 0),)}
    assert capsys.readouterr().err == (
        "mypy-torch-shapes: probing was interrupted; some free sizes may be missing\n"
    )


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_probe_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    net = module(bench, "def forward(self, x): return x.sum()")
    recorder = recorded(bench, net, torch.zeros(2, 8))
    reading, writing = pty.openpty() if terminal else os.pipe()
    with open(writing, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr("mypy_torch_shapes.profiling.progress.INTERVAL", 0)
        monkeypatch.setattr("mypy_torch_shapes.profiling.progress.PATIENCE", 0)
        Probe(recorder, talks=True).run()
        stream.write("end")
        stream.flush()
        text = ""
        while not text.endswith("end"):  # a terminal hands on what it has
            text += os.read(reading, 10000).decode()
    lines = text.split("\r\x1b[K" if terminal else "\n")
    assert "mypy-torch-shapes: trying other sizes: 0 so far, 0 worked, 0 s of at most 30 (Ctrl-C ends it)" in lines
    assert lines[-1] == "end"
    assert (len(lines) == 2) is not terminal


def test_what_a_long_run_showed_is_kept_meanwhile(bench: Bench) -> None:
    net = module(bench, "def forward(self, x): return x.sum()")
    recorder = Recorder(bench.directory)
    kept: list[int] = []
    recorder.tick = Checkpoints(recorder, lambda: kept.append(len(recorder.profile().calls)), first=0).tick
    recorder.start()
    net(torch.zeros(2))
    time.sleep(0.1)  # longer than what has passed until the first
    net(torch.zeros(3))
    recorder.stop()
    assert recorder.failure is None
    assert kept == [0, 1]


COLLECTOR = """
import torch
from torch import nn
class Kept:
    def keep(self, module, args, result):
        self.last = result
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5))
        self.found, self.kept = {}, Kept()
        self.body[0].register_forward_hook(self.saving("first"))
        self.body[1].register_forward_hook(self.kept.keep)
    def saving(self, name):
        def hook(module, args, result):
            self.found[name] = result
        return hook
    def forward(self, x):
        return self.body(x), self.found["first"] + self.kept.last
"""


def test_hooks_that_collect_features_run_and_keep_them_in_the_copy(bench: Bench) -> None:
    net = bench.write(COLLECTOR, "collector").Net()
    recorded = bench.record(lambda: net(torch.ones(3, 4)), probe=True)
    assert (("x", 0),) in recorded.free()
    assert net.found["first"].shape == net.kept.last.shape == (3, 6)
    assert not net.found["first"].is_meta


def test_hooks_that_cannot_run_are_left_out(bench: Bench) -> None:
    class Log:
        def write(self, *_: Any) -> None:
            (bench.directory / "log").write_text("called")

    net = module(bench, "def forward(self, x): return self.body(x)", "self.body = nn.Linear(4, 6)")
    net.register_forward_hook(Log().write)
    assert (("x", 0),) in free(bench, net, torch.ones(3, 4))
