"""What a recorded run leaves behind: frozen values, calls, modules and functions."""

from __future__ import annotations

from dataclasses import dataclass, field

Scalar = int | float | bool | complex | str | bytes | None


@dataclass(frozen=True)
class TensorSeed:
    """A tensor as it was seen: torch's dtype name without the prefix (`float32`), sizes, and device type.

    `order` gives its axes from the outermost in memory, where its elements fill a piece of that. `largest` is the
    largest of the lengths that a vector holds, where it is the size of an axis of another argument.
    """

    dtype: str
    shape: tuple[int, ...]
    device: str = "cpu"
    parameter: bool = False
    order: tuple[int, ...] | None = field(default=None, compare=False)  # one call at other strides is the same call
    largest: int | None = None


@dataclass(frozen=True)
class SequenceSeed:
    """A tuple, list, set or torch.Size; `complete` is false where items past the bound were dropped.

    `cls` is "tuple", "list", "set", "frozenset", "torch:Size", or "module:qualname" of a NamedTuple or other subclass.
    """

    cls: str
    items: tuple[Seed, ...]
    complete: bool = True


@dataclass(frozen=True)
class MappingSeed:
    """A dict ("dict"), OrderedDict or other mapping class ("module:qualname") and its items in order."""

    cls: str
    items: tuple[tuple[Seed, Seed], ...]
    complete: bool = True


@dataclass(frozen=True)
class ObjectSeed:
    """Any other object with data: a dataclass, a namespace, a config; `attrs`: its `__dict__` and slots, bounded."""

    cls: str
    attrs: tuple[tuple[str, Seed], ...]
    complete: bool = True
    defaulted: tuple[str, ...] = ()  # attributes that are what the constructor makes of a parameter left out


@dataclass(frozen=True)
class ModuleSeed:
    """A live `torch.nn.Module`: the id of its `ModuleRecord`."""

    id: int


@dataclass(frozen=True)
class IterableSeed:
    """Something batches come from (a DataLoader): its class, length if it has one, and one element."""

    cls: str
    element: Seed
    length: int | None = None


@dataclass(frozen=True)
class NameSeed:
    """A thing known by its name alone: kind is "dtype", "device", "function", "class", "module" or "enum"."""

    kind: str
    name: str  # "float32", "cuda:0", "module:qualname", "pkg.mod", "module:Enum.MEMBER"


@dataclass(frozen=True)
class OpaqueSeed:
    """Nothing but the class is known, "module:qualname"."""

    cls: str


@dataclass(frozen=True)
class ItemsSeed:
    """A list that there may be more or less of, one for each item of a batch or step of a run: what they all are like.

    `ragged` are the sizes, by their number among those of the element, in which the items differ. Made of a
    `SequenceSeed` by whoever knows that; never stored.
    """

    element: Seed
    ragged: frozenset[int]
    length: int


Seed = (
    TensorSeed | SequenceSeed | ItemsSeed | MappingSeed | ObjectSeed | ModuleSeed
    | IterableSeed | NameSeed | OpaqueSeed | Scalar
)  # fmt: skip


@dataclass(frozen=True)
class FunctionRecord:
    """A watched function: where its source is and the digest of that source when it ran."""

    module: str  # the real module name, also for what ran as __main__
    qualname: str  # "Net.forward", "make.<locals>.inner"
    file: str  # relative to the project root where it is inside, else absolute
    line: int
    digest: str
    runs: tuple[int, ...] = ()  # places in `Profile.runs`, of those it was seen in
    made: tuple[tuple[str, str], ...] = ()  # of a constructor: attributes, and the digest of the code that makes each


@dataclass(frozen=True)
class CallRecord:
    """One observed call of a function: parameters by name as they stood on entry, and what came back."""

    function: str  # "module:qualname"
    arguments: tuple[tuple[str, Seed], ...]  # in signature order; *args as a tuple, **kwargs as a dict
    returned: Seed = None
    raised: str | None = None  # the exception's class name; `returned` is then meaningless
    receiver: int | None = None  # ModuleRecord id, when the first parameter is a module
    root: bool = False  # the outermost module call, or called from code that is not watched
    caller: str | None = None  # "module:qualname" of the nearest watched caller
    probe: int | None = None  # the probe variation this was seen in; None for the real run
    runs: tuple[int, ...] = ()  # places in `Profile.runs`, of those it was seen in
    autocast: tuple[str, ...] = ()  # the regions in force on entry: "cpu bfloat16"
    order: int | None = None  # its place among the calls of a run, as they were left; the earliest, of several runs


LENGTH = -1  # the "axis" of a list of numbers
NUMBER = -2  # of a number


@dataclass(frozen=True)
class Variation:
    """One probe: the root call with some sizes changed, and whether it ran."""

    call: int  # index of the root CallRecord in the store
    axes: tuple[tuple[str, int], ...]  # what was changed: (path such as "x" or "batch['ids']" or "xs[0]", axis)
    size: int  # of the first axis
    ok: bool
    sizes: tuple[int, ...] = ()  # of every axis, where they are not the same


HOOKS = "<hooks>"  # the "attribute" of a module whose hooks may replace what it returns


@dataclass(frozen=True)
class ModuleRecord:
    """A live module instance: its class, its place below its root, how it was constructed, what it holds."""

    id: int
    cls: str  # "module:qualname"
    root: int  # id of the root module's record (its own id for a root)
    path: str  # "layer1.0", "" for a root
    init: tuple[tuple[str, Seed], ...] | None  # constructor parameters without self; None when not observed
    attrs: tuple[tuple[str, Seed], ...]  # plain attributes, parameters and buffers, as they stood at the first call
    children: tuple[tuple[str, int], ...]  # registered submodules in order, by record id
    training: bool
    builders: tuple[str, ...]  # "module:qualname" of every watched function that took part in building it
    shared: tuple[tuple[str, int], ...] = ()  # attributes whose list or dict others below the root have, too: which


@dataclass(frozen=True)
class Sighting:
    """A variable that was bound once: the digest of all code that made it, and what it was, run by run."""

    name: str
    digest: str
    seeds: tuple[Seed, ...]


@dataclass(frozen=True)
class ScopeRecord:
    """What was seen in a module's own code, or in a function that ran once, and that the source cannot say."""

    command_lines: tuple[tuple[str, ...], ...] = ()  # what argparse was given there
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """A run that was recorded: the command that repeats it, and the directory it was given in, relative to the root."""

    command: tuple[str, ...]
    directory: str = "."


@dataclass
class Profile:
    """Everything one store holds."""

    functions: dict[str, FunctionRecord] = field(default_factory=dict)  # by "module:qualname"
    modules: dict[int, ModuleRecord] = field(default_factory=dict)
    calls: list[CallRecord] = field(default_factory=list)
    variations: list[Variation] = field(default_factory=list)
    torch_version: str | None = None
    scopes: dict[str, ScopeRecord] = field(default_factory=dict)  # by "module:qualname"
    runs: list[RunRecord] = field(default_factory=list)
    distributed: bool | None = None  # whether a run was in a process group of torch.distributed
