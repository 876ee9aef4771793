"""What runs, but hardly does what was meant: said only where someone listens (`suspicious = true`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from ..shapes.dims import Size
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from .vocabulary import show

SUSPICIOUS = "tensor-suspicious"
_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


def listen(wanted: bool) -> None:
    """Whether suspicions are kept from here on."""
    _heard.set([] if wanted else None)


def taken() -> list[str]:
    """What was suspected since the last time this was asked."""
    heard = _heard.get()
    if not heard:
        return []
    found = list(dict.fromkeys(heard))
    heard.clear()
    return found


def of_stretching(left: TensorType, right: TensorType, different: bool = False) -> None:
    """`(N,)` with `(N, 1)`: every element meets every other one. With `different`, any two shapes that differ."""
    heard = _heard.get()
    if heard is None or left.dims is None or right.dims is None:
        return
    short, long = sorted((left.dims, right.dims), key=len)
    crossed = bool(short) and len(long) == len(short) + 1 and long[-1] == 1 and _same(short, long[:-1])
    shapes = f"{show(left.dims)} and {show(right.dims)}"
    if crossed and not all(size == 1 for size in short):
        heard.append(f"shapes {shapes} broadcast: every element meets every other one, not its own")
    elif different and short and not (len(left.dims) == len(right.dims) and _same(left.dims, right.dims)):
        heard.append(f"input and target have shapes {shapes}, and are broadcast")


def of_implicit_axis(input: TensorType) -> None:
    """Softmax without `dim` goes over axis 0 of a tensor of rank 3: the batch."""
    heard = _heard.get()
    if heard is not None and input.dims is not None and len(input.dims) == 3:
        heard.append(f"dim is not given: of input{show(input.dims)} it is 0, the batch axis")


def of_view(before: Sequence[Size] | None, after: Sequence[Size] | None) -> None:
    """A view to the same sizes in another order: the elements stay where they are, only a transpose moves axes."""
    heard = _heard.get()
    if heard is None or before is None or after is None or len(before) != len(after):
        return
    old, new = [size for size in before if size != 1], [size for size in after if size != 1]
    left = list(new)
    for size in old:
        if size in left:
            left.remove(size)
    if not left and len(old) == len(new) and old != new:
        message = f"{show(tuple(before))} is viewed as {show(tuple(after))}: the axes keep no meaning"
        heard.append(f"{message}, permute or transpose moves them")


def _same(a: Sequence[Size], b: Sequence[Size]) -> bool:
    return all(equal(x, y) in (Truth.YES, Truth.ASSUMED) for x, y in zip(a, b, strict=True))
