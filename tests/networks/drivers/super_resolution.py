"""Runs the super_resolution example on pictures of noise, then its net at other sizes."""

import sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from support import define_operators, sizes

define_operators()
setting = sizes()
noise = numpy.random.default_rng(0)
for part in ("train", "test"):  # where the example would unpack its download
    folder = Path("dataset/BSDS300/images") / part
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(setting["N"]):
        Image.fromarray(noise.integers(0, 256, (260, 260, 3), dtype=numpy.uint8)).save(folder / f"{number}.png")
options = f"--upscale_factor 4 --nEpochs 1 --threads 0 --batchSize {setting['N']} --testBatchSize {setting['N']}"
sys.argv = ["main.py", *options.split()]
import main

with torch.no_grad():
    main.model(torch.rand(setting["N"], 1, setting["H"], setting["W"]))
