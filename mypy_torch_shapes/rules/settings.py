"""What a program may choose for all that follows: the dtype and the device of new tensors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Generic, TypeVar

from ..shapes.dtypes import DType, float32
from ..shapes.unknown import Undecided, Unknown

T = TypeVar("T")
Cell = dict[str, Any]  # what is chosen: an object, so that an evaluation can take back what a branch chose
_CHOSEN = "chosen"


class Setting(Generic[T]):
    """One choice. It is kept in a cell of the evaluated program's own (`of_one_program`)."""

    def __init__(self, name: str, usual: T) -> None:
        self.usual = usual
        self._cell: ContextVar[Cell] = ContextVar(name)

    def get(self) -> T | None:
        """The choice; None where it is not known."""
        chosen = self.cell()[_CHOSEN]
        return None if isinstance(chosen, Unknown) else chosen

    def set(self, chosen: T | None) -> Token[Cell]:
        """Choose until `reset`."""
        token = self._cell.set({})
        self.choose(chosen)
        return token

    def reset(self, token: Token[Cell]) -> None:
        self._cell.reset(token)

    def cell(self) -> Cell:
        """What `choose` changes."""
        try:
            return self._cell.get()
        except LookupError:  # outside of any program
            return {_CHOSEN: self.usual}

    def choose(self, chosen: T | None) -> None:
        """Choose for all that follows."""
        self.cell()[_CHOSEN] = Unknown("chosen by something unknown") if chosen is None else chosen

    def use(self, cell: Cell) -> Token[Cell]:
        """Let choices be kept in a cell, until `reset`. An empty one starts with what is usual."""
        cell.setdefault(_CHOSEN, self.usual)
        return self._cell.set(cell)


default_dtype: Setting[DType] = Setting("default_dtype", float32)  # torch.set_default_dtype
default_device: Setting[str] = Setting("default_device", "")  # torch.set_default_device, with torch.device(…); "": none


def default_name() -> str:
    """The default dtype for torch itself. Raises Undecided where it is not known."""
    chosen = default_dtype.get()
    if chosen is None:
        raise Undecided("the default dtype is not known")
    return chosen.name


@contextmanager
def of_one_program(dtype: Cell, device: Cell) -> Iterator[None]:
    """Evaluate one program: what others chose does not count, and what it chooses is kept in these cells."""
    tokens = default_dtype.use(dtype), default_device.use(device)
    try:
        yield
    finally:
        default_dtype.reset(tokens[0])
        default_device.reset(tokens[1])
