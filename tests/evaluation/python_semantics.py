"""Programs without tensors, each for one part of what Python means: how they must come out is what CPython says."""

from __future__ import annotations

PROGRAMS = {
    "defaults and keywords": """
def f(a, b=2, *rest, c=3, **more):
    return (a, b, rest, c, more)
x = f(1)
y = f(1, 5, 6, 7, c=0, d=9)
z = f(*[1, 2], **{"c": 4})
""",
    "closures keep their variables": """
def counter(start):
    def step(by=1):
        nonlocal start
        start += by
        return start
    return step
a, b = counter(0), counter(10)
x = [a(), a(), b(5), a(2)]
""",
    "recursion": """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
x = [fib(i) for i in range(10)]
""",
    "inheritance, super and properties": """
class A:
    kind = "a"
    def __init__(self, n):
        self.n = n
    @property
    def double(self):
        return self.n * 2
    def name(self):
        return self.kind + str(self.n)
class B(A):
    kind = "b"
    def __init__(self, n, m):
        super().__init__(n + 1)
        self.m = m
    def name(self):
        return "<" + super().name() + ">"
x = B(3, 4)
y = (x.name(), x.double, x.m, isinstance(x, A), A(1).name())
""",
    "an exception goes to the handler that catches it": """
def f(d, key):
    try:
        return d[key]
    except KeyError:
        return "none"
x = f({"a": 1}, "a")
y = f({"a": 1}, "b")
""",
    "else and finally run": """
seen = []
try:
    seen.append(1)
except ValueError:
    seen.append(2)
else:
    seen.append(3)
finally:
    seen.append(4)
""",
    "loops leave as they do": """
found = None
for i in range(10):
    if i % 2:
        continue
    if i > 5:
        found = i
        break
else:
    found = -1
rest = []
while found:
    found -= 1
    if found == 3:
        continue
    rest.append(found)
""",
    "a branch of one round of a long loop": """
x = 0
for epoch in range(20):
    if epoch == 15:
        x = 7
""",
    "unpacking": """
a, (b, *c), d = 1, (2, 3, 4), 5
*e, f = "xyz"
g = [*c, *e]
h = {**{"p": 1}, "q": 2}
""",
    "strings": """
n, s = 7, "ab"
x = f"{s}-{n:03d}-{n * 2!r:>5}"
y = "%s:%d" % (s, n)
z = "{}<{:.2f}".format(s, 1.5)
w = ",".join(sorted({"b", "a"})).upper().split(",")
""",
    "lists are shared by reference": """
a = [1, 2]
b = a
b.append(3)
c = a[:]
c.append(4)
""",
    "module-level constants by comprehension": """
table = {name: [len(name) * k for k in range(3)] for name in ("x", "yy")}
flat = [v for row in table.values() for v in row if v]
pairs = list(zip(table, flat))
""",
    "the variables of a function": """
def options(prefix, **more):
    return {name[len(prefix):]: value for name, value in more.items() if name.startswith(prefix)}
class A:
    def __init__(self, n, *, s1_dim=2, s2_dim=3):
        super().__init__()
        given = dict(locals())
        self.n = sorted(given)
        self.dims = [options(f"{p}_", **given) for p in ("s1", "s2")]
def f(a, *rest, b=1, **more):
    c = a + b
    return locals()
x = (A(1).n, A(1, s2_dim=5).dims, f(1, 2, d=3))
""",
    "a match statement": """
def kind(v):
    match v:
        case 0:
            return "zero"
        case [a, b]:
            return a + b
        case {"k": x}:
            return x
        case str():
            return "text"
        case _:
            return "other"
x = [kind(0), kind([1, 2]), kind("s")]
""",
    "copies share what they hold": """
import copy, functools, random, itertools, collections, operator, math
a = [1, 2]
b = copy.copy(a)
b.append(3)
d = {"k": [1]}
e = copy.copy(d)
e["z"] = 1
e["k"].append(2)
f = copy.deepcopy(d)
f["k"].append(5)
""",
    "decorators of the program": """
import functools
def deco(fn):
    @functools.wraps(fn)
    def inner(x, *a, **k):
        return fn(x + 1, *a, **k)
    return inner
@deco
def f(x, y=2):
    return x * y
def twice(n):
    def outer(fn):
        @functools.wraps(fn)
        def inner(*a):
            return [fn(*a) for _ in range(n)]
        return inner
    return outer
@twice(3)
def g(x):
    return x
x = f(1), f(1, y=5), g(4), f.__name__
""",
    "context managers of the program": """
class C:
    def __init__(self):
        self.n = 0
    def __enter__(self):
        self.n += 10
        return self
    def __exit__(self, a, b, c):
        self.n += 100
        return True
c = C()
with c as d:
    d.n += 1
    k = d.n
e = c.n
with c:
    raise ValueError("x")
f = c.n
def g():
    with c:
        return 5
h = g()
i = c.n
with c:
    int("zz")
    f = -1
""",
    "contextlib": """
import contextlib
log = []
@contextlib.contextmanager
def cm(x):
    log.append("in")
    try:
        yield x * 2
    finally:
        log.append("out")
with cm(3) as y:
    log.append(y)
with contextlib.suppress(KeyError):
    v = 1
    {}["a"]
    v = 2
n = contextlib.nullcontext(7)
with n as m:
    q = m
""",
    "collections": """
from collections import deque, Counter, defaultdict, namedtuple, ChainMap
d = deque([1, 2, 3], maxlen=3)
d.append(4)
d.appendleft(9)
a = list(d)
p = d.popleft()
r = len(d), d[0], d[-1]
d = list(d)
c = Counter("abcab")
m = c.most_common(1)
t = c["a"], c["zz"]
P = namedtuple("P", ["x", "y"])
q = P(1, 2)._replace(y=5)
s = q.y, q._asdict(), P._fields, q + (1,)
dd = defaultdict(lambda: 3)
u = dd["q"] + 1
w = dict(dd)
""",
    "itertools and operator": """
import itertools, operator, functools
c = list(itertools.accumulate([1, 2, 3, 4]))
d = list(itertools.chain.from_iterable([[1], [2, 3]]))
e = list(itertools.zip_longest([1, 2], [3]))
f = [list(g) for k, g in itertools.groupby([1, 1, 2])]
g = list(itertools.starmap(pow, [(2, 3), (3, 2)]))
h = operator.itemgetter(1)([4, 5])
i = list(map(operator.add, [1, 2], [3, 4]))
j = sorted([3, 1, 2], reverse=True), min([3, 4], key=lambda v: -v), max("ab", "c", key=len)
k = functools.reduce(lambda p, q: p * q, [1, 2, 3], 4)
l = list(zip([1, 2, 3], "ab"))
m = list(enumerate("ab", 3))
n = sum([[1], [2]], [])
o = any(x > 2 for x in [1, 2]), all([])
p = dict(zip("ab", range(2)))
q = [*reversed([1, 2])]
r = list(filter(None, [0, 1, "", 2]))
s = divmod(7, 2), abs(-3), round(2.5), pow(2, 3, 5), int("12"), float("1.5")
t = [x for x in range(5) if x % 2 if x > 1]
u = {k: v for k, v in zip("ab", "cd")}
v = list(itertools.islice(itertools.count(3), 2))
w = list(itertools.product("ab", repeat=2))
x = slice(1, 3).indices(10)
""",
    "special methods": """
class Meta(type):
    def __call__(cls, *a):
        o = super().__call__(*a)
        o.made = True
        return o
class A(metaclass=Meta):
    def __init__(self, n=1):
        self.n = n
a = A(3)
b = a.n
class S:
    __slots__ = ("x",)
    def __init__(self):
        self.x = 1
    def __getattr__(self, name):
        return "dyn_" + name
    def __setattr__(self, k, v):
        object.__setattr__(self, k, v * 2)
c = S().x, S().foo
class N:
    def __new__(cls, v):
        o = super().__new__(cls)
        o.v = v
        return o
    def __init__(self, v):
        self.w = v + 1
n = N(4)
d = n.v, n.w
class P:
    count = 0
    items = []
    def __init__(self):
        P.count += 1
        self.items.append(P.count)
        type(self).last = self
    def __init_subclass__(cls, **kw):
        cls.tag = kw.get("tag", "none")
    @classmethod
    def total(cls):
        return cls.count
    def __call__(self, x):
        return x + 1
    def __eq__(self, o):
        return True
    def __lt__(self, o):
        return True
    def __getitem__(self, i):
        return i * 2
    def __iter__(self):
        return iter([1, 2])
    def __len__(self):
        return 7
    def __contains__(self, x):
        return x == 3
    def __bool__(self):
        return False
    def __add__(self, o):
        return 5
    def __radd__(self, o):
        return 6
    def __neg__(self):
        return -1
    def __hash__(self):
        return 3
p, q = P(), P()
class Q(P, tag="t"):
    pass
e = P.count, P.items, P.total(), p(1), p == 4, p < 3, p[4], list(p), len(p)
ee = 3 in p, 4 in p, bool(p), p + 1, 1 + p, -p, Q.tag, p != 3, not p
f = "yes" if p else "no"
class D1:
    def who(self): return "D1"
class D2(D1):
    def who(self): return "D2" + super().who()
class D3(D1):
    def who(self): return "D3" + super().who()
class D4(D2, D3):
    def who(self): return "D4" + super().who()
g = D4().who()
""",
    "dataclasses": """
from dataclasses import dataclass, field, replace, asdict, fields
@dataclass
class A:
    x: int
    y: list = field(default_factory=list)
    z: int = 3
    def __post_init__(self):
        self.y.append(self.x)
    whole = property(fget=lambda self: 3)
    @property
    def t(self):
        return self.x + self.z
a, b = A(1), A(2, z=5)
a.y.append(9)
c = b.y, a.y, a.t, b.t
d = replace(a, x=7)
e = asdict(b), [f.name for f in fields(A)], a == A(1)
f = set(A.__dataclass_fields__.keys()), "x" in a.__dataclass_fields__, hasattr(a, "__dataclass_fields__")
""",
    "enumerations": """
from enum import Enum, IntEnum, auto
class E(Enum):
    A = 1
    B = "b"
    @property
    def up(self):
        return self.name + "!"
class I(IntEnum):
    X = auto()
    Y = auto()
a = E.A.value, E("b").name, E(E.A) is E.A, E["A"] is E.A, E.A == E.B, [e.name for e in E], E.B.up
c = I.Y + 1, I.X < I.Y, E.A in (E.A,), isinstance(E.A, E)
b = {E.A: 1}[E.A]
class S(str, Enum):
    X = "x"
    Y = "y"
d = E.A != E.B, E.A != E.A, E("b") != E.B, E.A == 1, E.A != None, 1 == E.A, E.A in (1, "b")
e = S.X == "x", "x" == S.X, S.X != "y", S.X == S.Y, S.X != S.Y, S("y") != S.Y, I.X == 1, I.X != 1, S.X == None
class P:
    pass
class Q:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.x == other
p = P()
f = p != P(), p == p, p == 3, p != None, 3 == p, Q(3) == 3, 3 == Q(3), Q(3) != 3, 4 != Q(3), P() == Q(3)
""",
    "scopes and defaults": """
X = 1
def f():
    global X
    X += 1
    return X
a = f(), f(), X
def g():
    y = [i for i in range(3)]
    i = 10
    return y, i
b = g()
c = [lambda: i for i in range(3)]
d = [h() for h in c]
e = [(lambda k=i: k)() for i in range(3)]
def h(acc=[]):
    acc.append(1)
    return len(acc)
h1, h2, h3 = h(), h(), h([])
def deep():
    def mid():
        def low():
            nonlocal v
            v += 1
        low()
        return v
    v = 1
    return mid(), v
z = deep()
del X
""",
    "leaving blocks": """
def f(n):
    for i in range(n):
        for j in range(n):
            if i * j == 6:
                return i, j
            if j > i:
                break
        else:
            continue
    return None
a = f(5), f(2)
def g(v):
    try:
        if v == 0:
            return "ret"
        if v == 1:
            raise KeyError("k")
        if v == 2:
            [][3]
        return "end"
    except KeyError as e:
        return "key" + e.args[0]
    except (IndexError, ValueError):
        return "idx"
    finally:
        trail.append(v)
trail = []
b = [g(v) for v in range(4)]
def h():
    try:
        return 1
    finally:
        return 2
c = h()
n = 0
while True:
    n += 1
    if n == 3:
        continue
    if n > 5:
        break
else:
    n = -1
d = n
x = 5
x, y = x + 1, x
e = x, y
k = [1, 2, 3]
k[0], k[1] = k[1], k[0]
k[1:2] = [7, 8, 9]
m = k
m += [1]
del k[0]
t = (1,)
u = t
u += (2,)
w = 1 < 2 < 3, 1 < 3 < 2, not 1 == 2, 1 if [] else 2, [] or "d", 0 and 1, None is None
if (q := len(k)) > 3:
    r = q
s = "a" in {"a": 1}, 3 not in [1, 2], "b" in "abc"
for v in []:
    pass
else:
    vv = 1
""",
    "regular expressions": """
import re
pattern = re.compile(r"^net\\.(.+)")
a = {pattern.sub(r"\\1", k): v for k, v in {"net.a": 3, "b": 4}.items() if pattern.match(k) is not None}
b = re.match(r"(\\d+)x(?P<w>\\d+)", "3x40")
c = b[0], b["w"], b.group(1), b.groups(), int(b[1]) + 1
d = [int(s) for s in re.split("x", "3x4")], re.findall(r"\\d", "a1b2"), pattern.findall("net.x")
""",
    "numbers and formats": """
a = f"{3.14159:.2f} {10:>4} {'x'!r} {1_000:,} {0.5:%} {255:#x}"
b = "%s %5.1f %d%%" % ("q", 2.345, 7)
c = "a-b-c".split("-", 1), "abc"[::-1], "abc".replace("b", "x")
cc = "x".join(["1", "2"]), " q ".strip(), "Ab".lower(), "a,b".partition(",")
d = "abc".startswith(("x", "a")), "abc".find("c"), "ab" * 3, "b" < "c", len("abc"), "a1".isdigit()
e = str(1.0), str([1, "a"]), repr(None), int("0x1f", 16), ord("a"), chr(98), bin(5)
f = "{a}{b}".format(a=1, b=2), "{0}{1}{0}".format("x", "y"), "layer%d.%s" % (1, "w")
g = isinstance(1, (int, str)), isinstance(True, int), type(1) is int, type("a").__name__, callable(len)
h = 7 // 2, -7 // 2, -7 % 3, 2 ** -1, 7 / 2, 1e3, 5 & 3, 5 | 3, 5 ^ 3, 1 << 3, ~5, 0.1 + 0.2
i = sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1]), list({1: 2}.keys()), {**{"a": 1}, "a": 2}
j = [1, 2, 3][-2:], [1, 2, 3][::2], (1, 2) + (3,), [1] * 3, [0] * 2 + [1], tuple([1])
jj = set([1, 1]), [[0] * 2 for _ in range(2)]
import math
k = math.ceil(2.1), math.sqrt(16), math.prod([2, 3]), math.log2(8), math.floor(-1.5)
kk = math.gcd(12, 18), math.inf > 3, math.isclose(1.0, 1.0)
l = {1, 2} | {3}, {1, 2} & {2}, {1} <= {1, 2}, frozenset([1])
m = dict(a=1, **{"b": 2}), dict([("x", 1)]), dict.fromkeys("ab", 0), {"a": 1}.get("b", 5), list({"a": 1})
n = getattr(math, "pi") > 3, hasattr(math, "nope")
o = int(3.9), int(-3.9), bool("")
p = bytes(3), b"ab"[0]
q = list(range(10))[2:8:3], range(3)[1], len(range(0, 10, 3)), list(range(5, 0, -2)), 3 in range(5)
""",
    "lists and dicts in place": """
a = [3, 1, 2]
a.sort()
b = sorted(a, key=lambda v: -v)
a.insert(1, 9)
c = a.index(9), a.count(1), a.pop(), a.pop(0)
a.remove(9)
a.extend([4, 5])
a.reverse()
d = a.copy()
d.clear()
e = {"x": 1}
f = e.setdefault("y", []); f.append(1)
g = e.pop("x"), e.pop("zz", None)
e.update({"q": 1}, w=2)
h = list(e.items())
k, = [1]
(i, j), *l = [(1, 2), 3, 4]
m = [[1, 2], [3, 4]]
n = list(zip(*m)), [x for row in m for x in row], list(map(sum, m))
o = m[1][0]
m[0][1] = 7
p = m
s = {1, 2}
s.add(3); s.discard(1); s.update([9])
t = sorted(s)
x = [0] * 3
x[1] += 2
y = [[]] * 2
y[0].append(1)
""",
    "signatures and descriptors": """
import functools
def f(a, /, b, *, c=1):
    return a, b, c
x = f(1, b=2), f(1, 2, c=3)
p = functools.partial(f, 1, c=5)
y = p(2), p(b=3), p.func is f, p.keywords
class A:
    @functools.cached_property
    def v(self):
        log.append(1)
        return 3
    @functools.lru_cache(maxsize=None)
    def w(self, k):
        return k
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return cls.__name__ + x
log = []
a = A()
z = a.v + a.v, a.w(1), a.w(1), A.s(4), a.s(5), A.c("q"), a.c("r")
m = a.s
n = [fn(2) for fn in (m, abs, lambda q: q + 1, str)]
table = {"sq": lambda v: v * v, "id": lambda v: v}
o = [table[k](3) for k in table]
def kw(**k): return sorted(k)
q = kw(b=1, a=2), kw(**{"z": 1})
def outer(*args, **kwargs): return inner(*args, **kwargs)
def inner(a, b=0, *c): return a + b + sum(c)
r = outer(1), outer(1, 2, 3), outer(b=5, a=1)
s = (lambda *a, k=2, **kw: (a, k, kw))(1, z=3)
@functools.singledispatch
def sd(x): return "obj"
@sd.register(int)
def _(x): return "int"
t = sd(1), sd("a")
def ann(x: int = 3) -> "int": return x
u = ann(), ann.__defaults__
""",
    "what an unknown callee may have changed": """
import random
xs = [1, 2, 3, 4, 5, 6]
random.Random(3).shuffle(xs)
y = xs[0]
ys = list(range(8))
random.shuffle(ys)
z = ys[0]
""",
    "descriptors": """
class Typed:
    def __init__(self, default): self.default = default
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, obj, owner=None):
        if obj is None: return self
        return getattr(obj, self.name, self.default)
    def __set__(self, obj, value): setattr(obj, self.name, value * 2)
class A:
    x = Typed(5)
    shared = []
    def __init__(self): self.own = []
a, b = A(), A()
p = a.x
a.x = 4
q = a.x, b.x
a.shared.append(1)
b.own.append(2)
r = b.shared, a.own, A.shared
class B:
    def __init__(self): self._v = 1
    @property
    def v(self): return self._v
    @v.setter
    def v(self, k): self._v = k + 1
c = B()
c.v = 5
s = c.v
c.v += 1
t = c.v
class G:
    def __getattribute__(self, n): return "all_" + n
w = G().zz
""",
    "augmented assignments and aliases": """
class O: pass
o = O()
o.n = 1
o.n += 2
o.l = [1]
o.l += [2]
alias = o.l
o.l.append(3)
d = {"a": 1}
d["a"] *= 5
l = [1, 2, 3]
l[-1] -= 1
l[0:2] = [9]
i = 0
i, l[i] = 1, 7
x = y = []
x.append(1)
z = y
a = b = 3
b += 1
m = {}
m.setdefault("k", []).append(1)
m["k"].append(2)
n = {k: v for k, v in sorted(m.items())}
t = (1, [2])
t[1].append(3)
s = "a"
s2 = s
s += "b"
g = [[0] * 2 for _ in range(2)]
g[0][0] = 1
g2 = [row[:] for row in g]
g2[1][1] = 5
st = {1, 2}
st |= {3}
st2 = st
st2 -= {1}
""",
    "patterns": """
from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int = 0
def f(v):
    match v:
        case P(x=0): return "origin-x"
        case P(x, y) if x == y: return "diag"
        case P(x=a, y=b): return a + b
        case [1, *rest]: return rest
        case [a, b, *_, c]: return (a, b, c)
        case {"k": int(n), **more}: return n, more
        case str() | bytes(): return "text"
        case int(n) if n > 5: return n * 2
        case None: return "none"
        case (1 | 2) as q: return q
        case _: return "other"
r = [f(P(0, 1)), f(P(2, 2)), f(P(2, 3)), f([1, 2, 3]), f([4, 5, 6, 7]), f({"k": 1, "z": 2}), f("s")]
r += [f(9), f(None), f(2), f(3.5)]
""",
    "exceptions of the program": """
class E(Exception):
    def __init__(self, code):
        super().__init__("msg")
        self.code = code
class E2(E): pass
log = []
def f(k):
    try:
        try:
            if k == 0: raise E(1)
            if k == 1: raise E2(2)
            if k == 2: {}["x"]
            if k == 3: return 1 // 0
            if k == 4: int("q")
            if k == 5: None.x
            if k == 6: [].pop()
            if k == 7: assert k == 8, "no"
            if k == 8: a, b = [1]
            if k == 10: "a" + 1
            if k == 11: raise
            return "ok"
        except E2 as e:
            return "e2", e.code
        except E as e:
            raise ValueError(e.code) from e
        else:
            log.append("else")
        finally:
            log.append(k)
    except ValueError as e:
        return "val", e.args
    except (KeyError, ZeroDivisionError, IndexError) as e:
        return type(e).__name__
    except AttributeError:
        return "attr"
    except AssertionError as e:
        return str(e)
    except (NameError, TypeError, RuntimeError) as e:
        return "misc"
r = [f(k) for k in range(13)]
def g():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
        finally:
            log.append(("g", i))
    return i
h = g()
try:
    x = 1
    raise E(3)
except Exception as ex:
    c = ex.code
""",
    "comprehensions": """
n = 3
a = [n for n in range(2)], n
b = [(i, j) for i in range(3) if i for j in range(i) if j % 2 == 0]
c = {i: [j for j in range(i)] for i in range(3)}
d = {x % 3 for x in range(7)}
e = [y := x * 2 for x in range(3)], y
f = list(x for x in [1, 2, 3] if (z := x) > 1), z
g = [[1 if i == j else 0 for j in range(2)] for i in range(2)]
h = dict((k, v) for k, v in [("a", 1)])
i = sum(x * x for x in range(4)), max((len(s), s) for s in ["a", "bb"])
j = [fn(3) for fn in [lambda v, k=k: v + k for k in range(3)]]
k = [*range(2), *"ab"], {**{"q": 1}, "r": 2}, (*[1], 2)
l = any(x > 1 for x in (0, 2)), all(isinstance(x, int) for x in (1, 2))
m = [x for row in [[1, 2], [3]] for x in row][::-1]
o = "".join(c.upper() if i % 2 else c for i, c in enumerate("abcd"))
p = [a for a, (b, c) in [(1, (2, 3))]]
q = sorted([(2, "b"), (1, "z"), (2, "a")], key=lambda t: (-t[0], t[1]))
r = list(map(lambda a, b: a * b, [1, 2], [3, 4])), list(filter(lambda v: v % 2, range(5)))
s = min([[3], [1, 2]], key=len), sorted("hello"), sorted({"b": 1, "a": 2})
t = list(zip(range(3), "ab")), list(zip([1], [2], [3])), list(reversed(range(3)))
u = [0] * 2, [None] * 2, "-" * 3, (0,) * 2
v = [i for i, x in enumerate([5, 6, 5]) if x == 5]
w = {v: k for k, v in {"a": 1}.items()}
""",
    "making classes and objects": """
import abc
class Base(abc.ABC):
    registry = {}
    def __init_subclass__(cls, name=None, **kw):
        super().__init_subclass__(**kw)
        if name: Base.registry[name] = cls
    @abc.abstractmethod
    def run(self): ...
    @classmethod
    def create(cls, name, *a, **k): return cls.registry[name](*a, **k)
    @classmethod
    def make(cls): return cls()
    @staticmethod
    def helper(x): return x + 1
class One(Base, name="one"):
    def __init__(self, k=1): self.k = k
    def run(self): return self.helper(self.k)
class Two(One, name="two"):
    def __init__(self, k=5):
        One.__init__(self, k * 2)
    def run(self): return super().run() + 100
    @classmethod
    def make(cls):
        o = super().make()
        o.k = 0
        return o
a = Base.create("one", k=3).run(), Base.create("two").run(), Two.make().k, sorted(Base.registry)
class Mixin:
    def who(self): return "mixin+" + super().who()
class Root:
    def who(self): return "root"
class C(Mixin, Root): pass
b = C().who(), isinstance(C(), Mixin), issubclass(C, Root), C.__name__, C().__class__ is C
from collections.abc import Mapping, Sequence
class Row(Sequence):
    def __len__(self): return 2
    def __getitem__(self, i): return i
d = isinstance(C(), Sequence), isinstance(Row(), Sequence), isinstance(C(), (int, Mapping))
class L(list):
    def first(self): return self[0]
e = L([4, 5])
e.append(6)
f = e.first(), len(e), sum(e), e[-1], [x for x in e]
class T(tuple):
    def __new__(cls, a, b): return super().__new__(cls, (a, b))
    @property
    def a(self): return self[0]
g = T(1, 2).a, len(T(1, 2))
class Singleton:
    _inst = None
    def __new__(cls):
        if cls._inst is None: cls._inst = super().__new__(cls)
        return cls._inst
h = Singleton() is Singleton()
class Acc:
    def __init__(self): self.v = 0
    def __iadd__(self, o):
        self.v += o
        return self
    def __matmul__(self, o): return "mm"
    def __rsub__(self, o): return o - 1
    def __getitem__(self, k): return k
    def __setitem__(self, k, v): self.v = (k, v)
    def __delitem__(self, k): self.v = "del"
    def __call__(self, *a, **k): return a, k
    def __float__(self): return 2.5
    def __int__(self): return 2
    def __index__(self): return 1
    def __str__(self): return "S"
    def __repr__(self): return "R"
    def __le__(self, o): return "le"
    def __floordiv__(self, o): return "fd"
    def __abs__(self): return 9
i = Acc()
i += 3
j = i.v, i @ 1, 5 - i, i[1:2], i[0, 1], i(1, k=2), float(i), int(i), [7, 8][i], str(i)
jj = f"{i}", repr(i), i <= 1, i // 2, abs(i)
i["q"] = 4
k = i.v
del i["q"]
l = i.v
class Inner:
    class Nested:
        z = 3
    def get(self): return self.Nested.z, Inner.Nested().z
m = Inner().get()
n = type("Dyn", (), {"x": 1})().x
o = vars(One(2)), One(2).__dict__["k"], hasattr(One(2), "k"), hasattr(One(2), "nope")
class Meth:
    def f(self, x): return x
    g = f
    h = lambda self, x: x * 2
p = Meth().g(1), Meth().h(2), Meth.f(None, 3), getattr(Meth(), "f")(4)
""",
    "loops over what changes": """
out = []
for i, (a, b) in enumerate([(1, 2), (3, 4)]):
    for k in range(a, b + 1):
        if k == 2: continue
        out.append((i, k))
    else:
        out.append("e")
while len(out) < 10:
    out.append(len(out))
    if len(out) == 8: break
else:
    out.append("never")
q = [3, 2, 1]
acc = []
while q:
    v = q.pop()
    acc.append(v)
    if v == 2: q.append(10)
it = 0
for it in range(3): pass
d = {"a": 1, "b": 2}
for k in list(d):
    d[k] += 1
    d[k + k] = 0
e = []
for x in (y for y in range(5) if y % 2):
    e.append(x)
n = 5
f = 1
while n > 1:
    f, n = f * n, n - 1
c = 0
for a in range(3):
    for b in range(3):
        if b > a: break
        c += 1
r = []
for ch in "abc":
    r.insert(0, ch)
s = 0
for t in range(10, 0, -3): s += t
idx = next((i for i, v in enumerate([4, 5, 6]) if v == 5), None)
u = [0] * 3
for i in range(3):
    u[i] = u[i - 1] + i
lst = []
cur = lst
for _ in range(3):
    cur.append([])
    cur = cur[0]
""",
}
