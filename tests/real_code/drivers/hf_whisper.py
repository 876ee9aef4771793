"""Drives a small Whisper of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_whisper import WhisperForConditionalGeneration
from transformers import WhisperConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = WhisperConfig(
    vocab_size=99,
    d_model=32,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=48,
    num_mel_bins=16,
    max_source_positions=20,
    max_target_positions=32,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
    decoder_start_token_id=3,
)
feats = torch.randn(N, 16, 40)
labels = torch.randint(4, 99, (N, setting["S"]))
model = WhisperForConditionalGeneration(config)
model(input_features=feats, labels=labels).loss.backward()
model.eval()
with torch.no_grad():
    model(input_features=feats, decoder_input_ids=labels)
