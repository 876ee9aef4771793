"""Annotations as plain data: which of them say something of tensors, and what."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Protocol

from .. import messages
from ..shapes.dtypes import BY_NAME, DType
from . import language
from .dtypes import BY_CLASS, DTypes
from .language import Axis, Malformed, Variadic


@dataclass(frozen=True)
class Other:
    """An annotation that says nothing we check; `kind` is the built-in class it names, if it does."""

    kind: str | None = None


@dataclass(frozen=True)
class Array:
    """`Float[Tensor, "batch 3"]`; without axes, a plain `Tensor`."""

    dtypes: DTypes
    axes: tuple[Axis, ...] | None
    text: str = field(compare=False, default="Tensor")

    @property
    def constrains(self) -> bool:
        return self.axes is not None


@dataclass(frozen=True)
class TupleOf:
    """`tuple[A, B]`."""

    items: tuple[Hint, ...]


@dataclass(frozen=True)
class Sequence:
    """`list[A]`, `tuple[A, ...]`, `Sequence[A]`; `kind` is list or tuple where it must be one."""

    item: Hint
    kind: str | None = None


@dataclass(frozen=True)
class Mapping:
    """`dict[K, V]`."""

    value: Hint


@dataclass(frozen=True)
class OneOf:
    """`A | B`, `Optional[A]`."""

    options: tuple[Hint, ...]


Hint = Other | Array | TupleOf | Sequence | Mapping | OneOf
NONE = Other("NoneType")


class Scope(Protocol):
    """Where an annotation stands: what its names mean."""

    def path(self, node: ast.expr) -> str | None:
        """The full name of a library's thing (`jaxtyping.Float`), or None."""

    def alias(self, node: ast.expr) -> tuple[ast.expr, Scope] | None:
        """What a name stands for that is bound to another expression."""

    def text(self, node: ast.expr) -> str | None:
        """The value of a string expression."""

    def dtypes(self, node: ast.expr) -> list[str] | None:
        """What a class of the program that derives from `jaxtyping.AbstractDtype` lists; None for anything else."""

    def dtype(self, node: ast.expr) -> DType | None:
        """The torch dtype that an expression is."""


_DEEPEST = 12  # aliases of aliases
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
_LISTS = frozenset({"builtins.list", "typing.List"})
_SEQUENCES = frozenset({f"{m}.{n}" for m in ("typing", "collections.abc") for n in ("Sequence", "MutableSequence")})
_DICTS = frozenset({"builtins.dict", "typing.Dict"})
_WRAPPERS = frozenset({f"typing.{name}" for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired")})
_UNIONS = frozenset({"typing.Union", "typing.Optional"})
_TENSORS = frozenset({"torch.Tensor", "torch.nn.Parameter", "torch.nn.Buffer", "typing.Any"})


def read(node: ast.expr, scope: Scope, deep: int = 0, in_tree: bool = False) -> Hint:
    """What an annotation says. Raises Malformed."""
    if deep > _DEEPEST:
        return Other()
    if isinstance(node, ast.Constant):
        return _constant(node, scope, deep, in_tree)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _one_of([read(side, scope, deep + 1, in_tree) for side in (node.left, node.right)])
    if isinstance(node, ast.Subscript):
        return _subscript(node, scope, deep, in_tree)
    if isinstance(node, ast.List):  # the parameters of a Callable
        for each in node.elts:
            read(each, scope, deep + 1, in_tree)
    if not isinstance(node, ast.Name | ast.Attribute):
        return Other()
    alias = scope.alias(node)
    if alias is not None:
        return _of_alias(alias, deep, in_tree)
    path = scope.path(node)
    if path is None:
        return Other()
    if path in _TENSORS and path != "typing.Any":
        return Array(None, None)
    return Other(path.removeprefix("builtins.") if path.startswith("builtins.") else None)


def _of_alias(alias: tuple[ast.expr, Scope], deep: int, in_tree: bool) -> Hint:
    try:
        return read(*alias, deep + 1, in_tree)
    except Malformed:
        return Other()  # reported where the alias is made


def _constant(node: ast.Constant, scope: Scope, deep: int, in_tree: bool) -> Hint:
    if node.value is None:
        return NONE
    if not isinstance(node.value, str):
        return Other()
    try:
        inner = ast.parse(node.value.strip(), mode="eval").body
    except SyntaxError:
        return Other()  # mypy's to report
    for each in ast.walk(inner):
        ast.copy_location(each, node)
    return read(inner, scope, deep + 1, in_tree)


def _subscript(node: ast.Subscript, scope: Scope, deep: int, in_tree: bool) -> Hint:
    path = scope.path(node.value)
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    listed = _dtypes_of(node.value, path, scope)
    if listed is not _NO_ARRAY:
        return _array(node, listed, arguments, scope, deep, in_tree)
    if path == "torch.Tensor":
        return _own(node, arguments, scope, in_tree)
    if path in _WRAPPERS:
        return read(arguments[0], scope, deep + 1, in_tree)
    if path == "typing.Literal":
        return Other()
    tree = in_tree or path == "jaxtyping.PyTree"
    items = [read(each, scope, deep + 1, tree) for each in arguments]
    if path in _UNIONS:
        return _one_of([*items, NONE] if path == "typing.Optional" else items)
    if path in _TUPLES:
        if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            return Sequence(items[0], "tuple")
        return TupleOf(() if _is_empty(arguments) else tuple(items))
    if path in _LISTS or path in _SEQUENCES:
        return Sequence(items[0], "list" if path in _LISTS else None)
    if path in _DICTS and len(items) == 2:
        return Mapping(items[1])
    return Other()


def _is_empty(arguments: list[ast.expr]) -> bool:
    return not arguments or (isinstance(arguments[0], ast.Tuple) and not arguments[0].elts)


_NO_ARRAY: DTypes = frozenset({"no array"})


def _dtypes_of(node: ast.expr, path: str | None, scope: Scope) -> DTypes:
    """The dtypes of `Float`, or of a class of the program's own like it; `_NO_ARRAY` for anything else."""
    if path is not None:
        package, _, name = path.rpartition(".")
        return BY_CLASS.get(name, _NO_ARRAY) if package == "jaxtyping" else _NO_ARRAY
    listed = scope.dtypes(node)
    return _NO_ARRAY if listed is None else frozenset(listed) or None


def _array(
    node: ast.Subscript, dtypes: DTypes, arguments: list[ast.expr], scope: Scope, deep: int, in_tree: bool
) -> Hint:
    if len(arguments) != 2:
        raise Malformed(messages.ARRAY_AND_SHAPE, node)
    array, shape = arguments
    if isinstance(shape, ast.Constant) and not isinstance(shape.value, str):
        raise Malformed(messages.SHAPE_IS_STRING, shape)
    text = scope.text(shape)
    if text is None:
        return Other()
    try:
        axes = language.parse(text, in_tree)
    except Malformed as malformed:
        raise Malformed(malformed.message, shape) from None
    inner = read(array, scope, deep + 1, in_tree)
    if in_tree:
        return Other()
    written = ast.unparse(node)
    options = inner.options if isinstance(inner, OneOf) else (inner,)
    is_any = scope.path(array) == "typing.Any"
    arrays = [Array(None, None) if is_any else each for each in options if is_any or isinstance(each, Array)]
    if not arrays:
        return Other()
    made = [_extended(dtypes, axes, each, written, shape) for each in arrays if isinstance(each, Array)]
    return made[0] if len(options) == 1 else OneOf((*made, Other()))


def _extended(dtypes: DTypes, axes: tuple[Axis, ...], inner: Array, written: str, node: ast.expr) -> Array:
    """`Float[Float[Tensor, "b"], "a"]` is `Float[Tensor, "a b"]`."""
    if inner.axes is None:
        return Array(dtypes, axes, written)
    both = dtypes if inner.dtypes is None else inner.dtypes if dtypes is None else dtypes & inner.dtypes
    if both is not None and not both:
        raise Malformed(messages.NO_COMMON_DTYPE, node)
    if sum(isinstance(axis, Variadic) for axis in (*axes, *inner.axes)) > 1:
        raise Malformed(messages.SEVERAL_VARIADIC, node)
    return Array(both, (*axes, *inner.axes), written)


def _own(node: ast.Subscript, arguments: list[ast.expr], scope: Scope, in_tree: bool) -> Hint:
    """`Tensor[float32, "N 3 H W"]`; `Any` or `_` in the dtype's place stands for every dtype."""
    if len(arguments) != 2:
        raise Malformed(messages.DTYPE_AND_SHAPE, node)
    kind, shape = arguments
    text = scope.text(shape)
    dtypes = _own_dtypes(kind, scope)
    if text is None or dtypes is _NO_ARRAY:
        raise Malformed(messages.DTYPE_AND_SHAPE, kind if text is not None else shape)
    try:
        return Array(dtypes, language.parse(text, in_tree), ast.unparse(node))
    except Malformed as malformed:
        raise Malformed(malformed.message, shape) from None


def _own_dtypes(node: ast.expr, scope: Scope) -> DTypes:
    if isinstance(node, ast.Name) and node.id == "_":
        return None
    path = scope.path(node)
    if path == "typing.Any":
        return None
    found = scope.dtype(node)
    if found is None and isinstance(node, ast.Name) and path is None:
        found = BY_NAME.get(node.id)  # a name for readers only: annotations are not evaluated
    return _dtypes_of(node, path, scope) if found is None else frozenset({found.name})


def _one_of(items: list[Hint]) -> Hint:
    flat = [option for item in items for option in (item.options if isinstance(item, OneOf) else (item,))]
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else OneOf(distinct)


def constrains(hint: Hint) -> bool:
    """Whether an annotation says anything of a tensor's shape or dtype."""
    if isinstance(hint, Array):
        return hint.constrains
    if isinstance(hint, TupleOf):
        return any(map(constrains, hint.items))
    if isinstance(hint, OneOf):
        return any(map(constrains, hint.options))
    if isinstance(hint, Sequence):
        return constrains(hint.item)
    return isinstance(hint, Mapping) and constrains(hint.value)


def arrays(hint: Hint) -> list[Array]:
    """The arrays inside an annotation, in the order in which they are checked."""
    if isinstance(hint, Array):
        return [hint]
    parts: tuple[Hint, ...] = ()
    if isinstance(hint, TupleOf):
        parts = hint.items
    elif isinstance(hint, OneOf):
        parts = hint.options
    elif isinstance(hint, Sequence | Mapping):
        parts = (hint.item if isinstance(hint, Sequence) else hint.value,)
    return [array for part in parts for array in arrays(part)]
