"""Drives a small wav2vec2 of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_wav2vec2 import Wav2Vec2ForCTC
from transformers import Wav2Vec2Config

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = Wav2Vec2Config(
    vocab_size=20,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    conv_dim=(16, 16, 16),
    conv_kernel=(10, 3, 3),
    conv_stride=(5, 2, 2),
    num_feat_extract_layers=3,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
    mask_time_prob=0.0,
)
audio = torch.randn(N, setting["L"])
labels = torch.randint(1, 20, (N, 5))
model = Wav2Vec2ForCTC(config)
model(audio, attention_mask=torch.ones(N, setting["L"], dtype=torch.long), labels=labels).loss.backward()
model.eval()
with torch.no_grad():
    model(audio)
