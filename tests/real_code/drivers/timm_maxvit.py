"""Drives timm's maxvit, its file copied into a project."""

from support import images, settings, train_and_evaluate
from model import MaxxVit, MaxxVitCfg, MaxxVitTransformerCfg

model = MaxxVit(
    MaxxVitCfg(
        embed_dim=(16, 32),
        depths=(1, 2),
        block_type=("M", "M"),
        stem_width=16,
        transformer_cfg=MaxxVitTransformerCfg(dim_head=8, window_size=(4, 4)),
    ),
    img_size=64,
    num_classes=10,
)
train_and_evaluate(model, images(settings()))
