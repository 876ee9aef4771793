"""Drives time_sequence_prediction: training on sine waves, then predicting the future."""

import sys
import types

import torch
from support import sizes

# The example draws its results; here nothing is drawn.
matplotlib = types.ModuleType("matplotlib")
matplotlib.use = lambda backend: None
matplotlib.pyplot = types.ModuleType("matplotlib.pyplot")
sys.modules.update({"matplotlib": matplotlib, "matplotlib.pyplot": matplotlib.pyplot})

from train import Sequence

setting = sizes()
torch.manual_seed(0)
data = torch.sin(torch.arange(setting["T"] + 1).double() / 20 + torch.randn(setting["N"], 1).double())
sequence = Sequence().double()
criterion = torch.nn.MSELoss()
criterion(sequence(data[:, :-1]), data[:, 1:]).backward()
with torch.no_grad():
    sequence(data[:, :-1], future=setting["F"])
