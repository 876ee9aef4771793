"""Drives a small ViT of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_vit import ViTForImageClassification
from transformers import ViTConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = ViTConfig(
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    image_size=32,
    patch_size=8,
    num_labels=5,
)
images = torch.randn(N, 3, 32, 32)
model = ViTForImageClassification(config)
model(images, labels=torch.randint(0, 5, (N,))).loss.backward()
model.eval()
with torch.no_grad():
    model(images)
