"""Asking torch itself, on the meta device: no data, no memory, only dtypes and sizes."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ...shapes.dtypes import BY_NAME, DType
from ...shapes.tensor_type import TensorType
from ...shapes.unknown import Undecided, Unknown, UnknownNumber
from ..mismatch import Mismatch
from ..modules.table import ModuleSpec
from ..promotion import default_dtype
from .answers import merged
from .errors import classify, cleaned
from .expressions import Construction, Reference
from .libraries import resolve
from .question import Point, Question

SECONDS = 1.0  # for all the sizes nobody observed
MOST_REAL_ELEMENTS = 1 << 20  # of tensors made with data, to confirm a failure

_DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")

# What they return depends on more than dtypes and sizes: on strides, devices, autograd.
_HIDDEN = """
_version data_ptr device get_device grad grad_fn is_contiguous is_cpu is_cuda is_inference is_leaf is_meta is_mps
is_pinned is_set_to is_shared is_xpu layout output_nr requires_grad storage storage_offset storage_type stride type
untyped_storage
"""


def answer(question: Question) -> Any:
    """torch's answer. Raises Mismatch where torch refuses in every world, Undecided where it cannot be told."""
    if question.path.startswith("torch.Tensor.") and question.path.rpartition(".")[2] in _HIDDEN.split():
        raise Undecided(f"{question.path} depends on more than dtypes and sizes")
    ask = _asker(question)
    observed: list[Point] = list(question.worlds)
    if not observed:
        return _answer_unobserved(question, ask)
    results: dict[Point, Any] = {}
    failures: list[Exception] = []
    for point in observed:
        try:
            results[point] = ask(question.content_at(point), "meta")
        except Exception as error:  # noqa: BLE001 - whatever torch raises is what it answers
            failures.append(error)
    if failures:
        raise _refusal(question, failures, not results, ask)
    if question.symbols:
        _ask_further(question, ask, results)
    return merged(question, results)


def _answer_unobserved(question: Question, ask: Callable[[Any, str], Any]) -> Any:
    """For sizes that were never seen nothing is refused: only what torch runs at is looked at."""
    results: dict[Point, Any] = {}
    _ask_further(question, ask, results)
    if len(results) < 4:
        raise Undecided("torch refuses most sizes, and none was observed")
    return merged(question, results)


def _ask_further(question: Question, ask: Callable[[Any, str], Any], results: dict[Point, Any]) -> None:
    """Also at sizes nobody observed; where torch refuses those, nothing is learned."""
    started = time.perf_counter()
    for point in question.further():
        if point in results:
            continue
        with contextlib.suppress(Exception):
            results[point] = ask(question.content_at(point), "meta")
        if time.perf_counter() - started > SECONDS:
            return


def _refusal(
    question: Question, failures: list[Exception], everywhere: bool, ask: Callable[[Any, str], Any]
) -> Exception:
    """What a failure means: a mismatch only where torch fails in every world, and with data too."""
    first = failures[0]
    if isinstance(first, Undecided):
        return first
    code = classify(first)
    if code is None:
        return Undecided(f"{question.path}: torch cannot say without data ({cleaned(first) or type(first).__name__})")
    if not everywhere or any(classify(failure) is None for failure in failures):
        return Undecided(f"{question.path}: torch refuses some sizes ({cleaned(first)})")
    try:
        ask(question.content_at(question.worlds[0]), "cpu")
    except Undecided as undecided:
        return undecided
    except Exception as error:  # noqa: BLE001 - whatever torch raises is what it answers
        code = classify(error)
        if code is not None:
            return Mismatch(cleaned(error), code)
        return Undecided(f"{question.path}: {cleaned(error)}")
    return Undecided(f"{question.path}: torch's own kernels disagree")


def _asker(question: Question) -> Callable[[Any, str], Any]:
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
            return _frozen(getattr(module, method)(*args, **kwargs))

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
        torch.set_default_dtype(getattr(torch, default_dtype.get().name))
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
