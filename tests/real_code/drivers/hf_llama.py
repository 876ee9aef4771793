"""Drives a small Llama of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_llama import LlamaForCausalLM
from transformers import LlamaConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = LlamaConfig(
    vocab_size=99,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
)
ids = torch.randint(0, 99, (N, T))
model = LlamaForCausalLM(config)
model(input_ids=ids, labels=ids).loss.backward()
model.eval()
with torch.no_grad():
    model(input_ids=ids, attention_mask=torch.ones(N, T, dtype=torch.long))
