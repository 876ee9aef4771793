"""Which attributes of an object are the defaults of parameters that its constructor call left out."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from mypy_torch_shapes.profiling.call_site import left_out

MAX_OBJECTS = 2000  # constructions that are looked at: configurations are few, samples of data are many
_GENERATED = "<string>"  # the file of a dataclass's constructor

Defaults = dict[str, Any]


class Defaulted:
    """The defaults that live objects were constructed with."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[Any], Defaults]] = {}
        self._left = MAX_OBJECTS

    def constructed(self, frame: FrameType) -> None:
        """A constructor that is not a module's begins."""
        if self._left <= 0:
            return
        self._left -= 1
        made = frame.f_locals.get(frame.f_code.co_varnames[0])
        names = left_out(frame, type(made))
        try:
            ref = weakref.ref(made)
        except TypeError:  # made of slots: nobody can tell when it is gone
            return
        if names:
            self._found[id(made)] = ref, {name: frame.f_locals[name] for name in names}

    def names(self, value: Any, attributes: dict[str, Any]) -> Iterator[str]:
        """The attributes that are still what a parameter of the same name was by default."""
        ref, defaults = self._found.get(id(value), (None, {}))
        if ref is not None and ref() is value:
            yield from (name for name in sorted(defaults) if name in attributes and attributes[name] is defaults[name])


def is_dataclass_init(code: CodeType) -> bool:
    """Whether it is a constructor that `dataclass` wrote."""
    return code.co_name == "__init__" and code.co_filename == _GENERATED and code.co_argcount > 0
