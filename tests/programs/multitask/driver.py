"""One step on a batch of token ids."""

import sys

import torch
from model import MultiTask

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
n, t = size["N"], size["T"]
lengths = torch.randint(1, t + 1, (n,))
batch = {
    "ids": torch.randint(0, 30, (n, t)),
    "mask": torch.arange(t)[None, :] < lengths[:, None],
    "topic": torch.randint(0, 5, (n,)),
    "tone": torch.randint(0, 3, (n,)),
    "length": lengths.float(),
}
output = MultiTask()(batch)
output.loss.backward()
