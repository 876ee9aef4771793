"""einops in programs: functions, layers and lists, whether or not einops is installed beside the checker."""

from __future__ import annotations

from pathlib import Path

from .test_programs import net, returned

EINOPS = "from einops import rearrange, repeat, pack, unpack, parse_shape\n"
EINOPS += "from einops.layers.torch import Rearrange, Reduce"
IMAGES = ((2, 3, 8, 12), (3, 3, 8, 12))


def test_functions_and_layers(tmp_path: Path) -> None:
    init = """
self.patches = nn.Sequential(Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p=4, q=4), nn.Linear(48, 8))
self.token = nn.Parameter(torch.zeros(8))
self.pool = nn.Sequential(Reduce("b n d -> b d", "mean"), nn.Linear(8, 2))
"""
    forward = """
y = self.patches(x)
token = repeat(self.token, "d -> b d", **{"b": parse_shape(x, "b _ _ _")["b"]})
z, shapes = pack([token, y], "b * d")
q, k, v = map(lambda t: rearrange(t, "b n (h d) -> b h n d", h=2), [z, z, z])
first, rest = unpack(z, shapes, "b * d")
y = torch.cat([self.pool(rest), first], 1), q
return q
"""
    report = net(tmp_path, init, forward, IMAGES, before=EINOPS)
    assert not report.findings
    assert returned(report, tmp_path) == "Tensor[float32, N, 2, 7, 4]"
    forward = forward.replace("return q", "return y[0]")
    assert returned(net(tmp_path, init, forward, IMAGES, EINOPS), tmp_path) == "Tensor[float32, N, 10]"


def test_as_many_tensors_as_a_size_says(tmp_path: Path) -> None:
    forward = 'y = rearrange([row for row in x], "b d -> d b")\nreturn y'
    assert returned(net(tmp_path, "pass", forward, before=EINOPS), tmp_path) == "Tensor[float32, 6, N]"


def test_mistakes_in_einops_own_words(tmp_path: Path) -> None:
    init = 'self.cut = Rearrange("b (h d) -> b h d", h=4)'
    report = net(tmp_path, init, "y = self.cut(x)\nreturn y", before=EINOPS)
    assert [finding.message for finding in report.findings] == [
        "Rearrange: Shape mismatch, can't divide axis of length 6 in chunks of 4 "
        "(pattern 'b (h d) -> b h d', input Tensor[float32, N, 6])"
    ]
    report = net(tmp_path, 'self.cut = Rearrange("b (h d) -> b h e")', "return self.cut(x)", before=EINOPS)
    assert len(report.findings) == 1
