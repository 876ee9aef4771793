"""What sizes are called: after what an axis of a parameter or a variable usually is, else after the name."""

from __future__ import annotations

from collections.abc import Container, Mapping
from itertools import chain, count

from ..shapes.dims import Dim, Size, Symbol
from ..shapes.dtypes import INTEGER
from ..shapes.tensor_type import TensorType

Parameters = tuple[tuple[str, TensorType | Size], ...]  # path from the parameters -> what it is

_CONVENTIONAL = {1: "N", 2: "ND", 3: "NTD", 4: "NCHW", 5: "NCDHW"}


def name_symbols(parameters: Parameters, written: Mapping[str, Size]) -> tuple[dict[Symbol, str], dict[str, str]]:
    """Names for the symbols a function's parameters bring, and what each stands for in terms of them."""
    wished = {symbol: name for name, size in written.items() if (symbol := plain(size)) is not None and name}
    names: dict[Symbol, str] = {}
    definitions: dict[str, str] = {}
    for path, value in parameters:
        sizes = value.dims or () if isinstance(value, TensorType) else (value,)
        for axis, size in enumerate(sizes):
            symbol = plain(size)
            if symbol is None or symbol in names:
                continue
            name = unused(wished.get(symbol) or symbol.name or axis_name(path, axis, value), definitions)
            names[symbol] = name
            definitions[name] = f"{path}.shape[{axis}]" if isinstance(value, TensorType) else path
    return names, definitions


def unused(wanted: str, taken: Container[str]) -> str:
    """The name, or the name with the first number that makes it another one."""
    return next(name for name in chain([wanted], (f"{wanted}{n}" for n in count(2))) if name not in taken)


def plain(size: object) -> Symbol | None:
    """The symbol a size consists of, if it is just that."""
    if not isinstance(size, Dim) or len(size.terms) != 1:
        return None
    ((monomial, coefficient),) = size.terms.items()
    if coefficient != 1 or len(monomial) != 1:
        return None
    ((atom, power),) = monomial
    return atom if power == 1 and isinstance(atom, Symbol) else None


def axis_name(path: str, axis: int, value: TensorType | Size) -> str:
    """What an axis of a parameter is called that nothing else names: by convention, else after the parameter."""
    if not isinstance(value, TensorType):
        return path if path.isidentifier() else "n"
    letters = _CONVENTIONAL.get(value.rank or 0, "")
    if value.rank == 4 and any(isinstance(size, int) and size > 1 for size in (value.dims or ())[2:]):
        letters = "NTHW"  # a picture of fixed size has its channels fixed, too: these are steps
    if value.rank == 2 and value.dtype is not None and value.dtype.category == INTEGER:
        letters = "NT"  # indices
    return letters[axis] if axis < len(letters) else f"{path.split('.')[0].split('[')[0]}_{axis}"
