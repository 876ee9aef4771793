"""Drives a small RoBERTa of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_roberta import RobertaForSequenceClassification, RobertaForTokenClassification
from transformers import RobertaConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = RobertaConfig(
    vocab_size=99,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=64,
    num_labels=3,
)
ids = torch.randint(3, 99, (N, T))
mask = torch.ones(N, T, dtype=torch.long)
model = RobertaForSequenceClassification(config)
model(input_ids=ids, attention_mask=mask, labels=torch.randint(0, 3, (N,))).loss.backward()
tok = RobertaForTokenClassification(config).eval()
with torch.no_grad():
    tok(input_ids=ids, attention_mask=mask)
