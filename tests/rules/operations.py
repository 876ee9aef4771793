"""The page docs/operations.md: every public operation of torch, and who answers for it.

    python -m tests.rules.operations > docs/operations.md
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType

import torch

from mypy_torch_shapes.evaluation import distributions, library, torch_modules
from mypy_torch_shapes.evaluation.specials import find_special
from mypy_torch_shapes.rules import deliberate, oracle, service
from mypy_torch_shapes.rules.deliberate import EFFECT, PROTOCOL, SETTING

RULE, IN_PLACE, TORCH, EVALUATOR = "rule", "in place", "torch", "evaluator"
SAID = {
    RULE: "By a rule",
    IN_PLACE: "In place, by the rule of the plain operation",
    TORCH: "By torch itself, on the meta device",
    EVALUATOR: "By the evaluator (it is more than an operation on tensors)",
}
NAMESPACES = (
    "torch",
    "torch.nn.functional",
    "torch.linalg",
    "torch.fft",
    "torch.special",
    "torch.masked",
    "torch.signal.windows",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.nn.utils.rnn",
)
# What the evaluator itself makes of a tensor: operators that Python maps to the methods, attributes it keeps.
OF_TENSOR = """
__iadd__ __iand__ __ifloordiv__ __ilshift__ __imod__ __imul__ __ior__ __ipow__ __irshift__ __isub__ __itruediv__
__ixor__ __matmul__ __rmatmul__ __iter__ __reversed__ __nonzero__ grad device requires_grad record_stream
register_hook
"""
EINOPS = "rearrange reduce repeat einsum pack unpack parse_shape asnumpy"
EINOPS_LAYERS = "Rearrange Reduce EinMix"
# What no pattern of `deliberate` covers, by its path.
OTHERS = {
    "einops.asnumpy": "it gives a numpy array",
    "torch.nn.init.Literal": PROTOCOL,
    "torch.nn.utils.rnn.NamedTuple": PROTOCOL,
    "torch.nn.utils.rnn.Self": PROTOCOL,
    "torch.nn.utils.rnn.bind": PROTOCOL,
    "torch.nn.utils.rnn.copy_method_params": PROTOCOL,
    "torch.nn.utils.rnn.invert_permutation": "used by torch itself, on packed sequences",
    "torch.nn.utils.rnn.unpack_sequence": "the lengths of a packed sequence are data",
    "torch.nn.utils.rnn.unpad_sequence": "the lengths of a padded sequence are data",
    "torch.nn.utils.clip_grad_norm": "removed from torch: it only raises",
    "torch.nn.utils.vector_to_parameters": "it returns nothing",
    "torch.nn.utils.skip_init": "it constructs a module of any class without its data",
    **dict.fromkeys(
        (f"torch.nn.utils.{name}" for name in ("remove_spectral_norm", "remove_weight_norm")),
        "it takes a parametrization back; the module is kept as it is",
    ),
    **dict.fromkeys(
        (f"torch.nn.utils.convert_conv{n}d_weight_memory_format" for n in (2, 3)), "it changes strides only"
    ),
    **dict.fromkeys(
        (f"torch.nn.utils.fuse_{name}" for name in
         ("conv_bn_eval", "conv_bn_weights", "linear_bn_eval", "linear_bn_weights")),
        "it copies modules for inference",
    ),
    **dict.fromkeys(
        (f"torch.masked.{name}" for name in ("as_masked_tensor", "is_masked_tensor", "masked_tensor")),
        "masked tensors are a prototype of torch's, and are not described",
    ),
    "torch.nn.Module": EVALUATOR,
    "torch.nn.Parameter": EVALUATOR,
    "torch.nn.Buffer": EVALUATOR,
    "torch.nn.DataParallel": EVALUATOR,
    "torch.nn.Container": "a base class without a forward",
    "torch.nn.RNNBase": "a base class without a forward",
    "torch.nn.RNNCellBase": "a base class without a forward",
    "torch.nn.LinearCrossEntropyOptions": "options, no module",
    "torch.nn.UninitializedBuffer": "what lazy modules hold before their first call",
    "torch.nn.UninitializedParameter": "what lazy modules hold before their first call",
    "torch.distributions.Distribution": "a base class",
    "torch.distributions.ExponentialFamily": "a base class",
    "torch.distributions.TransformedDistribution": "what its transforms do to the shape of an event is not described",
    "torch.distributions.LogisticNormal": "what its transforms do to the shape of an event is not described",
    **dict.fromkeys(
        (f"torch.distributions.{name}" for name in ("LKJCholesky", "LowRankMultivariateNormal", "Wishart")),
        "its parameters are of more than one kind of event; not described",
    ),
}  # fmt: skip


class Unclassified(Exception):
    """A public name that nobody answers for, and that is not left out on purpose."""


def served(path: str) -> tuple[str, str]:
    """Who answers for a path, or ("unknown", why). Raises Unclassified."""
    if find_special(path) is not None or path in library._TRANSPARENT or OTHERS.get(path) == EVALUATOR:
        return EVALUATOR, ""
    if path.startswith("torch.Tensor.") and path.removeprefix("torch.Tensor.") in OF_TENSOR.split():
        return EVALUATOR, ""
    if torch_modules.is_module_class(path) or path in distributions.TABLE:
        return RULE, ""
    found = service.served_by(path)
    if found is not None:
        return {service.RULE: RULE, service.IN_PLACE: IN_PLACE, service.ORACLE: TORCH}[found], ""
    why = OTHERS.get(path) or deliberate.reason(path) or (EFFECT if oracle.has_effects(path) else None)
    if why is None and path.startswith("torch.set_"):
        why = SETTING
    if why is None:
        raise Unclassified(path)
    return "unknown", why


def public_functions(namespace: str) -> Iterator[str]:
    """The paths of a namespace's functions."""
    module = importlib.import_module(namespace)
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if not name.startswith("_") and callable(value) and not isinstance(value, type | ModuleType):
            yield f"{namespace}.{name}"


def members_of_tensor() -> Iterator[str]:
    """The paths of Tensor's methods and properties, operators included."""
    for name in sorted(dir(torch.Tensor)):
        own = not name.startswith("_") or (name.startswith("__") and name not in dir(object))
        if own and name not in ("__module__", "__dict__", "__weakref__", "__annotations__"):
            yield f"torch.Tensor.{name}"


def classes_of(namespace: str, base: type) -> Iterator[str]:
    """The paths of a namespace's public classes below a base."""
    module = importlib.import_module(namespace)
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if not name.startswith("_") and inspect.isclass(value) and issubclass(value, base):
            yield f"{namespace}.{name}"


def sections() -> Iterator[tuple[str, list[str]]]:
    """Every section of the page: its title, and the paths it has to account for."""
    for namespace in NAMESPACES:
        yield f"Functions of `{namespace}`", list(public_functions(namespace))
    yield "Methods and properties of `torch.Tensor`", list(members_of_tensor())
    yield "Classes of `torch.nn`", list(classes_of("torch.nn", object))
    yield "Classes of `torch.distributions`", list(classes_of("torch.distributions", torch.distributions.Distribution))
    yield "einops", [
        *(f"einops.{name}" for name in EINOPS.split()),
        *(f"einops.layers.torch.{name}" for name in EINOPS_LAYERS.split()),
    ]


def page() -> str:
    """The page's text. Raises Unclassified."""
    parts = [INTRODUCTION]
    for title, paths in sections():
        groups: dict[str, list[str]] = {}
        reasons: dict[str, list[str]] = {}
        for path in paths:
            by, why = served(path)
            (reasons.setdefault(why, []) if by == "unknown" else groups.setdefault(by, [])).append(path)
        unknown = sum(map(len, reasons.values()))
        parts.append(f"## {title}\n\n{len(paths)} names, {unknown} of them unknown on purpose.\n")
        for by in (RULE, IN_PLACE, TORCH, EVALUATOR):
            if by in groups:
                parts.append(f"{SAID[by]} ({len(groups[by])}):\n\n{_listed(groups[by])}\n")
        if reasons:
            rows = "\n".join(f"| {why} | {_names(each)} |" for why, each in sorted(reasons.items()))
            parts.append(f"| unknown, because | names |\n| --- | --- |\n{rows}\n")
    return "\n".join(parts)


def _names(paths: list[str]) -> str:
    return " ".join(f"`{path.rpartition('.')[2]}`" for path in paths)


def _listed(paths: list[str]) -> str:
    return textwrap.fill(_names(paths), 118, break_on_hyphens=False, break_long_words=False)


INTRODUCTION = """# Operations

Every public operation of torch 2.13, and who answers for it. The page is generated
(`python -m tests.rules.operations > docs/operations.md`), and a test keeps it up to date and complete.

* **A rule** computes the result symbolically, and refuses what torch refuses. It needs no `import torch`.
* **In place** variants are answered by the rule of the plain operation; their result has to fit the tensor there is.
* **torch itself** is asked on the meta device, at the observed sizes and at others, and a size of the result is
  recovered as an expression; answers are remembered for each version of torch. Operators registered with
  `torch.library` by torchvision and torchaudio, and functions of these libraries, are asked in the same way.
* **The evaluator** follows what is more than an operation on tensors.
* What is left **unknown on purpose** is listed with the reason. Nothing is ever reported for it.

Sizes that depend on data (`nonzero`, boolean masks, `unique`, `masked_select`, `repeat_interleave` with a tensor,
`where(condition)`, `nms`) are unknown, `_` (JSON: `null`): rank and dtype are known.
"""


if __name__ == "__main__":
    print(page(), end="")
