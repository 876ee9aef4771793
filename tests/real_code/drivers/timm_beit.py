"""Drives timm's beit, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import Beit

model = Beit(
    img_size=64, num_classes=10, embed_dim=32, depth=2, num_heads=4, use_rel_pos_bias=True, use_abs_pos_emb=False, init_values=0.1
)
train_and_evaluate(model, images(settings()))
