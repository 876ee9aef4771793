"""One training step and some generated tokens."""

import sys

import torch
from gpt import GPT, Config

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
model = GPT(Config())
tokens = torch.randint(0, 61, (size["B"], size["T"] + 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
logits, loss = model(tokens[:, :-1], tokens[:, 1:].contiguous())
loss.backward()
optimizer.step()
model.eval()
model.generate(tokens[:, : size["T"]], steps=3, top_k=5)
