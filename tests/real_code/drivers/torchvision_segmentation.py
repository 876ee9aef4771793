"""Drives one of torchvision's segmentation models, by name."""

import torch
import torch.nn.functional as F
from support import images, settings
from torchvision.models import segmentation

setting = settings()
model = getattr(segmentation, setting["MODEL"])(weights=None, weights_backbone=None, num_classes=5)
inputs = images(setting)
labels = torch.randint(0, 5, (setting["N"], setting["H"], setting["W"]))
F.cross_entropy(model(inputs)["out"], labels).backward()
model.eval()
with torch.no_grad():
    model(inputs)["out"].argmax(1)
