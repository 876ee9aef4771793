"""Objects of torch.distributions: what they are made of, and their methods."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..rules import distributions as rules
from ..rules.distributions import Dims, Distribution
from ..rules.mismatch import Mismatch
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from . import tensors
from .library_objects import method
from .run import Frame, Run
from .specials import call_value, special
from .values import Instance, Library, Tensor, Value

PACKAGE = "torch.distributions."
TABLE = tuple(f"{PACKAGE}{name}" for name in rules.PARAMETERS)
_SAID = "<distribution>"  # the attribute that holds what the rules know


def _made(run: Run, described: Distribution) -> Instance:
    attrs: dict[str, Value] = {name: Tensor(type) for name, type in described.parameters.items()}
    moments = dict.fromkeys(("mean", "mode", "variance", "stddev"), described.moments)
    attrs.update((name, Tensor(type)) for name, type in moments.items())
    attrs |= {"batch_shape": described.batch, "event_shape": described.event, _SAID: described}
    return Instance(Library(f"{PACKAGE}{described.name}"), attrs, complete=False)


def _attempt(
    run: Run, node: ast.AST, operation: str, given: list[Value], make: Callable[[], Distribution | TensorType | Dims]
) -> Value:
    try:
        result = make()
    except Mismatch as mismatch:
        mismatch.operation = mismatch.operation or operation
        return run.mismatch(node, mismatch, [value for value in given if isinstance(value, Tensor)])
    except Undecided as undecided:
        return Unknown(undecided.reason)
    if isinstance(result, Distribution):
        return _made(run, result)
    return Tensor(result) if isinstance(result, TensorType) else result


@special(*TABLE)
def _construct(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame, *, name: str
) -> Value:
    names = [parameter.name for parameter in rules.PARAMETERS[name]]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    plain = {key: tensors.to_rule(run, value) for key, value in given.items()}
    return _attempt(run, node, name, list(given.values()), lambda: rules.construct(name, plain))


def _described(value: Value) -> Distribution:
    found = value.attrs.get(_SAID) if isinstance(value, Instance) else None
    if not isinstance(found, Distribution):
        raise Undecided("a distribution that is not known")
    return found


@special("torch.distributions.Independent")
def _independent(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(("base_distribution", "reinterpreted_batch_ndims"), args, strict=False), **kwargs)}
    base, count = given.get("base_distribution"), given.get("reinterpreted_batch_ndims")
    return _attempt(run, node, "Independent", [], lambda: rules.independent(_described(base), count))


@special("torch.distributions.MixtureSameFamily")
def _mixture(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(("mixture_distribution", "component_distribution"), args, strict=False), **kwargs)}
    choice, parts = given.get("mixture_distribution"), given.get("component_distribution")
    return _attempt(run, node, "MixtureSameFamily", [], lambda: rules.mixture(_described(choice), _described(parts)))


@special("torch.distributions.kl_divergence", "torch.distributions.kl.kl_divergence")
def _divergence(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip("pq", args, strict=False)), **kwargs}
    first, second = given.get("p"), given.get("q")
    return _attempt(run, node, "kl_divergence", [], lambda: _described(first).divergence(_described(second)))


def _register(name: str, meaning: Callable[[Distribution, list[Any]], TensorType], parameter: str) -> None:
    @method(PACKAGE, name=name)
    def call(
        run: Run, receiver: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
    ) -> Value:
        given = args or ([kwargs[parameter]] if parameter in kwargs else [])
        plain = [tensors.to_rule(run, value) for value in given]
        return _attempt(run, node, name, given, lambda: meaning(_described(receiver), plain))


_register("sample", lambda found, given: found.sample(*given or [()]), "sample_shape")
_register("rsample", lambda found, given: found.sample(*given or [()]), "sample_shape")
_register("log_prob", lambda found, given: found.log_prob(*given), "value")
_register("cdf", lambda found, given: found.pointwise(*given), "value")
_register("icdf", lambda found, given: found.pointwise(*given), "value")
_register("entropy", lambda found, given: found.entropy(), "")
_register("perplexity", lambda found, given: found.entropy(), "")


@method(PACKAGE, name="_extended_shape")
def _extended(
    run: Run, receiver: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """The shape of samples, which a distribution of the program's own asks for in its `sample`."""
    shape = args[0] if args else kwargs.get("sample_shape", ())
    return _attempt(run, node, "sample", [], lambda: _described(receiver).extended(tensors.to_rule(run, shape)))


@special("torch.distributions.utils._standard_normal")
def _standard_normal(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    given = {**dict(zip(("shape", "dtype", "device"), args, strict=False)), **kwargs}
    shape = given.pop("shape", ())
    return call_value(run, Library("torch.randn"), [shape], node, frame, given)
