"""The mutable state of an evaluation: what a branch changed can be taken back, and joined with the other branch."""

from __future__ import annotations

from copy import copy
from typing import Any

from ..shapes.tensor_type import TensorType, fresh
from ..shapes.unknown import Unknown
from .joins import join, join_types, same, same_types
from .values import Class, Env, Instance, ListValue, Many, Tensor, Value

Content = Any
Changes = dict[int, tuple[Any, Content]]  # by id: the object (kept alive) and its content


class Journal:
    """Keeps, for each open branch, the content that objects had before the branch first changed them."""

    def __init__(self) -> None:
        self._levels: list[Changes] = []

    def touch(self, target: Any) -> None:
        """Say that an object is about to be changed."""
        if self._levels and id(target) not in self._levels[-1]:
            self._levels[-1][id(target)] = (target, content(target))
        if isinstance(target, ListValue):
            target.largest = None

    def open(self) -> None:
        """Start a branch."""
        self._levels.append({})

    def close(self, keep: bool) -> tuple[Changes, Changes]:
        """End a branch: (what changed objects had before, what they have after). Unless kept, all is taken back."""
        before = self._levels.pop()
        after = {key: (target, content(target)) for key, (target, _) in before.items()}
        for target, old in before.values():
            if keep:
                if self._levels and id(target) not in self._levels[-1]:
                    self._levels[-1][id(target)] = (target, old)
            else:
                restore(target, old)
        return before, after

    def merge(self, alternatives: list[Changes]) -> None:
        """Join what several branches from the present state left behind, each as returned by `close(keep=False)`."""
        targets = {key: target for changes in alternatives for key, (target, _) in changes.items()}
        for key, target in targets.items():
            contents = [changes[key][1] if key in changes else content(target) for changes in alternatives]
            if isinstance(target, Env):  # a name bound on one way only can only be used where it was bound
                bound = {name: value for each in contents for name, value in each.items()}
                contents = [{**bound, **each} for each in contents]
            result = contents[0]
            for other in contents[1:]:
                result = join_contents(result, other)
            self.touch(target)
            restore(target, result)


def content(target: Any) -> Content:
    """A shallow copy of what an object holds."""
    if isinstance(target, Tensor):
        return target.type
    if isinstance(target, Env):
        return dict(target.variables)
    if isinstance(target, Instance):
        return dict(target.attrs)
    if isinstance(target, Class):
        return dict(target.namespace)
    if isinstance(target, ListValue):
        return ListValue(target, target.length, target.largest)
    if isinstance(target, Many):
        return copy(target)
    return type(target)(target)


def restore(target: Any, old: Content) -> None:
    """Give an object a content back."""
    if isinstance(target, Tensor):
        target.type = old
        return
    if isinstance(target, ListValue):
        target[:] = old
        target.length, target.largest = old.length, old.largest
        return
    if isinstance(target, Many):
        target.__dict__.update(vars(old))
        return
    place = _mapping(target)
    place.clear()
    place.update(old)


def join_contents(a: Content, b: Content) -> Content:
    """The content of an object that two branches left differently."""

    if isinstance(a, TensorType):
        return join_types(a, b)
    if isinstance(a, dict):
        missing = Unknown("set on one way of the program only")
        return {key: join(a.get(key, missing), b.get(key, missing)) for key in {**a, **b}}
    if isinstance(a, ListValue):
        joined = join(a, b)
        return joined if isinstance(joined, ListValue) else _vague(a, b)
    if isinstance(a, Many):  # an iterator of which one way took more
        return Many(join(a.element, b.element), a.length if a.length == b.length else None, a.some and b.some)
    return a | b if isinstance(a, set) else a


def unchanged(before: Changes, after: Changes) -> bool:
    """Whether a branch left everything as it was."""
    return all(_same_content(before[key][1], after[key][1]) for key in before)


def _same_content(a: Content, b: Content) -> bool:

    return same_types(a, b) if isinstance(a, TensorType) else same(a, b)


def _vague(a: ListValue, b: ListValue) -> ListValue:

    items: list[Value] = [*a, *b]
    element: Value = items[0] if items else Unknown("an empty list")
    for item in items[1:]:
        element = join(element, item)
    return ListValue([element], fresh())


def _mapping(target: Any) -> Any:
    if isinstance(target, Env):
        return target.variables
    if isinstance(target, Instance):
        return target.attrs
    return target.namespace if isinstance(target, Class) else target
