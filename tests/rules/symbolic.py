"""The same calls with some of their sizes replaced by symbols, and run again at other sizes."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from mypy_torch_shapes.rules.oracle.errors import classify
from mypy_torch_shapes.shapes.dims import Dim, Symbol
from mypy_torch_shapes.shapes.tensor_type import TensorType

from .op_calls import Call
from .outcomes import OK, PARTIAL, WRONG, Asked, asked_of
from .samples import compare, resized

MOST_SYMBOLS = 3
ENOUGH_SIZES = 3  # besides its own, of one symbol
MOST_WORLDS = 4  # sizes a rule is told of; it must be right at the others too

# torch trusts the values of their indices: at other sizes they would write outside their memory.
UNCHECKED = re.compile(
    r".*\.(lu_unpack|(linalg_)?lu_solve|ldl_solve|ormqr|orgqr|householder_product|segment_reduce|as_strided.*)"
)

Place = tuple[str, int, int]  # ("tensor", which, axis) or ("int", which, 0)


@dataclass(frozen=True)
class Variation:
    """Places in a call that get the same symbol."""

    places: frozenset[Place]
    size: int


@dataclass
class Case:
    """A call with symbols, and torch's results by the sizes the symbols have there."""

    given: tuple[tuple[Any, ...], dict[str, Any]]
    symbols: tuple[Symbol, ...]
    results: dict[tuple[int, ...], Any]


def judge_symbolic(asked: Asked, case: Case) -> tuple[str, str]:
    """The worst outcome over all sizes at which torch runs."""
    outcome, claim = asked_of(asked, case.given)
    worlds = f"at {list(case.results)}"
    if outcome != OK:
        return outcome, f"{claim} {worlds}"
    partial = ""
    for sizes, real in case.results.items():
        kind, detail = compare(claim, real, dict(zip(case.symbols, sizes, strict=True)))
        if kind == WRONG:
            return kind, f"{claim!r} at {sizes} of {worlds}: {detail}"
        if kind == PARTIAL:
            partial = detail
    return (PARTIAL, partial) if partial else (OK, "")


def cases(call: Call, chance: random.Random) -> Iterator[Case]:
    """One case of a random choice of sizes that can vary."""
    if not _dense((call.args, call.kwargs)):
        return
    variations = _variations(call, chance)
    chosen: list[tuple[Variation, list[int]]] = []
    taken: set[Place] = set()
    for variation in variations:
        if len(chosen) == MOST_SYMBOLS or taken & variation.places:
            continue
        running = (size for size in _other_sizes(variation.size) if _run(call, {variation: size}) is not None)
        others = list(itertools.islice(running, ENOUGH_SIZES))
        if others:
            chosen.append((variation, others))
            taken |= variation.places
    if chosen:
        yield from _case(call, chosen)


def _case(call: Call, chosen: list[tuple[Variation, list[int]]]) -> Iterator[Case]:
    base = tuple(variation.size for variation, _ in chosen)
    alone = [
        tuple(size if j == i else other for j, other in enumerate(base))
        for sizes in zip(*(sizes for _, sizes in chosen), strict=False)
        for i, size in enumerate(sizes)
    ]
    together = [tuple(sizes[k % len(sizes)] for _, sizes in chosen) for k in range(ENOUGH_SIZES)]
    results: dict[tuple[int, ...], Any] = {}
    for sizes in dict.fromkeys([base, *alone, *together]):
        ran = _run(call, dict(zip((variation for variation, _ in chosen), sizes, strict=True)))
        if ran is not None:
            results[sizes] = ran[0]
    worlds = list(results)[: min(MOST_WORLDS, max(2, len(results) - 2))]
    if base not in results or any(len(set(column)) < 2 for column in zip(*worlds, strict=True)):
        return
    columns = list(zip(*worlds, strict=True))
    names = dict(zip((variation for variation, _ in chosen), "NCHWT", strict=False))
    symbols = {
        variation: Symbol(names[variation], column) for (variation, _), column in zip(chosen, columns, strict=True)
    }
    given = _replaced(call.given, {variation: Dim.of(symbol) for variation, symbol in symbols.items()})
    yield Case(given, tuple(symbols.values()), results)


def _variations(call: Call, chance: random.Random) -> list[Variation]:
    """Groups of places of equal size, in random order: all of them, those of tensors, or a single one."""
    by_size: dict[int, list[Place]] = {}
    for place, size in _places(call.given):
        if size >= 2:
            by_size.setdefault(size, []).append(place)
    found: list[Variation] = []
    for size, places in by_size.items():
        tensors = [place for place in places if place[0] == "tensor"]
        if not tensors:
            continue
        groups = [frozenset(tensors), frozenset(places), frozenset([chance.choice(tensors)])]
        axis = chance.choice(tensors)[2]
        groups.append(frozenset(place for place in tensors if place[2] == axis))
        found += [Variation(group, size) for group in dict.fromkeys(groups)]
    chance.shuffle(found)
    return found


def _dense(value: Any) -> bool:
    """Whether all tensors are ordinary ones, which can be made again at other sizes."""
    if isinstance(value, torch.Tensor):
        return value.layout is torch.strided and not value.is_quantized
    if isinstance(value, tuple | list):
        return all(map(_dense, value))
    return all(map(_dense, value.values())) if isinstance(value, dict) else True


def _other_sizes(size: int) -> list[int]:
    return [other for other in dict.fromkeys((size + 1, 2 * size, size - 1, size + 2, 3 * size)) if other > 1]


def _places(value: Any) -> list[tuple[Place, int]]:
    """Every size in a rule value, by its place in the order of a walk."""
    found: list[tuple[Place, int]] = []
    _walk(value, lambda place, size: (found.append((place, size)), size)[1])
    return found


def _replaced(value: Any, sizes: Mapping[Variation, Any]) -> Any:
    """A rule value with the sizes at some places replaced."""
    by_place = {place: size for variation, size in sizes.items() for place in variation.places}
    return _walk(value, by_place.get)


def _walk(value: Any, visit: Any) -> Any:
    count = {"tensor": 0, "int": 0}

    def walk(item: Any) -> Any:
        if isinstance(item, TensorType):
            number = count["tensor"]
            count["tensor"] += 1
            dims = tuple(visit(("tensor", number, axis), size) for axis, size in enumerate(item.dims or ()))
            return TensorType(item.dtype, dims, item.parameter)
        if isinstance(item, int) and not isinstance(item, bool):
            count["int"] += 1
            return visit(("int", count["int"] - 1, 0), item)
        if isinstance(item, tuple | list):
            return type(item)(walk(each) for each in item)
        if isinstance(item, dict):
            return {key: walk(each) for key, each in item.items()}
        if isinstance(item, slice):
            return slice(*(walk(each) for each in (item.start, item.stop, item.step)))
        return item

    return walk(value)


def _run(call: Call, sizes: Mapping[Variation, int]) -> tuple[Any] | None:
    """torch's result with other sizes; None where it does not run."""
    by_place = {place: size for variation, size in sizes.items() for place in variation.places}
    if not UNCHECKED.fullmatch(call.path):
        args, kwargs = _rebuilt((call.args, call.kwargs), by_place, "cpu")
        try:
            return (call.function(*args, **kwargs),)
        except Exception as error:  # noqa: BLE001 - whatever torch refuses
            if classify(error) is not None or isinstance(error, IndexError | TypeError):
                return None
    try:  # the data do not fit (a matrix is singular, say): the sizes may
        args, kwargs = _rebuilt((call.args, call.kwargs), by_place, "meta")
        return (call.function(*args, **kwargs),)
    except Exception:  # noqa: BLE001
        return None


def _rebuilt(value: Any, by_place: Mapping[Place, int], device: str) -> Any:
    count = {"tensor": 0, "int": 0}

    def walk(item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            number = count["tensor"]
            count["tensor"] += 1
            shape = tuple(by_place.get(("tensor", number, axis), size) for axis, size in enumerate(item.shape))
            made = resized(item, shape)
            return made.to("meta") if device == "meta" else made.clone()
        if isinstance(item, int) and not isinstance(item, bool):
            count["int"] += 1
            return by_place.get(("int", count["int"] - 1, 0), item)
        if isinstance(item, torch.Size):
            return tuple(map(walk, item))
        if isinstance(item, tuple | list):
            return type(item)(walk(each) for each in item)
        if isinstance(item, dict):
            return {key: walk(each) for key, each in item.items()}
        if isinstance(item, slice):
            return slice(*(walk(each) for each in (item.start, item.stop, item.step)))
        return item

    return walk(value)


def runs_without_data(call: Call) -> bool:
    """Whether torch has a meta kernel for a call, and a tensor to show for it."""
    try:
        args, kwargs = _rebuilt((call.args, call.kwargs), {}, "meta")
        return isinstance(call.function(*args, **kwargs), torch.Tensor | tuple | list)
    except Exception:  # noqa: BLE001 - whatever it refuses
        return False
