"""Drives the SNLI classifier with the example's own options and a batch of its iterator's form."""

import sys
from types import SimpleNamespace

import torch
from support import sizes

setting = sizes()
sys.argv = ["train.py", "--d_embed", "20", "--d_proj", "24", "--d_hidden", "16"]
from model import SNLIClassifier
from util import get_args

config = get_args()
config.n_embed, config.d_out, config.n_cells = 50, 4, config.n_layers
if config.birnn:
    config.n_cells *= 2
torch.manual_seed(0)
model = SNLIClassifier(config)
batch = SimpleNamespace(
    premise=torch.randint(0, 50, (setting["P"], setting["N"])),
    hypothesis=torch.randint(0, 50, (setting["Q"], setting["N"])),
    label=torch.randint(0, 4, (setting["N"],)),
    batch_size=setting["N"],
)
torch.nn.CrossEntropyLoss()(model(batch), batch.label).backward()
with torch.no_grad():
    model.eval()(batch)
