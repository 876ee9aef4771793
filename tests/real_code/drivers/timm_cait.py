"""Drives timm's cait, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import Cait

model = Cait(img_size=64, num_classes=10, embed_dim=32, depth=2, num_heads=4, depth_token_only=1)
train_and_evaluate(model, images(settings()))
