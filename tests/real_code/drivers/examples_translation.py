"""Drives the encoder and decoder transformer of pytorch/examples: a training step, and greedy decoding."""

import torch
from support import settings
from model import Translator

setting = settings()
rows, length = setting["N"], setting["T"]
torch.manual_seed(0)
network = Translator(2, 2, 32, 4, 50, 60, 48, 0.1)
source, target = torch.randint(1, 50, (length, rows)), torch.randint(1, 60, (length + 2, rows))
entered, expected = target[:-1], target[1:]
causal = torch.nn.Transformer.generate_square_subsequent_mask(entered.size(0)) == float("-inf")
free = torch.zeros(length, length, dtype=torch.bool)
padded, padded_target = (source == 0).transpose(0, 1), (entered == 0).transpose(0, 1)
logits = network(source, entered, free, causal, padded, padded_target, padded)
torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), expected.reshape(-1)).backward()
network.eval()
with torch.no_grad():
    memory, words = network.encode(source, free), entered[:1]
    for _ in range(3):
        mask = torch.nn.Transformer.generate_square_subsequent_mask(words.size(0)) == float("-inf")
        best = network.ff(network.decode(words, memory, mask))[-1].argmax(-1)
        words = torch.cat([words, best.unsqueeze(0)], dim=0)
