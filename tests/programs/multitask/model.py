"""A model of several heads, with dicts of tensors in and a dataclass out."""

from dataclasses import dataclass
from typing import Dict, NamedTuple, Optional

import torch
from torch import Tensor, nn


class Pooled(NamedTuple):
    mean: Tensor
    maximum: Tensor


@dataclass
class Output:
    hidden: Tensor
    predictions: Dict[str, Tensor]
    loss: Optional[Tensor] = None


class Pool(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Pooled:
        weights = mask.unsqueeze(-1).to(x.dtype)
        mean = (x * weights).sum(1) / weights.sum(1).clamp(min=1)
        maximum = x.masked_fill(weights == 0, -1e4).amax(dim=1)
        return Pooled(mean, maximum)


class MultiTask(nn.Module):
    def __init__(self, vocab: int = 30, width: int = 16, heads: Optional[Dict[str, int]] = None) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        layer = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.pool = Pool()
        sizes = heads or {"topic": 5, "tone": 3, "length": 1}
        self.heads = nn.ModuleDict({name: nn.Linear(2 * width, size) for name, size in sizes.items()})

    def forward(self, batch: Dict[str, Tensor]) -> Output:
        ids, mask = batch["ids"], batch["mask"]
        hidden = self.encoder(self.embed(ids), src_key_padding_mask=~mask)
        pooled = self.pool(hidden, mask)
        joined = torch.cat([pooled.mean, pooled.maximum], dim=-1)
        predictions = {name: head(joined) for name, head in self.heads.items()}
        return Output(joined, predictions, self.loss(predictions, batch))

    def loss(self, predictions: Dict[str, Tensor], batch: Dict[str, Tensor]) -> Tensor:
        losses = []
        for name, logits in predictions.items():
            if logits.size(-1) == 1:
                losses.append(nn.functional.mse_loss(logits.squeeze(-1), batch[name]))
            else:
                losses.append(nn.functional.cross_entropy(logits, batch[name]))
        return torch.stack(losses).mean()
