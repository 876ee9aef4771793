"""One call of torch on one device: rule values made into torch's, and its result into a rule value."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ...shapes.dtypes import BY_NAME, DType
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Reference, Undecided, Unknown, UnknownNumber
from ..modules.table import ModuleSpec
from ..settings import default_name
from .expressions import Construction
from .libraries import resolve
from .question import Question

MOST_REAL_ELEMENTS = 1 << 20  # of tensors made with data, to confirm a failure

_DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")


def runner(question: Question) -> Callable[[Any, str], Any]:
    """A function that asks the question with given arguments on a device."""
    if question.kind == "function":
        target, attribute = _callable(question.path)

    def ask(content: Any, device: str) -> Any:
        with _quiet(device):
            if question.kind == "function":
                args, kwargs = _materialise(content, device)
                return _frozen(getattr(args[0], attribute) if attribute else target(*args, **kwargs))
            spec, training, method, args, kwargs = content
            module = _build(spec, device)
            if question.kind == "attributes":
                return _attributes(module)
            module.train(training)
            args, kwargs = _materialise((args, kwargs), device)
            call = module if method == "forward" else getattr(module, method)  # with its hooks: lazy modules need them
            return _frozen(call(*args, **kwargs))

    return ask


def _callable(path: str) -> tuple[Any, str]:
    """A function to call, or the name of a property of Tensor. Raises Undecided where there is no such thing."""
    found = resolve(path)
    if isinstance(found, type):
        raise Undecided(f"{path} is a class")
    if callable(found) and not isinstance(found, property):
        return found, ""
    if path.startswith("torch.Tensor."):
        return None, path.rpartition(".")[2]
    raise Undecided(f"{path} is no function")


@contextlib.contextmanager
def _quiet(device: str) -> Iterator[None]:
    """Everything is made on the device, with the default dtype in force, without gradients or warnings."""
    import torch

    before = torch.get_default_dtype()
    with warnings.catch_warnings(), torch.no_grad(), torch.device(device), torch.random.fork_rng(devices=()):
        warnings.simplefilter("ignore")
        torch.set_default_dtype(getattr(torch, default_name()))
        try:
            yield
        finally:
            torch.set_default_dtype(before)


def _materialise(content: Any, device: str) -> Any:
    """torch's values for rule values without symbols."""
    import torch

    if isinstance(content, TensorType):
        return _tensor(content, device)
    if isinstance(content, DType):
        return getattr(torch, content.name)
    if isinstance(content, tuple | list):
        return type(content)(_materialise(item, device) for item in content)
    if isinstance(content, dict):
        return {key: _materialise(item, device) for key, item in content.items()}
    if isinstance(content, slice):
        return slice(*(_materialise(item, device) for item in (content.start, content.stop, content.step)))
    if isinstance(content, Construction):
        return _build(content, device)
    if isinstance(content, Reference):
        return resolve(content.path)
    if isinstance(content, str) and content.partition(":")[0] in _DEVICES:
        return device
    return content


def _tensor(content: TensorType, device: str) -> Any:
    import torch

    dims = tuple(size for size in content.dims or () if isinstance(size, int))
    if content.dtype is None or content.dims is None or len(dims) != len(content.dims):
        raise Undecided(f"{content} is not wholly known")
    dtype = getattr(torch, content.dtype.name)
    if device == "meta":
        tensor = torch.empty(dims, dtype=dtype, device="meta")
    else:
        if torch.Size(dims).numel() > MOST_REAL_ELEMENTS:
            raise Undecided("too large to be tried with data")
        tensor = torch.zeros(dims, dtype=dtype)
    return torch.nn.Parameter(tensor, requires_grad=False) if content.parameter else tensor


def _build(spec: Construction, device: str) -> Any:
    import torch

    cls = resolve(spec.cls)
    if not (isinstance(cls, type) and issubclass(cls, torch.nn.Module)):
        raise Undecided(f"{spec.cls} is no module class")
    args, kwargs = _materialise((tuple(spec.args), dict(spec.kwargs)), device)
    return cls(*args, **kwargs)


def _frozen(value: Any) -> Any:
    """A rule value for torch's result: sizes are plain ints here."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.layout is not torch.strided or value.is_quantized:
            return Unknown(f"a tensor of layout {value.layout}")
        return TensorType(_dtype(value.dtype), tuple(value.shape), isinstance(value, torch.nn.Parameter))
    if isinstance(value, torch.dtype):
        return _dtype(value) or Unknown(str(value))
    if isinstance(value, torch.nn.utils.rnn.PackedSequence):
        return Unknown("a packed sequence")
    if isinstance(value, tuple | list):
        return (list if isinstance(value, list) else tuple)(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items() if isinstance(key, str | int)}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | complex):
        return UnknownNumber(type(value), "a number torch computed")
    return Unknown(f"a {type(value).__name__}")


def _dtype(dtype: Any) -> DType | None:
    return BY_NAME.get(str(dtype).removeprefix("torch."))


def _attributes(module: Any) -> ModuleSpec:
    """What a module holds, without what every module has."""
    import torch

    common = vars(torch.nn.Module()).keys() - {"training"}
    plain = {name: value for name, value in vars(module).items() if name not in common}
    attrs: dict[str, Any] = {name: _configuration(value) for name, value in plain.items()}
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        attrs[name] = _frozen_attribute(tensor)
    attrs.update((name, None if child is None else _attributes(child)) for name, child in module._modules.items())
    return ModuleSpec(_public(type(module)), attrs)


def _public(cls: type) -> str:
    """The name users know a class by."""
    import torch

    short = cls.__name__
    return f"torch.nn.{short}" if getattr(torch.nn, short, None) is cls else _path(cls)


def _frozen_attribute(tensor: Any) -> Any:
    import torch

    if torch.nn.parameter.is_lazy(tensor):
        return Unknown("not initialised yet")
    return _frozen(tensor)


def _configuration(value: Any) -> Any:
    """A plain attribute: known where it is data, a reference where it is a library's function."""
    if isinstance(value, float | complex):
        return value
    if isinstance(value, tuple | list):
        return type(value)(map(_configuration, value)) if type(value) in (tuple, list) else Unknown("a sequence")
    if callable(value) and hasattr(value, "__qualname__") and "<" not in value.__qualname__:
        with contextlib.suppress(Undecided):
            if resolve(_path(value)) is value:
                return Reference(_path(value))
    return _frozen(value)


def _path(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
