"""Runs the DCGAN example, which is one script, on torchvision's fake data."""

import os
import sys

import torch
from support import define_operators, sizes

define_operators()
setting = sizes()
os.makedirs("out", exist_ok=True)
options = f"--dataset fake --dry-run --workers 0 --outf out --ngf 8 --ndf 8 --nz 20 --batchSize {setting['N']}"
sys.argv = ["main.py", *options.split()]
import main

with torch.no_grad():
    main.netG(torch.randn(setting["N"], 20, setting["Z"], setting["Z"]))
