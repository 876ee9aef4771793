"""Drives torchvision's ResNet-18: one training step, one evaluation."""

import torch
import torch.nn.functional as F
from support import define_operators, sizes

define_operators()
from torchvision.models.resnet import resnet18

setting = sizes()
torch.manual_seed(0)
model = resnet18(num_classes=10)
images = torch.randn(setting["N"], 3, setting["H"], setting["W"])
F.cross_entropy(model(images), torch.randint(0, 10, (setting["N"],))).backward()
model.eval()
with torch.no_grad():
    model(images)
