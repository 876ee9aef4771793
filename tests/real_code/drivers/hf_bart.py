"""Drives a small BART of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_bart import BartForConditionalGeneration
from transformers import BartConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = BartConfig(
    vocab_size=99,
    d_model=32,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=48,
    max_position_embeddings=64,
)
ids = torch.randint(3, 99, (N, setting["T"]))
labels = torch.randint(3, 99, (N, setting["S"]))
model = BartForConditionalGeneration(config)
model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss.backward()
model.eval()
with torch.no_grad():
    model(input_ids=ids, decoder_input_ids=labels)
