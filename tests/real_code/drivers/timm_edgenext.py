"""Drives timm's edgenext, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import edgenext_xx_small

model = edgenext_xx_small(num_classes=10, depths=(1, 2, 2, 2))
train_and_evaluate(model, images(settings()))
