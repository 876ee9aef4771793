"""Drives a small SegFormer of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_segformer import SegformerForSemanticSegmentation
from transformers import SegformerConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = SegformerConfig(
    hidden_sizes=[8, 16, 16, 32],
    depths=[1, 1, 1, 1],
    num_attention_heads=[1, 2, 2, 4],
    decoder_hidden_size=16,
    num_labels=5,
)
H, W = setting["H"], setting["W"]
images = torch.randn(N, 3, H, W)
model = SegformerForSemanticSegmentation(config)
model(images, labels=torch.randint(0, 5, (N, H, W))).loss.backward()
model.eval()
with torch.no_grad():
    model(images)
