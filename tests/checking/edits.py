"""A project of several modules, and random edits of it: sizes, names, places, mistakes, files that come and go."""

from __future__ import annotations

import random
import re
from pathlib import Path

FILES = {
    "shop/__init__.py": "",
    "shop/sizes.py": "WIDTH = 32\nHEADS = 4\nCLASSES = 10\n",
    "shop/layers.py": """\
import torch
from torch import nn

from .sizes import HEADS
from .tools import residual


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(x)


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, HEADS, d // HEADS).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-2, -1), -1)
        return residual(x, self.out((weights @ v).transpose(1, 2).reshape(n, t, d)))
""",
    "shop/tools.py": """\
def residual(x, y):
    return x + y


def pooled(x, dim):
    return x.mean(dim)


def count(names: list[str]) -> int:
    return len(names)
""",
    "shop/model.py": """\
from torch import nn

from .layers import Attention, Norm
from .sizes import CLASSES, WIDTH
from .tools import pooled


class Net(nn.Module):
    def __init__(self, inputs, depth):
        super().__init__()
        self.embed = nn.Linear(inputs, WIDTH)
        self.blocks = nn.ModuleList([nn.Sequential(Norm(WIDTH), Attention(WIDTH)) for _ in range(depth)])
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(pooled(x, 1))
""",
    "shop/loss.py": """\
from torch.nn import functional as F

from .sizes import CLASSES


def loss_of(logits, target):
    return F.cross_entropy(logits.view(-1, CLASSES), target)
""",
    "shop/train.py": """\
import torch

from shop.loss import loss_of
from shop.model import Net
from shop.tools import count


def step(net, x, y):
    loss = loss_of(net(x), y)
    loss.backward()
    return loss


def main() -> None:
    net = Net(16, 2)
    for size in (4, 8):
        step(net, torch.randn(size, 5, 16), torch.randint(0, 10, (size,)))
    print(count(["a", "b"]))


if __name__ == "__main__":
    main()
""",
    "literals.py": """\
import torch

from shop.layers import Norm
from shop.sizes import WIDTH

norm = Norm(WIDTH)
normed = norm(torch.zeros(2, 7, 32))
halves = torch.cat([normed, torch.zeros(2, 7, 32)], dim=2)
""",
    "other.py": """\
from shop.tools import count

number: int = count(["c"])
""",
}
COMMAND = ("-m", "shop.train")
NUMBER = re.compile(r"(?<![\w.\"])\d+(?![\w.\"])")


class Edits:
    """Edits a project at random, and can say what was done."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def one(self) -> str:
        """Make one edit; what it was."""
        kinds = [self.number] * 5 + [self.restored] * 4 + [self.comment, self.type_error, self.renamed, self.moved]
        kinds += [self.broken, self.deleted, self.dropped]
        return self.random.choice(kinds)()

    def number(self) -> str:
        """Another number somewhere."""
        name = self._present()
        text = (self.root / name).read_text()
        found = list(NUMBER.finditer(text))
        if not found:
            return self.comment()
        match = self.random.choice(found)
        value = self.random.choice([int(match.group()) + 1, 0, 1, 2, 7, 16, 32, 64])
        self._write(name, text[: match.start()] + str(value) + text[match.end() :])
        return f"{name}: {match.group()} at {match.start()} is {value}"

    def restored(self) -> str:
        """A file, or all of them, as at first."""
        if self.random.random() < 0.6:
            for name, text in FILES.items():
                self._write(name, text)
            return "all restored"
        name = self.random.choice(list(FILES))
        self._write(name, FILES[name])
        return f"{name}: restored"

    def comment(self) -> str:
        """Lines that say nothing, so that others move."""
        name = self._present()
        self._write(name, "# a comment\n\n" + (self.root / name).read_text())
        return f"{name}: a comment"

    def type_error(self) -> str:
        """A mistake for mypy itself."""
        name = self._present()
        self._write(name, (self.root / name).read_text() + f"\nwrong_{self.random.randrange(9)}: int = 'text'\n")
        return f"{name}: a type error"

    def renamed(self) -> str:
        """A function with another name, here and where it is used."""
        old = self.random.choice(["residual", "pooled", "loss_of", "step"])
        for name in FILES:
            if (self.root / name).exists():
                text = (self.root / name).read_text()
                self._write(name, re.sub(rf"\b{old}\b", f"{old}_too", text))
        return f"{old} renamed"

    def moved(self) -> str:
        """A function in another file."""
        tools, loss = (self.root / name for name in ("shop/tools.py", "shop/loss.py"))
        if not (tools.exists() and loss.exists()):
            return self.restored()
        start = tools.read_text().find("def pooled")
        if start < 0:
            return self.restored()
        rest = tools.read_text()[start:]
        end = rest.find("\n\n\n") + 3 if "\n\n\n" in rest else len(rest)
        tools.write_text(tools.read_text().replace(rest[:end], ""))
        loss.write_text(loss.read_text() + "\n\n" + rest[:end])
        model = self.root / "shop/model.py"
        if model.exists():
            model.write_text(model.read_text().replace("from .tools import pooled", "from .loss import pooled"))
        return "pooled moved"

    def broken(self) -> str:
        """A file in the middle of being typed."""
        name = self._present()
        self._write(name, (self.root / name).read_text() + "\ndef half(\n")
        return f"{name}: broken off"

    def deleted(self) -> str:
        """A file that is gone."""
        name = self.random.choice(["other.py", "literals.py", "shop/loss.py"])
        (self.root / name).unlink(missing_ok=True)
        return f"{name}: deleted"

    def dropped(self) -> str:
        """A line less."""
        name = self._present()
        lines = (self.root / name).read_text().splitlines(keepends=True)
        calls = [i for i, line in enumerate(lines) if line.startswith("        ") and " = " in line]
        if not calls:
            return self.comment()
        place = self.random.choice(calls)
        dropped = lines.pop(place)
        self._write(name, "".join(lines))
        return f"{name}: without {dropped.strip()}"

    def _present(self) -> str:
        return self.random.choice([name for name in FILES if (self.root / name).exists()])

    def _write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)
