"""What a rule costs, and what the evaluator costs on deep networks: `python benchmarks/rules.py`.

Rules are timed on the calls of `tests/rules/everyday.py`, networks on sources written here, with a profile as
a recorded run would leave it (batch and image size symbolic).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.rules import service
from tests.evaluation.test_programs import profile_of
from tests.rules.everyday import CALLS, concrete, symbolic

RESNETS = {26: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
IMAGES, WORDS = ((2, 3, 224, 224), (3, 3, 224, 224)), ((2, 16, 768), (3, 17, 768))
LAYERS = (6, 12, 24, 48)

RESNET = """
import torch
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, inside, width, stride=1):
        super().__init__()
        outside = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(inside, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outside, 1, bias=False), nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = None
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + identity)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        first = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.stem = nn.Sequential(first, nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.inside = 64
        self.stages = nn.ModuleList([self.stage(n, 64 * 2**i, 1 + (i > 0)) for i, n in enumerate(DEPTHS)])
        self.head = nn.Linear(2048, 1000)

    def stage(self, count, width, stride):
        blocks = []
        for number in range(count):
            blocks.append(Bottleneck(self.inside, width, stride if number == 0 else 1))
            self.inside = 4 * width
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean((2, 3)))
"""
TRANSFORMER = """
import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, t, c = x.size()
        q, k, v = self.qkv(x).split(c, dim=2)
        q = q.view(n, t, self.heads, c // self.heads).transpose(1, 2)
        k = k.view(n, t, self.heads, c // self.heads).transpose(1, 2)
        v = v.view(n, t, self.heads, c // self.heads).transpose(1, 2)
        weights = F.softmax(q @ k.transpose(-2, -1) * k.size(-1) ** -0.5, dim=-1)
        return self.out((weights @ v).transpose(1, 2).contiguous().view(n, t, c))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.inner, self.outer = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.outer(F.gelu(self.inner(self.norm2(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(768, 12) for _ in range(DEPTH)])
        self.norm, self.head = nn.LayerNorm(768), nn.Linear(768, 50257, bias=False)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))
"""


def network(source: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[float, int, int]:
    """Seconds, contexts and expressions of one evaluation, after one that loads what is loaded once."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "program.py"
        path.write_text(source)
        best = float("inf")
        for _ in range(3):
            session = Session(Path(directory), profile_of(source, shapes), Options())
            start = time.perf_counter()
            report = session.report(path)
            best = min(best, time.perf_counter() - start)
            assert not report.faults and not report.findings
    return best, len(report.contexts), len(report.facts)


def timed(given: object, rounds: int = 20) -> list[float]:
    """Milliseconds of each call, the best of several rounds."""
    costs = []
    for path, args, kwargs in given:
        best = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            service.answer(path, args, kwargs)
            best = min(best, time.perf_counter() - start)
        costs.append(1000 * best)
    return costs


def main() -> None:
    for name, given in (("concrete", list(concrete())), ("symbolic", list(symbolic()))):
        costs = timed(given)
        slowest = max(zip(costs, given, strict=True), key=lambda pair: pair[0])
        high = quantiles(costs, n=20)[-1]
        print(f"rules, {name} sizes: {len(costs)} calls of {len(CALLS)} operations: median {median(costs):.3f} ms, "
              f"95% below {high:.3f} ms, slowest {slowest[0]:.3f} ms ({slowest[1][0]})")  # fmt: skip
    print(f"{'network':24}{'contexts':>10}{'expressions':>13}{'ms':>10}{'ms/context':>12}")
    rows = [(f"ResNet-{n}", RESNET.replace("DEPTHS", str(depths)), IMAGES) for n, depths in RESNETS.items()]
    rows += [(f"transformer, {n} layers", TRANSFORMER.replace("DEPTH", str(n)), WORDS) for n in LAYERS]
    for name, source, shapes in rows:
        seconds, contexts, facts = network(source, shapes)
        print(f"{name:24}{contexts:>10}{facts:>13}{1000 * seconds:>10.1f}{1000 * seconds / contexts:>12.2f}")


if __name__ == "__main__":
    main()
