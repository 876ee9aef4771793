"""Sizes that were chosen on a run's command line."""

from __future__ import annotations

from .dims import Dim, Symbol, substitute, symbols


class Choice(Symbol):
    """A size that was chosen for the run, on its command line: a batch's, which may vary, or a layer's."""

    __slots__ = ()


def as_chosen(size: int | Dim) -> int | Dim:
    """The size with choices that were the same in every run replaced by what they were."""
    binding: dict[Symbol, int | Dim] = {}
    for symbol in symbols(size):
        if isinstance(symbol, Choice) and symbol.values and len(set(symbol.values)) == 1:
            binding[symbol] = symbol.values[0]
    return substitute(size, binding) if binding else size
