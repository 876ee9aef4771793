"""Drives one of torchvision's classifiers that have auxiliary outputs in training, by name."""

import torch
import torch.nn.functional as F
from support import images, settings
from torchvision import models

setting = settings()
model = getattr(models, setting["MODEL"])(num_classes=10, init_weights=False)
inputs = images(setting)
labels = torch.randint(0, 10, (setting["N"],))
outputs = model(inputs)
loss = F.cross_entropy(outputs.logits, labels)
for auxiliary in outputs[1:]:
    loss = loss + 0.3 * F.cross_entropy(auxiliary, labels)
loss.backward()
model.eval()
with torch.no_grad():
    model(inputs)
