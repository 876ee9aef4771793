"""Drives fast_neural_style's transformer net as its training loop does, on noise."""

import torch
import utils
from support import sizes
from transformer_net import TransformerNet

setting = sizes()
torch.manual_seed(0)
model = TransformerNet()
images = torch.rand(setting["N"], 3, setting["H"], setting["W"]) * 255
styled = utils.normalize_batch(model(images))
utils.gram_matrix(styled).sum().backward()
with torch.no_grad():
    model.eval()(images)
