"""Fourier transforms (torch docs: torch.fft; torch, Spectral Ops)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import COMPLEX, DType, bfloat16, complex_of
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .creation import sizes_of
from .inputs import operand, size_or_fresh
from .mismatch import DTYPE, Mismatch
from .promotion import floating, given_dtype, real, result_type
from .registry import rule
from .settings import default_dtype
from .vocabulary import at_most, axes, axis, is_size, less, require, require_equal, show

# What becomes of the last transformed axis: the size that is transformed, and the size of the result.
Lengths = Callable[[Size], Size]
_FULL: tuple[str, Lengths, Lengths] = ("complex", lambda size: size, lambda n: n)
_TO_HALF: tuple[str, Lengths, Lengths] = ("half", lambda size: size, lambda n: n // 2 + 1)
_FROM_HALF: tuple[str, Lengths, Lengths] = ("real", lambda size: 2 * (size - 1), lambda n: n)
_KINDS = {
    "fft": _FULL,
    "ifft": _FULL,
    "rfft": _TO_HALF,
    "ihfft": _TO_HALF,
    "irfft": _FROM_HALF,
    "hfft": _FROM_HALF,
}


def _register(name: str) -> None:
    @rule(f"torch.fft.{name}")
    def transform(input: Any, n: Any = None, dim: Any = -1, norm: Any = None) -> TensorType:
        tensor = operand(input)
        dtype = _dtype(name, tensor.dtype)
        if tensor.dims is None:
            return TensorType(dtype, None)
        if not isinstance(dim, int):
            return TensorType(dtype, tuple(fresh() for _ in tensor.dims))
        at = axis(dim, len(tensor.dims), wrap=False)
        return TensorType(dtype, _transformed(name, tensor.dims, (at,), (n,)))


def _register_many(name: str, default: tuple[int, ...] | None) -> None:
    @rule(f"torch.fft.{name}{'2' if default else 'n'}")
    def transform(input: Any, s: Any = None, dim: Any = default, norm: Any = None) -> TensorType:
        tensor = operand(input)
        dtype = _dtype(name, tensor.dtype)
        if tensor.dims is None:
            return TensorType(dtype, None)
        if isinstance(s, Unknown) or isinstance(dim, Unknown):
            return TensorType(dtype, tuple(fresh() for _ in tensor.dims))
        sizes = (s,) if is_size(s) else s
        if sizes is not None and dim is None:
            dim = tuple(range(-len(sizes), 0))
        along = tuple(range(len(tensor.dims))) if dim is None else _axes(dim, len(tensor.dims))
        if sizes is not None and len(sizes) != len(along):
            raise Mismatch(f"s = {show(tuple(sizes))} and dim = {show(along)} differ in length")
        if not along and name not in ("fft", "ifft"):
            raise Mismatch("dim is empty, expected at least one axis")
        return TensorType(dtype, _transformed(name, tensor.dims, along, sizes or (None,) * len(along)))


def _axes(dim: Any, rank: int) -> tuple[int, ...]:
    for one in dim if isinstance(dim, tuple | list) else (dim,):
        axis(one, rank, wrap=False)
    return axes(dim, rank)


def _dtype(name: str, dtype: DType | None) -> DType | None:
    """Raises Mismatch where the dtype cannot be transformed."""
    kind, _, _ = _KINDS[name]
    if dtype is None:
        return None
    if dtype == bfloat16:
        raise Mismatch("input has dtype bfloat16, which torch does not transform", DTYPE)
    if kind == "half" and dtype.is_complex:
        raise Mismatch(f"input has dtype {dtype.name}, expected a real dtype", DTYPE)
    found = floating(dtype)
    return real(found) if kind == "real" else complex_of(found) if found is not None else None


def _transformed(name: str, dims: tuple[Size, ...], along: tuple[int, ...], sizes: tuple[Any, ...]) -> tuple[Size, ...]:
    _, whole, result = _KINDS[name]
    changed = list(dims)
    for position, (at, given) in enumerate(zip(along, sizes, strict=True)):
        last = position == len(along) - 1
        n = (whole(dims[at]) if last else dims[at]) if _unset(given) else size_or_fresh(given)
        require(less(0, n), f"{show(n)} data points in dim {at} of input{show(dims)}, expected at least 1")
        changed[at] = result(n) if last else n
    return tuple(changed)


def _unset(given: Any) -> bool:
    return given is None or (isinstance(given, int) and given == -1)


for _name in _KINDS:
    _register(_name)
    _register_many(_name, (-2, -1))
    _register_many(_name, None)


@rule("torch.fft.fftshift", "torch.fft.ifftshift")
def fftshift(input: Any, dim: Any = None) -> TensorType:
    tensor = operand(input)
    if tensor.dims is not None and not isinstance(dim, Unknown) and dim is not None:
        for one in dim if isinstance(dim, tuple | list) else (dim,):
            axis(one, len(tensor.dims))
    return TensorType(tensor.dtype, tensor.dims)


@rule("torch.fft.fftfreq")
def fftfreq(n: Any, d: Any = 1.0, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), sizes_of(((n,),)))


@rule("torch.fft.rfftfreq")
def rfftfreq(n: Any, d: Any = 1.0, *, dtype: Any = None, **_: Any) -> TensorType:
    return TensorType(given_dtype(dtype, default_dtype.get()), (size_or_fresh(n) // 2 + 1,))


@rule("stft")
def stft(
    input: Any,
    n_fft: Any,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = None,
    center: Any = True,
    pad_mode: Any = "reflect",
    normalized: Any = False,
    onesided: Any = None,
    return_complex: Any = None,
    align_to_window: Any = None,
) -> TensorType:
    signal = operand(input)
    dtype = _signal_dtype(signal, window)
    bins = _bins(n_fft, onesided, dtype, signal, window)
    if isinstance(return_complex, Unknown):
        return TensorType(None, None)
    parts = () if return_complex or (return_complex is None and _is_complex(signal, window)) else (2,)
    result = None if dtype is None else real(dtype) if parts else complex_of(dtype)
    if signal.dims is None:
        return TensorType(result, None)
    if len(signal.dims) not in (1, 2):
        raise Mismatch(f"input has rank {len(signal.dims)}, expected 1 or 2: {show(signal.dims)}")
    length: Size = signal.dims[-1] if isinstance(center, bool) and is_size(n_fft) else fresh()
    if center is True and is_size(n_fft):
        padding = n_fft // 2
        if pad_mode == "reflect":
            require(less(padding, length), f"reflect padding {show(padding)} needs more than {show(length)} samples")
        length = length + 2 * padding
    size, hop = size_or_fresh(n_fft), _hop(n_fft, hop_length)
    require(at_most(size, length), f"n_fft = {show(size)}, the signal has {show(length)} samples")
    _check_window(window, win_length, n_fft)
    return TensorType(result, (*signal.dims[:-1], bins, (length - size) // hop + 1, *parts))


def _signal_dtype(signal: TensorType, window: Any) -> DType | None:
    if signal.dtype is not None and not (signal.dtype.is_floating_point or signal.dtype.is_complex):
        raise Mismatch(f"input has dtype {signal.dtype.name}, expected a floating or complex dtype", DTYPE)
    like = TensorType(signal.dtype, (1,))
    return result_type(like) if window is None else result_type(like, window)


def _is_complex(signal: TensorType, window: Any) -> bool:
    dtypes = [signal.dtype, window.dtype if isinstance(window, TensorType) else None]
    return any(dtype is not None and dtype.category == COMPLEX for dtype in dtypes)


def _bins(n_fft: Any, onesided: Any, dtype: DType | None, signal: TensorType, window: Any) -> Size:
    """One half of the frequencies, or all of them: by default as many as the signal needs."""
    size = size_or_fresh(n_fft)
    if onesided is None and dtype is not None:
        onesided = not _is_complex(signal, window)
    if not isinstance(onesided, bool):
        return fresh()
    return size // 2 + 1 if onesided else size


def _hop(n_fft: Any, hop_length: Any) -> Size:
    return size_or_fresh(n_fft) // 4 if hop_length is None else size_or_fresh(hop_length)


def _check_window(window: Any, win_length: Any, n_fft: Any) -> None:
    expected = n_fft if win_length is None else win_length
    if not is_size(expected):
        return
    if is_size(n_fft):
        require(at_most(expected, n_fft), f"win_length = {show(expected)}, expected at most n_fft = {show(n_fft)}")
    if isinstance(window, TensorType) and window.dims is not None:
        message = f"window{show(window.dims)}, expected win_length = {show(expected)} values"
        if len(window.dims) != 1:
            raise Mismatch(message)
        require_equal(window.dims[0], expected, message)


@rule("istft")
def istft(
    input: Any,
    n_fft: Any,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = None,
    center: Any = True,
    normalized: Any = False,
    onesided: Any = None,
    length: Any = None,
    return_complex: Any = False,
) -> TensorType:
    spectrum = operand(input)
    if spectrum.dtype is not None and not spectrum.dtype.is_complex:
        raise Mismatch(f"input has dtype {spectrum.dtype.name}, expected a complex dtype", DTYPE)
    dtype = None if isinstance(return_complex, Unknown) else spectrum.dtype if return_complex else real(spectrum.dtype)
    if spectrum.dims is None:
        return TensorType(dtype, None)
    if len(spectrum.dims) not in (2, 3):
        raise Mismatch(f"input has rank {len(spectrum.dims)}, expected 2 or 3: {show(spectrum.dims)}")
    _check_window(window, win_length, n_fft)
    *batch, bins, frames = spectrum.dims
    if onesided is True and is_size(n_fft):
        require_equal(bins, n_fft // 2 + 1, f"input has {show(bins)} frequencies, expected n_fft//2 + 1")
    return TensorType(dtype, (*batch, _signal_length(frames, n_fft, hop_length, center, length)))


def _signal_length(frames: Size, n_fft: Any, hop_length: Any, center: Any, length: Any) -> Size:
    if length is not None:
        return size_or_fresh(length)
    if not is_size(n_fft) or not isinstance(center, bool):
        return fresh()
    whole: Size = n_fft + _hop(n_fft, hop_length) * (frames - 1)
    return whole - 2 * (n_fft // 2) if center else whole
