"""Values as JSON: what a question is keyed by and how an answer is remembered."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...shapes.dims import Dim, Size, Symbol, extreme, floordiv, text
from ...shapes.dtypes import BY_NAME, DType
from ...shapes.tensor_type import TensorType, fresh
from ...shapes.unknown import Reference, Undecided, Unknown, UnknownNumber
from ..modules.table import ModuleSpec

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (bool, int, float, complex)}


@dataclass(frozen=True)
class Construction:
    """A library's module by its class and constructor arguments, for other modules' constructors."""

    cls: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def encode(value: Any, names: Mapping[Symbol, str]) -> Any:
    """A rule value as JSON, symbols by the given names. Raises Undecided for what cannot be written."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | Dim):
        return {"size": _encode_size(value, names)}
    if isinstance(value, float | complex):
        return {type(value).__name__: repr(value)}
    if isinstance(value, TensorType):
        dims = None if value.dims is None else [_encode_size(size, names) for size in value.dims]
        return {"tensor": [value.dtype.name if value.dtype else None, dims, int(value.parameter)]}
    if isinstance(value, DType):
        return {"dtype": value.name}
    if isinstance(value, tuple | list):
        return {type(value).__name__ if type(value) is list else "tuple": [encode(item, names) for item in value]}
    return _encode_rare(value, names)


def _encode_rare(value: Any, names: Mapping[Symbol, str]) -> Any:
    if isinstance(value, dict):
        return {"dict": [[encode(key, names), encode(item, names)] for key, item in value.items()]}
    if isinstance(value, slice):
        return {"slice": [encode(item, names) for item in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": []}
    if isinstance(value, UnknownNumber):
        return {"number": ["float" if issubclass(value.kind, float) else value.kind.__name__, value.reason]}
    if isinstance(value, Reference):
        return {"reference": value.path}
    if isinstance(value, Unknown):
        return {"unknown": value.reason}
    if isinstance(value, Construction):
        return {"module": [value.cls, encode(tuple(value.args), names), encode(dict(value.kwargs), names)]}
    if isinstance(value, ModuleSpec):
        return {"attributes": [value.cls, encode(dict(value.attrs), names)]}
    raise Undecided(f"a {type(value).__name__} is no argument of torch's")


def decode(value: Any, symbols: Mapping[str, Symbol]) -> Any:
    """What `encode` wrote. Raises KeyError, TypeError, ValueError or SyntaxError for anything else."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "size":
        return _decode_size(content, symbols)
    if kind in ("float", "complex"):
        return _KINDS[kind](content)
    if kind == "tensor":
        dtype, dims, parameter = content
        sizes = None if dims is None else tuple(_decode_size(size, symbols) for size in dims)
        return TensorType(BY_NAME[dtype] if dtype else None, sizes, bool(parameter))
    if kind == "dtype":
        return BY_NAME[content]
    if kind in ("tuple", "list"):
        items = [decode(item, symbols) for item in content]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {decode(key, symbols): decode(item, symbols) for key, item in content}
    return _decode_rare(kind, content, symbols)


def _decode_rare(kind: str, content: Any, symbols: Mapping[str, Symbol]) -> Any:
    if kind == "slice":
        return slice(*(decode(item, symbols) for item in content))
    if kind == "ellipsis":
        return Ellipsis
    if kind == "number":
        return UnknownNumber(_KINDS[content[0]], content[1])
    if kind == "unknown":
        return Unknown(content)
    if kind == "reference":
        return Reference(content)
    if kind == "module":
        return Construction(content[0], decode(content[1], symbols), decode(content[2], symbols))
    if kind == "attributes":
        return ModuleSpec(content[0], decode(content[1], symbols))
    raise ValueError(f"not a remembered value: {kind}")


def _encode_size(size: Size, names: Mapping[Symbol, str]) -> Any:
    written = text(size, names.get)
    if written is not None:
        return written
    assert isinstance(size, Dim)
    return None if size.values is None else list(size.values)


def _decode_size(written: Any, symbols: Mapping[str, Symbol]) -> Size:
    if written is None:
        return fresh()
    if isinstance(written, list):
        return fresh(tuple(int(value) for value in written))
    return _evaluate(ast.parse(written, mode="eval").body, symbols)


def _evaluate(node: ast.expr, symbols: Mapping[str, Symbol]) -> Size:
    """A size from its text, which is a Python expression."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return Dim.of(symbols[node.id])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand, symbols)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("max", "min"):
        return extreme(node.func.id, *(_evaluate(argument, symbols) for argument in node.args))
    if isinstance(node, ast.BinOp):
        return _operate(node.op, _evaluate(node.left, symbols), _evaluate(node.right, symbols))
    raise ValueError(f"not a size: {ast.dump(node)}")


def _operate(operator: ast.operator, left: Size, right: Size) -> Size:
    if isinstance(operator, ast.Add):
        return left + right
    if isinstance(operator, ast.Sub):
        return left - right
    if isinstance(operator, ast.Mult):
        return left * right
    if isinstance(operator, ast.FloorDiv):
        return floordiv(left, right)
    if isinstance(operator, ast.Pow) and isinstance(right, int) and 0 <= right <= 8:
        result: Size = 1
        for _ in range(right):
            result = result * left
        return result
    raise ValueError(f"not an operator of sizes: {operator!r}")
