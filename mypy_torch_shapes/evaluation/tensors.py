"""Operations on tensors: values to rule arguments and back, in-place variants, and what no rule knows."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from ..rules import registry, service, suspicion
from ..rules.autocast import only_cpu
from ..rules.filling import TENSOR_CLASSES
from ..rules.mismatch import Mismatch
from ..shapes.dims import Dim
from ..shapes.dtypes import BY_NAME, DType
from ..shapes.relations import Truth, proved_equal
from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Opaque, Reference, Repeated, Undecided, Unknown, UnknownDevice, UnknownNumber
from . import lengths, origins
from .origins import Origin
from .run import Frame, Run
from .values import Condition, Instance, Library, ListValue, Many, Named, Real, Tensor, Value

# Functions that take a sequence of tensors as long as a symbolic size.
_PADDING = "pad_sequence"
_STACKING = {"stack": True, "cat": False, "concat": False, "concatenate": False, "vstack": None, "hstack": None,
             _PADDING: True}  # fmt: skip


def operate(run: Run, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """Apply a torch operation to values."""
    changes = service.is_in_place(path) or path.endswith(".__setitem__")
    if args and changes:
        run.forget_numbers(args[0])
    try:
        stacking = path.rsplit(".", 1)[-1] in _STACKING
        if stacking and args and isinstance(args[0], ListValue | tuple) and not args[0]:
            return Unknown("nothing was seen to be appended")  # by a hook, in a way that is not followed
        if stacking and _is_repeated(args[:1]):
            return _from_repeated(run, path, args, kwargs)
        if path.startswith("einops.") and _is_repeated(args[:1]):
            args = [_from_repeated(run, "torch.stack", args[:1], {}), *args[1:]]
        args = lengths.as_counts(path, args)
        suspicion.taken()  # of what came before, and failed
        result = _apply(run, path, args, kwargs)
        run.worked = run.steps
        run.suspect(node, path.rpartition(".")[2], _tensors_in([*args, *kwargs.values()]))
    except Mismatch as mismatch:
        return run.mismatch(node, mismatch, _tensors_in([*args, *kwargs.values()]))
    except Undecided as undecided:
        return _undecided(run, path, args, kwargs, undecided)
    except Exception as fault:  # noqa: BLE001  (kept, and reported with the file)
        return run.fault(fault)
    if changes and args:
        return _stored(run, args[0], result)
    if isinstance(kwargs.get("out"), Tensor | tuple) and not path.startswith("einops."):
        return _stored(run, kwargs["out"], result)
    if kwargs.get("inplace") is True and args and isinstance(args[0], Tensor):
        return args[0]
    made = from_rule(run, result, origins.of_node(origins.OPERATION, path, node, frame))
    return lengths.after(path, _plainly(args), kwargs, made)


def _plainly(args: list[Value]) -> list[Value]:
    """The arguments of an operation, an array as the tensor it holds."""
    if not args or not isinstance(args[0], Instance):
        return args
    from . import arrays

    return [arrays.tensor_of(args[0]) or args[0], *args[1:]]


def _stored(run: Run, target: Value, result: Any) -> Value:
    """A result that an operation wrote to a tensor there was, or to several."""
    if isinstance(target, tuple) and isinstance(result, tuple) and len(target) == len(result):
        items = [_stored(run, one, item) for one, item in zip(target, result, strict=True)]
        fields = getattr(result, "fields", None)
        return tuple(items) if fields is None else Named(fields, items)
    if not isinstance(target, Tensor):
        return from_rule(run, result)
    if isinstance(result, TensorType) and replace(result, parameter=target.type.parameter) != target.type:
        run.set_type(target, result)
    return target


# What takes nested sequences of numbers.
_OF_DATA = {
    f"torch.{name}" for name in ("tensor", "as_tensor", "asarray", "Tensor", "Tensor.new_tensor", *TENSOR_CLASSES)
}


def _apply(run: Run, path: str, args: list[Value], kwargs: dict[str, Value]) -> Any:
    if path in _OF_DATA:
        from . import arrays

        args = [arrays.rows_of(arg) if isinstance(arg, list | tuple) else arg for arg in args]
    plain = tuple(to_rule(run, arg) for arg in args)
    named = {name: to_rule(run, value) for name, value in kwargs.items()}
    return service.answer(path, plain, named)


def _undecided(run: Run, path: str, args: list[Value], kwargs: dict[str, Value], undecided: Undecided) -> Value:
    """What is left where a rule cannot tell: pieces of a size that is only known symbolically, or unknown."""
    name = path.rsplit(".", 1)[-1]
    if name in ("split", "chunk", "unbind") and args and isinstance(args[0], Tensor):
        pieces = _pieces(name, args, kwargs)
        if pieces is not None:
            return pieces
    out = kwargs.get("out")
    if isinstance(out, Tensor):  # torch fits it to the result
        run.set_type(out, TensorType(out.type.dtype, None))
        return out
    return Unknown(undecided.reason)


def _pieces(name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
    """`split(k, dim)` and `unbind(dim)` along a symbolic axis: as many equal pieces as there are. Also `chunk`."""
    dims = args[0].type.dims
    options = dict(zip(("split_size_or_sections" if name != "unbind" else "dim", "dim"), args[1:], strict=False))
    options.update(kwargs)
    dim = options.get("dim", 0)
    if dims is None or not isinstance(dim, int) or not -len(dims) <= dim < len(dims):
        return None
    dim %= len(dims)
    if name == "chunk":
        return Many(Tensor(TensorType(args[0].type.dtype, (*dims[:dim], fresh(), *dims[dim + 1 :]))), None, True)
    if name == "unbind":
        return Many(Tensor(TensorType(args[0].type.dtype, (*dims[:dim], *dims[dim + 1 :]))), dims[dim], True)
    width = options.get("split_size_or_sections", options.get("split_size"))
    if not isinstance(width, int) or width < 1:
        return None
    even = proved_equal(dims[dim] % width, 0) is Truth.YES
    piece = TensorType(args[0].type.dtype, (*dims[:dim], width if even else fresh(), *dims[dim + 1 :]))
    return Many(Tensor(piece), -(-dims[dim] // width), True)


def _is_repeated(args: list[Value]) -> bool:
    return bool(args) and (
        (isinstance(args[0], ListValue) and args[0].length is not None) or isinstance(args[0], Many)
    )


def _from_repeated(run: Run, path: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """`stack` and `cat` of symbolically many tensors that are all alike."""
    rows = args[0]
    element = rows.element if isinstance(rows, Many) else rows[0]
    stacking = _STACKING[path.rsplit(".", 1)[-1]]
    if stacking is None or not isinstance(element, Tensor):
        raise Undecided("a sequence of unknown length")
    one = _apply(run, path, [(element,), *args[1:]], kwargs)
    if not isinstance(one, TensorType) or one.dims is None:
        return from_rule(run, one)
    dims = list(one.dims)
    if path.endswith(_PADDING):
        dim: Value = int((args[1] if len(args) > 1 else kwargs.get("batch_first", False)) is False)
        longest = 1 - dim
        dims[longest] = dims[longest] if isinstance(dims[longest], int) else fresh()  # they are alike but for that
    else:
        dim = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis", 0))
    if not isinstance(dim, int):
        raise Undecided("the axis is unknown")
    dim %= len(dims)
    dims[dim] = fresh() if rows.length is None else dims[dim] * rows.length
    return Tensor(TensorType(one.dtype, tuple(dims)))


def augmented(run: Run, path: str, left: Tensor, right: Value, node: ast.AST, frame: Frame) -> Value:
    """`x += y` on a tensor: in place."""
    return operate(run, f"{path}_".replace("torch.", "torch.Tensor.", 1), [left, right], {}, node, frame)


def attribute(run: Run, tensor: Tensor, name: str, node: ast.AST, frame: Frame) -> Value | None:
    """A data attribute of a tensor (shape, dtype, T, …), or None where it is a method."""
    type = tensor.type
    if name == "dtype":
        return type.dtype or Unknown("the dtype is unknown")
    if name == "shape":
        return type.dims if type.dims is not None else Unknown("the rank is unknown")
    if name in ("ndim",):
        return Unknown("the rank is unknown") if type.dims is None else len(type.dims)
    if name in ("data", "grad"):
        return Tensor(replace(type, parameter=False, layout=type.layout if name == "data" else None))
    if name == "device":
        return UnknownDevice("the device of a tensor", type.device or ("cpu" if only_cpu.get()() else None))
    if name in _OF_OTHER_DEVICES and only_cpu.get()():
        return False
    if name == "is_quantized" and type.dtype is not None:  # quantized dtypes are not described
        return False
    if name in _OPAQUE:
        return Unknown(f"the {name} of a tensor is not tracked")
    found = registry.find(f"torch.Tensor.{name}")
    if found is not None and found.attribute:
        return operate(run, f"torch.Tensor.{name}", [tensor], {}, node, frame)
    return None


_OF_OTHER_DEVICES = frozenset({"is_cuda", "is_mps", "is_xpu"})
_OPAQUE = frozenset(
    {"requires_grad", "is_cuda", "grad_fn", "is_leaf", "layout", "is_sparse", "is_quantized", "names",
     "is_meta", "is_mps", "output_nr", "_version", "is_xpu", "is_nested"}
)  # fmt: skip


_AS_THEY_ARE = (int, float, complex, str, DType, Unknown, type(Ellipsis), type(None))


# What Python's own types are to torch, which takes them for dtypes.
_OF_PYTHON: dict[str, Any] = {
    "int": BY_NAME["int64"],
    "float": BY_NAME["float64"],
    "bool": BY_NAME["bool"],
    "complex": BY_NAME["complex128"],
    "Ellipsis": ...,
}


def to_rule(run: Run, value: Value) -> Any:
    """A value as rules take it."""
    if isinstance(value, Tensor):
        run.settle(value)
        return value.type
    if isinstance(value, ListValue):
        if value.length is not None:
            if not value:
                return Unknown("a list of unknown length")
            return Repeated(to_rule(run, value[0]), run.settle_size(value.length))
        return [to_rule(run, item) for item in value]
    if isinstance(value, Many) and value.length is not None:
        return Repeated(to_rule(run, value.element), run.settle_size(value.length))
    if isinstance(value, tuple):
        return tuple(to_rule(run, item) for item in value)
    if isinstance(value, slice):
        return slice(*(to_rule(run, part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, dict):
        return {key: to_rule(run, item) for key, item in value.items()}
    if isinstance(value, Dim):
        return run.settle_size(value)
    if isinstance(value, _AS_THEY_ARE):
        return value
    if isinstance(value, range):
        return list(value)
    if isinstance(value, Instance):
        from . import arrays, torch_modules

        array = arrays.tensor_of(value)
        return torch_modules.described(run, value) if array is None else to_rule(run, array)
    if isinstance(value, Real):
        return UnknownNumber(float, "a real number that is not known")
    if isinstance(value, Condition):
        return Unknown("a condition on sizes") if value.decided is None else value.decided
    if isinstance(value, Library) and value.path.startswith("builtins."):
        return _OF_PYTHON.get(value.name, Unknown("a Python object"))
    if isinstance(value, Library) and value.path.startswith("torch."):
        return Reference(value.path)
    return Opaque(value)


def from_rule(run: Run, result: Any, origin: Origin | None = None) -> Value:
    """What a rule returned, as a value."""
    if isinstance(result, TensorType):
        return Tensor(result, origin)
    fields = getattr(result, "fields", None)
    if fields is not None:
        return Named(fields, [from_rule(run, item, origin) for item in result])
    if isinstance(result, tuple):
        return tuple(from_rule(run, item, origin) for item in result)
    if isinstance(result, list):
        return ListValue(from_rule(run, item, origin) for item in result)
    if isinstance(result, dict):
        return {key: from_rule(run, item, origin) for key, item in result.items()}
    if isinstance(result, Reference):
        return Library(result.path)
    if isinstance(result, Opaque):
        return result.value
    return result


def _tensors_in(values: list[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, ListValue | tuple):
            found += [item for item in value if isinstance(item, Tensor)]
    return found[:4]
