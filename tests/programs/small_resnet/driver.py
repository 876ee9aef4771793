"""Runs two residual networks forward and backward."""

import sys

import torch
from resnet import Block, Bottleneck, ResNet

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
images = torch.randn(size["N"], 3, size["H"], size["W"])
for model in (ResNet(Block, (1, 2, 1)), ResNet(Bottleneck, (1, 1, 2))):
    model(images).sum().backward()
