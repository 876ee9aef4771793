"""On which devices results are, and operations on tensors of different ones, for which torch itself looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Reference, Unknown, UnknownDevice, UnknownNumber
from .autocast import only_cpu
from .mismatch import DEVICE, Mismatch
from .names import paths
from .settings import default_device
from .vocabulary import Named, named, show

Arguments = Mapping[str, Any]

# Element by element (torch: TensorIterator): every tensor but a scalar must be on one device, whichever that is.
_ELEMENTWISE = """
    add sub subtract mul multiply true_divide remainder fmod pow maximum minimum eq ne lt le gt ge
    not_equal less less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or
    bitwise_xor atan2 lerp addcmul addcdiv torch.where masked_fill torch.cat torch.concat torch.concatenate torch.stack
    F.layer_norm F.group_norm F.cross_entropy F.mse_loss F.binary_cross_entropy_with_logits
    F.scaled_dot_product_attention
"""
# Where CUDA kernels look, and those of the meta device do not.
_OF_CUDA = """
    div divide floor_divide mm bmm addmm baddbmm matmul F.linear F.conv1d F.conv2d F.conv3d F.conv_transpose1d
    F.conv_transpose2d F.conv_transpose3d F.embedding index_select gather F.batch_norm F.nll_loss F.l1_loss
    F.smooth_l1_loss F.binary_cross_entropy
"""
# What makes tensors of numbers, whatever tensors the numbers come from.
_MAKING = """
    torch.zeros torch.ones torch.empty torch.full torch.rand torch.randn torch.randint torch.randperm torch.arange
    torch.range torch.eye torch.scalar_tensor torch.empty_strided torch.tril_indices
    torch.triu_indices torch.tensor torch.as_tensor
"""
_BOTH = frozenset({"cpu", "cuda"})
_FIXED = {".cpu": "cpu", ".cuda": "cuda", "torch.from_numpy": "cpu"}


def kind_of(device: Any) -> str | None:
    """The kind of device that a `device` argument names, "cuda" for "cuda:0"; None where that is not known."""
    if isinstance(device, str):
        return device.partition(":")[0]
    return device.kind if isinstance(device, UnknownDevice) else None


def place(path: str) -> Callable[[Arguments, Any], Any]:
    """What gives the results of an operation their device. It raises Mismatch for tensors that must share one."""
    otherwise = _first if path.endswith("_") else _common  # in place: the tensor stays where it is
    return partial(_placed, _placers.get(path, otherwise), _checks.get(path))


def _placed(placer: Callable[[Arguments], str | None], check: Check | None, arguments: Arguments, result: Any) -> Any:
    if check is not None:
        check(arguments)
    if isinstance(result, TensorType):
        return result.placed(placer(arguments))
    if not isinstance(result, tuple | list) or not any(isinstance(each, TensorType) for each in result):
        return result
    device = placer(arguments)
    each_placed = [each.placed(device) if isinstance(each, TensorType) else each for each in result]
    if isinstance(result, Named):
        return named(*zip(result.fields, each_placed, strict=True))
    return type(result)(each_placed) if type(result) in (tuple, list) else result


# --- where results are ---


def _values(arguments: Arguments) -> Iterator[Any]:
    for value in arguments.values():
        if isinstance(value, tuple | list):
            yield from value
        elif isinstance(value, dict):  # further keyword arguments
            yield from value.values()
        else:
            yield value


def _asked(arguments: Arguments) -> Any:
    """The option `device`, where it is given."""
    options = arguments.get("_")
    given = arguments.get("device")
    return options.get("device") if given is None and isinstance(options, dict) else given


def _common(arguments: Arguments, but_scalars: bool = False) -> str | None:
    """The device of all tensors among the arguments; the option `device` comes first."""
    asked = _asked(arguments)
    if asked is not None:
        return kind_of(asked)
    device: str | None = None
    for each in _values(arguments):
        if isinstance(each, TensorType):
            if but_scalars and each.dims == () and each.device == "cpu":
                continue
            if each.device is None or device not in (None, each.device):
                return None
            device = each.device
        elif isinstance(each, Unknown) and not isinstance(each, UnknownNumber | UnknownDevice | Reference):
            return None
    return device


def _elementwise(arguments: Arguments) -> str | None:
    """A scalar on the CPU goes with any other tensor."""
    return _common(arguments) or _common(arguments, but_scalars=True)


def _made(arguments: Arguments) -> str | None:
    """A new tensor: where it is asked for, with its data, or where tensors are made by default."""
    asked, data = _asked(arguments), arguments.get("data")
    if asked is not None:
        return kind_of(asked)
    if isinstance(data, TensorType):
        return data.device
    return by_default()


def by_default() -> str | None:
    """Where tensors are made that are asked for nowhere."""
    chosen = default_device.get()
    return "cpu" if chosen == "" and only_cpu.get()() else chosen or None


def _first(arguments: Arguments) -> str | None:
    first = next(iter(arguments.values()), None)
    return first.device if isinstance(first, TensorType) else None


def _moved(arguments: Arguments) -> str | None:
    """`x.to(…)`: a device, a dtype or a tensor, in its place or by name."""
    target = _first(arguments)
    options = arguments.get("_") or {}
    for each in (*arguments["args"][:1], options.get("device"), arguments.get("other")):
        if isinstance(each, TensorType):
            target = each.device
        elif isinstance(each, str | UnknownDevice):
            target = kind_of(each)
        elif isinstance(each, int | Unknown) and not isinstance(each, bool):
            target = None
    return target


def _as_other(arguments: Arguments) -> str | None:
    other = arguments.get("other")
    return other.device if isinstance(other, TensorType) else None


def _retyped(arguments: Arguments) -> str | None:
    return None if isinstance(arguments.get("dtype"), str | Unknown) else _first(arguments)


# --- what must be on one device ---


def _on_one(devices: Callable[[str, str], bool], arguments: Arguments) -> None:
    """Raise Mismatch for two tensors, neither a scalar, on two devices."""
    seen: TensorType | None = None
    for each in _values(arguments):
        if not isinstance(each, TensorType) or each.device is None or not each.dims:
            continue
        if seen is None or seen.device is None:
            seen = each
        elif seen.device != each.device and devices(seen.device, each.device):
            raise Mismatch(
                f"{show(seen)} is on {seen.device}, {show(each)} is on {each.device}: expected one device", DEVICE
            )


def _any_two(one: str, other: str) -> bool:
    return True


def _of_cuda(one: str, other: str) -> bool:
    return {one, other} == _BOTH


Check = Callable[[Arguments], None]
_checks: dict[str, Check] = {
    path: partial(_on_one, devices)
    for devices, table in ((_any_two, _ELEMENTWISE), (_of_cuda, _OF_CUDA))
    for name in table.split()
    for path in paths(name)
}
_placers: dict[str, Callable[[Arguments], str | None]] = {
    **{path: _elementwise for name in _ELEMENTWISE.split() for path in paths(name)},
    **{path: _made for name in _MAKING.split() for path in paths(name)},
    **{path: partial(lambda device, _: device, device) for name, device in _FIXED.items() for path in paths(name)},
    **{path: _first for name in (".__getitem__", "index_select", ".pin_memory") for path in paths(name)},
    # Bounds that are tensors have a say in it, other than the option `device` says.
    **dict.fromkeys(("torch.linspace", "torch.logspace"), lambda _: None),
    "torch.Tensor.to": _moved,
    "torch.Tensor.type": _retyped,
    "torch.Tensor.type_as": _as_other,
}
