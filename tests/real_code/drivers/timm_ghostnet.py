"""Drives timm's ghostnet, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import ghostnet_050

model = ghostnet_050(num_classes=10)
train_and_evaluate(model, images(settings()))
