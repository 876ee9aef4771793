"""Holding what is known of a value against an annotation, as jaxtyping does with real tensors at run time."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass
from fractions import Fraction

from .. import messages
from ..shapes.dims import Size, text
from ..shapes.relations import Truth
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown
from .bindings import Bindings
from .hints import Array, Hint, Mapping, OneOf, Other, Sequence, TupleOf
from .language import Anonymous, Axis, Fixed, Named, Symbolic, Variadic


@dataclass(frozen=True)
class Answer:
    """Whether a value fits: YES, NO with the reason, or UNKNOWN."""

    truth: Truth
    reason: str = ""

    @property
    def fails(self) -> bool:
        return self.truth is Truth.NO


YES = Answer(Truth.YES)
PERHAPS = Answer(Truth.UNKNOWN)


def no(reason: str) -> Answer:
    return Answer(Truth.NO, reason)


class Unbound(Exception):
    """An expression uses a name that nothing has bound: jaxtyping raises where it is checked."""

    def __init__(self, expression: str, name: str) -> None:
        super().__init__(expression, name)
        self.expression = expression
        self.name = name


def check(hint: Hint, value: object, bindings: Bindings) -> Answer:
    """Whether a value fits an annotation; names are bound by the way, unless it fails.

    A value is a TensorType, a tuple, list or dict of values, a plain Python value, or Unknown.
    """
    trial = bindings.copy()
    answer = _check(hint, value, trial)
    if not answer.fails:
        bindings.adopt(trial)
    return answer


def _check(hint: Hint, value: object, bindings: Bindings) -> Answer:
    if isinstance(hint, OneOf):
        return _one_of(hint, value, bindings)
    if isinstance(hint, Other):
        return _other(hint, value)
    if isinstance(value, Unknown):
        _forget(hint, bindings)
        return PERHAPS
    if isinstance(hint, Array):
        return _array(hint, value, bindings)
    if isinstance(hint, TupleOf):
        return _tuple(hint, value, bindings)
    return _many(hint, value, bindings)


def _other(hint: Other, value: object) -> Answer:
    """Fits and misfits are told apart only as far as a union needs it."""
    if isinstance(value, Unknown) or hint.kind is None:
        return PERHAPS
    kinds = [each.__name__ for each in type(value).__mro__]
    if isinstance(value, TensorType):
        return no("") if hint.kind in _PLAIN else PERHAPS
    if hint.kind in _PLAIN:
        return YES if hint.kind in kinds else no("")
    return PERHAPS


_PLAIN = frozenset({"NoneType", "int", "float", "bool", "str", "bytes", "complex", "list", "tuple", "dict"})


def _forget(hint: Hint, bindings: Bindings) -> None:
    """Something unknown may bind the names of its annotation to anything."""
    from .hints import arrays

    for array in arrays(hint):
        for axis in array.axes or ():
            if isinstance(axis, Named):
                bindings.sizes.setdefault(axis.name, None)
            elif isinstance(axis, Variadic) and axis.name is not None and not axis.broadcast:
                bindings.runs.setdefault(axis.name, None)
            elif isinstance(axis, Variadic) and axis.name is not None:
                bindings.runs[axis.name] = None


def _one_of(hint: OneOf, value: object, bindings: Bindings) -> Answer:
    """A union: run-time checkers try its options in an order of their own; what may be bound by several is unknown."""
    if isinstance(value, Unknown):
        for option in hint.options:
            _forget(option, bindings)
        return PERHAPS
    answers: list[Answer] = []
    trials: list[Bindings] = []
    unbound: Unbound | None = None
    for option in hint.options:
        trial = bindings.copy()
        try:
            answer = _check(option, value, trial)
        except Unbound as found:
            answer, unbound = PERHAPS, found  # whether it is looked at depends on the order
        answers.append(answer)
        trials += [] if answer.fails else [trial]
    if not trials:
        return no("; ".join(dict.fromkeys(answer.reason for answer in answers if answer.reason)))
    if unbound is not None and len(trials) == 1:
        raise unbound
    merge(bindings, trials)
    return YES if YES in answers and PERHAPS not in answers else PERHAPS


def merge(bindings: Bindings, alternatives: list[Bindings]) -> None:
    """Take over what several alternatives bind alike; a name that they bind differently, or not all, is unknown."""
    for name in {name for each in alternatives for name in each.sizes}:
        found = [each.sizes.get(name) for each in alternatives]
        bindings.sizes[name] = found[0] if all(size == found[0] for size in found) else None
    for name in {name for each in alternatives for name in each.runs}:
        runs = [each.runs.get(name) for each in alternatives]
        bindings.runs[name] = runs[0] if all(run == runs[0] for run in runs) else None


def _tuple(hint: TupleOf, value: object, bindings: Bindings) -> Answer:
    if not isinstance(value, tuple):
        return no(messages.is_no("tuple", kind_of(value)))
    if len(value) != len(hint.items):
        return no(messages.item_count(len(value), len(hint.items)))
    sure = True
    for position, (each, item) in enumerate(zip(hint.items, value, strict=True)):
        answer = _check(each, item, bindings)
        if answer.fails:
            return no(messages.at_item(position, answer.reason))
        sure = sure and answer is YES
    return YES if sure else PERHAPS


def _many(hint: Sequence | Mapping, value: object, bindings: Bindings) -> Answer:
    """Each item by itself: run-time checkers look at one of them, a mapping's first one, and bind its names."""
    if isinstance(hint, Mapping):
        if not isinstance(value, dict):
            return no(messages.is_no("dict", kind_of(value)))
        items, inner = list(value.items())[:1], hint.value
    else:
        fits = {"list": list, "tuple": tuple}.get(hint.kind or "", (list, tuple))
        if not isinstance(value, fits):
            return no(messages.is_no(hint.kind or "sequence", kind_of(value)))
        items, inner = list(enumerate(value)), hint.item
    trials: list[Bindings] = []
    sure = True
    for place, item in items:
        trial = bindings.copy()
        answer = _check(inner, item, trial)
        if answer.fails:
            return no(messages.at_item(place, answer.reason))
        sure = sure and answer is YES
        trials.append(trial)
    if trials:
        merge(bindings, trials)
    return YES if sure else PERHAPS


def kind_of(value: object) -> str:
    """What a value is, in a word."""
    return "tensor" if isinstance(value, TensorType) else type(value).__name__


def _array(hint: Array, value: object, bindings: Bindings) -> Answer:
    if not isinstance(value, TensorType):
        return no(messages.is_no("tensor", kind_of(value)))
    if hint.dtypes is not None and value.dtype is not None and value.dtype.name not in hint.dtypes:
        return no(messages.has_dtype(value.dtype.name))
    if hint.axes is None:
        return YES
    if value.dims is None:
        _forget(hint, bindings)
        return PERHAPS
    answer = check_shape(hint.axes, value.dims, bindings)
    return PERHAPS if answer is YES and hint.dtypes is not None and value.dtype is None else answer


def check_shape(axes: Items[Axis], dims: Items[Size], bindings: Bindings) -> Answer:
    """Whether dims fit axes: in jaxtyping's order, those in front of `*name`, those behind it, then its own."""
    place = next((i for i, axis in enumerate(axes) if isinstance(axis, Variadic)), None)
    if place is None:
        if len(axes) != len(dims):
            return no(messages.has_rank(len(dims), len(axes)))
        return _check_axes(axes, dims, range(len(dims)), bindings)
    if len(dims) < len(axes) - 1:
        return no(messages.has_low_rank(len(dims), len(axes) - 1))
    behind = len(dims) - (len(axes) - 1 - place)
    around = [*axes[:place], *axes[place + 1 :]]
    numbers = [*range(place), *range(behind, len(dims))]
    answer = _check_axes(around, [dims[i] for i in numbers], numbers, bindings)
    if answer.fails:
        return answer
    variadic = axes[place]
    assert isinstance(variadic, Variadic)
    rest = check_run(variadic, tuple(dims[place:behind]), bindings)
    return rest if rest.fails or answer is YES else answer


def _check_axes(axes: Items[Axis], dims: Items[Size], numbers: Items[int], bindings: Bindings) -> Answer:
    sure = True
    for axis, size, number in zip(axes, dims, numbers, strict=True):
        answer = _check_axis(axis, size, bindings)
        if answer.fails:
            return no(messages.at_axis(number, answer.reason))
        sure = sure and answer is YES
    return YES if sure else PERHAPS


def _check_axis(axis: Axis, size: Size, bindings: Bindings) -> Answer:
    if isinstance(axis, Anonymous | Variadic):
        return YES
    is_one = bindings.compare(size, 1) if axis.broadcast else Truth.NO
    if is_one.holds:
        return YES
    if isinstance(axis, Fixed):
        return _compared(size, axis.size, str(axis.size), is_one, bindings)
    if isinstance(axis, Symbolic):
        try:
            wanted = bindings.size_of(axis)
        except KeyError as missing:
            raise Unbound(axis.text, str(missing.args[0])) from None
        if isinstance(wanted, Fraction):
            return PERHAPS if is_one is Truth.UNKNOWN else no(messages.is_not(shown(size), f"{axis.text} = {wanted}"))
        return PERHAPS if wanted is None else _compared(size, wanted, axis.text, is_one, bindings)
    if axis.name not in bindings.sizes:
        bindings.sizes[axis.name] = size if is_one is Truth.NO else None
        return YES
    bound = bindings.sizes[axis.name]
    return PERHAPS if bound is None else _compared(size, bound, axis.name, is_one, bindings)


def _compared(size: Size, wanted: Size, name: str, is_one: Truth, bindings: Bindings) -> Answer:
    """Whether a size is the one it must be; where it may be broadcast it need not."""
    truth = bindings.compare(size, wanted)
    if truth.holds:
        return YES
    if truth is Truth.UNKNOWN or is_one is Truth.UNKNOWN:
        return PERHAPS
    known = shown(wanted)
    return no(messages.is_not(shown(size), name if name == known or known == "_" else f"{name} = {known}"))


def check_run(axis: Variadic, sizes: tuple[Size, ...], bindings: Bindings) -> Answer:
    """Whether the sizes at `*name` are those it has, or broadcast with them."""
    if axis.name is None:
        return YES
    if axis.name not in bindings.runs:
        bindings.runs[axis.name] = (axis.broadcast, sizes)
        return YES
    bound = bindings.runs[axis.name]
    if bound is None:
        return PERHAPS
    broadcasts, known = bound
    misfit = no(messages.run_is_not(show(sizes), f"*{axis.name} = {show(known)}"))
    if not broadcasts and not axis.broadcast:
        if len(sizes) != len(known):
            return misfit
        truths = [bindings.compare(size, other) for size, other in zip(sizes, known, strict=True)]
        return misfit if Truth.NO in truths else YES if all(t.holds for t in truths) else PERHAPS
    truth, both = broadcast(sizes, known, bindings)
    if truth is not Truth.NO and not axis.broadcast:
        truth = _weaker(truth, _same(both, sizes, bindings))
    elif truth is not Truth.NO and not broadcasts:
        truth = _weaker(truth, _same(both, known, bindings))
    if truth is Truth.NO:
        return misfit
    if broadcasts:
        bindings.runs[axis.name] = None if None in both else (axis.broadcast, tuple(b for b in both if b is not None))
    return YES if truth.holds else PERHAPS


def broadcast(a: Items[Size], b: Items[Size], bindings: Bindings) -> tuple[Truth, list[Size | None]]:
    """Whether two shapes broadcast, and to what; None for a size that cannot be told."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    both: list[Size | None] = list(longer[: len(longer) - len(shorter)])
    truth = Truth.YES
    for left, right in zip(longer[len(both) :], shorter, strict=True):
        same, ones = bindings.compare(left, right), [bindings.compare(size, 1) for size in (left, right)]
        if same.holds or ones[1].holds:
            both.append(left)
        elif ones[0].holds:
            both.append(right)
        elif same is Truth.NO and Truth.UNKNOWN not in ones:
            return Truth.NO, []
        else:
            both.append(None)
            truth = Truth.UNKNOWN
    return truth, both


def _same(both: Items[Size | None], sizes: Items[Size], bindings: Bindings) -> Truth:
    if len(both) != len(sizes):
        return Truth.NO
    truths = [Truth.UNKNOWN if a is None else bindings.compare(a, b) for a, b in zip(both, sizes, strict=True)]
    return Truth.NO if Truth.NO in truths else Truth.YES if all(t.holds for t in truths) else Truth.UNKNOWN


def _weaker(a: Truth, b: Truth) -> Truth:
    return Truth.NO if Truth.NO in (a, b) else Truth.YES if a.holds and b.holds else Truth.UNKNOWN


def shown(size: Size) -> str:
    return text(size) or "_"


def show(sizes: Items[Size]) -> str:
    return f"({', '.join(map(shown, sizes))}{',' if len(sizes) == 1 else ''})"
