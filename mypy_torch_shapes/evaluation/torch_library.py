"""Functions of torch that are more than an operation on tensors."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from ..rules import devices
from ..rules.filling import dtype_of_class
from ..rules.mismatch import DTYPE, Mismatch
from ..rules.settings import Setting, default_device, default_dtype
from ..shapes.dtypes import INTEGER, DType
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import NumpyFloat, Unknown, UnknownDevice
from . import arrays, iteration, operators
from .run import Frame, Run
from .specials import call_value, special
from .values import (
    Instance,
    Library,
    ListValue,
    Raised,
    Tensor,
    Value,
    is_unknown,
)


@special("torch.nn.Parameter", "torch.nn.Buffer")
def _parameter(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    data = args[0] if args else kwargs.get("data")
    if isinstance(data, Tensor):
        run.settle(data)
        dtype = data.type.dtype
        learned = name == "Parameter" and (args[1] if len(args) > 1 else kwargs.get("requires_grad", True)) is True
        if learned and dtype is not None and not dtype.is_floating_point and not dtype.is_complex:
            wrong = Mismatch(f"the data is {dtype.name}, only floating and complex numbers have gradients", DTYPE)
            wrong.operation = "torch.nn.Parameter"
            return run.mismatch(node, wrong, [data])
        return Tensor(replace(data.type, parameter=True))
    return Unknown("a parameter of something unknown")


@special("torch.nn.Embedding.from_pretrained")
def _from_pretrained(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """An embedding of as many vectors, as long, as the given table has."""
    table = args[0] if args else kwargs.get("embeddings")
    if not isinstance(table, Tensor) or table.type.dims is None or len(table.type.dims) != 2:
        return Unknown("an embedding of something unknown")
    made = call_value(run, Library("torch.nn.Embedding"), list(table.type.dims), node, frame)
    if isinstance(made, Instance):
        run.set_attribute(made, "weight", Tensor(TensorType(table.type.dtype, table.type.dims, parameter=True)))
    return made


@special("torch.Size")
def _size(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    known = iteration.items(run, args[0]) if args else []
    return tuple(known) if isinstance(known, list) else known


@special("torch.utils.checkpoint.checkpoint")
def _checkpoint(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    own = {"use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug"}
    return call_value(run, args[0], args[1:], node, frame, {k: v for k, v in kwargs.items() if k not in own})


@special("torch.autograd.grad")
def _grad(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """One gradient for each input, of its shape and dtype (torch docs: torch.autograd.grad)."""
    inputs = args[1] if len(args) > 1 else kwargs.get("inputs")
    known = [inputs] if isinstance(inputs, Tensor) else iteration.items(run, inputs)
    if not isinstance(known, list) or kwargs.get("is_grads_batched", False) is not False:
        return Unknown("the gradients of something unknown")
    allowed = kwargs.get("allow_unused", False) is False and kwargs.get("materialize_grads", False) is False
    made = [Tensor(TensorType(each.type.dtype, each.type.dims)) if isinstance(each, Tensor) else each for each in known]
    return tuple(made) if allowed else tuple(Unknown("a gradient that may be None") for _ in made)


@special("torch.nn.modules.utils._single", "torch.nn.modules.utils._pair", "torch.nn.modules.utils._triple",
         "torch.nn.modules.utils._quadruple")  # fmt: skip
def _times(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """A setting for each of several axes: given for each of them, or once."""
    if isinstance(args[0], ListValue) and args[0].length is not None:
        return Unknown("a list of unknown length")
    if isinstance(args[0], tuple | list):
        return tuple(args[0])
    if is_unknown(args[0]):
        return args[0]
    return (args[0],) * _TIMES[name]


_TIMES = {"_single": 1, "_pair": 2, "_triple": 3, "_quadruple": 4}


@special("torch.is_tensor")
def _is_tensor(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return args[0] if isinstance(args[0], Unknown) else isinstance(args[0], Tensor)


@special("torch.jit.is_scripting", "torch.jit.is_tracing", "torch._C._get_tracing_state",
         "torch.onnx.is_in_onnx_export",
         "torch.compiler.is_compiling", "torch.compiler.is_exporting", "torch._dynamo.is_compiling",
         "torch.cuda.is_current_stream_capturing", "torch.xpu.is_current_stream_capturing",
         "torch.fx._symbolic_trace.is_fx_tracing", "torch.cuda.is_available")  # fmt: skip
def _off(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    return Unknown("depends on the machine") if name == "is_available" else False


@special("torch.accelerator.current_accelerator", "torch.cuda.current_device", "torch.get_default_device")
def _some_device(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return UnknownDevice("a device of the machine")


@special("torch.set_default_dtype")
def _set_default_dtype(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """For everything that is evaluated from here on, as in the program."""
    _choose(run, default_dtype, args[0] if args and isinstance(args[0], DType) else None)
    return None


@special("torch.set_default_device", "torch.set_default_tensor_type")
def _set_default_device(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    """Where all that is evaluated from here on makes its tensors."""
    _choose(run, default_device, devices.kind_of(args[0]) if args and name == "set_default_device" else None)
    if name == "set_default_tensor_type":
        _choose(run, default_dtype, _of_class(args[0] if args else None))
    return None


def _of_class(tensor_class: Value) -> DType | None:
    """The dtype of `torch.cuda.HalfTensor`, or of the class of that name."""
    name = tensor_class.path if isinstance(tensor_class, Library) else tensor_class
    return dtype_of_class(name) if isinstance(name, str) else None


def _choose(run: Run, setting: Setting[Any], chosen: Any) -> None:
    run.journal.touch(setting.cell())
    setting.choose(chosen)


@special("torch._assert")
def _assert(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if args and operators.truth(run, args[0], frame) is False:
        raise Raised("AssertionError")
    return None


_LARGEST = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
            "float64": 1.7976931348623157e308}  # fmt: skip
_EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


@special("torch.finfo")
def _finfo(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return _limits(args[0] if args else kwargs.get("type", kwargs.get("dtype", default_dtype.get())), float)


@special("numpy.finfo")
def _finfo_of_numpy(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return _limits(arrays.dtype_of(args[0] if args else kwargs.get("dtype")), NumpyFloat)


def _limits(dtype: Value, kind: type[float]) -> Value:
    if not isinstance(dtype, DType) or dtype.name not in _LARGEST:
        return Unknown("the limits of a dtype")
    largest = kind(_LARGEST[dtype.name])
    attrs = {"min": -largest, "max": largest, "eps": kind(_EPSILON[dtype.name]), "bits": dtype.bits}
    return Instance(Library("torch.finfo"), attrs, complete=False)


@special("torch.iinfo")
def _iinfo(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    dtype = args[0] if args else kwargs.get("type", kwargs.get("dtype"))
    if not isinstance(dtype, DType) or dtype.category != INTEGER:
        return Unknown("the limits of a dtype")
    signed = not dtype.name.startswith("u")
    largest = 2 ** (dtype.bits - signed) - 1
    attrs = {"min": -largest - 1 if signed else 0, "max": largest, "bits": dtype.bits}
    return Instance(Library("torch.iinfo"), attrs, complete=False)
