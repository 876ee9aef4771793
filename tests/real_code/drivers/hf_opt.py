"""Drives a small OPT of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_opt import OPTForCausalLM
from transformers import OPTConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = OPTConfig(
    vocab_size=99,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    ffn_dim=64,
    max_position_embeddings=64,
    word_embed_proj_dim=24,
)
ids = torch.randint(3, 99, (N, T))
mask = torch.ones(N, T, dtype=torch.long)
model = OPTForCausalLM(config)
model(input_ids=ids, attention_mask=mask, labels=ids).loss.backward()
model.eval()
with torch.no_grad():
    model(input_ids=ids)
