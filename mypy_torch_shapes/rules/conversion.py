"""Copies and conversions of a tensor (torch docs: torch.Tensor; Tensor Attributes)."""

from __future__ import annotations

from typing import Any

from ..shapes.dtypes import BOOL, BY_NAME, COMPLEX, FLOATING, DType, can_cast, promote
from ..shapes.relations import Truth, equal
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown, UnknownDevice, UnknownNumber
from .autocast import only_cpu
from .filling import TENSOR_CLASSES, dtype_of_class
from .inputs import operand
from .mismatch import DTYPE, Mismatch
from .promotion import given_dtype, result_type
from .registry import rule
from .settings import default_dtype
from .vocabulary import product, require, show

# The same tensor, or one of the same type: nothing else these are given has a say in it.
_SAME = """
    .clone torch.clone .contiguous .cpu .cuda .xpu .pin_memory .share_memory_ .requires_grad_ .detach_ torch.detach_
    .to_dense .coalesce .rename .refine_names .align_as .as_subclass
"""
_DTYPES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "bool": "bool",
    "byte": "uint8",
    "char": "int8",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "chalf": "complex32",
}
_NUMBERS = {"item": None, "__int__": int, "__float__": float, "__complex__": complex, "__index__": int}


def _register_same(name: str) -> None:
    @rule(name)
    def same(input: Any, *args: Any, **_: Any) -> TensorType:
        tensor = operand(input)
        return tensor if name == ".requires_grad_" else TensorType(tensor.dtype, tensor.dims)


def _register_dtype(name: str, dtype: DType) -> None:
    @rule(f".{name}")
    def converted(input: Any, memory_format: Any = None) -> TensorType:
        return TensorType(dtype, operand(input).dims)


def _register_number(name: str, kind: type | None) -> None:
    @rule(f".{name}")
    def number(input: Any) -> Any:
        tensor = operand(input)
        _require_one_element(tensor)
        if kind is not None:
            return UnknownNumber(kind, "the values of tensors are unknown")
        if tensor.dtype is None:
            return Unknown("the values of tensors are unknown")
        category = tensor.dtype.category
        found = complex if category == COMPLEX else float if category == FLOATING else bool if category == BOOL else int
        return UnknownNumber(found, "the values of tensors are unknown")


for _name in _SAME.split():
    _register_same(_name)
for _name, _dtype in _DTYPES.items():
    _register_dtype(_name, BY_NAME[_dtype])
for _name, _kind in _NUMBERS.items():
    _register_number(_name, _kind)


def _require_one_element(tensor: TensorType) -> None:
    if tensor.dims is not None:
        message = f"input{show(tensor.dims)} has {show(product(tensor.dims))} elements, expected 1"
        require(equal(product(tensor.dims), 1), message)


@rule(".__bool__", "is_nonzero")
def truth(input: Any) -> UnknownNumber:
    _require_one_element(operand(input))
    return UnknownNumber(bool, "the values of tensors are unknown")


@rule(".tolist", ".numpy", ".__array__")
def python_values(input: Any, *args: Any, **_: Any) -> Unknown:
    return Unknown("the values of tensors are unknown")


@rule(".backward", ".retain_grad")
def nothing(input: Any, *args: Any, **_: Any) -> None:
    return None


@rule("torch.Tensor.data", attribute=True)
def data(input: Any) -> TensorType:
    tensor = operand(input)
    return TensorType(tensor.dtype, tensor.dims)


@rule(".to")
def to(input: Any, *args: Any, dtype: Any = None, other: Any = None, **_: Any) -> TensorType:
    """Arguments are a dtype, a device and a dtype, or a tensor, then flags; what is neither is a device."""
    tensor = operand(input)
    target: DType | None = tensor.dtype
    for given in (*args[:2], dtype, other):
        if isinstance(given, DType):
            target = given
        elif isinstance(given, TensorType):
            target = given.dtype
        elif isinstance(given, Unknown) and not isinstance(given, UnknownDevice):
            target = None
    return TensorType(target, tensor.dims, tensor.parameter and target == tensor.dtype)


@rule(".type")
def retyped(input: Any, dtype: Any = None, non_blocking: Any = False) -> Any:
    tensor = operand(input)
    if dtype is None:
        return _type_name(tensor)
    if isinstance(dtype, str):
        named = dtype_of_class(dtype)
        if named is None:
            raise Undecided(f"dtype = {dtype!r}")
        return TensorType(named, tensor.dims)
    return TensorType(given_dtype(dtype, None), tensor.dims)


def _type_name(tensor: TensorType) -> Any:
    """`x.type()`: "torch.FloatTensor" on the CPU."""
    names = [name for name, dtype in TENSOR_CLASSES.items() if tensor.dtype is not None and dtype == tensor.dtype.name]
    if not names or not only_cpu.get()():
        return Unknown("the name of the tensor's type depends on its device")
    return f"torch.{names[0]}"


@rule(".type_as")
def type_as(input: Any, other: Any) -> TensorType:
    return TensorType(operand(other, "other").dtype, operand(input).dims)


@rule("torch.device", "torch.get_default_device")
def device(*args: Any, **options: Any) -> UnknownDevice:
    given = args[0] if args else options.get("device", options.get("type"))
    kind = given.partition(":")[0] if isinstance(given, str) else None
    return UnknownDevice("devices are not tracked", kind)


@rule("torch.result_type")
def dtype_of_result(tensor1: Any, tensor2: Any) -> DType:
    return _known(result_type(tensor1, tensor2))


@rule("torch.promote_types")
def promote_types(type1: Any, type2: Any) -> DType:
    if not isinstance(type1, DType) or not isinstance(type2, DType):
        raise Undecided("a dtype is unknown")
    found = promote(type1, type2)
    if found is None:
        raise Mismatch(f"torch does not promote {type1.name} and {type2.name}", DTYPE)
    return found


@rule("torch.can_cast")
def casts(from_: Any, to: Any) -> bool:
    if not isinstance(from_, DType) or not isinstance(to, DType):
        raise Undecided("a dtype is unknown")
    return can_cast(from_, to)


@rule("torch.get_default_dtype")
def get_default_dtype() -> DType:
    return _known(default_dtype.get())


def _known(dtype: DType | None) -> DType:
    if dtype is None:
        raise Undecided("a dtype is unknown")
    return dtype


@rule("is_same_size")
def is_same_size(input: Any, other: Any) -> Any:
    first, second = operand(input).dims, operand(other, "other").dims
    if first is None or second is None:
        return UnknownNumber(bool, "a rank is unknown")
    if len(first) != len(second):
        return False
    truths = [equal(a, b) for a, b in zip(first, second, strict=True)]
    if Truth.NO in truths:
        return False
    return True if all(truth.holds for truth in truths) else UnknownNumber(bool, "a size is unknown")
