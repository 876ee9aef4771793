"""The table of torch.nn's classes: their constructors' parameters, the attributes these make, and forward."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...shapes.dims import Size
from ...shapes.dtypes import DType
from ...shapes.layout import contiguous
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Undecided, Unknown
from ..registry import apply, find
from ..settings import default_dtype
from ..vocabulary import at_most, is_size, require, show

Attributes = dict[str, Any]


@dataclass(frozen=True)
class ModuleSpec:
    """A submodule that a constructor of torch.nn makes: its class and its attributes."""

    cls: str
    attrs: Mapping[str, Any] = field(default_factory=dict)


class Self:
    """The current attributes of a module instance, whatever the user has made of them; a missing one is unknown."""

    def __init__(self, attrs: Mapping[str, Any], training: Any) -> None:
        self.attrs = attrs
        self.training = training

    def __getattr__(self, name: str) -> Any:
        return self.__dict__["attrs"].get(name, Unknown(f"attribute {name} is unknown"))


@dataclass(frozen=True)
class ModuleClass:
    """One class of torch.nn."""

    name: str
    constructor: inspect.Signature
    build: Callable[..., Attributes]
    inputs: inspect.Signature
    run: Callable[..., Any]  # (Self, *inputs)
    operation: str

    def construct(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Attributes:
        return self.build(**bind(self.constructor, args, kwargs, self.name))

    def forward(self, attrs: Mapping[str, Any], training: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        inputs = bind(self.inputs, args, kwargs, f"{self.name}.forward")
        return self.run(Self(attrs, training), **inputs)


classes: dict[str, ModuleClass] = {}


def module(
    name: str,
    constructor: str,
    inputs: str,
    run: Callable[..., Any],
    build: Callable[..., Attributes] = dict,
    operation: str | None = None,
) -> None:
    """Add a class by its constructor's and its forward's parameters, as torch's signatures write them."""
    full = name if name.startswith("einops.") else f"torch.nn.{name}"
    if full in classes:
        raise ValueError(f"two descriptions of {full}")
    one_word = name.isupper() or name.istitle()  # as functions are called: linear, lstm
    operation = operation or (name.lower() if one_word else name)
    classes[full] = ModuleClass(full, parameters(constructor), build, parameters(inputs), run, operation)


def applied(
    name: str,
    constructor: str,
    path: str,
    inputs: str = "input",
    build: Callable[..., Attributes] = dict,
    **fixed: Any,
) -> None:
    """Add a class whose forward hands its inputs, and its configuration by name, to a function."""
    full = path.replace("F.", "torch.nn.functional.")
    configuration = parameters(constructor).parameters.keys()

    def run(self: Self, **given: Any) -> Any:
        found = find(full)
        if found is None:
            raise Undecided(f"no rule for {full}")
        names = found.parameters.parameters
        options = {name: getattr(self, name) for name in configuration & names.keys() if name in self.attrs}
        if "training" in names:
            options["training"] = self.training
        return found(**{**options, **given, **fixed})

    module(name, constructor, inputs, run, build, full.rsplit(".", 1)[1])


def functional(name: str, *args: Any, **kwargs: Any) -> Any:
    """The result of a function of torch.nn.functional."""
    return apply(f"torch.nn.functional.{name}", *args, **kwargs)


def parameters(text: str) -> inspect.Signature:
    """A signature from a parameter list as Python writes it, with literal defaults."""
    function = ast.parse(f"def _({text}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    empty: Any = inspect.Parameter.empty
    defaults = [empty] * (len(given.args) - len(given.defaults)) + [ast.literal_eval(d) for d in given.defaults]
    listed = [
        inspect.Parameter(arg.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for arg, default in zip(given.args, defaults, strict=True)
    ]
    if given.vararg:
        listed.append(inspect.Parameter(given.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    for arg, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        default = empty if value is None else ast.literal_eval(value)
        listed.append(inspect.Parameter(arg.arg, inspect.Parameter.KEYWORD_ONLY, default=default))
    if given.kwarg:
        listed.append(inspect.Parameter(given.kwarg.arg, inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(listed)


def bind(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Every parameter's value. Raises Undecided where the call does not fit."""
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise Undecided(f"the call does not fit {what} ({error})") from None
    bound.apply_defaults()
    return bound.arguments


# --- what constructors make ---


def parameter(dtype: Any, *dims: Any) -> TensorType:
    """A new nn.Parameter; `dtype` is the constructor's argument."""
    return TensorType(factory_dtype(dtype), _sizes(dims), parameter=True, layout=contiguous(len(dims)))


def buffer(dtype: Any, *dims: Any) -> TensorType:
    """A new buffer."""
    return TensorType(factory_dtype(dtype), _sizes(dims), layout=contiguous(len(dims)))


def _sizes(dims: tuple[Any, ...]) -> tuple[Size, ...]:
    sizes = tuple(map(size_of, dims))
    for size in sizes:
        require(at_most(0, size), f"a size is negative: {show(size)}")
    return sizes


def factory_dtype(dtype: Any) -> DType | None:
    """The dtype a constructor's `dtype` argument stands for."""
    if dtype is None:
        return default_dtype.get()
    return dtype if isinstance(dtype, DType) else None


def given(condition: Any, make: Callable[[], Any]) -> Any:
    """What a constructor makes where a flag is set, else None; unknown where the flag is."""
    if isinstance(condition, Unknown):
        return Unknown(condition.reason)
    return make() if condition else None


def repeated(value: Any, n: int) -> Any:
    """torch.nn.modules.utils._ntuple: a sequence as a tuple, anything else n times."""
    if isinstance(value, Unknown):
        return Unknown(value.reason)
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n


def size_of(value: Any) -> Size:
    """A size attribute; an unknown size where it is unknown."""
    return value if is_size(value) else fresh()
