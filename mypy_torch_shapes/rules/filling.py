"""Tensors made of data or like another one, and fillers (torch docs: torch, Creation Ops; torch.Tensor)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import BY_NAME, DType, float64, promote
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Repeated, Undecided, Unknown, is_of_numpy
from .creation import require_continuous, sizes_of
from .devices import kind_of
from .inputs import operand
from .mismatch import Mismatch
from .promotion import given_dtype, is_number, number_dtype
from .registry import rule
from .settings import default_dtype
from .vocabulary import equal, is_size, product, require, show

TENSOR_CLASSES = {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}


def dtype_of_class(name: str) -> DType | None:
    """What tensors of a class hold: "torch.cuda.HalfTensor", "HalfTensor". None for any other name."""
    return BY_NAME.get(TENSOR_CLASSES.get(name.rpartition(".")[2], ""))


@rule("torch.tensor", "torch.as_tensor", "torch.asarray")
def tensor(data: Any, dtype: Any = None, device: Any = None, **_: Any) -> TensorType:
    return from_data(data, dtype)


@rule("torch.from_numpy", "torch.from_dlpack", "torch.utils.dlpack.from_dlpack")
def from_numpy(ndarray: Any) -> TensorType:
    return ndarray if isinstance(ndarray, TensorType) else TensorType(None, None)


@rule("torch.frombuffer")
def frombuffer(buffer: Any, *, dtype: Any, count: Any = -1, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, None), (count if isinstance(count, int) and count > 0 else fresh(),))


def from_data(data: Any, dtype: Any = None) -> TensorType:
    """The tensor of nested sequences of numbers. Raises Mismatch for rows of different lengths."""
    if isinstance(data, TensorType):
        return TensorType(given_dtype(dtype, data.dtype), data.dims)
    if isinstance(data, Unknown) and not is_number(data) and not isinstance(data, Repeated):
        return TensorType(given_dtype(dtype, None), None)
    dims = _dims_of(data)
    if dims is not None and 0 not in dims:
        _check_rows(data, dims)
    return TensorType(given_dtype(dtype, _promoted(list(_leaves(data)))), dims)


def _dims_of(data: Any) -> tuple[Size, ...] | None:
    """The lengths of nested sequences along their first items, as torch takes them; None where these are unknown."""
    if isinstance(data, TensorType) or is_number(data):
        return ()
    if isinstance(data, Repeated):
        inner = _dims_of(data.element)
        return None if inner is None else (data.length, *inner)
    if isinstance(data, Unknown):
        return None
    if not isinstance(data, tuple | list | range):
        raise Undecided(f"{data!r} is no number")
    first = _dims_of(data[0]) if data else ()
    return None if first is None else (len(data), *first)


def _check_rows(data: Any, dims: tuple[Size, ...]) -> None:
    """Raise Mismatch where nested sequences are not all as long as the first ones."""
    if isinstance(data, Unknown) and not is_number(data):
        return
    if isinstance(data, TensorType):
        if data.dims is not None:
            require(equal(product(data.dims), 1), f"an item has the dims {show(data.dims)}, expected one element")
        return
    own = _dims_of(data)
    if own is not None and (len(own) != len(dims) or own[:1] != dims[:1]):
        raise Mismatch(f"the rows of the data differ: {show(dims)} and {show(own)}")
    for item in data if dims else ():
        _check_rows(item, dims[1:])


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, Repeated):
        yield from _leaves(data.element)
        return
    if not isinstance(data, tuple | list | range):
        yield data
        return
    if not data:
        yield 0.0  # an empty sequence counts as floating
    for item in data:
        yield from _leaves(item)


def _promoted(leaves: Sequence[Any]) -> DType | None:
    result: DType | None = None
    for leaf in leaves:
        if isinstance(leaf, Unknown) and not is_number(leaf):
            return None
        number = float64 if is_of_numpy(leaf) else number_dtype(leaf)
        found = leaf.dtype if isinstance(leaf, TensorType) else number
        if found is None:
            return None
        result = found if result is None else promote(result, found)
        if result is None:
            return None
    return result


@rule("torch.Tensor")
def legacy_tensor(*args: Any, **_: Any) -> TensorType:
    return _legacy(args, default_dtype.get())


def _register_class(name: str, dtype: DType) -> None:
    @rule(f"torch.{name}")
    def legacy_class(*args: Any, **_: Any) -> TensorType:
        return _legacy(args, dtype)


def _legacy(args: tuple[Any, ...], dtype: DType | None) -> TensorType:
    """Tensor(2, 3) has these sizes, Tensor([2, 3]) this data; a tuple may be a torch.Size or data."""
    if not args:
        return TensorType(dtype, (0,))
    if all(is_size(arg) for arg in args):
        return TensorType(dtype, sizes_of(args))
    if len(args) > 1 or not (isinstance(args[0], list | Repeated | TensorType) or _is_data(args[0])):
        return TensorType(dtype, None)
    return from_data(args[0], dtype)


def _is_data(data: Any) -> bool:
    """Whether a tuple is no torch.Size, for it holds what is no size."""
    return isinstance(data, tuple) and any(isinstance(item, float | tuple | list) for item in data)


for _name, _dtype in TENSOR_CLASSES.items():
    _register_class(_name, BY_NAME[_dtype])


@rule(".new")
def new(input: Any, *args: Any, **_: Any) -> TensorType:
    return _legacy(args, operand(input).dtype)


@rule(".new_zeros", ".new_ones", ".new_empty")
def new_zeros(input: Any, *sizes: Any, size: Any = None, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, operand(input).dtype), sizes_of(sizes, size))


@rule(".new_full", ".new_empty_strided")
def new_full(input: Any, size: Any, fill_value: Any, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, operand(input).dtype), sizes_of((size,)))


@rule(".new_tensor")
def new_tensor(input: Any, data: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, operand(input).dtype), from_data(data).dims)


@rule("torch.rand_like", "torch.randn_like")
def rand_like(input: Any, *, dtype: Any = None, device: Any = None, **_: Any) -> TensorType:
    made = zeros_like(input, dtype=dtype)
    return require_continuous(made, device if kind_of(device) is not None else operand(input).device)


@rule("torch.zeros_like", "torch.ones_like", "torch.empty_like")
def zeros_like(input: Any, *, dtype: Any = None, **_: Any) -> TensorType:
    like = operand(input)
    return TensorType(given_dtype(dtype, like.dtype), like.dims)


@rule("torch.full_like", "torch.randint_like")
def full_like(input: Any, fill_value: Any = None, high: Any = None, *, dtype: Any = None, **_: Any) -> TensorType:
    return zeros_like(input, dtype=dtype)


# Fillers keep the target's type: these take any arguments, as none has a say in it.
_FILLERS = """
    torch.fill  .fill  .zero  .zero_  torch.zero_  .random_  .bernoulli_  .exponential_
    .geometric_  .cauchy_  .log_normal_  .fill_diagonal_  .apply_  .map_  .map2_
"""


def _register_filler(name: str) -> None:
    @rule(name)
    def filler(input: Any, *args: Any, **_: Any) -> TensorType:
        return operand(input)


for _name in _FILLERS.split():
    _register_filler(_name)


@rule(".normal_", ".uniform_")
def normal_(input: Any, *args: Any, **_: Any) -> TensorType:
    return require_continuous(operand(input), operand(input).device)


@rule(".fill_", "torch.fill_")
def fill_(input: Any, value: Any) -> TensorType:
    if isinstance(value, TensorType) and value.dims:
        raise Mismatch(f"value has rank {len(value.dims)}, expected a number or a tensor of rank 0")
    return operand(input)


@rule(".copy_", "torch.copy_")
def copy_(input: Any, src: Any, non_blocking: Any = False) -> TensorType:
    target, source = operand(input), operand(src, "src")
    if target.dims is None or source.dims is None:
        return target
    message = f"src{show(source.dims)} does not broadcast to {show(target.dims)}"
    if len(source.dims) > len(target.dims):
        require(equal(product(source.dims[: len(source.dims) - len(target.dims)]), 1), message)
    for given, needed in zip(reversed(source.dims), reversed(target.dims), strict=False):
        if equal(given, 1) is Truth.NO:
            require(equal(given, needed), message)
    return target


@rule(".resize_", "torch.resize_")
def resize_(input: Any, *sizes: Any, memory_format: Any = None) -> TensorType:
    return TensorType(operand(input).dtype, sizes_of(sizes))


@rule(".resize_as_", "torch.resize_as_")
def resize_as_(input: Any, the_template: Any, *, memory_format: Any = None) -> TensorType:
    return TensorType(operand(input).dtype, operand(the_template).dims)
