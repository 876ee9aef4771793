"""A value nothing is known of, and the exception for asking it anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .dims import Size

from typing import Any, NoReturn


class Undecided(Exception):
    """What was asked depends on something unknown; `reason` says on what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unknown:
    """A value nothing is known of but why; every use that needs to know it raises `Undecided`."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"

    def _undecided(self, *_: object) -> NoReturn:
        raise Undecided(self.reason)

    # An Unknown is compared by identity where Python itself compares (containers), never by value.
    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __int__ = __float__ = __index__ = _undecided
    __lt__ = __le__ = __gt__ = __ge__ = __call__ = __neg__ = __abs__ = _undecided
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = _undecided
    __truediv__ = __rtruediv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _undecided


class UnknownNumber(Unknown):
    """A Python number of unknown value: `kind` is bool, int, float, complex, or NumpyFloat."""

    __slots__ = ("kind",)

    def __init__(self, kind: type, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class UnknownKeys(Unknown):
    """A key in the place of those that a dict may have besides."""

    __slots__ = ()


class NumpyFloat(float):
    """A float of numpy's, and what is computed with it: `torch.tensor` makes float64 of it. Elsewhere it is a float."""

    def __add__(self, other: Any) -> Any:
        return _numpy(float.__add__(self, other))

    def __sub__(self, other: Any) -> Any:
        return _numpy(float.__sub__(self, other))

    def __mul__(self, other: Any) -> Any:
        return _numpy(float.__mul__(self, other))

    def __truediv__(self, other: Any) -> Any:
        return _numpy(float.__truediv__(self, other))

    def __rsub__(self, other: Any) -> Any:
        return _numpy(float.__rsub__(self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return _numpy(float.__rtruediv__(self, other))

    def __neg__(self) -> NumpyFloat:
        return NumpyFloat(float.__neg__(self))

    __radd__, __rmul__ = __add__, __mul__


def is_of_numpy(value: Any) -> bool:
    """Whether a number, known or not, is a float of numpy's."""
    return (value.kind if isinstance(value, UnknownNumber) else type(value)) is NumpyFloat


def _numpy(result: Any) -> Any:
    return NumpyFloat(result) if isinstance(result, float) else result


class UnknownObject(Unknown):
    """An object of a known class that nothing more is known of: no tensor."""

    __slots__ = ()


class UnknownDevice(Unknown):
    """A torch.device; so `x.to(device)` keeps its dtype. `kind` is "cpu", "cuda" …, where that is known."""

    __slots__ = ("kind",)

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind


class Repeated(Unknown):
    """A list as long as a symbolic size, of items that are all like `element`. To most rules it is an unknown."""

    __slots__ = ("element", "length")

    def __init__(self, element: object, length: Size) -> None:
        super().__init__("a list of unknown length")
        self.element, self.length = element, length


class Reference(Unknown):
    """A function or class of a library, by its path: `torch.nn.functional.relu`. To most rules it is an unknown."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} as an argument")
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Reference({self.path!r})"


class Opaque(Unknown):
    """A value rules cannot look into, but may keep and hand back (an attribute that is a constructor's argument)."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        super().__init__("an argument no rule knows")
        self.value = value
