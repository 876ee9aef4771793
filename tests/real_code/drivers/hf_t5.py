"""Drives a small T5 of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_t5 import T5ForConditionalGeneration
from transformers import T5Config

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = T5Config(vocab_size=99, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, decoder_start_token_id=0)
ids = torch.randint(1, 99, (N, setting["T"]))
labels = torch.randint(1, 99, (N, setting["S"]))
model = T5ForConditionalGeneration(config)
model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss.backward()
model.eval()
with torch.no_grad():
    model(input_ids=ids, decoder_input_ids=labels)
