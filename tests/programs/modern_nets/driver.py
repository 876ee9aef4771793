"""Runs all of it at the sizes of the command line."""

import sys
import torch
import nets as n
kw = {k: int(v) for k, v in (w.split("=") for w in sys.argv[1:])}
N, T, H = kw["N"], kw["T"], kw["H"]
torch.manual_seed(0)
g = n.GPT(kv_heads=2)
idx = torch.randint(0, 50, (N, T))
g(idx, idx)
g.eval()
g.generate(idx, 3, top_k=5)
n.Mobile(1.4)(torch.rand(N + 1, 3, H, H))
n.FPN()(torch.rand(N, 3, H, H + 8))
n.UNetPad()(torch.rand(N, 3, H + 1, H))
n.WindowAttn()(torch.rand(N, H - 2, H, 8))
n.Hooked()(torch.rand(N, 6))
n.Changed()(torch.rand(N, 2, 3))
lt = n.LSTMTagger()
lt(torch.randint(0, 20, (N, T)))
lt(torch.randint(0, 20, (N, T)), torch.tensor([T] * N))
n.PosEnc(6)(torch.rand(N, T, 6))
n.VQ()(torch.rand(N, 4, H, H))
n.Seq2Seq()(torch.randint(0, 15, (T, N)), torch.randint(0, 15, (T + 1, N)))
