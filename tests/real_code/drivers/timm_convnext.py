"""Drives timm's convnext, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import ConvNeXt

model = ConvNeXt(num_classes=10, depths=(1, 1, 2, 1), dims=(16, 24, 32, 48))
train_and_evaluate(model, images(settings()))
