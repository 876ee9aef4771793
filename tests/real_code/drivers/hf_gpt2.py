"""Drives a small GPT-2 of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_gpt2 import GPT2LMHeadModel
from transformers import GPT2Config

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
config = GPT2Config(vocab_size=99, n_positions=64, n_embd=32, n_layer=2, n_head=4)
ids = torch.randint(0, 99, (N, T))
model = GPT2LMHeadModel(config)
model(ids, labels=ids).loss.backward()
model.eval()
with torch.no_grad():
    model(ids)
