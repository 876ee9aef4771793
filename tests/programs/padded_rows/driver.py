"""Reads rows that get shorter, and says three words of each."""

import sys

import torch
from model import Attention, Decoder, Encoder, Frontend

size = {name: int(value) for name, value in (word.split("=") for word in sys.argv[1:])}
torch.manual_seed(0)
encoder, decoder = Encoder(6, 8), Decoder(8, 11, [Attention(8)])
lengths = torch.tensor([size["T"] - i for i in range(size["N"])])
states, lengths = encoder(torch.randn(size["N"], size["T"], 6), lengths)
said, weights = decoder(states, lengths, 3)
said.sum().backward()

frontend = Frontend(6)
frames = 2 * size["T"]
short, counted = frontend(torch.randn(size["N"], frames, 6), torch.tensor([frames - i for i in range(size["N"])]))
(short.sum() + counted.sum()).backward()
