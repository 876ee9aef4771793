"""One step of adversarial training."""

import sys

import torch
from gan import Discriminator, Generator, train_step

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
generator, discriminator = Generator(), Discriminator()
optimizers = [torch.optim.Adam(each.parameters(), lr=2e-4) for each in (generator, discriminator)]
train_step(generator, discriminator, optimizers, torch.randn(size["N"], 3, 32, 32))
