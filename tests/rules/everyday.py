"""The 150 operations that programs use most, each as a program over sizes that torch may accept or refuse.

`z` makes floats, `i` indices, `m` a mask; A to E are sizes, D is an axis, K a small number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from mypy_torch_shapes.shapes.dims import Dim, Symbol

from . import mirror
from .mirror import Namespace

_TABLE = """
abs                 t.abs(z(A, B))
add                 t.add(z(A, B), z(C, D1))
add 1               z(A, B).add(1)
addmm               t.addmm(z(B), z(A, C), z(D1, B))
all                 t.all(m(A, B), dim=D)
amax                t.amax(z(A, B, C), dim=D)
any                 m(A, B).any(D)
arange              t.arange(A)
argmax              t.argmax(z(A, B, C), dim=D)
argsort             t.argsort(z(A, B), dim=D)
avg_pool2d          F.avg_pool2d(z(A, B, C, E), K, 2)
adaptive_avg_pool2d F.adaptive_avg_pool2d(z(A, B, C, E), (K, 1))
baddbmm             t.baddbmm(z(A, B, C), z(A, B, E), z(A, E, D1))
batch_norm          F.batch_norm(z(A, B, C), z(D1), z(D1), z(D1), z(D1))
bce                 F.binary_cross_entropy(z(A, B), z(C, B))
bce_with_logits     F.binary_cross_entropy_with_logits(z(A, B), z(C, D1))
bmm                 t.bmm(z(A, B, C), z(D1, C, E))
broadcast_to        t.broadcast_to(z(A, 1), (C, B))
cat                 t.cat([z(A, B), z(C, D1)], dim=D)
cat 3               t.cat([z(A, B, C), z(A, B, E), z(A, D1, C)], D)
cdist               t.cdist(z(A, B), z(C, D1))
chunk               z(A, B, C).chunk(K, D)
clamp               t.clamp(z(A, B), 0, 1)
clone               z(A, B).clone()
contiguous          z(A, B).contiguous()
conv1d              F.conv1d(z(A, B, C), z(E, D1, K))
conv2d              F.conv2d(z(A, B, 7, C), z(E, D1, K, 3), None, 2, 1)
conv2d groups       F.conv2d(z(A, B, 6, 6), z(C, D1, 3, 3), z(E), groups=K)
conv_transpose2d    F.conv_transpose2d(z(A, B, 5, C), z(D1, E, 3, K), stride=2)
cos                 t.cos(z(A, B))
cosine_similarity   F.cosine_similarity(z(A, B), z(C, D1), dim=D)
cross_entropy       F.cross_entropy(z(A, B), i(C))
cross_entropy 2d    F.cross_entropy(z(A, B, C), i(D1, E))
cumsum              t.cumsum(z(A, B), D)
detach              z(A, B).detach()
diag                t.diag(z(A, B))
diagonal            z(A, B, C).diagonal(K - 2, 0, D)
div                 t.div(z(A, B), z(C))
dot                 t.dot(z(A), z(B))
dropout             F.dropout(z(A, B), 0.5)
einsum              t.einsum('ij,jk->ik', z(A, B), z(C, D1))
einsum attention    t.einsum('bhqd,bhkd->bhqk', z(A, B, C, E), z(A, D1, K, E))
embedding           F.embedding(i(A, B), z(5, C))
empty_like          t.empty_like(z(A, B))
eq                  t.eq(z(A, B), z(C, 1))
exp                 t.exp(z(A))
expand              z(A, 1, B).expand(C, D1, -1)
expand_as           z(A, 1).expand_as(z(C, D1))
eye                 t.eye(A, B)
flatten             z(A, B, C).flatten(D)
flatten 2           t.flatten(z(A, B, C, E), 1, D)
flip                t.flip(z(A, B), [D])
float               i(A, B).float()
full                t.full((A, B), 1.0)
gather              t.gather(z(A, B), D, i(C, D1))
gelu                F.gelu(z(A, B))
glu                 F.glu(z(A, B, C), D)
group_norm          F.group_norm(z(A, B, C), K)
gt                  t.gt(z(A), z(B, 1))
index row           z(A, B)[0]
index column        z(A, B)[:, K]
index slice         z(A, B, C)[1:, :-1, ::2]
index None          z(A, B)[:, None]
index ellipsis      z(A, B, C)[..., 0]
index tensor        z(A, B)[i(C)]
index tensors       z(A, B, C)[i(D1), i(E)]
index mask          z(A, B)[m(C)]
index_select        t.index_select(z(A, B), D, i(C))
instance_norm       F.instance_norm(z(A, B, C))
interpolate size    F.interpolate(z(A, B, C), size=K)
interpolate scale   F.interpolate(z(A, B, C, E), scale_factor=2)
kl_div              F.kl_div(z(A, B), z(C, B))
l1_loss             F.l1_loss(z(A, B), z(C, D1))
layer_norm          F.layer_norm(z(A, B, C), (D1,))
layer_norm 2        F.layer_norm(z(A, B, C), (B, D1), z(B, E))
leaky_relu          F.leaky_relu(z(A), 0.1)
lerp                t.lerp(z(A, B), z(A, B), z(C))
linear              F.linear(z(A, B, C), z(E, D1))
linear bias         F.linear(z(A, B), z(C, B), z(D1))
linspace            t.linspace(0, 1, A)
log                 t.log(z(A, B))
log_softmax         F.log_softmax(z(A, B), dim=D)
logical_and         t.logical_and(m(A, B), m(C))
logsumexp           t.logsumexp(z(A, B), D)
long                z(A).long()
masked_fill         z(A, B).masked_fill(m(C, D1), 0.0)
masked_select       t.masked_select(z(A, B), m(C))
matmul              t.matmul(z(A, B), z(C, D1))
matmul batch        t.matmul(z(A, B, C), z(D1, C, E))
matmul vector       z(A, B, C) @ z(D1)
max                 z(A, B).max()
max dim             z(A, B).max(D)[0]
max other           t.max(z(A, B), z(C))
max_pool1d          F.max_pool1d(z(A, B, C), K)
max_pool2d          F.max_pool2d(z(A, B, C, E), 2, 2)
max_pool2d padded   F.max_pool2d(z(A, B, C, E), 3, 2, 1, ceil_mode=True)
maximum             t.maximum(z(A, B), z(C, 1))
mean                z(A, B, C).mean(D)
mean keepdim        z(A, B, C).mean((0, D), keepdim=True)
meshgrid            t.meshgrid(z(A), z(B), indexing='ij')
min dim             t.min(z(A, B), D)[1]
mm                  t.mm(z(A, B), z(C, D1))
movedim             t.movedim(z(A, B, C), 0, D)
mse_loss            F.mse_loss(z(A, B), z(C, D1))
mul                 t.mul(z(A, 1, B), z(C, D1))
multinomial         t.multinomial(t.ones(A, B), K)
narrow              t.narrow(z(A, B), D, 0, K)
ne                  z(A).ne(z(B))
neg                 t.neg(z(A, B))
new_zeros           z(A).new_zeros(B, C)
nll_loss            F.nll_loss(z(A, B), i(C))
nonzero             t.nonzero(z(A, B))
norm                z(A, B).norm(dim=D)
normalize           F.normalize(z(A, B), dim=D)
numel               z(A, B, C).numel()
one_hot             F.one_hot(i(A, B), K)
ones_like           t.ones_like(z(A, B))
outer               t.outer(z(A), z(B))
pad                 F.pad(z(A, B, C), (K, 1))
pad reflect         F.pad(z(A, B, C), (K, K), mode='reflect')
permute             z(A, B, C).permute(2, D, 0)
pixel_shuffle       F.pixel_shuffle(z(A, B, C, E), K)
pow                 t.pow(z(A, B), 2)
prod                t.prod(z(A, B), dim=D)
relu                F.relu(z(A, B))
repeat              z(A, B).repeat(K, 2, C)
repeat_interleave   z(A, B).repeat_interleave(K, dim=D)
reshape             z(A, B, C).reshape(D1, -1)
reshape 3           z(A, B).reshape(C, B, K)
roll                t.roll(z(A, B), 1, D)
rsub                t.rsub(z(A, B), z(C))
scaled_dot_product  F.scaled_dot_product_attention(z(A, B, C, E), z(A, B, D1, E), z(A, B, D1, K))
scatter             z(A, B).scatter(D, i(C, D1), 1.0)
scatter_add         z(A, B).scatter_add(D, i(C, D1), z(C, D1))
select              z(A, B, C).select(D, 0)
sigmoid             t.sigmoid(z(A))
size                z(A, B, C).size(D)
smooth_l1_loss      F.smooth_l1_loss(z(A, B), z(C, D1))
softmax             F.softmax(z(A, B), dim=D)
softplus            F.softplus(z(A))
sort                z(A, B).sort(D)[0]
split               z(A, B).split(K, D)
split sizes         z(A, B).split([K, 2], D)
sqrt                t.sqrt(z(A))
squeeze             z(A, 1, B).squeeze(D)
squeeze all         z(A, 1, B).squeeze()
stack               t.stack([z(A, B), z(C, D1)], D)
std                 z(A, B).std(D)
sub                 t.sub(z(A, B), z(C, D1))
sum                 z(A, B, C).sum(D)
sum keepdim         t.sum(z(A, B), dim=D, keepdim=True)
t                   z(A, B).t()
tanh                t.tanh(z(A, B))
tensor_split        t.tensor_split(z(A, B), K, D)
tile                t.tile(z(A, B), (K, 2))
topk                t.topk(z(A, B), K, D)[1]
transpose           z(A, B, C).transpose(0, D)
tril                t.tril(z(A, B))
triu                t.triu(z(A, B), K)
unbind              z(A, B).unbind(D)
unflatten           z(A, B).unflatten(1, (K, -1))
unfold              z(A, B).unfold(D, K, 1)
unsqueeze           z(A, B).unsqueeze(D)
var                 z(A, B).var(D, keepdim=True)
view                z(A, B, C).view(A, D1)
view -1             z(A, B, C).view(-1, D1)
view heads          z(A, B, 12).view(A, B, K, 12 // K).transpose(1, 2)
vstack              t.vstack([z(A, B), z(C, D1)])
where               t.where(m(A, B), z(C, 1), z(D1))
where number        t.where(m(A, B), z(C), 0.0)
zeros_like          t.zeros_like(z(A))
"""
CALLS = {line[:19].strip(): line[20:].strip() for line in _TABLE.strip().split("\n")}
_CODE = {name: compile(text, name, "eval") for name, text in CALLS.items()}


def program(name: str, axis: int, number: int) -> Callable[..., Any]:
    """The program of an operation, a function of torch (or its mirror) and five sizes."""

    def run(t: Any, *sizes: Any) -> Any:
        def z(*dims: Any) -> Any:
            return t.zeros(*dims)

        def i(*dims: Any) -> Any:
            return t.zeros(*dims, dtype=torch.int64)

        def m(*dims: Any) -> Any:
            return t.zeros(*dims, dtype=torch.bool)

        given = dict(zip(("A", "B", "C", "D1", "E"), sizes, strict=True))
        given |= {"t": t, "F": t.nn.functional, "z": z, "i": i, "m": m, "D": axis, "K": number}
        return eval(_CODE[name], given)

    return run


Asked = tuple[str, tuple[Any, ...], dict[str, Any]]


def asked(name: str, sizes: Sequence[Any]) -> list[Asked]:
    """The rules a program applies, with their arguments."""
    found: list[Asked] = []
    original = mirror.call

    def call(rule: Any, *args: Any, **kwargs: Any) -> Any:
        plain = tuple(map(mirror.unwrapped, args)), {key: mirror.unwrapped(value) for key, value in kwargs.items()}
        found.append((rule.path, *plain))
        return original(rule, *args, **kwargs)

    mirror.call = call
    try:
        program(name, 1, 2)(Namespace(), *sizes)
    finally:
        mirror.call = original
    return found


FITTING = (4, 6, 6, 6, 6)


def concrete() -> Iterator[Asked]:
    """Calls that torch accepts, at sizes that are numbers."""
    yield from _each([8, 12, 12, 12, 12])


def symbolic() -> Iterator[Asked]:
    """The same at sizes that are symbols."""
    symbols = [Symbol(letter, values) for letter, values in zip("NCHWE", ((8, 9), *[(12, 14)] * 4), strict=True)]
    yield from _each([Dim.of(symbol) for symbol in symbols])


def _each(sizes: Sequence[Any]) -> Iterator[Asked]:
    for name in CALLS:
        try:
            yield from asked(name, sizes)
        except Exception:  # noqa: BLE001 - these sizes do not fit that operation
            continue
