"""Drives a program of a user of transformers: `adapters.py`."""

from support import settings
import torch
from adapters import LlamaTagger, Regressor, Summariser
from transformers import LlamaConfig

setting = settings()
torch.manual_seed(0)
N, T = setting["N"], setting["T"]
S = setting["S"]
ids = torch.randint(3, 99, (N, T))
dec = torch.randint(3, 99, (N, S))
tagger = LlamaTagger(
    LlamaConfig(
        vocab_size=99,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
    ),
    6,
)
torch.nn.functional.cross_entropy(tagger(ids).flatten(0, 1), torch.randint(0, 6, (N * T,))).backward()
reg = Regressor()
reg(ids, torch.ones_like(ids)).sum().backward()
summ = Summariser()
summ(ids, dec).mean().backward()
