"""Drives timm's mlp mixer, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import MlpMixer

model = MlpMixer(num_classes=10, img_size=64, num_blocks=2, embed_dim=32)
train_and_evaluate(model, images(settings()))
