"""A small network trained inside and outside of autocast regions, with the casts real programs make between them."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(2, channels)
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        y = self.norm(self.conv(x))
        y = F.gelu(y) * self.scale
        return x + y


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (each.view(n, t, self.heads, c // self.heads).transpose(1, 2) for each in (q, k, v))
        scores = q @ k.transpose(-2, -1) / (c // self.heads) ** 0.5
        weights = F.softmax(scores.float(), dim=-1).type_as(v)
        mixed = weights @ v
        fused = F.scaled_dot_product_attention(q, k, v)
        y = (mixed + fused).transpose(1, 2).reshape(n, t, c)
        return self.out(y)


class Model(nn.Module):
    def __init__(self, channels=8, heads=2, classes=5):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList([Block(channels) for _ in range(2)])
        self.attention = Attention(channels, heads)
        self.head = nn.Linear(channels, classes)
        self.register_buffer("mean", torch.zeros(3, 1, 1))

    def forward(self, x):
        x = x - self.mean
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.attention(tokens)
        pooled = tokens.mean(dim=1)
        with torch.autocast("cpu", enabled=False):
            logits = self.head(pooled.float())
        return logits


class Scorer(nn.Module):
    """Its forward is in lower precision wherever it is called."""

    def __init__(self, classes=5):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(classes, classes))

    @torch.autocast("cpu", dtype=torch.bfloat16)
    def forward(self, logits):
        scores = logits @ self.weight
        joined = torch.cat([scores, logits], dim=1)
        return joined.sigmoid()


def step(model, scorer, optimizer, images, labels, use_amp=True):
    optimizer.zero_grad()
    with torch.autocast(device_type="cpu", dtype=torch.bfloat16, enabled=use_amp):
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        pairs = logits @ logits.t()
    with torch.cuda.amp.autocast(enabled=False):
        distances = torch.cdist(logits.detach(), logits.detach())
    scores = scorer(logits.detach())
    loss.backward()
    optimizer.step()
    return loss.detach(), pairs, distances, scores
