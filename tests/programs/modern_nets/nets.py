"""Networks in today's manner: a GPT with caches, MBConv, FPN, windows, hooks, taggers, quantization."""

import math
import functools
from abc import ABC, abstractmethod
from collections import OrderedDict
from enum import Enum
from typing import Optional, List, Tuple, Dict, Any, Callable
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint


class Act(Enum):
    RELU = "relu"
    GELU = "gelu"

    @property
    def module(self):
        return {"relu": nn.ReLU, "gelu": nn.GELU}[self.value]()


REG: Dict[str, Callable] = {}


def register(name):
    def deco(cls):
        REG[name] = cls
        return cls
    return deco


class Base(nn.Module, ABC):
    expansion = 1

    def __init__(self, dim, **kw):
        super().__init__()
        self.dim = dim
        self.extra = kw.pop("extra", 2)
        self.build(**kw)

    @abstractmethod
    def build(self, **kw): ...

    @property
    def out_dim(self):
        return self.dim * self.expansion

    @classmethod
    def make(cls, dim, *a, **kw):
        return cls(dim, *a, **kw)

    @staticmethod
    def init(m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=0.02)
            if m.bias is not None:
                nn.init.zeros_(m.bias)


@register("mlp")
class Mlp(Base):
    expansion = 4

    def build(self, act=Act.GELU, drop=0.0):
        self.fc1 = nn.Linear(self.dim, self.out_dim)
        self.act = act.module
        self.fc2 = nn.Linear(self.out_dim, self.dim)
        self.drop = nn.Dropout(drop)
        self.apply(self.init)

    def forward(self, x):
        return self.drop(self.fc2(self.act(self.fc1(x))))


@register("gated")
class Gated(Base):
    def build(self, act=Act.RELU):
        self.proj = nn.Linear(self.dim, 2 * self.out_dim, bias=False)
        self.out = nn.Linear(self.out_dim, self.dim)
        self.act = act.module

    def forward(self, x):
        a, b = self.proj(x).chunk(2, dim=-1)
        return self.out(a * self.act(b))


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


class Attention(nn.Module):
    def __init__(self, dim, heads=4, kv_heads=None, window=None, rope=True, max_len=64):
        super().__init__()
        assert dim % heads == 0, "bad"
        self.h = heads
        self.kv = kv_heads or heads
        self.dh = dim // heads
        self.wq = nn.Linear(dim, heads * self.dh, bias=False)
        self.wk = nn.Linear(dim, self.kv * self.dh, bias=False)
        self.wv = nn.Linear(dim, self.kv * self.dh, bias=False)
        self.wo = nn.Linear(heads * self.dh, dim, bias=False)
        self.scale = self.dh ** -0.5
        self.window = window
        self.rope = rope
        mask = torch.full((1, 1, max_len, max_len), float("-inf"))
        self.register_buffer("mask", torch.triu(mask, diagonal=1), persistent=False)
        if rope:
            freqs = 1.0 / (10000 ** (torch.arange(0, self.dh, 2)[: (self.dh // 2)].float() / self.dh))
            t = torch.arange(max_len)
            self.register_buffer("freqs", torch.polar(torch.ones(max_len, self.dh // 2), torch.outer(t, freqs).float()))

    def rotate(self, x, f):
        xc = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
        f = f.view(1, xc.size(1), 1, xc.size(3))
        return torch.view_as_real(xc * f).flatten(3).type_as(x)

    def forward(self, x, cache: Optional[Tuple[Tensor, Tensor]] = None, start: int = 0):
        B, T, _ = x.shape
        q = self.wq(x).view(B, T, self.h, self.dh)
        k = self.wk(x).view(B, T, self.kv, self.dh)
        v = self.wv(x).view(B, T, self.kv, self.dh)
        if self.rope:
            f = self.freqs[start : start + T]
            q, k = self.rotate(q, f), self.rotate(k, f)
        if cache is not None:
            pk, pv = cache
            k = torch.cat([pk, k], dim=1)
            v = torch.cat([pv, v], dim=1)
        new = (k, v)
        if self.kv != self.h:
            n = self.h // self.kv
            k = k[:, :, :, None, :].expand(-1, -1, -1, n, -1).reshape(B, k.shape[1], self.h, self.dh)
            v = torch.repeat_interleave(v, n, dim=2)
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * self.scale
        if T > 1:
            att = att + self.mask[:, :, start : start + T, : start + T]
        att = F.softmax(att.float(), dim=-1).type_as(q)
        y = att @ v
        return self.wo(y.transpose(1, 2).contiguous().view(B, T, -1)), new


class Block(nn.Module):
    def __init__(self, dim, idx, ffn="mlp", norm_layer=RMSNorm, use_ckpt=False, **kw):
        super().__init__()
        self.idx = idx
        self.n1, self.n2 = norm_layer(dim), norm_layer(dim)
        self.attn = Attention(dim, **kw)
        self.ffn = REG[ffn].make(dim)
        self.use_ckpt = use_ckpt
        self.gamma = nn.Parameter(1e-5 * torch.ones(dim)) if idx % 2 else 1.0

    def _inner(self, x, cache, start):
        a, cache = self.attn(self.n1(x), cache=cache, start=start)
        x = x + self.gamma * a
        return x + self.ffn(self.n2(x)), cache

    def forward(self, x, cache=None, start=0):
        if self.use_ckpt and self.training:
            return checkpoint(self._inner, x, cache, start, use_reentrant=False)
        return self._inner(x, cache, start)


class GPT(nn.Module):
    def __init__(self, vocab=50, dim=32, layers=3, tie=True, **kw):
        super().__init__()
        self.tr = nn.ModuleDict(dict(
            wte=nn.Embedding(vocab, dim),
            h=nn.ModuleList([Block(dim, i, ffn=("mlp", "gated")[i % 2], norm_layer=functools.partial(RMSNorm, eps=1e-5), use_ckpt=i == 0, **kw) for i in range(layers)]),
            ln=RMSNorm(dim),
        ))
        self.head = nn.Linear(dim, vocab, bias=False)
        if tie:
            self.tr.wte.weight = self.head.weight

    def forward(self, idx, targets=None, caches=None):
        x = self.tr.wte(idx)
        new = []
        start = 0 if caches is None else caches[0][0].size(1)
        for i, blk in enumerate(self.tr.h):
            x, c = blk(x, caches[i] if caches is not None else None, start)
            new.append(c)
        x = self.tr.ln(x)
        if targets is not None:
            logits = self.head(x)
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        else:
            logits, loss = self.head(x[:, [-1], :]), None
        return logits, loss, new

    @torch.no_grad()
    def generate(self, idx, n, temperature=1.0, top_k=None):
        caches = None
        out = idx
        for _ in range(n):
            logits, _, caches = self(out if caches is None else out[:, -1:], caches=caches)
            logits = logits[:, -1, :] / temperature
            if top_k is not None:
                v, _ = torch.topk(logits, min(top_k, logits.size(-1)))
                logits[logits < v[:, [-1]]] = -float("Inf")
            probs = F.softmax(logits, dim=-1)
            nxt = torch.multinomial(probs, num_samples=1)
            out = torch.cat((out, nxt), dim=1)
        return out


class SE(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.fc = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, max(c // r, 1), 1), nn.SiLU(), nn.Conv2d(max(c // r, 1), c, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.fc(x)


def conv_bn(i, o, k=3, s=1, g=1, act=nn.ReLU6):
    layers = [nn.Conv2d(i, o, k, s, (k - 1) // 2, groups=g, bias=False), nn.BatchNorm2d(o)]
    if act is not None:
        layers.append(act(inplace=True))
    return nn.Sequential(*layers)


class MBConv(nn.Module):
    def __init__(self, i, o, s, e, se=True):
        super().__init__()
        h = int(round(i * e))
        self.res = s == 1 and i == o
        layers: List[nn.Module] = []
        if e != 1:
            layers.append(conv_bn(i, h, 1))
        layers.extend([conv_bn(h, h, 3, s, h), SE(h) if se else nn.Identity(), conv_bn(h, o, 1, act=None)])
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.res else self.conv(x)


def make_divisible(v, d=8, m=None):
    m = m or d
    n = max(m, int(v + d / 2) // d * d)
    if n < 0.9 * v:
        n += d
    return n


class Mobile(nn.Module):
    cfg = [[1, 8, 1, 1], [4, 12, 2, 2], [4, 16, 2, 2]]

    def __init__(self, width=1.0, classes=7):
        super().__init__()
        c = make_divisible(16 * width)
        feats = [conv_bn(3, c, 3, 2)]
        for t, o, n, s in self.cfg:
            o = make_divisible(o * width, 4)
            for i in range(n):
                feats.append(MBConv(c, o, s if i == 0 else 1, t, se=i > 0))
                c = o
        self.features = nn.Sequential(*feats)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(c, classes))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")

    def forward(self, x):
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)
        return self.classifier(x)


class FPN(nn.Module):
    def __init__(self, chans=(8, 16, 32), out=12):
        super().__init__()
        self.stem = nn.ModuleList()
        i = 3
        for c in chans:
            self.stem.append(conv_bn(i, c, s=2))
            i = c
        self.lat = nn.ModuleDict({str(k): nn.Conv2d(c, out, 1) for k, c in enumerate(chans)})
        for k in range(len(chans)):
            self.add_module(f"smooth{k}", nn.Conv2d(out, out, 3, padding=1))

    def forward(self, x) -> Dict[str, Tensor]:
        feats = OrderedDict()
        for i, s in enumerate(self.stem):
            x = s(x)
            feats[str(i)] = x
        outs = {}
        prev = None
        for k in reversed(list(feats)):
            p = self.lat[k](feats[k])
            if prev is not None:
                p = p + F.interpolate(prev, size=p.shape[-2:], mode="nearest")
            prev = p
            outs["p" + k] = getattr(self, "smooth" + k)(p)
        return outs


class UNetPad(nn.Module):
    def __init__(self, depth=2, base=4):
        super().__init__()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        c = 3
        for d in range(depth):
            o = base * 2 ** d
            self.down.append(nn.Sequential(nn.Conv2d(c, o, 3, padding=1), nn.ReLU()))
            c = o
        self.mid = nn.Conv2d(c, c * 2, 3, padding=1)
        c = c * 2
        for d in reversed(range(depth)):
            o = base * 2 ** d
            self.up.append(nn.ModuleList([nn.ConvTranspose2d(c, o, 2, 2), nn.Conv2d(2 * o, o, 3, padding=1)]))
            c = o
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        skips = []
        for d in self.down:
            x = d(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.mid(x)
        for (up, conv), skip in zip(self.up, skips[::-1]):
            x = up(x)
            dy = skip.size(2) - x.size(2)
            dx = skip.size(3) - x.size(3)
            x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
            x = conv(torch.cat([skip, x], dim=1))
        return torch.sigmoid(self.out(x))


class WindowAttn(nn.Module):
    def __init__(self, dim=8, ws=4, heads=2):
        super().__init__()
        self.ws = ws
        self.qkv = nn.Linear(dim, dim * 3)
        self.heads = heads
        self.table = nn.Parameter(torch.zeros((2 * ws - 1) ** 2, heads))
        coords = torch.stack(torch.meshgrid(torch.arange(ws), torch.arange(ws), indexing="ij"))
        flat = torch.flatten(coords, 1)
        rel = (flat[:, :, None] - flat[:, None, :]).permute(1, 2, 0).contiguous()
        rel[:, :, 0] += ws - 1
        rel[:, :, 1] += ws - 1
        rel[:, :, 0] *= 2 * ws - 1
        self.register_buffer("index", rel.sum(-1))

    def forward(self, x):
        B, H, W, C = x.shape
        ws = self.ws
        pr = (ws - W % ws) % ws
        pb = (ws - H % ws) % ws
        if pr > 0 or pb > 0:
            x = F.pad(x, (0, 0, 0, pr, 0, pb))
        _, Hp, Wp, _ = x.shape
        x = torch.roll(x, shifts=(-1, -1), dims=(1, 2))
        x = x.view(B, Hp // ws, ws, Wp // ws, ws, C).permute(0, 1, 3, 2, 4, 5).reshape(-1, ws * ws, C)
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = q @ k.transpose(-2, -1)
        a = a + self.table[self.index.view(-1)].view(n, n, -1).permute(2, 0, 1).unsqueeze(0)
        x = (a.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c)
        x = x.view(B, Hp // ws, Wp // ws, ws, ws, C).permute(0, 1, 3, 2, 4, 5).reshape(B, Hp, Wp, C)
        if pr > 0 or pb > 0:
            x = x[:, :H, :W, :].contiguous()
        return x


class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(6, 8)
        self.b = nn.Linear(8, 4)
        self.acts = {}
        self.b.register_forward_hook(self._save("b"))

    def _save(self, name):
        def hook(module, inp, out):
            self.acts[name] = out.detach()
        return hook

    def forward(self, x):
        y = self.b(self.a(x).relu_())
        return y + self.acts["b"]


class Changed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(6, 8)
        self.a.register_forward_pre_hook(lambda m, inp: (inp[0].flatten(1),))
        self.a.register_forward_hook(lambda m, inp, out: out.unsqueeze(1))

    def forward(self, x):
        return self.a(x) * 2


class LSTMTagger(nn.Module):
    def __init__(self, vocab=20, emb=6, hid=8, layers=2, bi=True):
        super().__init__()
        self.e = nn.Embedding(vocab, emb, padding_idx=0)
        self.rnn = nn.LSTM(emb, hid, layers, batch_first=True, bidirectional=bi)
        self.n = layers * (2 if bi else 1)
        self.hid = hid
        self.fc = nn.Linear(hid * (2 if bi else 1), 5)

    def init_hidden(self, b, device=None):
        w = next(self.parameters())
        return (w.new_zeros(self.n, b, self.hid), torch.zeros(self.n, b, self.hid, device=w.device))

    def forward(self, x, lengths=None):
        e = self.e(x)
        h = self.init_hidden(x.size(0))
        if lengths is not None:
            e = nn.utils.rnn.pack_padded_sequence(e, lengths, batch_first=True, enforce_sorted=False)
        o, (hn, cn) = self.rnn(e, h)
        if lengths is not None:
            o, _ = nn.utils.rnn.pad_packed_sequence(o, batch_first=True, total_length=x.size(1))
        last = torch.cat([hn[-2], hn[-1]], dim=1)
        tag = F.log_softmax(self.fc(o), dim=2)
        return tag.permute(0, 2, 1), last


class PosEnc(nn.Module):
    def __init__(self, d, max_len=5):
        super().__init__()
        self.d = d
        self.pe = None
        self.extend(max_len)

    def extend(self, n):
        if self.pe is not None and self.pe.size(1) >= n:
            return
        pe = torch.zeros(n, self.d)
        pos = torch.arange(0, n, dtype=torch.float32).unsqueeze(1)
        div = torch.exp(torch.arange(0, self.d, 2, dtype=torch.float32) * -(math.log(10000.0) / self.d))
        pe[:, 0::2] = torch.sin(pos * div)
        pe[:, 1::2] = torch.cos(pos * div)
        self.pe = pe.unsqueeze(0)

    def forward(self, x):
        self.extend(x.size(1))
        return x * math.sqrt(self.d) + self.pe[:, : x.size(1)]


class VQ(nn.Module):
    def __init__(self, k=9, d=4):
        super().__init__()
        self.emb = nn.Embedding(k, d)
        self.emb.weight.data.uniform_(-1 / k, 1 / k)

    def forward(self, z):
        z = z.permute(0, 2, 3, 1).contiguous()
        flat = z.view(-1, self.emb.embedding_dim)
        d = flat.pow(2).sum(1, keepdim=True) + self.emb.weight.pow(2).sum(1) - 2 * flat @ self.emb.weight.t()
        idx = torch.argmin(d, dim=1).unsqueeze(1)
        one = torch.zeros(idx.shape[0], self.emb.num_embeddings).to(z)
        one.scatter_(1, idx, 1)
        q = (one @ self.emb.weight).view(z.shape)
        loss = F.mse_loss(q.detach(), z) + 0.25 * F.mse_loss(q, z.detach())
        q = z + (q - z).detach()
        p = one.mean(0)
        perp = torch.exp(-torch.sum(p * torch.log(p + 1e-10)))
        return loss, q.permute(0, 3, 1, 2).contiguous(), perp, idx


class Seq2Seq(nn.Module):
    def __init__(self, V=15, E=6, H=8):
        super().__init__()
        self.emb = nn.Embedding(V, E)
        self.enc = nn.GRU(E, H)
        self.attn = nn.Linear(2 * H, H)
        self.v = nn.Parameter(torch.rand(H))
        self.dec = nn.GRUCell(E + H, H)
        self.out = nn.Linear(H, V)

    def forward(self, src, trg, tf=0.5):
        T, B = trg.shape
        enc, h = self.enc(self.emb(src))
        h = h.squeeze(0)
        outputs = torch.zeros(T, B, self.out.out_features)
        inp = trg[0]
        for t in range(1, T):
            e = self.emb(inp)
            hh = h.unsqueeze(0).repeat(enc.size(0), 1, 1)
            en = torch.tanh(self.attn(torch.cat([hh, enc], 2))).permute(1, 0, 2)
            w = torch.bmm(self.v.repeat(B, 1).unsqueeze(1), en.transpose(1, 2)).softmax(-1)
            ctx = torch.bmm(w, enc.transpose(0, 1)).squeeze(1)
            h = self.dec(torch.cat([e, ctx], 1), h)
            o = self.out(h)
            outputs[t] = o
            inp = trg[t] if torch.rand(1).item() < tf else o.argmax(1)
        return outputs
