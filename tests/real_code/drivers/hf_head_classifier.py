"""Drives a program of a user of transformers: `classifier.py`."""

from support import settings
import torch
from classifier import build, predict, train_step

setting = settings()
torch.manual_seed(0)
N, T = setting["N"], setting["T"]
model = build()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
batch = {
    "input_ids": torch.randint(0, 99, (N, T)),
    "attention_mask": torch.ones(N, T, dtype=torch.long),
    "labels": torch.randint(0, 3, (N,)),
}
train_step(model, optimizer, batch)
predict(model, batch)
