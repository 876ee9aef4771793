"""One step of each."""

import copy
import sys

import torch
from nets import Captioner, Classifier, Criterion, Learner, Storage, Vocoder, overlap, start

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
n, t, b = size["N"], size["T"], size["B"]
Vocoder()(torch.randn(n, 1, 4 * t), torch.randn(n, 5, t)).mean().backward()

lengths = sorted((t + 1 - i % 3 for i in range(n)), reverse=True)
scores, _ = Captioner()(torch.randn(n, 6), torch.randint(0, 20, (n, t)), lengths)
scores.mean().backward()

learner = Learner([("linear", (4, 6)), ("relu", (0, 0)), ("linear", (6, 3))])
x = torch.randn(n, 4)
learner(x).mean().backward()
copy.deepcopy(learner)(x)
learner(x, [w - 0.1 * w.grad for w in learner.parameters()])

print(start(b, 5).shape, overlap(torch.rand(b, 5, 6), torch.rand(b, 5, 6)).shape)
Classifier()(torch.randn(b, 3, 16, 20), torch.ones(b)).mean().backward()

outputs = {"logits": torch.randn(n, 2 * t, 6), "boxes": torch.rand(n, 2 * t, 4)}
targets = [{"labels": torch.randint(0, 6, (3 + i,)), "boxes": torch.rand(3 + i, 4)} for i in range(n)]
print(Criterion()(outputs, targets).shape)

print([batch.shape for batch in Storage(t, n, (3, 2), 2).batches()])
