"""Runs all of it at the sizes of the command line."""

import sys
import copy
import torch
import zoo as z
kw = {k: int(v) for k, v in (w.split("=") for w in sys.argv[1:])}
N, T, H = kw["N"], kw["T"], kw["H"]
torch.manual_seed(0)
z.Diffusion()(torch.rand(N, 3, H, H))
z.BiLSTMPacked()(torch.randint(0, 20, (N, T)), torch.tensor([T] + [T - 1] * (N - 1)))
z.MoE()(torch.rand(N, T, 8))
z.SSM()(torch.rand(N, T, 6))
z.CLIPish()(torch.rand(N, 3, 8, 8), torch.randint(0, 30, (N, T)))
z.PointNet()(torch.rand(N, 3, T))
z.Caps()(torch.rand(N, 1, 10, 10))
z.WaveNet()(torch.rand(N, 1, T + 10))
z.dice(torch.rand(N, 1, H, H), torch.rand(N, 1, H, H))
b = torch.rand(T, 4); b[:, 2:] += b[:, :2]
z.box_iou(b, b[:3])
z.nms(b, torch.rand(T))
z.anchors(T, H)
D = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 64, 1))
z.grad_penalty(D, torch.rand(N, 3, 8, 8), torch.rand(N, 3, 8, 8))
z.gae(torch.rand(T, N), torch.rand(T, N), torch.zeros(T, N))
z.mixup(torch.rand(N, T), torch.randint(0, 3, (N,)))
z.smooth(torch.rand(N, 5), torch.randint(0, 5, (N,)))
z.beam(lambda s: torch.log_softmax(torch.rand(s.size(0), 7), -1), 1)
z.collate([(torch.arange(T + i), torch.tensor(i)) for i in range(N)])
z.ModConv()(torch.rand(N, 4, H, H), torch.rand(N, 5))
m = torch.nn.Linear(3, 4)
z.ema(m, copy.deepcopy(m))
