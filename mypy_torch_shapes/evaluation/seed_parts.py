"""What a seed is made of: its sizes, in a fixed order; the lists in it; its structure without sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..seeds.model import (
    LENGTH,
    ItemsSeed,
    IterableSeed,
    MappingSeed,
    ModuleSeed,
    ObjectSeed,
    OpaqueSeed,
    Seed,
    SequenceSeed,
    TensorSeed,
)

Axis = tuple[str, int]


def is_items(seed: Seed) -> bool:
    """Whether a seed is a list of things that differ in sizes only, or of numbers."""
    if not isinstance(seed, SequenceSeed) or seed.cls != "list" or not seed.items or not seed.complete:
        return False
    return len({"number" if type(item) in _NUMBERS else repr(shape_of(item)) for item in seed.items}) == 1


_NUMBERS = (int, float, bool)


def items_of(seed: SequenceSeed) -> ItemsSeed:
    """A list as one of any length; one of whole numbers by the largest of them."""
    kinds = {type(item) for item in seed.items}
    if kinds <= set(_NUMBERS):
        whole = [item for item in seed.items if type(item) is int]
        element = max(whole) if kinds == {int} else False if kinds == {bool} else 0.0
        ragged = frozenset({0} if len(set(whole)) > 1 and kinds == {int} else ())
        return ItemsSeed(element, ragged, len(seed.items))
    rows = [tuple(slots_of(item)) for item in seed.items]
    ragged = frozenset(i for i, column in enumerate(zip(*rows, strict=True)) if len(set(column)) > 1)
    return ItemsSeed(seed.items[0], ragged, len(seed.items))


def with_items(path: str, seed: Seed, lists: frozenset[str]) -> Seed:
    """A seed with the lists at these paths in it as lists of any length."""
    if isinstance(seed, SequenceSeed) and path in lists:
        return items_of(seed)
    if not any(each.startswith(path) for each in lists):
        return seed
    inside = tuple(with_items(path + step, part, lists) for step, part in _steps(seed))  # equal steps: opaque keys
    if isinstance(seed, SequenceSeed):
        return replace(seed, items=inside)
    if isinstance(seed, MappingSeed):
        return replace(seed, items=tuple(zip((key for key, _ in seed.items), inside, strict=True)))
    if isinstance(seed, ObjectSeed):
        return replace(seed, attrs=tuple(zip((name for name, _ in seed.attrs), inside, strict=True)))
    return seed


def is_texts(seed: Seed) -> bool:
    """Whether a seed is a list of strings: prompts, or names."""
    return isinstance(seed, SequenceSeed) and bool(seed.items) and all(isinstance(each, str) for each in seed.items)


def with_another_text(seed: Seed) -> Seed:
    """A seed with one more string in each list of strings in it, also below the keys of a batch."""
    return _with_texts(seed, lambda texts: replace(texts, items=(*texts.items, texts.items[-1])))


def with_texts_of_any_length(seed: Seed) -> Seed:
    """A seed with these lists of strings as lists of any length, of strings that are not known."""
    return _with_texts(seed, lambda texts: ItemsSeed(OpaqueSeed("builtins:str"), frozenset(), len(texts.items)))


def _with_texts(seed: Seed, changed: Callable[[SequenceSeed], Seed]) -> Seed:
    if isinstance(seed, SequenceSeed) and is_texts(seed):
        return changed(seed)
    if isinstance(seed, MappingSeed):
        return replace(seed, items=tuple((key, _with_texts(value, changed)) for key, value in seed.items))
    return seed


def texts_in(seed: Seed) -> list[SequenceSeed]:
    """The lists of strings in a seed, also below the keys of a batch."""
    if isinstance(seed, SequenceSeed) and is_texts(seed):
        return [seed]
    return [each for _, value in seed.items for each in texts_in(value)] if isinstance(seed, MappingSeed) else []


def paths_in(arguments: tuple[tuple[str, Seed], ...], wanted: Callable[[Seed], bool]) -> frozenset[str]:
    """Where among a call's arguments there are such seeds, as the probe writes it."""
    return frozenset(path for name, seed in arguments for path in _paths(name, seed, wanted))


def _paths(path: str, seed: Seed, wanted: Callable[[Seed], bool]) -> Iterator[str]:
    if wanted(seed):
        yield path
        return
    for step, part in _steps(seed):
        yield from _paths(path + step, part, wanted)


def _steps(seed: Seed) -> Iterator[tuple[str, Seed]]:
    if isinstance(seed, SequenceSeed):
        yield from ((f"[{i}]", item) for i, item in enumerate(seed.items))
    elif isinstance(seed, MappingSeed):
        yield from ((f"[{key!r}]", value) for key, value in seed.items)
    elif isinstance(seed, ObjectSeed):
        yield from ((f".{name}", value) for name, value in seed.attrs)


def array_sizes(seed: Seed) -> Iterator[int]:
    """The sizes of the numpy arrays in a seed."""
    if isinstance(seed, ObjectSeed) and seed.cls == "numpy:ndarray":
        yield from slots_of(dict(seed.attrs)["shape"])
    else:
        for part in parts_of(seed):
            yield from array_sizes(part)


def has_any_length(seed: Seed) -> bool:
    """Whether a seed is a list that there may be more or less of."""
    return isinstance(seed, ItemsSeed)


def axes_of(path: str, seed: Seed) -> Iterator[Axis | None]:
    """For each slot of a seed the axis, by the name the probe has for it (`batch['ids']`); None for a number."""
    if isinstance(seed, ItemsSeed):
        yield path, LENGTH
        yield from axes_of(f"{path}[0]", seed.element)
    elif isinstance(seed, TensorSeed):
        yield from ((path, axis) for axis in range(len(seed.shape)))
        yield from [None] * (seed.largest is not None)
    elif isinstance(seed, int) and not isinstance(seed, bool):
        yield None
    else:
        for step, part in list(_steps(seed)) or [("", part) for part in parts_of(seed)]:
            yield from axes_of(path + step, part)


def kinds_of(seed: Seed) -> list[bool]:
    """For each slot of a seed, whether it is an axis of a tensor (else an integer)."""
    if isinstance(seed, ItemsSeed):
        return [True, *kinds_of(seed.element)]
    if isinstance(seed, TensorSeed):
        return [True for _ in slots_of(seed)]
    if isinstance(seed, int) and not isinstance(seed, bool):
        return [False]
    return [kind for part in parts_of(seed) for kind in kinds_of(part)]


def shape_of(seed: Seed, free: frozenset[int] = frozenset()) -> object:
    """A seed without its sizes: what must agree for two calls to be the same call at other sizes.

    A size of 1 broadcasts: a call with it is not the same call at another size, unless that axis is known to be free.
    """
    if isinstance(seed, ItemsSeed):
        return ("items", type(seed.element) if type(seed.element) in _NUMBERS else shape_of(seed.element))
    if isinstance(seed, TensorSeed):
        ones = tuple(axis for axis, size in enumerate(seed.shape) if size == 1 and axis not in free)
        return ("tensor", seed.dtype, len(seed.shape), ones)
    if isinstance(seed, bool) or not isinstance(seed, int | SequenceSeed | MappingSeed | ObjectSeed | IterableSeed):
        return ("value", type(seed).__name__, _hashable(seed))
    if isinstance(seed, int):
        return "int"
    if isinstance(seed, SequenceSeed):
        return (seed.cls, tuple(map(shape_of, seed.items)))
    if isinstance(seed, MappingSeed):
        return (seed.cls, tuple((_hashable(key), shape_of(value)) for key, value in seed.items))
    if isinstance(seed, IterableSeed):
        return (seed.cls, shape_of(seed.element))
    return (seed.cls, tuple((name, shape_of(value)) for name, value in seed.attrs))


def _hashable(seed: Seed) -> object:
    return seed.id if isinstance(seed, ModuleSeed) else repr(seed)


def slots_of(seed: Seed) -> Iterator[int]:
    """Every size and integer in a seed, in the order in which `seeding.Seeding.value` asks for them."""
    if isinstance(seed, ItemsSeed):
        yield seed.length
        yield from slots_of(seed.element)
    elif isinstance(seed, TensorSeed):
        yield from seed.shape if seed.largest is None else (*seed.shape, seed.largest)
    elif isinstance(seed, int) and not isinstance(seed, bool):
        yield seed
    else:
        for part in parts_of(seed):
            yield from slots_of(part)


def modules_in(seed: Seed) -> Iterator[int]:
    """The live modules that a seed mentions."""
    if isinstance(seed, ModuleSeed):
        yield seed.id
    for part in parts_of(seed):
        yield from modules_in(part)


def holds_tensor(seed: Seed) -> bool:
    """Whether there is a tensor in a seed that is no parameter."""
    if isinstance(seed, TensorSeed):
        return not seed.parameter
    return any(map(holds_tensor, parts_of(seed)))


def parts_of(seed: Seed) -> Iterator[Seed]:
    """The seeds inside a seed."""
    if isinstance(seed, SequenceSeed):
        yield from seed.items
    elif isinstance(seed, MappingSeed):
        yield from (value for _, value in seed.items)
    elif isinstance(seed, ObjectSeed):
        yield from (value for _, value in seed.attrs)
    elif isinstance(seed, IterableSeed):
        yield seed.element


def objects_in(seed: Seed) -> Iterator[ObjectSeed]:
    """A seed, and the seeds inside of it, that are objects."""
    if isinstance(seed, ObjectSeed):
        yield seed
    for part in parts_of(seed):
        yield from objects_in(part)
