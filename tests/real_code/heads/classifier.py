"""A sentence classifier on BertModel."""

import torch
from torch import nn
from transformers import BertConfig, BertModel


class SentenceClassifier(nn.Module):
    def __init__(self, config: BertConfig, num_classes: int, dropout: float = 0.1):
        super().__init__()
        self.encoder = BertModel(config)
        hidden = self.encoder.config.hidden_size
        self.attention = nn.Sequential(nn.Linear(hidden, 24), nn.Tanh(), nn.Linear(24, 1))
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(hidden)
        self.classifier = nn.Linear(hidden * 2, num_classes)

    def mean_pool(self, states, mask):
        mask = mask.unsqueeze(-1).to(states.dtype)
        return (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)

    def forward(self, input_ids, attention_mask=None, labels=None):
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        outputs = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        states = outputs.last_hidden_state
        weights = self.attention(states).masked_fill(attention_mask.unsqueeze(-1) == 0, float("-inf")).softmax(dim=1)
        attended = (weights * states).sum(dim=1)
        pooled = self.norm(self.mean_pool(states, attention_mask) + outputs.pooler_output)
        features = torch.cat([pooled, attended], dim=-1)
        logits = self.classifier(self.dropout(features))
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits, "features": features}


def build(num_classes=3):
    config = BertConfig(
        vocab_size=99,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    return SentenceClassifier(config, num_classes)


def train_step(model, optimizer, batch):
    model.train()
    output = model(batch["input_ids"], batch["attention_mask"], batch["labels"])
    loss = output["loss"]
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    accuracy = (output["logits"].argmax(dim=-1) == batch["labels"]).float().mean()
    return loss.item(), accuracy.item()


@torch.no_grad()
def predict(model, batch):
    model.eval()
    logits = model(batch["input_ids"], batch["attention_mask"])["logits"]
    return logits.softmax(dim=-1).max(dim=-1)
