"""Drives a small one of torchvision's maxvit."""

from support import images, settings, train_and_evaluate
from torchvision.models.maxvit import MaxVit

model = MaxVit(
    input_size=(64, 64),
    stem_channels=16,
    partition_size=2,
    block_channels=[16, 32],
    block_layers=[1, 2],
    head_dim=8,
    stochastic_depth_prob=0.1,
    num_classes=10,
)
train_and_evaluate(model, images(settings()))
