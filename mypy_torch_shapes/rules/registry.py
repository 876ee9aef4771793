"""The table of rules: registering them, binding a call to one, and applying it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from . import autocast, devices, layouts
from .mismatch import Mismatch
from .names import paths
from .outputs import stored
from .signature import Signature
from .vocabulary import is_size

_FAMILIES = (
    "activation",
    "arithmetic",
    "attention",
    "class_loss",
    "comparison",
    "complex_numbers",
    "conversion",
    "convolution",
    "creation",
    "cumulative",
    "decompositions",
    "diagonals",
    "einops.packing",
    "einops.transforms",
    "einsum",
    "elementwise",
    "embedding",
    "filling",
    "gathering",
    "indexing",
    "init",
    "internals",
    "joining",
    "layers",
    "linalg",
    "loss",
    "margin_loss",
    "masked",
    "module_utilities",
    "normalization",
    "operators",
    "ordering",
    "padding",
    "permuting",
    "pooling",
    "products",
    "properties",
    "random",
    "recurrent",
    "reduction",
    "repetition",
    "resampling",
    "reshaping",
    "solving",
    "sparse",
    "spectral",
    "splitting",
    "statistics",
    "vision_operators",
    "windows",
)

# torch takes numpy's names of some parameters as well.
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x1": "input", "a": "input", "x2": "other"}

Function = TypeVar("Function", bound=Callable[..., Any])
_rules: dict[str, Rule] = {}


@dataclass(frozen=True)
class Rule:
    """One operation: its function and the signature lines (alternatives) that check and name its axes."""

    name: str  # as messages call it
    function: Callable[..., Any]
    signatures: tuple[Signature, ...]
    attribute: bool
    path: str  # in full

    @cached_property
    def parameters(self) -> inspect.Signature:
        signature = inspect.signature(self.function)
        if not self.signatures:
            return signature
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    @cached_property
    def carry(self) -> Callable[[Mapping[str, Any], Any], Any]:
        """What says how results lie in memory."""
        return layouts.carry(self.path)

    @cached_property
    def place(self) -> Callable[[Mapping[str, Any], Any], Any]:
        """What says on which devices results are, and looks whether arguments are on one."""
        return devices.place(self.path)

    @cached_property
    def free_names(self) -> bool:
        """Whether any keyword may be given: then it is no option of torch's (einops' sizes of axes)."""
        return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in self.parameters.parameters.values())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if autocast.regions.get() and not self.path.endswith("_"):
            return autocast.call(self.path, args, kwargs, self._apply)
        return self._apply(*args, **kwargs)

    @cached_property
    def by_place(self) -> dict[str, Any]:
        """The parameters that may be given by their place, each with its default."""
        return {p.name: p.default for p in self.parameters.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD}

    @cached_property
    def by_name(self) -> dict[str, Any] | None:
        """Those that are only given by their names; None where a call has to be bound as Python does it."""
        rest = [p for p in self.parameters.parameters.values() if p.kind is not p.POSITIONAL_OR_KEYWORD]
        return {p.name: p.default for p in rest} if all(p.kind is p.KEYWORD_ONLY for p in rest) else None

    def _apply(self, *args: Any, **kwargs: Any) -> Any:
        takes_out = "out" not in self.parameters.parameters and not is_size(kwargs.get("out"))  # einops: a size's name
        out = kwargs.pop("out", None) if takes_out else None
        arguments, positional, named = self._bind(args, kwargs)
        try:
            if not self.signatures:
                result = self.function(*positional, **named)
            else:
                axes = Signature.match_any(self.signatures, arguments)
                result = self.function(axes, *positional, **named)
            return stored(self.name, out, self.place(arguments, self.carry(arguments, result)))
        except Mismatch as mismatch:
            if mismatch.operation is None:
                mismatch.operation = self.name
            raise

    def _bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], tuple[Any, ...], dict[str, Any]]:
        """The arguments by parameter, and as the function is called with them."""
        places, names = self.by_place, self.by_name
        if names is not None and len(args) <= len(places):  # most calls of most rules; `inspect` is slow
            bound = {**places, **dict(zip(places, args, strict=False)), **names, **kwargs}
            fits = len(bound) == len(places) + len(names) and kwargs.keys().isdisjoint(islice(places, len(args)))
            if fits and not any(value is inspect.Parameter.empty for value in bound.values()):
                values = tuple(bound.values())
                return bound, values[: len(places)], {name: bound[name] for name in names}
        parameters = self.parameters.parameters
        renamed = {
            _NUMPY_NAMES[name]
            if name in _NUMPY_NAMES and name not in parameters and not self.free_names
            else name: value
            for name, value in kwargs.items()
        }
        try:
            found = self.parameters.bind(*args, **renamed)
        except TypeError as error:
            raise Undecided(f"{self.name}: the call does not fit its rule ({error})") from None
        found.apply_defaults()
        return found.arguments, found.args, found.kwargs


def rule(*names: str, shapes: str | tuple[str, ...] = (), attribute: bool = False) -> Callable[[Function], Function]:
    """Register a function as the rule of the named operations.

    A name is a full path ("torch.fft.fft"), "F.relu" (torch.nn.functional), ".view" (a Tensor method) or plain
    "add" (both torch.add and Tensor.add). The function's parameters are torch's, in torch's order. With `shapes`
    (signature lines, see `signature.py`) the matched axes come as an extra first argument.
    Raises ValueError for a name that is registered already.
    """
    lines = (shapes,) if isinstance(shapes, str) else shapes

    def register(function: Function) -> Function:
        for name in names:
            for path in paths(name):
                if path in _rules:
                    raise ValueError(f"two rules for {path}")
                signatures = tuple(Signature.parse(line) for line in lines)
                _rules[path] = Rule(path.rsplit(".", 1)[1], function, signatures, attribute, path)
        return function

    return register


def find(path: str) -> Rule | None:
    """The rule of an operation by its full path, "torch.Tensor.view"."""
    _load()
    return _rules.get(path)


def apply(path: str, *args: Any, **kwargs: Any) -> Any:
    """The result of an operation on argument types. Raises Mismatch (proven to fail) or Undecided."""
    found = find(path)
    if found is None:
        raise Undecided(f"no rule for {path}")
    return found(*args, **kwargs)


def names() -> list[str]:
    """Every registered path."""
    _load()
    return sorted(_rules)


def tensor(value: Any, what: str = "argument") -> TensorType:
    """The value as a tensor type. Raises Undecided for anything unknown, Mismatch for what is no tensor."""
    if isinstance(value, TensorType):
        return value
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    raise Undecided(f"{what} is no tensor")


def known_dims(value: TensorType) -> tuple[Any, ...]:
    """The dims. Raises Undecided where the rank is unknown."""
    if value.dims is None:
        raise Undecided("the rank is unknown")
    return value.dims


def _load() -> None:
    """Import every family once; a family registers its rules as it is imported."""
    if not _loaded:
        _loaded.append(True)  # first: a family may apply another one's rules
        for family in _FAMILIES:
            import_module(f".{family}", __package__)


_loaded: list[bool] = []
