"""Parts from many papers: diffusion, experts, state spaces, capsules, boxes, penalties, beams."""

import math
import copy
from typing import Optional, Sequence, Tuple, List, Union
from dataclasses import dataclass
import numpy as np
import torch
from torch import nn, einsum
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


def exists(v):
    return v is not None


def default(v, d):
    return v if exists(v) else (d() if callable(d) else d)


class SinusoidalPosEmb(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        half = self.dim // 2
        emb = math.log(10000) / (half - 1)
        emb = torch.exp(torch.arange(half, device=x.device) * -emb)
        emb = x[:, None] * emb[None, :]
        return torch.cat((emb.sin(), emb.cos()), dim=-1)


class ResBlock(nn.Module):
    def __init__(self, dim, dim_out, *, time_dim=None, groups=4):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_dim, dim_out * 2)) if exists(time_dim) else None
        self.b1 = nn.Conv2d(dim, dim_out, 3, padding=1)
        self.norm = nn.GroupNorm(groups, dim_out)
        self.b2 = nn.Conv2d(dim_out, dim_out, 3, padding=1)
        self.res = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, t=None):
        h = self.norm(self.b1(x))
        if exists(self.mlp) and exists(t):
            scale, shift = self.mlp(t)[:, :, None, None].chunk(2, dim=1)
            h = h * (scale + 1) + shift
        h = self.b2(F.silu(h))
        return h + self.res(x)


class LinAttn(nn.Module):
    def __init__(self, dim, heads=2, dh=4):
        super().__init__()
        self.heads, self.scale = heads, dh ** -0.5
        self.qkv = nn.Conv2d(dim, heads * dh * 3, 1, bias=False)
        self.out = nn.Sequential(nn.Conv2d(heads * dh, dim, 1), nn.GroupNorm(1, dim))

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = map(lambda t: t.reshape(b, self.heads, -1, h * w), self.qkv(x).chunk(3, dim=1))
        q, k = q.softmax(dim=-2) * self.scale, k.softmax(dim=-1)
        ctx = einsum("b h d n, b h e n -> b h d e", k, v)
        out = einsum("b h d e, b h d n -> b h e n", ctx, q).reshape(b, -1, h, w)
        return self.out(out)


class Diffusion(nn.Module):
    def __init__(self, dim=8, mults=(1, 2), channels=3, steps=10, selfcond=False):
        super().__init__()
        dims = [dim, *map(lambda m: dim * m, mults)]
        in_out = list(zip(dims[:-1], dims[1:]))
        tdim = dim * 4
        self.init = nn.Conv2d(channels * (2 if selfcond else 1), dim, 7, padding=3)
        self.time = nn.Sequential(SinusoidalPosEmb(dim), nn.Linear(dim, tdim), nn.GELU(), nn.Linear(tdim, tdim))
        self.downs, self.ups = nn.ModuleList([]), nn.ModuleList([])
        for i, (a, b) in enumerate(in_out):
            last = i >= len(in_out) - 1
            self.downs.append(nn.ModuleList([ResBlock(a, a, time_dim=tdim), LinAttn(a), nn.Conv2d(a, b, 4, 2, 1) if not last else nn.Conv2d(a, b, 3, padding=1)]))
        mid = dims[-1]
        self.mid = ResBlock(mid, mid, time_dim=tdim)
        for i, (a, b) in enumerate(reversed(in_out)):
            last = i == len(in_out) - 1
            self.ups.append(nn.ModuleList([ResBlock(b + a, b, time_dim=tdim), LinAttn(b), nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(b, a, 3, padding=1)) if not last else nn.Conv2d(b, a, 3, padding=1)]))
        self.final = nn.Conv2d(dim * 2, channels, 1)
        betas = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64)
        alphas = torch.cumprod(1.0 - betas, dim=0)
        prev = F.pad(alphas[:-1], (1, 0), value=1.0)
        register = lambda name, val: self.register_buffer(name, val.to(torch.float32))
        register("alphas", alphas)
        register("prev", prev)
        register("sqrt_a", torch.sqrt(alphas))
        self.steps = steps

    def extract(self, a, t, shape):
        b, *_ = t.shape
        out = a.gather(-1, t)
        return out.reshape(b, *((1,) * (len(shape) - 1)))

    def unet(self, x, time):
        x = self.init(x)
        r = x.clone()
        t = self.time(time)
        h = []
        for block, attn, down in self.downs:
            x = block(x, t)
            x = attn(x) + x
            h.append(x)
            x = down(x)
        x = self.mid(x, t)
        for block, attn, up in self.ups:
            x = torch.cat((x, h.pop()), dim=1)
            x = block(x, t)
            x = attn(x) + x
            x = up(x)
        return self.final(torch.cat((x, r), dim=1))

    def forward(self, img, noise=None):
        b = img.shape[0]
        t = torch.randint(0, self.steps, (b,), device=img.device).long()
        noise = default(noise, lambda: torch.randn_like(img))
        x = self.extract(self.sqrt_a, t, img.shape) * img + self.extract(self.prev, t, img.shape) * noise
        pred = self.unet(x, t)
        loss = F.mse_loss(pred, noise, reduction="none")
        loss = loss.flatten(1).mean(dim=1)
        return (loss * self.extract(self.alphas, t, loss.shape)).mean()


class BiLSTMPacked(nn.Module):
    def __init__(self, vocab=20, e=6, h=5, layers=2):
        super().__init__()
        self.emb = nn.Embedding(vocab, e)
        self.rnn = nn.LSTM(e, h, layers, batch_first=True, bidirectional=True)
        self.cell = nn.ModuleList([nn.GRU(2 * h, h, batch_first=True)])
        self.out = nn.Linear(h, 4)

    def forward(self, x, lens):
        lens, order = lens.sort(descending=True)
        x = x[order]
        p = pack_padded_sequence(self.emb(x), lens.cpu(), batch_first=True)
        o, (h, c) = self.rnn(p)
        o, l = pad_packed_sequence(o, batch_first=True)
        for cell in self.cell:
            o, h = cell(o)
        y = self.out(o)
        inv = torch.argsort(order)
        return y[inv], h.squeeze(0)


class MoE(nn.Module):
    def __init__(self, d=8, n=4, k=2):
        super().__init__()
        self.gate = nn.Linear(d, n)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d)) for _ in range(n))
        self.k = k

    def forward(self, x):
        B, T, D = x.shape
        x = x.view(-1, D)
        logits = self.gate(x)
        w, idx = torch.topk(logits.softmax(-1), self.k, dim=-1)
        w = w / w.sum(-1, keepdim=True)
        out = torch.zeros_like(x)
        mask = F.one_hot(idx, num_classes=len(self.experts)).permute(2, 1, 0)
        for e, expert in enumerate(self.experts):
            pos, tok = torch.where(mask[e])
            if tok.numel() == 0:
                continue
            cur = x[None, tok].reshape(-1, D)
            out.index_add_(0, tok, expert(cur) * w[tok, pos, None])
        return out.reshape(B, T, D), logits


class SSM(nn.Module):
    def __init__(self, d=6, n=4, conv=3):
        super().__init__()
        self.inp = nn.Linear(d, 2 * d)
        self.conv = nn.Conv1d(d, d, conv, groups=d, padding=conv - 1)
        self.xp = nn.Linear(d, 2 * n + 1, bias=False)
        self.dt = nn.Linear(1, d)
        self.A = nn.Parameter(torch.log(torch.arange(1, n + 1, dtype=torch.float32).repeat(d, 1)))
        self.D = nn.Parameter(torch.ones(d))
        self.n = n
        self.out = nn.Linear(d, d)

    def scan(self, u, delta, A, B, C, D):
        b, l, d = u.shape
        dA = torch.exp(torch.einsum("bld,dn->bldn", delta, A))
        dBu = torch.einsum("bld,bln,bld->bldn", delta, B, u)
        x = torch.zeros((b, d, A.shape[1]))
        ys = []
        for i in range(l):
            x = dA[:, i] * x + dBu[:, i]
            y = torch.einsum("bdn,bn->bd", x, C[:, i, :])
            ys.append(y)
        y = torch.stack(ys, dim=1)
        return y + u * D

    def forward(self, x):
        b, l, d = x.shape
        x, res = self.inp(x).split(split_size=[d, d], dim=-1)
        x = self.conv(x.transpose(1, 2))[:, :, :l].transpose(1, 2)
        x = F.silu(x)
        dl, B, C = self.xp(x).split(split_size=[1, self.n, self.n], dim=-1)
        y = self.scan(x, F.softplus(self.dt(dl)), -torch.exp(self.A.float()), B, C, self.D)
        return self.out(y * F.silu(res))


class LoRA(nn.Module):
    def __init__(self, base: nn.Linear, r=2, alpha=4):
        super().__init__()
        self.base = base
        self.A = nn.Parameter(torch.randn(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha / r

    def forward(self, x):
        return self.base(x) + (x @ self.A.T @ self.B.T) * self.s


class CLIPish(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.img = nn.Sequential(nn.Conv2d(3, d, 4, 4), nn.Flatten(2))
        self.txt = nn.Embedding(30, d)
        enc = nn.TransformerEncoderLayer(d, 2, 16, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(enc, 2)
        self.cls = nn.Parameter(torch.zeros(1, 1, d))
        self.pos = nn.Parameter(torch.zeros(1, 5, d))
        self.scale = nn.Parameter(torch.ones([]) * np.log(1 / 0.07))
        self.proj = LoRA(nn.Linear(d, d, bias=False))

    def encode(self, x):
        p = self.img(x).transpose(1, 2)
        p = torch.cat([self.cls.expand(p.size(0), -1, -1), p], 1) + self.pos
        return self.proj(self.enc(p)[:, 0])

    def forward(self, x, t, pad=None):
        i = self.encode(x)
        mask = torch.triu(torch.full((t.size(1), t.size(1)), float("-inf")), 1)
        h = self.enc(self.txt(t), mask=mask, src_key_padding_mask=pad)
        e = h[torch.arange(h.shape[0]), t.argmax(dim=-1)]
        i = i / i.norm(dim=-1, keepdim=True)
        e = F.normalize(e, dim=1)
        logits = self.scale.exp() * i @ e.t()
        labels = torch.arange(logits.shape[0])
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


class PointNet(nn.Module):
    def __init__(self, k=3):
        super().__init__()
        self.k = k
        self.c1, self.c2 = nn.Conv1d(k, 8, 1), nn.Conv1d(8, 16, 1)
        self.bn = nn.BatchNorm1d(8)
        self.fc = nn.Linear(16, k * k)
        self.head = nn.Sequential(nn.Conv1d(16 + 8, 8, 1), nn.ReLU(), nn.Conv1d(8, 2, 1))

    def tnet(self, x):
        b = x.size(0)
        h = F.relu(self.bn(self.c1(x)))
        h = torch.max(F.relu(self.c2(h)), 2, keepdim=True)[0]
        h = self.fc(h.view(-1, 16))
        eye = torch.from_numpy(np.eye(self.k).flatten().astype(np.float32)).view(1, -1).repeat(b, 1)
        return (h + eye).view(-1, self.k, self.k)

    def forward(self, x):
        n = x.size(2)
        trans = self.tnet(x)
        x = torch.bmm(x.transpose(2, 1), trans).transpose(2, 1)
        local = F.relu(self.bn(self.c1(x)))
        g = self.c2(local).max(dim=2, keepdim=True).values.repeat(1, 1, n)
        out = self.head(torch.cat([g, local], 1))
        return F.log_softmax(out.transpose(2, 1).contiguous().view(-1, 2), dim=-1).view(x.size(0), n, 2), trans


class Caps(nn.Module):
    def __init__(self, n_in=32, d_in=4, n_out=3, d_out=6):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, 2)
        self.W = nn.Parameter(torch.randn(1, n_in, n_out, d_out, d_in))
        self.d = d_in

    @staticmethod
    def squash(x, dim=-1):
        n = (x ** 2).sum(dim, keepdim=True)
        return n / (1 + n) * x / torch.sqrt(n + 1e-8)

    def forward(self, x):
        u = self.squash(self.conv(x).view(x.size(0), -1, self.d))
        hat = torch.matmul(self.W, u[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros(*hat.shape[:3], 1)
        for it in range(3):
            c = F.softmax(b, dim=2)
            v = self.squash((c * hat).sum(dim=1, keepdim=True))
            if it < 2:
                b = b + (hat * v).sum(-1, keepdim=True)
        v = v.squeeze(1)
        return v.norm(dim=-1), v


class WaveNet(nn.Module):
    def __init__(self, c=4, layers=3):
        super().__init__()
        self.start = nn.Conv1d(1, c, 1)
        self.f, self.g, self.r, self.s = (nn.ModuleList() for _ in range(4))
        for i in range(layers):
            d = 2 ** i
            self.f.append(nn.Conv1d(c, c, 2, dilation=d))
            self.g.append(nn.Conv1d(c, c, 2, dilation=d))
            self.r.append(nn.Conv1d(c, c, 1))
            self.s.append(nn.Conv1d(c, 2 * c, 1))
        self.rf = sum(2 ** i for i in range(layers)) + 1
        self.end = nn.Conv1d(2 * c, 5, 1)

    def forward(self, x):
        if x.size(2) < self.rf:
            x = F.pad(x, (self.rf - x.size(2), 0))
        x = self.start(x)
        skip = 0
        for f, g, r, s in zip(self.f, self.g, self.r, self.s):
            res = x
            x = torch.tanh(f(x)) * torch.sigmoid(g(x))
            sk = s(x)
            try:
                skip = skip[:, :, -sk.size(2):]
            except:
                skip = 0
            skip = sk + skip
            x = r(x) + res[:, :, -x.size(2):]
        return self.end(F.relu(skip))


def dice(pred, target, eps=1e-6):
    pred = torch.sigmoid(pred).contiguous().view(pred.size(0), -1)
    target = target.contiguous().view(target.size(0), -1)
    inter = (pred * target).sum(1)
    return 1 - ((2 * inter + eps) / (pred.sum(1) + target.sum(1) + eps)).mean()


def box_iou(a, b):
    lt = torch.max(a[:, None, :2], b[:, :2])
    rb = torch.min(a[:, None, 2:], b[:, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[..., 0] * wh[..., 1]
    area = lambda z: (z[:, 2] - z[:, 0]) * (z[:, 3] - z[:, 1])
    return inter / (area(a)[:, None] + area(b) - inter)


def nms(boxes, scores, thr=0.5):
    order = scores.argsort(descending=True)
    keep = []
    while order.numel() > 0:
        i = order[0]
        keep.append(i)
        if order.numel() == 1:
            break
        iou = box_iou(boxes[i][None], boxes[order[1:]])[0]
        order = order[1:][iou <= thr]
    return torch.stack(keep)


def anchors(h, w, stride=4, sizes=(8, 16), ratios=(0.5, 1.0, 2.0)):
    ys = (torch.arange(h) + 0.5) * stride
    xs = (torch.arange(w) + 0.5) * stride
    cy, cx = torch.meshgrid(ys, xs, indexing="ij")
    c = torch.stack([cx, cy, cx, cy], -1).reshape(-1, 1, 4)
    base = []
    for s in sizes:
        for r in ratios:
            bw, bh = s * math.sqrt(r), s / math.sqrt(r)
            base.append([-bw / 2, -bh / 2, bw / 2, bh / 2])
    return (c + torch.tensor(base)[None]).view(-1, 4)


def grad_penalty(D, real, fake):
    a = torch.rand(real.size(0), 1, 1, 1)
    x = (a * real + (1 - a) * fake).requires_grad_(True)
    d = D(x)
    g = torch.autograd.grad(outputs=d, inputs=x, grad_outputs=torch.ones_like(d), create_graph=True, retain_graph=True, only_inputs=True)[0]
    g = g.view(g.size(0), -1)
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


def gae(rew, val, done, gamma=0.99, lam=0.95):
    T = rew.size(0)
    adv = torch.zeros_like(rew)
    last = 0
    for t in reversed(range(T)):
        nxt = val[t + 1] if t < T - 1 else torch.zeros_like(val[0])
        delta = rew[t] + gamma * nxt * (1 - done[t]) - val[t]
        last = delta + gamma * lam * (1 - done[t]) * last
        adv[t] = last
    return adv, adv + val


def mixup(x, y, alpha=0.4):
    lam = np.random.beta(alpha, alpha)
    idx = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[idx], y, y[idx], lam


def smooth(logits, target, eps=0.1):
    n = logits.size(1)
    with torch.no_grad():
        t = torch.full_like(logits, eps / (n - 1)).scatter_(1, target.data.unsqueeze(1), 1 - eps)
    return torch.mean(torch.sum(-t * F.log_softmax(logits, dim=1), dim=-1))


def beam(step, start, k=3, n=4):
    seqs = torch.full((k, 1), start, dtype=torch.long)
    scores = torch.zeros(k)
    for i in range(n):
        lp = step(seqs)
        cand = scores[:, None] + lp
        if i == 0:
            cand = cand[0]
        top, idx = cand.view(-1).topk(k)
        beam_i = torch.div(idx, lp.size(1), rounding_mode="floor") if i > 0 else torch.zeros_like(idx)
        tok = idx % lp.size(1)
        seqs = torch.cat([seqs[beam_i], tok.unsqueeze(1)], 1)
        scores = top
    return seqs, scores


def collate(batch):
    xs, ys = zip(*batch)
    lens = torch.tensor([len(x) for x in xs])
    return pad_sequence(xs, batch_first=True, padding_value=0), torch.stack(ys), lens


class ModConv(nn.Module):
    def __init__(self, i=4, o=6, k=3, s=5):
        super().__init__()
        self.w = nn.Parameter(torch.randn(1, o, i, k, k))
        self.mod = nn.Linear(s, i)
        self.o, self.p = o, k // 2

    def forward(self, x, style):
        b, c, h, w = x.shape
        wt = self.w * self.mod(style).view(b, 1, c, 1, 1)
        wt = wt * torch.rsqrt(wt.pow(2).sum([2, 3, 4]) + 1e-8).view(b, self.o, 1, 1, 1)
        x = F.conv2d(x.reshape(1, b * c, h, w), wt.view(b * self.o, c, *wt.shape[3:]), padding=self.p, groups=b)
        return x.view(b, self.o, h, w)


@torch.no_grad()
def ema(student, teacher, m=0.9):
    for ps, pt in zip(student.parameters(), teacher.parameters()):
        pt.data.mul_(m).add_((1 - m) * ps.detach().data)
    return teacher
