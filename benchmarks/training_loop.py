"""A ResNet-18 training loop that prints its own seconds: what recording costs is the difference."""

import sys
import time

import torch
from resnet import Block, ResNet
from torch import nn


def train(model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()


def main(steps: int) -> None:
    torch.manual_seed(0)
    model = ResNet(Block, [2, 2, 2, 2], widths=(64, 128, 256, 512), classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images, labels = torch.randn(16, 3, 64, 64), torch.randint(0, 10, (16,))
    train(model, optimizer, images, labels)
    start = time.perf_counter()
    for _ in range(steps):
        train(model, optimizer, images, labels)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(int(sys.argv[1]))
