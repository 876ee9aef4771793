import torch
from torch.nn import functional as F

from model import Net


def batches(count, size):
    for _ in range(count):
        yield torch.randn(size, 3, 32, 32), torch.randint(0, 10, (size,))


def main():
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for images, labels in batches(3, 8):
        logits = net(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
