"""Python as people write it around tensors: copies, closures, generators, managers, loops that sizes decide."""

import copy
import random
import functools
import itertools
import collections
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from typing import Optional, NamedTuple
import math
import torch
import torch.nn as nn
import torch.nn.functional as F


def shuffle_list(x):
    items = [x, x[:, :1], x.t()]
    random.Random(0).shuffle(items)
    y = items[0]
    return y + 1


def shallow_copy(x):
    a = [x]
    b = copy.copy(a)
    b.append(x.t())
    c = list(a)
    c.extend(b)
    return torch.stack(a), len(a), len(b), len(c)


def sorted_by(x):
    items = [x, x.t()[:1], x[:1, :1]]
    items.sort(key=lambda t: t.numel())
    return items[0] + 1, items[-1] * 2


def try_except(x):
    try:
        y = x.view(7, 13, 1)
    except RuntimeError:
        y = x.flatten()
    return y + 1


def try_unknown(x, table):
    y = x
    try:
        v = table["missing"]
        y = x.t()
    except KeyError:
        y = x.sum(0)
    return y * 2


def early_return(x, flag):
    if flag > 3:
        return x.sum()
    z = x.t()
    return z + 1


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = None
        self.cache = {}

    def forward(self, x):
        if self.fc is None:
            self.fc = nn.Linear(x.shape[-1], 5)
        y = self.fc(x)
        if "y" in self.cache:
            self.cache["y"] = self.cache["y"] + y
        else:
            self.cache["y"] = y
        return self.cache["y"]


class Mutable(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layers = nn.ModuleList()
        c = 3
        for i in range(n):
            self.layers.append(nn.Conv2d(c, c * 2, 3, padding=1))
            c *= 2
        self.register_buffer("scale", torch.ones(c, 1, 1))
        self.head = nn.Sequential(OrderedDict([("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(c, 10))]))

    def forward(self, x):
        outs = []
        for layer in self.layers:
            x = F.relu(layer(x))
            outs.append(x)
            if x.shape[-1] > 4:
                x = F.max_pool2d(x, 2)
        x = x * self.scale
        sizes = [o.shape[-1] for o in outs]
        ups = [F.interpolate(o, size=sizes[0]) for o in outs]
        return self.head(x), torch.cat(ups, dim=1)


@dataclass
class Out:
    logits: torch.Tensor
    hidden: Optional[torch.Tensor] = None
    all: list = field(default_factory=list)


class Pair(NamedTuple):
    a: torch.Tensor
    b: torch.Tensor


Point = namedtuple("Point", "u v")


def outputs(x):
    o = Out(x.sum(1))
    o.all.append(x)
    o.hidden = o.logits.unsqueeze(0) if o.hidden is None else o.hidden
    p = Pair(x, x.t())
    a, b = p
    q = Point(u=a, v=b)
    q = q._replace(u=b)
    return o.hidden + 1, p.b * 2, q.u + 1, q[1] + 1


def generator(x):
    def gen():
        for i in range(3):
            yield x[:, i:]
    total = 0
    for part in gen():
        total = total + part.sum(1)
    first, *rest = gen()
    return total, first + 0, rest[-1] + 0


def while_loop(x):
    n = 0
    while x.shape[0] > 1:
        x = x[: x.shape[0] // 2]
        n += 1
    return x + 1


def while_grow(x, limit):
    y = x
    while y.shape[0] < limit:
        y = torch.cat([y, x])
    return y * 1


def inplace(x):
    y = x.clone()
    y.unsqueeze_(0)
    z = y
    z.squeeze_(0)
    y.transpose_(0, 1)
    y.resize_(2, 2)
    return z + 1


def swap(x, y):
    x, y = y, x
    (a, b), c = (x, y), x
    return a @ b.t(), c + 1


def closure_counter(x):
    n = 0
    def bump():
        nonlocal n
        n += 1
        return x[n:]
    a = bump()
    b = bump()
    return a + 0, b + 0


class Counter:
    total = 0
    def __init__(self):
        self.n = 0
    def __call__(self, x):
        self.n += 1
        Counter.total += 1
        return x.repeat(self.n, 1)
    def __enter__(self):
        self.n += 10
        return self
    def __exit__(self, *a):
        self.n = 0
        return True
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        return torch.zeros(i + 1, 2)
    def __contains__(self, i):
        return i == 3
    def __bool__(self):
        return self.n > 0
    def __add__(self, o):
        return torch.zeros(self.n + 1, o)
    def __iter__(self):
        for i in range(2):
            yield torch.zeros(i + 2, 3)


def protocol(x):
    c = Counter()
    a = c(x)
    b = c(x)
    with c as d:
        e = d(x[:1])
        raise ValueError
    f = c(x)
    g = c + 4
    h = [t + 1 for t in c]
    return a + 0, b + 0, f + 1, g + 0, h[0] + h[0], c[2] + 0, torch.zeros(len(c)) + 1, (torch.zeros(2) if 3 in c else torch.zeros(3)) + 1


def with_swallow(x):
    c = Counter()
    y = x
    with c:
        y = x.t()
        int("a")
        y = x.sum()
    return y + 0


def finally_order(x):
    y = x
    try:
        y = x.t()
        raise KeyError("a")
    except (ValueError, KeyError) as e:
        y = y[:1]
    else:
        y = x.sum()
    finally:
        y = y.unsqueeze(0)
    return y + 1


def loop_else(x):
    for i in range(3):
        if i == 5:
            break
    else:
        x = x.t()
    for i in range(3):
        if i == 1:
            continue
        if i == 2:
            break
        x = x.unsqueeze(0)
    return x + 1, torch.zeros(i) + 1


def dict_ops(x):
    d = {"a": x, "b": x.t()}
    d.update(c=x.sum(0))
    d2 = {**d, "a": x[:1]}
    popped = d.pop("b")
    d.setdefault("b", x.sum(1))
    keys = sorted(d)
    return d2["a"] + 0, popped + 0, d["b"] + 0, d[keys[-1]] + 0, [v + 0 for k, v in d.items() if k != "a"][0], d.get("zz", x.mean()) + 0


def walrus(x):
    if (n := x.shape[0]) > 1:
        x = x.reshape(n // 1, -1)
    return x[: (m := 2)] + 0, torch.zeros(m, n) + 1


@functools.lru_cache(None)
def table(n, d):
    return torch.arange(n * d).view(n, d).float()


def decorated(fn):
    @functools.wraps(fn)
    def inner(x, *args, **kwargs):
        return fn(x.t(), *args, **kwargs)
    return inner


@decorated
def deco(x, k=1):
    return x[:k] + table(k, x.shape[1])


def match_stmt(x, mode):
    match mode:
        case "sum":
            return x.sum(0) + 1
        case "mean" | "avg":
            return x.mean(1) + 1
        case _:
            return x + 1


def match_shape(x):
    match x.shape:
        case (a, b):
            return x.view(b, a) + 1
        case (a, b, c):
            return x.view(c, -1) + 1


def star(x, *rest, **kw):
    return sum(r.sum() for r in rest) + x, {k: v + 1 for k, v in kw.items()}


def call_star(x):
    args = [x, x[:1], x[:, :1]]
    a, b = star(*args, z=x.t(), **{"w": x.sum(0)})
    return a + 0, b["z"] + 0, b["w"] + 0


def zip_enumerate(x):
    out = []
    for i, (r, c) in enumerate(zip(x, x.t()), start=1):
        out.append(r[:1] * i + c[:1])
    return torch.stack(out), torch.cat(list(map(lambda t: t.unsqueeze(0), x))) + 0


def chunked(x):
    a, b = x.chunk(2, dim=1)
    parts = torch.split(x, [1, x.size(1) - 1], dim=1)
    p, q = parts
    for t in x.split(2):
        s = t.sum(0)
    return a + 0, b + 0, p + 0, q + 0, s + 0


def recursion(x, n):
    if n == 0:
        return x
    return recursion(x.unsqueeze(0), n - 1)


def ternary(x):
    y = x if x.sum() > 1e9 else x.t()
    z = x if x.sum() > 1e9 else x + 1
    return y + 0, z + 0


def branch_objects(x):
    st = {"h": x}
    if x.sum() > 1e9:
        st["h"] = x.t()
        st["extra"] = x
    else:
        st["other"] = x
    return st["h"] + 1, len(st)


def cond_attr(x):
    class A:
        pass
    a = A()
    a.t = x
    if float(x.sum()) > -1e9:
        a.t = x.t()
        return a.t + 1
    return a.t * 2


def aug(x):
    lst = [x]
    lst += [x.t()]
    lst *= 2
    t = (x,) + (x.t(),)
    s = "ab" * 2
    return len(lst), lst[3] + 0, t[1] + 0, torch.zeros(len(s)) + 1


def slices(x):
    idx = slice(None, None, 2)
    m = x > 0.5
    i = torch.tensor([0, 0, 1])
    y = x.clone()
    y[m] = 0
    y[:, 0] = 1.0
    return x[idx] + 0, x[i] + 0, x[i, i] + 0, x[None, ..., None] + 0, x[m] + 0, x[[0, 1]] + 0, x[-1] + 0, x[1:, -2:] + 0, x[..., ::2] + 0


def numbers(x):
    n = x.size(0)
    h = int(math.ceil(n / 2))
    k = round(n * 1.5)
    e = n // 2 * 2 == n
    d = divmod(n, 3)
    return torch.zeros(h, k) + 1, torch.zeros(d[0] + 1, d[1] + 1) + 1, torch.zeros(max(n, 3), min(n, 2)) + 1, torch.zeros(abs(-n), n ** 2 % 5 + 1, int(n > 2) + 1) + 1, torch.zeros(2 if e else 3) + 1


def deque_use(x):
    d = deque(maxlen=2)
    for i in range(4):
        d.append(x[i % 2 :])
    d.appendleft(x.t())
    dd = defaultdict(list)
    dd["a"].append(x)
    dd["a"].append(x)
    c = collections.Counter("aab")
    return d[0] + 0, torch.cat(dd["a"]), torch.zeros(c["a"]) + 1


def itertools_use(x):
    out = []
    for a, b in itertools.product(range(2), range(2)):
        out.append(x[a] * b)
    acc = list(itertools.accumulate([1, 2, 3]))
    ch = list(itertools.chain([x], [x.t()]))
    return torch.stack(out), torch.zeros(acc[-1]) + 1, ch[1] + 0, functools.reduce(torch.matmul, [x, x.t(), x])


def unknown_mut(x):
    shapes = list(x.shape)
    random.seed(1)
    perm = list(range(3))
    random.shuffle(perm)
    y = x[None].permute(*perm)
    return y + 1


def string_dispatch(x, name):
    fn = getattr(torch, name)
    f2 = getattr(F, "relu")
    f3 = {"a": torch.sigmoid, "b": lambda t: t.t()}["b"]
    return fn(x) + 0, f2(x) + 0, f3(x) + 0


def nested_list_comp(x):
    rows = [[x[i, j] for j in range(2)] for i in range(2)]
    m = torch.stack([torch.stack(r) for r in rows])
    flat = [e for r in rows for e in r]
    return m + 0, torch.stack(flat) + 0, torch.tensor([[1, 2], [3, 4]]) @ torch.ones(2, 3, dtype=torch.long)


def del_and_global(x):
    d = [x, x.t(), x]
    del d[0]
    d.insert(0, x.sum())
    d.remove(d[0]) if False else d.pop(0)
    d.reverse()
    return d[0] + 0, d[-1] + 0


def isin(x, y=None):
    if y is None:
        y = x
    elif isinstance(y, (list, tuple)):
        y = torch.stack(y)
    elif not isinstance(y, torch.Tensor):
        y = torch.as_tensor(y)
    return y + 1
