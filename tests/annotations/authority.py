"""jaxtyping's run-time checker with beartype, and ours: what each says of one call of an annotated function."""

from __future__ import annotations

import ast
import typing
import warnings
from collections.abc import Callable
from typing import Any

import jaxtyping
import torch
from beartype import beartype
from jaxtyping import jaxtyped

from mypy_torch_shapes.annotations.bindings import Bindings
from mypy_torch_shapes.annotations.check import Unbound, check
from mypy_torch_shapes.annotations.hints import read
from mypy_torch_shapes.annotations.language import Malformed
from mypy_torch_shapes.shapes.dtypes import BY_NAME, DType
from mypy_torch_shapes.shapes.relations import Truth
from mypy_torch_shapes.shapes.tensor_type import TensorType

HEADER = """
from typing import *
import torch
from torch import Tensor
from jaxtyping import *
"""

Call = list[tuple[str, Any]]  # for each parameter its annotation, and the argument


class Spec:
    """A tensor to be made: a shape and a dtype."""

    def __init__(self, *shape: int, dtype: str = "float32") -> None:
        self.shape = shape
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"torch.zeros({self.shape}, dtype=torch.{self.dtype})"

    def real(self) -> torch.Tensor:
        return torch.zeros(self.shape, dtype=getattr(torch, self.dtype))

    def known(self) -> TensorType:
        return TensorType(BY_NAME[self.dtype], self.shape)


def mapped(value: Any, leaf: Callable[[Spec], Any]) -> Any:
    """A nest of specs with each made into something."""
    if isinstance(value, Spec):
        return leaf(value)
    if isinstance(value, tuple | list):
        return type(value)(mapped(item, leaf) for item in value)
    return {key: mapped(item, leaf) for key, item in value.items()} if isinstance(value, dict) else value


def real_outcome(call: Call, returns: tuple[str, Any] | None = None) -> str:
    """What jaxtyping and beartype say: "accepts", "rejects" or "malformed"."""
    names = [f"x{i}" for i in range(len(call))]
    parameters = ", ".join(f"{name}: {annotation}" for name, (annotation, _) in zip(names, call, strict=True))
    result = f" -> {returns[0]}" if returns else ""
    source = f"{HEADER}\ndef f({parameters}){result}:\n    return RESULT\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scope: dict[str, Any] = {"RESULT": mapped(returns[1], Spec.real) if returns else None}
        try:
            exec(compile(source, "<case>", "exec", dont_inherit=True), scope)
            checked = jaxtyped(scope["f"], typechecker=beartype)
        except ValueError:
            return "malformed"
        try:
            checked(*(mapped(value, Spec.real) for _, value in call))
        except jaxtyping.TypeCheckError as error:
            return "malformed" if _comes_from_syntax(error) else "rejects"
        except (jaxtyping.AnnotationError, SyntaxError):
            return "malformed"
    return "accepts"


def _comes_from_syntax(error: BaseException | None) -> bool:
    """An expression that is none is only found out when it is evaluated."""
    return error is not None and (isinstance(error, SyntaxError) or _comes_from_syntax(error.__context__))


class _Names:
    """What names mean below HEADER."""

    def path(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Attribute):
            return ast.unparse(node)
        name = getattr(node, "id", "")
        if name == "Tensor":
            return "torch.Tensor"
        if name in ("tuple", "list", "dict", "int", "str", "float", "bool"):
            return f"builtins.{name}"
        return f"typing.{name}" if hasattr(typing, name) else f"jaxtyping.{name}"

    def alias(self, node: ast.expr) -> None:
        return None

    def text(self, node: ast.expr) -> str | None:
        return node.value if isinstance(node, ast.Constant) else None

    def dtypes(self, node: ast.expr) -> None:
        return None

    def dtype(self, node: ast.expr) -> DType | None:
        return BY_NAME.get(ast.unparse(node).removeprefix("torch."))


def our_outcome(call: Call, returns: tuple[str, Any] | None = None) -> str:
    """What we say: as above, or "perhaps"."""
    arguments = {f"x{i}": mapped(value, Spec.real) for i, (_, value) in enumerate(call)}
    bindings = Bindings(braces=lambda node: eval(ast.unparse(node), {}, arguments))
    outcome = "accepts"
    try:
        hints = [read(ast.parse(a, mode="eval").body, _Names()) for a, _ in [*call, *([returns] if returns else [])]]
        values = [value for _, value in [*call, *([returns] if returns else [])]]
        for hint, value in zip(hints, values, strict=True):
            answer = check(hint, mapped(value, Spec.known), bindings)
            if answer.fails:
                return "rejects"
            if answer.truth is Truth.UNKNOWN:
                outcome = "perhaps"
    except (Malformed, Unbound):
        return "malformed"
    return outcome
