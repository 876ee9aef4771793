"""Drives timm's poolformer, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import poolformer_s12

model = poolformer_s12(num_classes=10)
train_and_evaluate(model, images(settings()))
