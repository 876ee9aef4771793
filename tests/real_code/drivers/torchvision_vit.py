"""Drives a small one of torchvision's vit."""

from support import images, settings, train_and_evaluate
from torchvision.models.vision_transformer import VisionTransformer

model = VisionTransformer(
    image_size=64, patch_size=16, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=64, dropout=0.1, num_classes=10
)
train_and_evaluate(model, images(settings()))
