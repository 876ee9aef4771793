"""The parts of torch the recorder looks at values with; torch itself is imported by the program, never by us."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from mypy_torch_shapes.profiling.names import mro

_MOST_READ = 4_096  # numbers


class _Absent:
    """Stands for a class of torch as long as the program has not imported torch: nothing is an instance of it."""


class Torch:
    """The classes of the torch that the program imported, or stand-ins while it has not."""

    Tensor: type = _Absent
    Parameter: type = _Absent
    Uninitialized: type = _Absent  # parameters and buffers of lazy modules before their first call
    Module: type = _Absent
    DataLoader: type = _Absent
    Size: type = _Absent
    dtype: type = _Absent
    device: type = _Absent
    named: tuple[tuple[str, type], ...] = ()
    guard: Callable[[], Any] = nullcontext
    shape_of: Callable[[Any], Any]
    dtype_of: Callable[[Any], Any]
    device_of: Callable[[Any], Any]
    layout_of: Callable[[Any], Any]
    strides_of: Callable[[Any], tuple[int, ...]]
    strided: Any = None

    def __init__(self, torch: Any = None) -> None:
        self.loaded = torch is not None
        if torch is None:
            return
        self.Tensor = torch.Tensor
        self.Parameter = torch.nn.Parameter
        self.Uninitialized = torch.nn.parameter.UninitializedTensorMixin
        self.Module = torch.nn.Module
        self.DataLoader = torch.utils.data.DataLoader
        self.Size = torch.Size
        self.dtype = torch.dtype
        self.device = torch.device
        kinds = ("layout", "memory_format", "qscheme")
        self.named = tuple((kind, getattr(torch, kind)) for kind in kinds if hasattr(torch, kind))
        self.guard = torch._C.DisableTorchFunction  # subclasses and modes of the program must not see us look
        base = torch._C.TensorBase
        self.shape_of = base.shape.__get__
        self.dtype_of = base.dtype.__get__
        self.device_of = base.device.__get__
        self.layout_of = base.layout.__get__
        self.strides_of = base.stride
        self.strided = torch.strided
        self._is_autocast_enabled = torch.is_autocast_enabled
        self._autocast_dtype = torch.get_autocast_dtype

    def autocast(self) -> tuple[str, ...]:
        """The autocast regions in force: "cpu bfloat16"."""
        if not self.loaded:
            return ()
        enabled = [device for device in ("cpu", "cuda") if self._is_autocast_enabled(device)]
        return tuple(f"{device} {str(self._autocast_dtype(device))[6:]}" for device in enabled)

    def in_process_group(self) -> bool:
        """Whether the program has made itself one of several processes."""
        distributed = sys.modules.get("torch.distributed") if self.loaded else None
        is_initialized = getattr(distributed, "is_initialized", None)  # not there where torch is built without it
        return is_initialized is not None and bool(is_initialized())

    def is_module(self, value: object) -> bool:
        """Whether a value is a module; `isinstance` would ask it for its `__class__`."""
        return self.Module in mro(type(value))

    def sizes(self, tensor: Any) -> tuple[int, ...] | None:
        """The shape of a tensor, None if it has none that is made of numbers. Call it inside `guard()`."""
        shape = tuple(self.shape_of(tensor))
        if not all(type(size) is int for size in shape) or self.Uninitialized in mro(type(tensor)):
            return None
        return shape

    def is_readable(self, tensor: Any, shape: tuple[int, ...]) -> bool:
        """Whether it costs nothing to look: a plain tensor of few numbers in the memory of this machine.

        Call it inside `guard()`.
        """
        if type(tensor) is not self.Tensor or self.layout_of(tensor) is not self.strided:
            return False
        return self.device_of(tensor).type == "cpu" and 0 < math.prod(shape) <= _MOST_READ

    def order(self, tensor: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The axes of a tensor from the outermost in memory, where its elements fill that. Call it inside `guard()`."""
        if self.layout_of(tensor) is not self.strided:
            return None
        strides = self.strides_of(tensor)
        axes = sorted(range(len(shape)), key=lambda axis: -strides[axis])
        filled = 1
        for axis in reversed(axes):
            if strides[axis] != filled:
                return None
            filled *= shape[axis]
        return tuple(axes)


def hide_from_compiler(*functions: Callable[..., Any]) -> None:
    """Keep `torch.compile` from compiling what Python calls in the middle of the program's functions."""
    compiler: Any = getattr(getattr(sys.modules["torch"]._C, "_dynamo", None), "eval_frame", None)
    if hasattr(compiler, "set_code_exec_strategy"):
        skip = compiler._FrameAction.SKIP
        for function in functions:
            compiler.set_code_exec_strategy(function.__code__, compiler._FrameExecStrategy(skip, skip))


def loaded_torch() -> Torch:
    """torch, if the program has imported it completely."""
    torch, utils = sys.modules.get("torch"), sys.modules.get("torch.utils")
    if torch is None or utils is None or "nn" not in vars(torch):
        return Torch()
    data = vars(utils).get("data")  # older versions are still importing it while code of theirs runs
    return Torch(torch) if data is not None and "DataLoader" in vars(data) else Torch()
