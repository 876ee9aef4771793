"""Drives a program of a user of transformers: `prefix_lm.py`."""

from support import settings
import torch
from prefix_lm import main

setting = settings()
torch.manual_seed(0)
N, T = setting["N"], setting["T"]
main(N, T)
