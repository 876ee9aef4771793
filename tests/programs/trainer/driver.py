"""Runs all of it at the sizes of the command line."""

import sys
import torch
import model as m
kw = {k: int(v) for k, v in (w.split("=") for w in sys.argv[1:])}
torch.manual_seed(0)
m.main(["--n", str(kw["N"] * 2), "--t", str(kw["T"]), "--bs", str(kw["N"])])
c = m.Classifier.from_config(m.Config(dim=8))
c(torch.randint(0, 40, (kw["N"], kw["T"])), {"a": torch.zeros(kw["N"], dtype=torch.long), "b": torch.zeros(kw["N"], dtype=torch.long)})
