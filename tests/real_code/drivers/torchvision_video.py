"""Drives one of torchvision's video classifiers, by name."""

import torch
from support import settings, train_and_evaluate
from torchvision.models import video

setting = settings()
model = getattr(video, setting["MODEL"])(num_classes=10)
train_and_evaluate(model, torch.randn(setting["N"], 3, setting["T"], setting["H"], setting["W"]))
