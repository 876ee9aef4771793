"""Drives a small CLIP of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_clip import CLIPModel
from transformers import CLIPConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
T = setting["T"]
text = {
    "vocab_size": 99,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "projection_dim": 16,
    "eos_token_id": 2,
    "bos_token_id": 1,
    "pad_token_id": 0,
}
vision = {
    "hidden_size": 24,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
    "projection_dim": 16,
}
config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
model = CLIPModel(config)
ids = torch.randint(1, 99, (N, T))
images = torch.randn(N, 3, 32, 32)
out = model(input_ids=ids, pixel_values=images, attention_mask=torch.ones_like(ids), return_loss=True)
out.loss.backward()
model.eval()
with torch.no_grad():
    model.get_text_features(input_ids=ids)
    model.get_image_features(pixel_values=images)
