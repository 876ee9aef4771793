"""Probability distributions: batch and event shapes, and what their methods give (torch docs: torch.distributions)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..shapes.dims import Size
from ..shapes.dtypes import DType, int64, promote
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Undecided, Unknown
from .mismatch import Mismatch
from .promotion import is_number
from .settings import default_dtype
from .signature import list_of
from .vocabulary import broadcast, equal, is_size, require, show

Dims = tuple[Size, ...]

# Parameters in order. `a|b` are given instead of each other; the letter says what they are made of:
# e(lements), one distribution for each; c(lasses), the last axis is one distribution's; v(ectors), the last axis is
# one event; m(atrices), the last two axes are.
_TABLE = """
Bernoulli                        probs:e|logits:e
Beta                             concentration1:e concentration0:e
Binomial                         total_count:e=1 probs:e|logits:e
Categorical                      probs:c|logits:c
Cauchy                           loc:e scale:e
Chi2                             df:e
ContinuousBernoulli              probs:e|logits:e
Dirichlet                        concentration:v
Exponential                      rate:e
FisherSnedecor                   df1:e df2:e
Gamma                            concentration:e rate:e
GeneralizedPareto                loc:e scale:e concentration:e
Geometric                        probs:e|logits:e
Gumbel                           loc:e scale:e
HalfCauchy                       scale:e
HalfNormal                       scale:e
InverseGamma                     concentration:e rate:e
Kumaraswamy                      concentration1:e concentration0:e
Laplace                          loc:e scale:e
LogNormal                        loc:e scale:e
Multinomial                      total_count:- probs:v|logits:v
MultivariateNormal               loc:v covariance_matrix:m|precision_matrix:m|scale_tril:m
NegativeBinomial                 total_count:e probs:e|logits:e
Normal                           loc:e scale:e
OneHotCategorical                probs:v|logits:v
OneHotCategoricalStraightThrough probs:v|logits:v
Pareto                           scale:e alpha:e
Poisson                          rate:e
RelaxedBernoulli                 temperature:- probs:e|logits:e
RelaxedOneHotCategorical         temperature:- probs:v|logits:v
StudentT                         df:e loc:e=0.0 scale:e=1.0
Uniform                          low:e high:e
VonMises                         loc:e concentration:e
Weibull                          scale:e concentration:e
"""
_AXES = {"e": 0, "c": 1, "v": 1, "m": 2}  # axes at the end that are not of the batch
_WITHOUT_ENTROPY = ("NegativeBinomial", "Poisson", "VonMises", "RelaxedBernoulli", "RelaxedOneHotCategorical")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a constructor."""

    name: str
    kind: str  # a letter of the table, "-" for what has no say in the shapes
    default: Any = None


PARAMETERS: dict[str, tuple[Parameter, ...]] = {}
for _line in _TABLE.split("\n"):
    if _line:
        _cls, *_words = _line.split()
        _given = [word.partition(":") for group in _words for word in group.split("|")]
        PARAMETERS[_cls] = tuple(
            Parameter(name, kind[0], float(kind[2:]) if len(kind) > 1 else None) for name, _, kind in _given
        )


@dataclass(frozen=True)
class Distribution:
    """What is known of a distribution; `parameters` are its parameters as its attributes have them."""

    name: str
    batch: Dims
    event: Dims
    dtype: DType | None
    parameters: Mapping[str, TensorType]

    @property
    def dims(self) -> Dims:
        return (*self.batch, *self.event)

    @property
    def moments(self) -> TensorType:
        """The mean, the mode, the variance."""
        return TensorType(self.dtype, self.dims)

    def sample(self, shape: Any) -> TensorType:
        """Samples of a shape."""
        return TensorType(int64 if self.name == "Categorical" else self.dtype, self.extended(shape))

    def extended(self, shape: Any) -> Dims:
        """The shape of samples of a shape."""
        return (*_as_shape(shape), *self.dims)

    def log_prob(self, value: Any) -> TensorType:
        """One number for each event. Raises Mismatch for a value that is no event of the batch."""
        tensor = _tensor(value)
        if tensor.dims is None:
            return TensorType(None, None)
        event = len(self.event)
        found = list_of(tensor.dims)
        if len(tensor.dims) < event:
            raise Mismatch(f"value has shape {found}, expected events of shape {list_of(self.event)}")
        for a, b in zip(tensor.dims[::-1], self.event[::-1], strict=False):
            require(equal(a, b), f"value has shape {found}, expected events of shape {list_of(self.event)}")
        dims = broadcast(tensor.dims, self.dims) or ()
        return TensorType(_joined(self.dtype, tensor.dtype), dims[: len(dims) - event])

    def pointwise(self, value: Any) -> TensorType:
        """`cdf` and `icdf`."""
        tensor = _tensor(value)
        return TensorType(_joined(self.dtype, tensor.dtype), broadcast(tensor.dims, self.dims))

    def entropy(self) -> TensorType:
        if self.name in _WITHOUT_ENTROPY:
            raise Undecided(f"{self.name} has no entropy in torch")
        return TensorType(self.dtype, self.batch)

    def divergence(self, other: Distribution) -> TensorType:
        """`kl_divergence`."""
        return TensorType(self.dtype if self.dtype == other.dtype else None, broadcast(self.batch, other.batch))


def construct(name: str, given: Mapping[str, Any]) -> Distribution:
    """A distribution from its constructor's arguments. Raises Mismatch where they do not fit, or Undecided."""
    used = {p: given.get(p.name, p.default) for p in PARAMETERS[name] if p.kind != "-"}
    used = {p: value for p, value in used.items() if value is not None}
    tensors = {p: _tensor(value) for p, value in used.items()}
    dtypes = {tensor.dtype for p, tensor in tensors.items() if not is_number(used[p])} or {default_dtype.get()}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if dtype is not None and not dtype.is_floating_point:
        dtype = None  # it depends on the distribution what becomes of integers
    batches: list[Dims] = []
    event: Dims = ()
    for p, tensor in tensors.items():
        axes, shown = _AXES[p.kind], list_of(tensor.dims or ())
        if tensor.dims is None:
            raise Undecided("the rank of a parameter is unknown")
        if len(tensor.dims) < axes:
            raise Mismatch(f"{p.name} has rank {len(tensor.dims)}, expected at least {axes}: {shown}")
        batches.append(tensor.dims[: len(tensor.dims) - axes])
        own = tensor.dims[len(tensor.dims) - axes :]
        event = event or (own[-1:] if p.kind in "vm" else ())
        for size in own if p.kind in "vm" else ():
            require(equal(size, event[0]), f"{p.name} has shape {shown}, expected events of {show(event)}")
    batch = broadcast(*batches) or ()
    held: dict[str, TensorType] = {}
    for p, tensor in tensors.items():
        own = tensor.dims or ()
        held[p.name] = TensorType(dtype, (*batch, *own[len(own) - _AXES[p.kind] :]))
    return Distribution(name, batch, event, dtype, held)


def independent(base: Distribution, count: Any) -> Distribution:
    """`Independent(base, count)`: axes of the batch become axes of the event. Raises Mismatch for too many."""
    if not isinstance(count, int):
        raise Undecided("the number of axes is unknown")
    if count > len(base.batch):
        raise Mismatch(f"{count} axes of the batch {list_of(base.batch)} are to be of the event")
    at = len(base.batch) - count
    return Distribution(base.name, base.batch[:at], (*base.batch[at:], *base.event), base.dtype, {})


def mixture(choice: Distribution, components: Distribution) -> Distribution:
    """`MixtureSameFamily`: the last axis of the batch is the components."""
    if not components.batch:
        raise Undecided("the components are no batch")
    rows = components.batch[:-1]
    broadcast(choice.batch, rows)
    return Distribution("MixtureSameFamily", rows, components.event, components.dtype, {})


def _tensor(value: Any) -> TensorType:
    if isinstance(value, TensorType):
        return value
    if is_number(value):
        return TensorType(default_dtype.get(), ())
    raise Undecided(value.reason if isinstance(value, Unknown) else "it is neither a tensor nor a number")


def _joined(own: DType | None, value: DType | None) -> DType | None:
    if own is None or value is None:
        return None
    return promote(own, value) if value.is_floating_point else own


def _as_shape(shape: Any) -> Dims:
    if isinstance(shape, tuple | list) and all(map(is_size, shape)):
        return tuple(shape)
    raise Undecided("the shape of the samples is unknown")
