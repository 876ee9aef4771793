"""Drives timm's levit, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import Levit

model = Levit(
    img_size=64, num_classes=10, embed_dim=(32, 48, 64), key_dim=8, depth=(1, 1, 1), num_heads=(2, 3, 4), down_op="subsample"
)
train_and_evaluate(model, images(settings()))
