"""What is computed with numpy arrays: torch's rules say it, with numpy's default dtype."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import accumulate
from math import prod
from typing import Any

from ..rules import service
from ..rules.mismatch import Mismatch
from ..rules.settings import default_dtype
from ..shapes.dims import Dim
from ..shapes.dtypes import DType, bool_, float32, float64, int64
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import NumpyFloat, Undecided, Unknown, UnknownNumber
from . import arrays, lengths, numbers, tensors
from .library_objects import method
from .run import Frame, Run
from .specials import special
from .values import Instance, ListValue, Real, Tensor, Value

_ALIKE = (bool_, int64, float32, float64)
_OPTIONS = {
    "axis": "dim", "keepdims": "keepdim", "dtype": "dtype", "indices_or_sections": "split_size_or_sections",
    "indexing": "indexing",
}  # fmt: skip
_RENAMED = {
    "max": "amax", "min": "amin", "power": "pow", "absolute": "abs", "expand_dims": "unsqueeze",
    "transpose": "permute", "ravel": "flatten", "copy": "clone", "multiply": "mul", "subtract": "sub",
}  # fmt: skip

_SHARED = (
    "tan", "tanh", "abs", "absolute", "cumsum", "cumprod", "sum", "mean", "max", "min", "maximum", "minimum", "outer",
    "clip", "concatenate", "stack", "vstack", "hstack", "expand_dims", "tile", "multiply", "subtract", "reshape",
    "zeros_like", "ones_like", "transpose", "argsort", "einsum", "matmul",
)  # fmt: skip
_NUMBERS_OF_NUMBERS = frozenset({
    "tan", "tanh", "abs", "absolute", "sum", "mean", "max", "min", "maximum", "minimum", "clip", "multiply", "subtract",
})  # fmt: skip


def apply(run: Run, path: str, args: list[Value], options: dict[str, Value]) -> Value:
    """An array from an operation of torch's; unknown where numpy may say something else."""
    if args and arrays.numbers_of(args[0]) and not options:
        computed = _of_whole(path.rpartition(".")[2], args[0], args[1:])
        if computed is not None:
            return computed
    if not options.keys() <= set(_OPTIONS):
        arrays.written_to(run, options.get("out"))
        return Unknown(f"options of {path} that numpy has")
    named = {_OPTIONS[name]: value for name, value in options.items()}
    if "dtype" in named:
        named["dtype"] = arrays.dtype_of(named["dtype"])
    plain = [tensors.to_rule(run, arg) for arg in args]
    given = [each for each in _leaves(plain) if isinstance(each, TensorType)]
    token = default_dtype.set(float64)
    try:
        result = service.answer(path, tuple(plain), {name: tensors.to_rule(run, each) for name, each in named.items()})
    except (Mismatch, Undecided):
        return Unknown(f"{path} of numpy arrays")
    finally:
        default_dtype.reset(token)
    if isinstance(result, TensorType) and result.dtype != bool_ and not _alike(given, args):
        result = TensorType(None, result.dims)
    if isinstance(result, TensorType) and result.dims:
        held = [arrays.tensor_of(arg) or arg for arg in args]
        made = arrays.of_tensor(lengths.after(path, held, named, Tensor(result)))
    else:
        made = _wrapped(result)
    return arrays.view(made, args[0] if args else None)


_WHOLE: dict[str, Callable[[tuple[int, ...]], int]] = {"sum": sum, "prod": prod, "amax": max, "amin": min}


def _of_whole(name: str, array: Value, rest: list[Value]) -> Value:
    """What is computed with a short vector of known whole numbers (a configuration); None for anything else."""
    known = arrays.numbers_of(array) or ()
    if name in _WHOLE and not rest:
        return _WHOLE[name](known)
    if name == "cumsum" and not rest:
        return arrays.vector(list(accumulate(known)))
    if name != "__getitem__" or len(rest) != 1:
        return None
    (index,) = rest
    if isinstance(index, slice):
        ends = (index.start, index.stop, index.step)
        return arrays.vector(known[index], array) if all(end is None or type(end) is int for end in ends) else None
    return known[index] if type(index) is int and -len(known) <= index < len(known) else None


def _alike(given: list[TensorType], args: list[Value]) -> bool:
    """Whether numpy has torch's dtype: not where single precision meets integers, or a number of numpy's own."""
    dtypes = {each.dtype for each in given}
    scalars = any(isinstance(arg, float | UnknownNumber | Real) for arg in args)
    return dtypes <= set(_ALIKE) and not (float32 in dtypes and (int64 in dtypes or scalars))


def _leaves(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list | tuple) else [value]


def _wrapped(result: Any) -> Value:
    if isinstance(result, TensorType):
        return arrays.make(result.dtype, result.dims)
    if isinstance(result, list | tuple) and any(isinstance(item, TensorType) for item in result):
        return ListValue(map(_wrapped, result))
    return Unknown("computed by numpy")


@special(*(f"numpy.{name}" for name in _SHARED))
def _shared(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """A function that numpy and torch share."""
    if name == "stack" and len(args) == 1 and not kwargs and isinstance(args[0], list | tuple):
        return arrays.of_numbers(run, args, kwargs, node, frame)
    if args and arrays.are_whole(args[0]):
        args = [arrays.vector(args[0]), *args[1:]]
    if not any(isinstance(each, Instance) for each in _leaves(args)):
        kinds = {numbers.kind_of(each) for each in args}
        floating = name in _NUMBERS_OF_NUMBERS and float in kinds <= {int, float} and not kwargs
        return UnknownNumber(NumpyFloat, "computed by numpy") if floating else Unknown("computed by numpy")
    return apply(run, f"torch.{_RENAMED.get(name, name)}", args, kwargs)


@special("numpy.ceil", "numpy.floor")
def _rounded(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """A float that is whole."""
    (number,) = args if len(args) == 1 and not kwargs else (None,)
    if isinstance(number, Instance):
        return apply(run, f"torch.{name}", args, kwargs)
    if not isinstance(number, int | float | Dim | Real):
        return Unknown(f"numpy.{name} of something unknown")
    whole = numbers.ceil(number) if name == "ceil" else numbers.floor(number)
    if isinstance(whole, Dim):
        return Real(whole, 1, None if whole.values is None else tuple(map(float, whole.values)))
    return float(whole) if isinstance(whole, int) else whole


@special("numpy.arange", "numpy.eye")
def _made(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    return apply(run, f"torch.{name}", args, kwargs)


@special("numpy.meshgrid")
def _meshgrid(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The first array goes along the second axis, unless said otherwise."""
    if not all(isinstance(each, Instance) for each in args):
        return Unknown("a grid of something unknown")
    return apply(run, "torch.meshgrid", args, {"indexing": "xy", **kwargs})


@special("numpy.sort")
def _sorted(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    tensor = arrays.tensor_of(args[0]) if len(args) == 1 and kwargs.keys() <= {"axis"} else None
    return Unknown("sorted by numpy") if tensor is None else _wrapped(tensor.type)


@special("numpy.append")
def _append(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """Without an axis, both are flattened."""
    if len(args) != 2 or kwargs:
        return Unknown("numpy.append along an axis")
    flat = [
        apply(run, "torch.flatten", [arg], {})
        if isinstance(arg, Instance)
        else apply(run, "torch.tensor", [ListValue([arg])], {})
        for arg in args
    ]
    return apply(run, "torch.cat", [ListValue(flat)], {})


def _method(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, name: str
) -> Value:
    if name == "__getitem__" and arrays.numbers_of(array) is None:
        args = [tuple(map(_forwards, key)) if isinstance(key, tuple) else _forwards(key) for key in args]
    return apply(run, f"torch.Tensor.{_RENAMED.get(name, name)}", [array, *args], kwargs)


def _forwards(key: Value) -> Value:
    """What selects as many as `[::-1]`, which torch does not have."""
    backwards = isinstance(key, slice) and key.start is key.stop is None and isinstance(key.step, int) and key.step < 0
    return slice(None, None, -key.step) if backwards else key


def _register(name: str) -> None:
    @method("numpy.ndarray", name=name)
    def meaning(
        run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        return _method(run, array, args, kwargs, node, frame, name)


for _name in (
    "sum", "mean", "prod", "max", "min", "cumsum", "cumprod", "reshape", "transpose", "flatten", "ravel", "copy",
    "clip", "squeeze", "__getitem__",
):  # fmt: skip
    _register(_name)


@method("numpy.ndarray", name="astype")
def _astype(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    tensor = arrays.tensor_of(array)
    dtype = arrays.dtype_of(args[0] if args else kwargs.get("dtype"))
    if tensor is None or tensor.type.dims is None:
        return Unknown("an array of unknown shape")
    made = Tensor(TensorType(dtype if isinstance(dtype, DType) else None, tensor.type.dims))
    return arrays.of_tensor(lengths.after(arrays.COPY, [tensor], {}, made))
