"""Drives a small DETR of transformers, its model file copied into the project: a training step, an evaluation."""

from support import settings
import torch
from modeling_detr import DetrForObjectDetection
from transformers import DetrConfig, ResNetConfig

setting = settings()
torch.manual_seed(0)
N = setting["N"]
backbone = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 1, 1], out_features=["stage4"])
config = DetrConfig(
    use_timm_backbone=False,
    use_pretrained_backbone=False,
    backbone=None,
    backbone_config=backbone,
    d_model=32,
    encoder_layers=1,
    decoder_layers=1,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_ffn_dim=48,
    num_queries=6,
    num_labels=5,
)
H, W = setting["H"], setting["W"]
images = torch.randn(N, 3, H, W)
model = DetrForObjectDetection(config)
out = model(images)
(out.logits.sum() + out.pred_boxes.sum()).backward()
model.eval()
with torch.no_grad():
    model(images)
