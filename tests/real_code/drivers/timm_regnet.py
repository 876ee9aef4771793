"""Drives timm's regnet, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import regnety_002

model = regnety_002(num_classes=10, depth=8, w0=16)
train_and_evaluate(model, images(settings()))
