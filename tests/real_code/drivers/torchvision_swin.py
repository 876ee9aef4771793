"""Drives a small one of torchvision's swin."""

from support import images, settings, train_and_evaluate
from torchvision.models.swin_transformer import SwinTransformer

model = SwinTransformer(
    patch_size=[4, 4],
    embed_dim=24,
    depths=[2, 2],
    num_heads=[2, 4],
    window_size=[4, 4],
    stochastic_depth_prob=0.1,
    num_classes=10,
)
train_and_evaluate(model, images(settings()))
