"""One training step and a translation."""

import sys

import torch
from model import Seq2Seq

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
model = Seq2Seq()
source = torch.randint(1, 40, (size["N"], size["S"]))
target = torch.randint(1, 50, (size["N"], size["T"]))
model.loss(source, target).backward()
model.eval().translate(source, 4)
