"""Runs the VAE example, on noise: importing it builds everything, then an epoch of training and testing."""

import os
import sys

import torch
from support import define_operators, sizes, write_mnist

define_operators()
setting = sizes()
write_mnist("../data", 2 * setting["N"])
os.makedirs("results", exist_ok=True)
sys.argv = ["main.py", "--batch-size", str(setting["N"]), "--epochs", "1"]
import main

main.train(1)
main.test(1)
with torch.no_grad():
    main.model.decode(torch.randn(setting["N"], 20))
