"""Ways to run a program: a package with relative imports, an exported notebook, and trainers that call the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.support import Project, record

LAYERS = """\
from torch import nn

from .sizes import HIDDEN


class Net(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.first = nn.Linear(inputs, HIDDEN)
        self.head = nn.Linear(HIDDEN, classes)

    def forward(self, x):
        return self.head(self.first(x).relu())
"""
PACKAGE = {
    "pkg/__init__.py": "from .models import Net\n",
    "pkg/models/__init__.py": "from .layers import Net\n",
    "pkg/models/layers.py": LAYERS,
    "pkg/models/sizes.py": "HIDDEN = 24\n",
    "pkg/train.py": """\
import torch

from . import Net
from .models.sizes import HIDDEN

if __name__ == "__main__":
    out = Net(16, 10)(torch.randn(8, 16))
    assert HIDDEN and out.shape == (8, 10)
""",
}
NOTEBOOK = {
    "notebook.py": """\
#!/usr/bin/env python
# coding: utf-8

# # Digits

# In[1]:


import torch
from torch import nn
torch.manual_seed(0)


# In[2]:


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(20, 20)

    def forward(self, x):
        return self.first(x)

Net()


# In[3]:


class Net(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.first = nn.Linear(16, hidden)
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        return self.head(self.first(x).relu())


# In[4]:


net = Net()
out = net(torch.randn(8, 16))
out.shape
""",
}
LIGHTNING = {
    "fitting.py": """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LightningModule(nn.Module):
    def training_step(self, batch, batch_idx):
        raise NotImplementedError

    def configure_optimizers(self):
        raise NotImplementedError

    def log(self, name, value):
        print(name, float(value))


class Trainer:
    def __init__(self, max_epochs):
        self.max_epochs = max_epochs

    def fit(self, model, loader):
        optimizer = model.configure_optimizers()
        model.train()
        for epoch in range(self.max_epochs):
            for batch_idx, batch in enumerate(loader):
                output = model.training_step(batch, batch_idx)
                loss = output["loss"] if isinstance(output, dict) else output
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()


class Digits(LightningModule):
    def __init__(self, hidden):
        super().__init__()
        self.first = nn.Linear(16, 24)
        self.head = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.head(self.first(x).relu())

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("loss", loss)
        return {"loss": loss}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


if __name__ == "__main__":
    data = TensorDataset(torch.randn(16, 16), torch.randint(0, 10, (16,)))
    Trainer(max_epochs=1).fit(Digits(24), DataLoader(data, batch_size=8))
""",
}
TRAINER = {
    "trainer.py": """\
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Arguments:
    steps: int = 2
    batch: int = 8


class Trainer:
    def __init__(self, model, args, dataset, data_collator):
        self.model, self.args, self.dataset, self.collate = model, args, dataset, data_collator
        self.optimizer = torch.optim.AdamW(model.parameters())

    def compute_loss(self, model, inputs, return_outputs=False):
        outputs = model(**inputs)
        return (outputs["loss"], outputs) if return_outputs else outputs["loss"]

    def training_step(self, model, inputs):
        model.train()
        loss = self.compute_loss(model, inputs)
        loss.backward()
        return loss.detach()

    def train(self):
        for step in range(self.args.steps):
            rows = [self.dataset[i] for i in range(self.args.batch)]
            self.training_step(self.model, self.collate(rows))
            self.optimizer.step()
            self.model.zero_grad()
""",
    "main.py": """\
import torch
from torch import nn

from trainer import Arguments, Trainer


class Classifier(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.first = nn.Linear(16, hidden)
        self.head = nn.Linear(24, 10)

    def forward(self, features, labels=None):
        logits = self.head(self.first(features).relu())
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits}


class Rows:
    def __len__(self):
        return 32

    def __getitem__(self, i):
        return {"features": torch.randn(16), "labels": i % 10}


def collate(rows):
    return {
        "features": torch.stack([row["features"] for row in rows]),
        "labels": torch.tensor([row["labels"] for row in rows]),
    }


if __name__ == "__main__":
    Trainer(Classifier(), Arguments(), Rows(), collate).train()
""",
}
# files, how it is run, what is edited, and what mypy then says
WAYS = {
    "package": (PACKAGE, ["-m", "pkg.train"], ("pkg/models/layers.py", "(HIDDEN,", "(HIDDEN + 1,"), 13),
    "notebook": (NOTEBOOK, ["notebook.py"], ("notebook.py", "nn.Linear(24,", "nn.Linear(25,"), 38),
    "lightning": (LIGHTNING, ["fitting.py"], ("fitting.py", "nn.Linear(hidden,", "nn.Linear(hidden + 1,"), 40),
    "trainer": (TRAINER, ["main.py"], ("main.py", "nn.Linear(24,", "nn.Linear(25,"), 14),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_recorded_program_is_checked(way: str, tmp_path: Path, mypy_cache: Path) -> None:
    files, command, (name, right, wrong), line = WAYS[way]
    project = Project(tmp_path, mypy_cache)
    for each, text in files.items():
        project.write(each, text)
    project.write("mypy.ini", f"[mypy]\nplugins = mypy_torch_shapes\nfiles = {', '.join(files)}\n")
    done = record(project.root, *command)
    assert done.returncode == 0, done.stderr
    assert not [each for each in project.mypy("--config-file", "mypy.ini") if "[tensor-" in each]
    project.edit(name, right, wrong)
    said = project.mypy("--config-file", "mypy.ini")
    found = [each for each in said if each.endswith("[tensor-shape]") and ": error: " in each]
    assert found == [
        f"{name}:{line}: error: linear: input has 24 features, expected in_features = 25  [tensor-shape]"
    ], said
