"""Image and text encoders of transformers in one contrastive model, with cross attention."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import DistilBertConfig, DistilBertModel, ViTConfig, ViTModel


class Projection(nn.Module):
    def __init__(self, dim_in, dim_out):
        super().__init__()
        self.fc1 = nn.Linear(dim_in, dim_out)
        self.fc2 = nn.Linear(dim_out, dim_out)
        self.norm = nn.LayerNorm(dim_out)

    def forward(self, x):
        projected = self.fc1(x)
        return self.norm(projected + self.fc2(F.gelu(projected)))


class DualEncoder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        vision = ViTConfig(
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=4,
            intermediate_size=48,
            image_size=32,
            patch_size=8,
        )
        text = DistilBertConfig(vocab_size=99, dim=24, n_layers=1, n_heads=4, hidden_dim=48, max_position_embeddings=64)
        self.image_encoder = ViTModel(vision)
        self.text_encoder = DistilBertModel(text)
        self.image_projection = Projection(vision.hidden_size, dim)
        self.text_projection = Projection(text.dim, dim)
        self.cross = nn.MultiheadAttention(dim, 2, batch_first=True)
        self.temperature = nn.Parameter(torch.tensor(2.65))

    def forward(self, pixels, ids, mask):
        image = self.image_encoder(pixel_values=pixels)
        text = self.text_encoder(ids, attention_mask=mask)[0]
        patches = self.image_projection(image.last_hidden_state[:, 1:])
        words = self.text_projection(text)
        fused, weights = self.cross(words, patches, patches)
        image_emb = F.normalize(self.image_projection(image.pooler_output), dim=-1)
        text_emb = F.normalize((fused * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True), dim=-1)
        logits = image_emb @ text_emb.t() * self.temperature.exp()
        targets = torch.arange(logits.size(0), device=logits.device)
        loss = (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets)) / 2
        return loss, logits, weights
