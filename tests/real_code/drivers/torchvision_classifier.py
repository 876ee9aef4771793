"""Drives one of torchvision's classifiers, by name."""

from support import images, settings, train_and_evaluate
from torchvision import models

setting = settings()
model = getattr(models, setting["MODEL"])(num_classes=10)
train_and_evaluate(model, images(setting))
