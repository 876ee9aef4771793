"""One step of training, some samples."""

import sys

import torch
from vae import VAE

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
model = VAE()
model.loss(torch.rand(size["N"], 1, 28, 28))["loss"].backward()
model.sample(size["S"])
