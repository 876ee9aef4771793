"""Drives timm's swin, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import SwinTransformer

model = SwinTransformer(
    img_size=64, num_classes=10, embed_dim=16, depths=(2, 2), num_heads=(2, 4), window_size=4, drop_path_rate=0.1
)
train_and_evaluate(model, images(settings()))
