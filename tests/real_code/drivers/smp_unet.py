"""Drives the U-Net of segmentation_models_pytorch with a ResNet-18 encoder, without its weights."""

import torch
from support import images, settings
from segmentation_models_pytorch.decoders.unet.model import Unet

model = Unet("resnet18", encoder_weights=None, decoder_channels=(64, 48, 32, 24, 16), classes=5)
inputs = images(settings())
targets = torch.randint(0, 5, (inputs.shape[0], *inputs.shape[2:]))
torch.nn.functional.cross_entropy(model(inputs), targets).backward()
model.eval()
with torch.no_grad():
    model(inputs)
