"""Drives a small DeBERTa of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_deberta import DebertaForSequenceClassification
from transformers import DebertaConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = DebertaConfig(
    vocab_size=99,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=64,
    max_position_embeddings=64,
    num_labels=3,
    relative_attention=True,
    pos_att_type=["p2c", "c2p"],
    max_relative_positions=16,
)
ids = torch.randint(3, 99, (N, T))
mask = torch.ones(N, T, dtype=torch.long)
model = DebertaForSequenceClassification(config)
model(input_ids=ids, attention_mask=mask, labels=torch.randint(0, 3, (N,))).loss.backward()
model.eval()
with torch.no_grad():
    model(input_ids=ids)
