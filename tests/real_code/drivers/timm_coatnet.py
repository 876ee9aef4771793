"""Drives timm's coatnet, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import MaxxVit, MaxxVitCfg, MaxxVitTransformerCfg

model = MaxxVit(
    MaxxVitCfg(
        embed_dim=(16, 32, 48, 64),
        depths=(1, 1, 2, 1),
        block_type=("C", "C", "T", "T"),
        stem_width=16,
        transformer_cfg=MaxxVitTransformerCfg(dim_head=8),
    ),
    img_size=64,
    num_classes=10,
)
train_and_evaluate(model, images(settings()))
