"""Drives a small BERT of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_bert import BertForMaskedLM, BertForSequenceClassification
from transformers import BertConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = BertConfig(
    vocab_size=99,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=64,
    num_labels=3,
)
ids = torch.randint(0, 99, (N, T))
mask = torch.ones(N, T, dtype=torch.long)
model = BertForSequenceClassification(config)
out = model(ids, attention_mask=mask, labels=torch.randint(0, 3, (N,)))
out.loss.backward()
lm = BertForMaskedLM(config).eval()
with torch.no_grad():
    lm(ids, attention_mask=mask)
