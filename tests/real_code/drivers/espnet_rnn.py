"""Drives espnet's encoders (VGG2L, BLSTM), attentions (AttDot, AttLoc) and RNN decoder on padded rows."""

import numpy as np
import torch
from espnet.nets.pytorch_backend.rnn.attentions import AttDot, AttLoc
from espnet.nets.pytorch_backend.rnn.decoders import Decoder
from espnet.nets.pytorch_backend.rnn.encoders import Encoder
from support import settings

setting = settings()
rows, frames = setting["N"], 8 * setting["T"]
torch.manual_seed(0)
speech = torch.randn(rows, frames, 20)
lengths = torch.tensor([frames - 8 * i for i in range(rows)])
targets = [torch.randint(1, 10, (5 - i % 2,)) for i in range(rows)]
for kind in ("vggblstmp", "vggblstm", "blstm"):
    encoder = Encoder(kind, 20, 2, 6, 7, np.array([1, 2, 1], dtype=np.int64), 0.0)
    states, state_lengths, _ = encoder(speech, lengths)
    for attention in (AttDot(7, 8, 9), AttLoc(7, 8, 9, 3, 2)):
        decoder = Decoder(7, 11, "lstm", 1, 8, 10, 10, torch.nn.ModuleList([attention]), 0, sampling_probability=0.0)
        loss, _, _ = decoder(states, torch.as_tensor(state_lengths), targets)
        loss.backward(retain_graph=True)
