"""Drives timm's deit, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import VisionTransformerDistilled

model = VisionTransformerDistilled(img_size=64, num_classes=10, embed_dim=48, depth=2, num_heads=4)
train_and_evaluate(model, images(settings()))
