"""Drives a program of a user of transformers: `prefix_lm.py`."""

import torch
from prefix_lm import main
from support import settings

setting = settings()
torch.manual_seed(0)
N, T = setting["N"], setting["T"]
main(N, T)
