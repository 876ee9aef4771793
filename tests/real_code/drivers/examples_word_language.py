"""Drives the two word-level language models of pytorch/examples: LSTM and GRU with tied weights, and a transformer."""

import torch
from support import settings
from model import RNNModel, TransformerModel

setting = settings()
rows, length = setting["N"], setting["T"]
torch.manual_seed(0)
words, expected = torch.randint(0, 30, (length, rows)), torch.randint(0, 30, (length * rows,))
for kind in ("LSTM", "GRU"):
    network = RNNModel(kind, 30, 16, 16, 2, 0.5, tie_weights=True)
    hidden = network.init_hidden(rows)
    for _ in range(2):
        network.zero_grad()
        hidden = tuple(each.detach() for each in hidden) if isinstance(hidden, tuple) else hidden.detach()
        scores, hidden = network(words, hidden)
        torch.nn.functional.nll_loss(scores, expected).backward()
transformer = TransformerModel(30, 16, 2, 24, 2, 0.5)
scores = transformer(words).view(-1, 30)
torch.nn.functional.nll_loss(scores, expected).backward()
