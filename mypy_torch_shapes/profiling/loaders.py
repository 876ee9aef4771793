"""What data loaders yielded during the run; none is ever iterated by us."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any

from mypy_torch_shapes.profiling.names import class_name
from mypy_torch_shapes.profiling.observe import PendingIterable
from mypy_torch_shapes.seeds.model import IterableSeed, OpaqueSeed, Seed

MAX_ELEMENTS = 2  # a full batch and the shorter last one


@dataclass
class _Loader:
    ref: weakref.ref[Any]
    elements: list[Seed] = field(default_factory=list)
    keys: set[object] = field(default_factory=set)
    length: int | None = None


@dataclass
class Loaders:
    """Every DataLoader seen, and the distinct batches its iterators yielded."""

    _loaders: list[_Loader] = field(default_factory=list)
    _by_id: dict[int, int] = field(default_factory=dict)
    _iterators: dict[int, tuple[weakref.ref[Any], int, int]] = field(default_factory=dict)  # loader, batches so far

    def token(self, loader: Any) -> int:
        """A number of the loader's own."""
        found = self._by_id.get(id(loader))
        if found is None or self._loaders[found].ref() is not loader:
            found = self._by_id[id(loader)] = len(self._loaders)
            self._loaders.append(_Loader(weakref.ref(loader)))
        return found

    def seed(self, loader: Any) -> Seed:
        """The loader; what it yields is filled in by `resolved`."""
        return PendingIterable(class_name(type(loader)), self.token(loader))

    def started(self, loader: Any, iterator: Any) -> None:
        """`iter(loader)` gave `iterator`."""
        self._iterators[id(iterator)] = (weakref.ref(iterator), self.token(loader), 0)

    def loader_of(self, iterator: Any) -> int | None:
        """The token of the loader an iterator belongs to."""
        found = self._iterators.get(id(iterator))
        return None if found is None or found[0]() is not iterator else found[1]

    def wants(self, token: int, key: object) -> bool:
        """Whether a batch with this key is still to be kept; from then on it is not."""
        loader = self._loaders[token]
        if key in loader.keys or len(loader.elements) >= MAX_ELEMENTS:
            return False
        loader.keys.add(key)
        return True

    def yielded(self, token: int, element: Seed) -> None:
        """Keep a batch."""
        self._loaders[token].elements.append(element)

    def counted(self, iterator: Any) -> None:
        """One more batch came from this iterator."""
        ref, token, batches = self._iterators[id(iterator)]
        self._iterators[id(iterator)] = (ref, token, batches + 1)

    def ended(self, iterator: Any) -> None:
        """The iterator is exhausted: that many batches are the loader's length."""
        _, token, batches = self._iterators.pop(id(iterator))
        self._loaders[token].length = batches

    def resolved(self, seed: PendingIterable, variant: int) -> Seed:
        """The loader with one of its batches; without any, its class is all that is known."""
        loader = self._loaders[seed.token]
        if not loader.elements:
            return OpaqueSeed(seed.cls)
        element = loader.elements[min(variant, len(loader.elements) - 1)]
        return IterableSeed(seed.cls, element, loader.length)

    def variants(self, seed: PendingIterable) -> int:
        """How many distinct batches there are to choose from."""
        return len(self._loaders[seed.token].elements)
