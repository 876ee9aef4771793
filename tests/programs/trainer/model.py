"""Programs in the style of public repositories: configs, registries, trainers."""
import argparse
import json
import logging
import os
import sys
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field, asdict
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

logger = logging.getLogger(__name__)


@dataclass
class Config:
    vocab: int = 40
    dim: int = 16
    depth: int = 2
    heads: int = 4
    ff_mult: float = 2.0
    drop: float = 0.1
    act: str = "gelu"
    norm: str = "ln"
    layers: List[str] = field(default_factory=lambda: ["attn", "conv"])

    @property
    def ff(self) -> int:
        return int(self.dim * self.ff_mult)

    @classmethod
    def from_dict(cls, d: Dict[str, Any]) -> "Config":
        return cls(**{k: v for k, v in d.items() if k in cls.__dataclass_fields__})


ACTS = {"relu": nn.ReLU, "gelu": nn.GELU, "swish": nn.SiLU}
NORMS = dict(ln=nn.LayerNorm, bn=nn.BatchNorm1d)


class Registry:
    def __init__(self):
        self._m: Dict[str, Callable] = {}

    def register(self, name: Optional[str] = None):
        def wrap(cls):
            self._m[name or cls.__name__.lower()] = cls
            return cls
        return wrap

    def build(self, name, *args, **kwargs):
        if name not in self._m:
            raise KeyError(f"{name} not in {list(self._m)}")
        return self._m[name](*args, **kwargs)


MIXERS = Registry()


@MIXERS.register("attn")
class AttnMixer(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.mha = nn.MultiheadAttention(cfg.dim, cfg.heads, dropout=cfg.drop, batch_first=True)

    def forward(self, x, mask=None):
        out, w = self.mha(x, x, x, key_padding_mask=mask, need_weights=True)
        return out


@MIXERS.register()
class Conv(nn.Module):
    def __init__(self, cfg, k: int = 3):
        super().__init__()
        self.dw = nn.Conv1d(cfg.dim, cfg.dim, k, padding=k // 2, groups=cfg.dim)
        self.pw = nn.Conv1d(cfg.dim, cfg.dim, 1)

    def forward(self, x, mask=None):
        x = x.transpose(1, 2)
        if mask is not None:
            x = x.masked_fill(mask.unsqueeze(1), 0.0)
        return self.pw(self.dw(x)).transpose(1, 2)


class FeedForward(nn.Sequential):
    def __init__(self, cfg):
        super().__init__(nn.Linear(cfg.dim, cfg.ff), ACTS[cfg.act](), nn.Dropout(cfg.drop), nn.Linear(cfg.ff, cfg.dim))


class Residual(nn.Module):
    def __init__(self, fn, dim, norm="ln"):
        super().__init__()
        self.fn, self.norm = fn, NORMS[norm](dim)

    def forward(self, x, **kw):
        return x + self.fn(self.norm(x), **kw)


class Encoder(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.cfg = cfg
        self.embed = nn.Embedding(cfg.vocab, cfg.dim, padding_idx=0)
        self.blocks = nn.ModuleList()
        for i in range(cfg.depth):
            kind = cfg.layers[i % len(cfg.layers)]
            self.blocks.append(nn.ModuleDict({"mix": Residual(MIXERS.build(kind, cfg), cfg.dim, cfg.norm), "ff": Residual(FeedForward(cfg), cfg.dim)}))
        self.apply(self._init)

    @staticmethod
    def _init(m):
        if isinstance(m, (nn.Linear, nn.Conv1d)):
            nn.init.xavier_uniform_(m.weight)

    def forward(self, ids):
        mask = ids.eq(0)
        x = self.embed(ids)
        hidden = [x]
        for b in self.blocks:
            x = b["mix"](x, mask=mask)
            x = b["ff"](x)
            hidden.append(x)
        return {"last": x, "hidden": tuple(hidden), "mask": mask}


class Pooler:
    def __call__(self, x, mask):
        keep = (~mask).unsqueeze(-1).to(x.dtype)
        return (x * keep).sum(1) / keep.sum(1).clamp(min=1.0)


class Classifier(nn.Module):
    def __init__(self, cfg, n=3, pool: Optional[Pooler] = None):
        super().__init__()
        self.enc = Encoder(cfg)
        self.pool = pool or Pooler()
        self.heads = nn.ModuleDict({k: nn.Linear(cfg.dim, n + i) for i, k in enumerate(("a", "b"))})
        self.temp = nn.Parameter(torch.tensor(1.0))

    def forward(self, ids, labels: Optional[Dict[str, torch.Tensor]] = None):
        out = self.enc(ids)
        z = self.pool(out["last"], out["mask"])
        z = torch.stack([z, *(self.pool(h, out["mask"]) for h in out["hidden"])]).mean(0)
        logits = {k: h(z) / self.temp for k, h in self.heads.items()}
        loss = None
        if labels is not None:
            loss = sum(F.cross_entropy(logits[k], labels[k]) for k in logits)
        return logits, loss

    @classmethod
    def from_config(cls, path_or: Union[str, Config], **kw):
        cfg = path_or if isinstance(path_or, Config) else Config.from_dict(json.loads(Path(path_or).read_text()))
        return cls(cfg, **kw)

    @property
    def device(self):
        return next(self.parameters()).device

    def num_params(self):
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class ToyData(Dataset):
    def __init__(self, n, t, vocab):
        g = torch.Generator().manual_seed(0)
        self.x = torch.randint(1, vocab, (n, t), generator=g)
        self.a = torch.randint(0, 3, (n,), generator=g)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"ids": self.x[i], "a": self.a[i], "b": self.a[i]}


class AverageMeter:
    def __init__(self):
        self.reset()

    def reset(self):
        self.sum, self.n = 0.0, 0

    def update(self, v, n=1):
        self.sum += v * n
        self.n += n

    @property
    def avg(self):
        return self.sum / max(self.n, 1)


def accuracy(logits, y, topk=(1,)):
    with torch.no_grad():
        maxk = max(topk)
        _, pred = logits.topk(maxk, 1, True, True)
        pred = pred.t()
        correct = pred.eq(y.view(1, -1).expand_as(pred))
        res = []
        for k in topk:
            c = correct[:k].reshape(-1).float().sum(0, keepdim=True)
            res.append(c.mul_(100.0 / y.size(0)))
        return res


class Trainer:
    def __init__(self, model, opt, sched=None, clip=1.0):
        self.model, self.opt, self.sched, self.clip = model, opt, sched, clip
        self.meters = defaultdict(AverageMeter)
        self.history: List[Dict[str, float]] = []

    def step(self, batch):
        labels = {k: v for k, v in batch.items() if k != "ids"}
        logits, loss = self.model(batch["ids"], labels)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.opt.step()
        if self.sched is not None:
            self.sched.step()
        acc = accuracy(logits["a"], labels["a"], topk=(1, 2))
        self.meters["loss"].update(loss.item(), labels["a"].size(0))
        self.meters["acc"].update(acc[0].item())
        return loss.detach()

    def fit(self, loader, epochs):
        for ep in range(epochs):
            self.model.train()
            losses = []
            for i, batch in enumerate(loader):
                losses.append(self.step(batch))
                if i % 10 == 0:
                    logger.info("ep %d it %d loss %.3f", ep, i, losses[-1].item())
            self.history.append({k: m.avg for k, m in self.meters.items()})
            mean = torch.stack(losses).mean()
        return mean

    @torch.inference_mode()
    def evaluate(self, loader):
        self.model.eval()
        preds, gold = [], []
        for batch in loader:
            logits, _ = self.model(batch["ids"])
            preds.append(logits["a"].argmax(-1))
            gold.append(batch["a"])
        p, g = torch.cat(preds), torch.cat(gold)
        conf = torch.zeros(3, 3, dtype=torch.long)
        for t, q in zip(g.view(-1), p.view(-1)):
            conf[t.long(), q.long()] += 1
        return (p == g).float().mean().item(), conf.diag() / conf.sum(1).clamp(min=1)


def main(argv=None):
    ap = argparse.ArgumentParser()
    ap.add_argument("--n", type=int, default=8)
    ap.add_argument("--t", type=int, default=6)
    ap.add_argument("--bs", type=int, default=4)
    ap.add_argument("--epochs", type=int, default=1)
    a = ap.parse_args(argv)
    cfg = Config(dim=8)
    model = Classifier.from_config(cfg, n=3)
    data = ToyData(a.n, a.t, cfg.vocab)
    loader = DataLoader(data, batch_size=a.bs, shuffle=True, drop_last=True)
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / 10))
    tr = Trainer(model, opt, sched)
    loss = tr.fit(loader, a.epochs)
    acc, per = tr.evaluate(DataLoader(data, batch_size=a.bs))
    logger.info("%s %s %s", loss, acc, per)
    return loss


if __name__ == "__main__":
    main()
