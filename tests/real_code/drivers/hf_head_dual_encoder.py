"""Drives a program of a user of transformers: `dual_encoder.py`."""

from support import settings
import torch
from dual_encoder import DualEncoder

setting = settings()
torch.manual_seed(0)
N, T = setting["N"], setting["T"]
model = DualEncoder()
ids = torch.randint(0, 99, (N, T))
loss, logits, weights = model(torch.randn(N, 3, 32, 32), ids, torch.ones(N, T, dtype=torch.long))
loss.backward()
