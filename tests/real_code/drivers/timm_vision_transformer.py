"""Drives timm's vision transformer, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import VisionTransformer

model = VisionTransformer(
    img_size=64, num_classes=10, embed_dim=48, depth=2, num_heads=4, dynamic_img_size=True, reg_tokens=2, init_values=1e-5
)
train_and_evaluate(model, images(settings()))
