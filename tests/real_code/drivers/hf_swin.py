"""Drives a small Swin of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_swin import SwinForImageClassification
from transformers import SwinConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
config = SwinConfig(
    image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=5
)
images = torch.randn(N, 3, 32, 32)
model = SwinForImageClassification(config)
model(images, labels=torch.randint(0, 5, (N,))).loss.backward()
model.eval()
with torch.no_grad():
    model(images, output_hidden_states=True)
