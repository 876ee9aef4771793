"""numpy arrays, as far as scripts make them to turn them into tensors: sizes, and a few ways to fill them."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..rules.filling import from_data
from ..rules.mismatch import Mismatch
from ..shapes.dtypes import BY_NAME, DType, bool_, float32, float64, int64
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import NumpyFloat, Unknown, UnknownNumber
from . import lengths, numbers, tensors
from .library_objects import method
from .numbers import kind_of
from .run import Frame, Run
from .specials import special
from .values import Instance, Known, Lengths, Library, ListValue, Tensor, Value, is_size

_MOST = 1024  # items
TENSOR = "<tensor>"  # the array as a tensor
COPY = "torch.Tensor.to"  # what making an array of another one is like


def tensor_of(value: Value) -> Tensor | None:
    """An array as a tensor; None for anything else."""
    found = value.attrs.get(TENSOR) if isinstance(value, Instance) else None
    return found if isinstance(found, Tensor) else None


def rows_of(data: Value) -> Value:
    """Nested sequences with the arrays in them as sequences, too: so torch and numpy read them, unlike tensors."""
    if isinstance(data, ListValue):
        return ListValue(map(rows_of, data), data.length)
    if isinstance(data, tuple):
        return tuple(map(rows_of, data))
    tensor = tensor_of(data)
    if tensor is None:
        return data
    if tensor.type.dims is None:
        return Unknown("an array of unknown shape")
    rows: Value = Tensor(TensorType(tensor.type.dtype, ()))
    for size in reversed(tensor.type.dims):
        rows = ListValue([rows], size)
    return rows


def make(dtype: DType | None, shape: Value) -> Value:
    """An array; what has no axes is a number."""
    kinds: dict[DType | None, type] = {float64: NumpyFloat, float32: float, int64: int, bool_: bool}
    if shape == ():
        return UnknownNumber(kinds[dtype], "computed by numpy") if dtype in kinds else Unknown("computed by numpy")
    dims = (shape,) if is_size(shape) else tuple(shape) if isinstance(shape, tuple | list) else None
    if dims is None or not all(is_size(size) for size in dims) or getattr(shape, "length", None) is not None:
        return Unknown("an array of unknown shape")
    made = {TENSOR: Tensor(TensorType(dtype, dims)), "shape": dims, "ndim": len(dims)}
    turned = {TENSOR: Tensor(TensorType(dtype, dims[::-1])), "shape": dims[::-1], "ndim": len(dims)}
    made["T"] = Instance(Library("numpy.ndarray"), turned, complete=False)
    return Instance(Library("numpy.ndarray"), made, complete=False)


def of_tensor(tensor: Tensor) -> Value:
    """A tensor as an array."""
    dims = tensor.type.dims
    made = Unknown("an array of unknown shape") if dims is None else make(tensor.type.dtype, dims)
    if isinstance(made, Instance) and isinstance(tensor, Lengths):
        made.attrs[TENSOR] = Lengths(TensorType(tensor.type.dtype, dims), tensor.largest)
    return made


_MEMORY = "<memory>"  # of a vector of known numbers and its slices: whether nobody has written to it


def written_to(run: Run, array: Value) -> Value:
    """The same array, of whose numbers, and those of its slices, nothing is known any more."""
    memory = array.attrs.get(_MEMORY) if isinstance(array, Instance) else None
    if memory is not None:
        run.journal.touch(memory)
        memory["intact"] = False
    return array


def _writing(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    written_to(run, array)
    return Unknown("what a method that writes to an array returns")


for _name in ("__setitem__", "sort", "partition", "fill", "put", "itemset", "resize", "setfield", "byteswap", "view"):
    method("numpy.ndarray", name=_name)(_writing)


def vector(numbers: Sequence[int | float], whole: Value = None, dtype: DType = int64) -> Value:
    """A short vector of numbers that are known; a slice shares the memory of the whole."""
    made = make(dtype, len(numbers))
    if isinstance(made, Instance):
        memory = whole.attrs[_MEMORY] if isinstance(whole, Instance) else {"intact": True}
        known = Known(TensorType(dtype, (len(numbers),)), tuple(numbers))
        made.attrs |= {TENSOR: known, "size": len(numbers), _MEMORY: memory}
        made.attrs["T"].attrs[_MEMORY] = memory
    return made


def view(result: Value, whole: Value) -> Value:
    """An array made of another one, whose memory it may be."""
    if isinstance(result, Instance) and isinstance(whole, Instance) and _MEMORY in whole.attrs:
        result.attrs[_MEMORY] = whole.attrs[_MEMORY]
    return result


def known_numbers(value: Value) -> tuple[int | float, ...] | None:
    """The numbers of such a vector."""
    tensor = tensor_of(value)
    if not isinstance(value, Instance) or not value.attrs.get(_MEMORY, {}).get("intact"):
        return None
    return tensor.numbers if isinstance(tensor, Known) and isinstance(tensor.numbers, tuple) else None


def numbers_of(value: Value) -> tuple[int, ...] | None:
    """The numbers of a vector of whole numbers."""
    found = known_numbers(value)
    return tuple(map(int, found)) if found is not None and are_whole(found) else None


def are_whole(data: Value) -> bool:
    """Whether data is a sequence of known whole numbers."""
    if not isinstance(data, list | tuple) or not data or getattr(data, "length", None) is not None:
        return False
    return all(type(each) is int for each in data)


def recorded(attrs: dict[str, Value]) -> Value:
    """An array as the recorder saw it."""
    numbers, shape = attrs["numbers"], attrs["shape"]
    if isinstance(numbers, str) and numbers and shape == (len(numbers.split()),):
        return vector([int(each) for each in numbers.split()])
    return make(BY_NAME.get(attrs["dtype"]), shape)


@special("numpy.random.normal", "numpy.random.uniform", "numpy.random.randint")
def _random(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    size = kwargs.get("size", args[2] if len(args) > 2 else None)
    given = [*args[:2], *(value for key, value in kwargs.items() if key != "size")]
    if not all(isinstance(each, int | float | UnknownNumber) for each in given):
        return Unknown("an array drawn at random")
    if size is None:
        return UnknownNumber(int if name == "randint" else float, "a random number")
    return make(int64 if name == "randint" else float64, size)


@special("numpy.random.choice", "numpy.random.permutation")
def _chosen(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str) -> Value:
    """Some of the items of a vector, or of the numbers below one; or all of them in another order."""
    source = tensor_of(args[0]) if args else None
    whole = bool(args) and (is_size(args[0]) or isinstance(args[0], range) or are_whole(args[0]))
    if not whole and (source is None or not source.type.dims):
        return Unknown("an array drawn at random")
    dtype, dims = (int64, ()) if source is None else (source.type.dtype, source.type.dims or ())
    if name == "permutation":
        return make(dtype, dims or (args[0] if is_size(args[0]) else len(args[0])))
    size = kwargs.get("size", args[1] if len(args) > 1 else None)
    return make(dtype, () if size is None else size) if len(dims) < 2 else Unknown("an array drawn at random")


@special("numpy.random.rand", "numpy.random.randn")
def _uniform(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    return make(float64, tuple(args)) if args else UnknownNumber(float, "a random number")


@special("numpy.random.random", "numpy.random.random_sample", "numpy.random.standard_normal")
def _drawn(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    size = args[0] if args else kwargs.get("size")
    return UnknownNumber(float, "a random number") if size is None else make(float64, size)


@special("numpy.zeros", "numpy.ones", "numpy.empty")
def _filled(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = kwargs.get("dtype", args[1] if len(args) > 1 else Library("numpy.float64"))
    return make(dtype_of(given), args[0] if args else kwargs.get("shape"))


@special("numpy.full")
def _full(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """Of the dtype of the value that fills it, where none is given."""
    given = dict(zip(("shape", "fill_value", "dtype"), args, strict=False)) | kwargs
    kinds: dict[type | None, DType] = {bool: bool_, int: int64, float: float64}
    dtype = dtype_of(given["dtype"]) if "dtype" in given else kinds.get(kind_of(given.get("fill_value")))
    return make(dtype, given.get("shape"))


_NAMES = {"float": "float64", "int": "int64", "long": "int64", "int_": "int64", "double": "float64", "bool_": "bool"}


def dtype_of(given: Value) -> DType | None:
    """What stands for a dtype: `np.float32`, `float`, "float32"."""
    name = given.name if isinstance(given, Library) else given
    return BY_NAME.get(_NAMES.get(name, name)) if isinstance(name, str) else None


@special("numpy.array", "numpy.asarray")
def of_numbers(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """Nested sequences of numbers: a table that a constructor computes; or another array."""
    data = args[0] if args else None
    given = kwargs.get("dtype", args[1] if len(args) > 1 else None)
    other = tensor_of(data)
    if other is None:
        data = rows_of(data)
    if not kwargs.keys() <= {"dtype"} or (other is None and not _all_numbers(data)):
        return Unknown("an array of something unknown")
    if lengths.is_number(data):
        default = int64 if is_size(data) else float64
        return _single(data, default if given is None else dtype_of(given))
    if other is not None or not isinstance(data, list | tuple):
        type = other.type if other is not None else TensorType(float64 if isinstance(data, float) else None, ())
        copied = Tensor(TensorType(type.dtype if given is None else dtype_of(given), type.dims))
        return of_tensor(lengths.after(COPY, [other], {}, copied))
    if are_whole(data) and (given is None or dtype_of(given) == int64):
        return vector(data)
    try:
        made = from_data(tensors.to_rule(run, data))
    except Mismatch:
        return Unknown("an array of rows of different lengths")
    floating = made.dtype is not None and made.dtype.is_floating_point and not _of_arrays(data)
    dtype = (float64 if floating else made.dtype) if given is None else dtype_of(given)
    return of_tensor(lengths.after(COPY, [data], {}, Tensor(TensorType(dtype, made.dims))))


def _single(number: Value, dtype: DType | None) -> Value:
    """An array without axes is like a number."""
    if dtype == int64 and is_size(number):
        return number
    real = numbers.as_real(number)
    if isinstance(real, float) and dtype == float64:
        return NumpyFloat(real)
    return real if dtype == float32 else make(dtype, ())


def _of_arrays(value: Value) -> bool:
    return all(map(_of_arrays, value)) if isinstance(value, list | tuple) else isinstance(value, Tensor)


def _all_numbers(value: Value) -> bool:
    if isinstance(value, list | tuple):
        return bool(value or getattr(value, "length", None) is None) and all(map(_all_numbers, value))
    return isinstance(value, bool | int | float | UnknownNumber | Tensor)


@special("numpy.linspace")
def _linspace(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The rates a constructor spreads over its layers."""
    given = dict(zip(("start", "stop", "num"), args, strict=False)) | kwargs
    start, stop, count = given.get("start"), given.get("stop"), given.get("num", 50)
    if given.pop("dtype", None) is not None and dtype_of(kwargs["dtype"]) != float64:
        return Unknown("an array of another dtype")
    if not given.keys() <= {"start", "stop", "num"} or not is_size(count):
        return Unknown("an array of something unknown")
    few = isinstance(count, int) and 1 < count <= _MOST
    if not few or not isinstance(start, int | float) or not isinstance(stop, int | float):
        return make(float64, count)
    step = (stop - start) / (count - 1)
    return vector((*(i * step + start for i in range(count - 1)), float(stop)), dtype=float64)


@method("numpy.ndarray", name="__len__")
def _length(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    return array.attrs["shape"][0] if array.attrs["shape"] else Unknown("the length of an array without axes")


@method("numpy.ndarray", name="__iter__")
def _items(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """The numbers of a vector, the rows of anything larger."""
    known, tensor = known_numbers(array), tensor_of(array)
    if known is not None:
        return ListValue(known)
    if tensor is None or not tensor.type.dims:
        return Unknown("the items of an array")
    size, *inside = tensor.type.dims
    item = make(tensor.type.dtype, tuple(inside))
    return ListValue([item], size) if inside or not isinstance(size, int) else ListValue([item] * min(size, _MOST))


@method("numpy.ndarray", name="tolist")
def _numbers(
    run: Run, array: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    tensor = tensor_of(array)
    listed = lengths.read(tensor, "tolist") if isinstance(tensor, Lengths) else None
    if listed is not None:
        return listed
    return _items(run, array, args, kwargs, node, frame) if array.attrs["ndim"] == 1 else Unknown("a nested list")


@special("numpy.power")
def _power(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    if kwargs or len(args) != 2 or not all(isinstance(each, int | float | UnknownNumber) for each in args):
        return Unknown("a power of something unknown")
    whole = all(isinstance(each, int) or getattr(each, "kind", None) is int for each in args)
    return UnknownNumber(int if whole else NumpyFloat, "computed by numpy")
