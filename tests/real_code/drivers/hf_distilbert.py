"""Drives a small DistilBERT of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_distilbert import DistilBertForQuestionAnswering, DistilBertForSequenceClassification
from transformers import DistilBertConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = DistilBertConfig(
    vocab_size=99, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=64, num_labels=3
)
ids = torch.randint(0, 99, (N, T))
mask = torch.ones(N, T, dtype=torch.long)
model = DistilBertForSequenceClassification(config)
model(input_ids=ids, attention_mask=mask, labels=torch.randint(0, 3, (N,))).loss.backward()
config.num_labels = 2
qa = DistilBertForQuestionAnswering(config).eval()
with torch.no_grad():
    qa(input_ids=ids, attention_mask=mask)
