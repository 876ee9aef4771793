"""Drives timm's ResNet, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import Bottleneck, ResNet

model = ResNet(Bottleneck, (1, 1, 2, 1), num_classes=10, channels=(16, 32, 48, 64), stem_width=16)
train_and_evaluate(model, images(settings()))
