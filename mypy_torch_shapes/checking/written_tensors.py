"""`Tensor[float32, "N 3 H W"]` in annotations: a plain `Tensor` for mypy."""

from __future__ import annotations

from typing import cast

from mypy.nodes import TypeInfo
from mypy.plugin import AnalyzeTypeContext
from mypy.typeanal import TypeAnalyser
from mypy.types import RawExpressionType, Type, UnboundType

TENSOR = "torch._tensor.Tensor"


def analyze(context: AnalyzeTypeContext) -> Type:
    """What mypy makes of `Tensor` itself; the arguments are left out where they are a dtype and a shape of ours."""
    written, analyser = context.type, cast(TypeAnalyser, context.api)
    found = analyser.lookup_qualified(written.name, written)
    assert found is not None and isinstance(found.node, TypeInfo)
    arguments = () if _are_ours(written) else written.args
    return analyser.analyze_type_with_type_info(found.node, arguments, written, written.empty_tuple_index)


def _are_ours(written: UnboundType) -> bool:
    return len(written.args) == 2 and _is_string(written.args[1])


def _is_string(argument: Type) -> bool:
    if isinstance(argument, RawExpressionType):
        return isinstance(argument.literal_value, str)
    return isinstance(argument, UnboundType) and argument.original_str_expr is not None  # "N" might be a class
