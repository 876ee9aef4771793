"""Which of torch's errors say that shapes or dtypes do not fit, and what of their text a reader needs."""

from __future__ import annotations

import re

from ..mismatch import DTYPE, SHAPE

# About a backend, a kernel, memory or autograd: says nothing of the program's shapes.
_FOREIGN = re.compile(
    r"meta\b|fake ?tensor|not implemented|unimplemented|not compiled|could not run|not \w*\s?supported (on|for)"
    r"|uninitialized|requires? grad|grad_fn|leaf variable|storage|stride|contiguous|memory|device|cuda|\bmps\b"
    r"|backend|internal assert|please report|without overflow|sparse|quantized|layout|symbolic|symint|data.dependent"
    r"|in-?place|invalid combination of arguments|must be .*, not |unexpected keyword|positional argument|inf\b|nan\b",
    re.IGNORECASE,
)
_DTYPE = re.compile(
    r"dtype|data type|scalar ?type|same type|(float|complex)\S* (type|number)|can't be cast|bool tensor|\bpromot"
    r"|(float|complex|bool|integral|integer|long|byte|half)\S* (tensor|input|dtype|value)|tensors used as indices"
    r"|(input|bias|weight|hidden) type|must be (long|int|bool|float|an? integ|complex)|should be the same$",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"\bshapes?\b|\bsizes?\b|\bdims?\b|\bndim\b|dimension|\d-?d\b|channel|broadcast|divisible|\brank\b|\bnumel\b|elements?\b"
    r"|matri(x|ces)|square|\bbatch\b|kernel|expand|same length|non-empty|out of (range|bounds)|\blength\b|features"
    r"|number of|invalid for input|\bk must be|too (small|large)|repeated dim|must align",
    re.IGNORECASE,
)


def classify(error: Exception) -> str | None:
    """The code of a mismatch of shapes or dtypes; None for any other error."""
    if isinstance(error, NotImplementedError) or not isinstance(
        error, RuntimeError | TypeError | ValueError | IndexError | AssertionError
    ):
        return None
    text = _first(str(error))
    if not text or _FOREIGN.search(text) or _of_data(error, text):
        return None
    if _DTYPE.search(text):
        return DTYPE
    return SHAPE if _SHAPE.search(text) else None


def _of_data(error: Exception, text: str) -> bool:
    """Whether it is the value of an index in a tensor that does not fit."""
    if isinstance(error, IndexError):
        return text == "index out of range in self"
    return text.startswith("index ") and "is out of bounds" in text


def cleaned(error: Exception) -> str:
    """torch's text without its source locations, advice and full stop."""
    text = _first(str(error))
    return re.split(r"\.\s+(?=[A-Z(])|;\s|\s+\(?Could this error", text)[0].rstrip(". ")


def _first(text: str) -> str:
    return text.strip().split("\n")[0].split("Exception raised from")[0].strip()
