"""Drives timm's efficientnet, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import efficientnet_b0

model = efficientnet_b0(num_classes=10)
train_and_evaluate(model, images(settings()))
