"""The values of the evaluator: Python's own where they are known, and these where they are not plain data."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..shapes.dims import Dim, Size
from ..shapes.tensor_type import TensorType
from ..shapes.unknown import Unknown

if TYPE_CHECKING:
    from .modules import SourceModule
    from .origins import Origin

Value = Any
births = itertools.count().__next__  # a moment: what was made later has a later `born`


class Tensor:
    """A tensor with an identity: in-place operations change its type for everyone who holds it."""

    __slots__ = ("origin", "type")

    def __init__(self, type: TensorType, origin: Origin | None = None) -> None:
        self.type = type
        self.origin = origin  # for people who ask; nothing is decided by it

    def __repr__(self) -> str:
        return self.type.text()


class Known(Tensor):
    """A short vector whose numbers are known (what torch.linspace gives), or one of them, until it is changed."""

    __slots__ = ("numbers",)

    def __init__(self, type: TensorType, numbers: tuple[float, ...] | float) -> None:
        super().__init__(type)
        self.numbers: tuple[float, ...] | float | None = numbers


class Perhaps(Unknown):
    """A tensor or None: what an optional mask is where nobody knows whether there is one."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        super().__init__("two ways of the program give different values")
        self.tensor = tensor


def is_unknown(value: Value) -> bool:
    """Whether nothing is known of a value for certain, not even that it is a number or a device."""
    return type(value) is Unknown or type(value) is Perhaps


class Lengths(Tensor):
    """Numbers of which the largest is known (the lengths of padded rows, whole or halved), or that one alone."""

    __slots__ = ("largest",)

    def __init__(self, type: TensorType, largest: Size | Real | float | None, origin: Origin | None = None) -> None:
        super().__init__(type, origin)
        self.largest = largest


class ListValue(list[Value]):
    """A list. With `length` set, it stands for that many items which are all like its only one.

    Of whole numbers (the lengths of sequences) the `largest` may be known.
    """

    __slots__ = ("born", "largest", "length")

    def __init__(self, items: Any = (), length: Size | None = None, largest: Size | None = None) -> None:
        super().__init__(items)
        self.length = length
        self.largest = largest
        self.born = births()

    __hash__ = object.__hash__  # type: ignore[assignment]


class Deque(ListValue):
    """A collections.deque: items that are pushed out at the other end once there are `most`."""

    __slots__ = ("most",)

    def __init__(self, items: Any = (), most: int | None = None) -> None:
        super().__init__(items)
        self.most = most

    __hash__ = object.__hash__


class Named(tuple[Value, ...]):
    """A tuple whose items have names: the results of `max(dim=…)`, `lstm`, a NamedTuple of the program."""

    fields: tuple[str, ...]
    cls: Class | None

    def __new__(cls, fields: tuple[str, ...], items: Any, owner: Class | None = None) -> Named:
        made = super().__new__(cls, items)
        made.fields = tuple(fields)
        made.cls = owner
        return made

    def rebuild(self, items: list[Value]) -> Named:
        """The same names for other items."""
        return Named(self.fields, items, self.cls)


@dataclass(eq=False)
class Many:
    """An iterable of items that are all like `element`; `length` is how many, None when not known.

    `some` says that there is at least one (a loop over it is entered). `first` is what is known of the first alone.
    `counted`: the items are pairs with their numbers (enumerate), of which `first` has the first. The `largest` may be
    known where they are lengths. `made`: each is made anew (a loader's batches): what is done to one changes no other.
    """

    element: Value
    length: Size | None = None
    some: bool = False
    first: Value = None
    counted: bool = False
    largest: Size | None = None
    made: bool = False


@dataclass(eq=False)
class Some:
    """A list of some of these items, in their order: which of them is not known."""

    items: list[Value]


@dataclass(eq=False)
class Env:
    """A scope: its variables, the scope around it, and the module's globals."""

    variables: dict[str, Value]
    parent: Env | None
    module: SourceModule
    is_class: bool = False
    elsewhere: dict[str, Env] = field(default_factory=dict)  # names declared global or nonlocal
    born: int = field(default_factory=births)


@dataclass(eq=False)
class Function:
    """A function of the program, with the scope it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    env: Env
    qualname: str
    defaults: dict[str, Value]
    owner: Class | None = None  # the class whose body defines it, for super()
    attrs: dict[str, Value] = field(default_factory=dict)
    answers: dict[Any, Value] | None = None  # under functools.cache: by plain arguments

    @property
    def module(self) -> SourceModule:
        return self.env.module

    @property
    def name(self) -> str:
        return self.qualname.rsplit(".", 1)[-1]


@dataclass(eq=False)
class Class:
    """A class of the program."""

    name: str
    qualname: str
    module: SourceModule
    bases: list[Value]
    namespace: dict[str, Value]
    mro: list[Value] = field(default_factory=list)  # Class, then Library and Unknown bases
    decorators: list[Value] = field(default_factory=list)
    node: ast.ClassDef | None = None

    def __repr__(self) -> str:
        return f"<class {self.module.name}.{self.qualname}>"


@dataclass(frozen=True)
class Library:
    """A thing in a library, by its full name: `torch.nn.functional.relu`."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rsplit(".", 1)[-1]


@dataclass(eq=False)
class Instance:
    """An object: of a class of the program, or of a library class the evaluator knows (a torch.nn module)."""

    cls: Class | Library
    attrs: dict[str, Value] = field(default_factory=dict)
    path: str | None = None  # its place below its root module
    record: int | None = None  # the ModuleRecord it stands for
    complete: bool = True  # false: there may be attributes we do not know of
    origin: Hashable = None  # what its root was built of: at one path, modules of two origins are two modules
    born: int = field(default_factory=births)

    def __repr__(self) -> str:
        return f"<{self.cls.name}>"


@dataclass(frozen=True, eq=False)
class Bound:
    """A method bound to its receiver."""

    function: Value
    receiver: Value


@dataclass(frozen=True, eq=False)
class Method:
    """A method of a value that is not the program's: a tensor, a list, a string, a torch.nn module."""

    receiver: Value
    name: str


@dataclass(frozen=True, eq=False)
class Partial:
    """functools.partial."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, eq=False)
class Descriptor:
    """staticmethod, classmethod, property, cached_property around a function."""

    kind: str
    function: Value
    setter: Value = None


@dataclass(frozen=True, eq=False)
class Super:
    """super(): attribute look-up on `receiver` after `owner` in its MRO."""

    owner: Class
    receiver: Value


@dataclass(frozen=True)
class Real:
    """A real number made from symbolic sizes: exactly numerator / denominator, or known by its worlds alone."""

    numerator: Size | None
    denominator: Size
    values: tuple[float, ...] | None


@dataclass(frozen=True)
class Condition:
    """A bool that is only known at the observed sizes: what it is in each world.

    A variable that holds one knows which sizes are equal where it is true, and which where it is not.
    """

    values: tuple[bool, ...]
    even: tuple[tuple[tuple[Size, Size], ...], ...] = ((), ())

    @property
    def decided(self) -> bool | None:
        """What it is in all of them, or None where they differ."""
        return self.values[0] if len(set(self.values)) == 1 else None


class Raised(Exception):
    """The program raises an exception of the class named `kind`.

    `stated` marks a `raise` or `assert` of the program. Any other comes from evaluating (a missing attribute, key or
    index): where nobody catches it, it is more likely our ignorance than the program's end, and becomes unknown.
    """

    def __init__(self, kind: str, stated: bool = False, value: Instance | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.stated = stated
        self.value = value  # where it is of a class of the program


class OutOfBudget(Exception):
    """The evaluation took more steps than it may."""


def is_size(value: Value) -> bool:
    """Whether a value is an integer that may be symbolic (bool is not)."""
    return isinstance(value, int | Dim) and not isinstance(value, bool)
