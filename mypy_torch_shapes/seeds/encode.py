"""Seeds and records as plain JSON values, and back again with every part checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from mypy_torch_shapes.seeds.model import (
    CallRecord,
    FunctionRecord,
    IterableSeed,
    MappingSeed,
    ModuleRecord,
    ModuleSeed,
    NameSeed,
    ObjectSeed,
    OpaqueSeed,
    RunRecord,
    ScopeRecord,
    Seed,
    SequenceSeed,
    Sighting,
    TensorSeed,
    Variation,
)

Json = Any


class Malformed(ValueError):
    """What was read is not something this module wrote."""


def _partial(encoded: dict[str, Json], complete: bool) -> dict[str, Json]:
    return encoded if complete else {**encoded, "complete": False}


def encode_tensor(seed: TensorSeed) -> str:
    """`float32[8, 3, 32, 32] contiguous`: the device if not the CPU, what lengths reach, the order in memory."""
    words = [f"{seed.dtype}[{', '.join(map(str, seed.shape))}]"]
    if seed.device != "cpu":
        words.append(seed.device)
    if seed.largest is not None:
        words.append(f"to {seed.largest}")
    if seed.order is not None:
        contiguous = seed.order == tuple(range(len(seed.shape)))
        words.append("contiguous" if contiguous else f"order {' '.join(map(str, seed.order))}")
    return " ".join(words)


def _encode_sequence(seed: SequenceSeed) -> Json:
    items = [encode(item) for item in seed.items]
    if seed.cls == "list" and seed.complete:
        return items
    return _partial({"sequence": seed.cls, "items": items}, seed.complete)


def _encode_mapping(seed: MappingSeed) -> Json:
    items = [[encode(key), encode(value)] for key, value in seed.items]
    return _partial({"mapping": seed.cls, "items": items}, seed.complete)


def _encode_object(seed: ObjectSeed) -> Json:
    encoded = _partial({"object": seed.cls, "attrs": encode_named(seed.attrs)}, seed.complete)
    return {**encoded, "defaulted": list(seed.defaulted)} if seed.defaulted else encoded


_ENCODERS: dict[type, Callable[[Any], Json]] = {
    type(None): lambda value: value,
    bool: lambda value: value,
    int: lambda value: value,
    str: lambda value: value,
    float: lambda value: value if math.isfinite(value) else {"float": repr(value)},
    complex: lambda value: {"complex": repr(value)},
    bytes: lambda value: {"bytes": value.hex()},
    TensorSeed: lambda seed: {"parameter" if seed.parameter else "tensor": encode_tensor(seed)},
    SequenceSeed: _encode_sequence,
    MappingSeed: _encode_mapping,
    ObjectSeed: _encode_object,
    ModuleSeed: lambda seed: {"module": seed.id},
    IterableSeed: lambda seed: {"iterable": seed.cls, "element": encode(seed.element), "length": seed.length},
    NameSeed: lambda seed: {"name": [seed.kind, seed.name]},
    OpaqueSeed: lambda seed: {"opaque": seed.cls},
}


def encode(seed: Seed) -> Json:
    """One seed as JSON; a scalar and a complete list stand for themselves."""
    return _ENCODERS[type(seed)](seed)


def encode_named(pairs: tuple[tuple[str, Seed], ...]) -> dict[str, Json]:
    """Named seeds in their order."""
    return {name: encode(value) for name, value in pairs}


def _of(value: Json, *types: type) -> Json:
    if type(value) not in types:
        raise Malformed(f"{value!r:.60} where {types[0].__name__} was expected")
    return value


def _optional(value: Json, expected: type) -> Json:
    return _of(value, expected, type(None))


_TENSOR = re.compile(
    r"(?P<dtype>[^[]+)\[(?P<shape>(?:\d+(?:, *\d+)*)?)\]"
    r"(?: (?P<device>(?!to |contiguous$|order )\S+))?(?: to (?P<largest>\d+))?"
    r"(?: (?P<contiguous>contiguous)| order(?P<order>(?: \d+)*) ?)?"
)


def decode_tensor(text: Json, parameter: bool) -> TensorSeed:
    """Read what `encode_tensor` wrote."""
    found = _TENSOR.fullmatch(_of(text, str))
    if found is None:
        raise Malformed(f"{text!r:.60} where a tensor was expected")
    shape = tuple(map(int, found["shape"].split(","))) if found["shape"] else ()
    axes = range(len(shape)) if found["contiguous"] else map(int, (found["order"] or "").split())
    largest = None if found["largest"] is None else int(found["largest"])
    order = _order(tuple(axes), len(shape))
    return TensorSeed(found["dtype"], shape, found["device"] or "cpu", parameter, order, largest)


def _order(axes: tuple[int, ...], rank: int) -> tuple[int, ...] | None:
    if axes and sorted(axes) != list(range(rank)):
        raise Malformed(f"{axes} where an order of {rank} axes was expected")
    return axes if axes or not rank else None


def _decode_name(encoded: dict[str, Json]) -> NameSeed:
    kind, name = _of(encoded["name"], list)
    return NameSeed(_of(kind, str), _of(name, str))


def _decode_items(encoded: dict[str, Json]) -> tuple[tuple[Seed, Seed], ...]:
    return tuple((decode(key), decode(value)) for key, value in _of(encoded["items"], list))


_DECODERS: dict[str, Callable[[dict[str, Json]], Seed]] = {
    "float": lambda e: float(_of(e["float"], str)),
    "complex": lambda e: complex(_of(e["complex"], str)),
    "bytes": lambda e: bytes.fromhex(_of(e["bytes"], str)),
    "tensor": lambda e: decode_tensor(e["tensor"], parameter=False),
    "parameter": lambda e: decode_tensor(e["parameter"], parameter=True),
    "sequence": lambda e: SequenceSeed(
        _of(e["sequence"], str), tuple(map(decode, _of(e["items"], list))), e.get("complete", True)
    ),
    "mapping": lambda e: MappingSeed(_of(e["mapping"], str), _decode_items(e), e.get("complete", True)),
    "object": lambda e: ObjectSeed(
        _of(e["object"], str),
        decode_named(e["attrs"]),
        e.get("complete", True),
        tuple(_of(name, str) for name in _of(e.get("defaulted", []), list)),
    ),
    "module": lambda e: ModuleSeed(_of(e["module"], int)),
    "iterable": lambda e: IterableSeed(_of(e["iterable"], str), decode(e["element"]), _optional(e["length"], int)),
    "name": _decode_name,
    "opaque": lambda e: OpaqueSeed(_of(e["opaque"], str)),
}


def decode(encoded: Json) -> Seed:
    """One seed from its JSON."""
    if isinstance(encoded, list):
        return SequenceSeed("list", tuple(map(decode, encoded)))
    if isinstance(encoded, dict):
        decoder = _DECODERS.get(next(iter(encoded), ""))
        if decoder is None:
            raise Malformed(f"{encoded!r:.60} where a value was expected")
        return decoder(encoded)
    if encoded is None or type(encoded) in (bool, int, float, str):
        return encoded  # type: ignore[no-any-return]
    raise Malformed(f"{encoded!r:.60} where a value was expected")


def decode_named(encoded: Json) -> tuple[tuple[str, Seed], ...]:
    """Named seeds in their order."""
    return tuple((name, decode(value)) for name, value in _of(encoded, dict).items())


def encode_function(record: FunctionRecord) -> Json:
    """A function record without its name, which is its key."""
    encoded: dict[str, Json] = {"file": record.file, "line": record.line, "digest": record.digest}
    if record.runs:
        encoded["runs"] = list(record.runs)
    if record.made:
        encoded["made"] = dict(record.made)
    return encoded


def decode_function(key: str, e: Json) -> FunctionRecord:
    """Read what `encode_function` wrote under `key`."""
    module, colon, qualname = key.partition(":")
    if not (module and colon and qualname):
        raise Malformed(f"{key!r:.60} where the name of a function was expected")
    digest = _of(e["digest"], str)
    made = tuple((name, _of(made, str)) for name, made in _of(e.get("made", {}), dict).items())
    return FunctionRecord(module, qualname, _of(e["file"], str), _of(e["line"], int), digest, _decode_runs(e), made)


def _decode_runs(e: Json) -> tuple[int, ...]:
    return tuple(_of(run, int) for run in _of(e.get("runs", []), list))


def encode_module(record: ModuleRecord) -> Json:
    """A module record; what is empty or usual is left out."""
    encoded: dict[str, Json] = {"id": record.id, "class": record.cls, "root": record.root, "path": record.path}
    if record.init is not None:
        encoded["init"] = encode_named(record.init)
    encoded["attrs"] = encode_named(record.attrs)
    if record.children:
        encoded["children"] = dict(record.children)
    encoded["training"] = record.training
    encoded["builders"] = list(record.builders)
    if record.shared:
        encoded["shared"] = dict(record.shared)
    return encoded


def decode_module(e: Json) -> ModuleRecord:
    """Read what `encode_module` wrote."""
    children = _of(e.get("children", {}), dict)
    return ModuleRecord(
        id=_of(e["id"], int),
        cls=_of(e["class"], str),
        root=_of(e["root"], int),
        path=_of(e["path"], str),
        init=decode_named(e["init"]) if "init" in e else None,
        attrs=decode_named(e["attrs"]),
        children=tuple((name, _of(child, int)) for name, child in children.items()),
        training=_of(e["training"], bool),
        builders=tuple(_of(name, str) for name in _of(e["builders"], list)),
        shared=tuple((name, _of(number, int)) for name, number in _of(e.get("shared", {}), dict).items()),
    )


def encode_call(record: CallRecord) -> Json:
    """A call record; what is empty or usual is left out."""
    encoded: dict[str, Json] = {"function": record.function, "arguments": encode_named(record.arguments)}
    if record.raised is None:
        encoded["returned"] = encode(record.returned)
    else:
        encoded["raised"] = record.raised
    for name in ("receiver", "caller", "probe", "order"):
        if (value := getattr(record, name)) is not None:
            encoded[name] = value
    if record.root:
        encoded["root"] = True
    if record.runs:
        encoded["runs"] = list(record.runs)
    if record.autocast:
        encoded["autocast"] = list(record.autocast)
    return encoded


def decode_call(e: Json) -> CallRecord:
    """Read what `encode_call` wrote."""
    return CallRecord(
        function=_of(e["function"], str),
        arguments=decode_named(e["arguments"]),
        returned=decode(e.get("returned")),
        raised=_optional(e.get("raised"), str),
        receiver=_optional(e.get("receiver"), int),
        root=_of(e.get("root", False), bool),
        caller=_optional(e.get("caller"), str),
        probe=_optional(e.get("probe"), int),
        runs=_decode_runs(e),
        autocast=tuple(_of(region, str) for region in _of(e.get("autocast", []), list)),
        order=_optional(e.get("order"), int),
    )


def encode_variation(variation: Variation) -> Json:
    """A variation, its axes as `[path, axis]`."""
    axes = [list(axis) for axis in variation.axes]
    encoded: dict[str, Json] = {"call": variation.call, "axes": axes, "size": variation.size, "ok": variation.ok}
    if variation.sizes:
        encoded["sizes"] = list(variation.sizes)
    return encoded


def decode_variation(e: Json) -> Variation:
    """Read what `encode_variation` wrote."""
    axes = tuple((_of(path, str), _of(axis, int)) for path, axis in _of(e["axes"], list))
    sizes = tuple(_of(size, int) for size in _of(e.get("sizes", []), list))
    return Variation(_of(e["call"], int), axes, _of(e["size"], int), _of(e["ok"], bool), sizes)


def encode_scope(record: ScopeRecord) -> Json:
    """A scope record without its name, which is its key."""
    encoded: dict[str, Json] = {}
    if record.command_lines:
        encoded["command_lines"] = [list(line) for line in record.command_lines]
    if record.sightings:
        encoded["names"] = {each.name: [each.digest, *map(encode, each.seeds)] for each in record.sightings}
    return encoded


def decode_scope(e: Json) -> ScopeRecord:
    """Read what `encode_scope` wrote."""
    lines = _of(e.get("command_lines", []), list)
    names = _of(e.get("names", {}), dict)
    return ScopeRecord(
        command_lines=tuple(tuple(_of(word, str) for word in _of(line, list)) for line in lines),
        sightings=tuple(
            Sighting(name, _of(digest, str), tuple(map(decode, seeds))) for name, (digest, *seeds) in names.items()
        ),
    )


def encode_run(record: RunRecord) -> Json:
    """A run, its directory left out where that is the root."""
    encoded: dict[str, Json] = {"command": list(record.command)}
    return encoded if record.directory == "." else {**encoded, "directory": record.directory}


def decode_run(e: Json) -> RunRecord:
    """Read what `encode_run` wrote."""
    command = tuple(_of(word, str) for word in _of(e["command"], list))
    return RunRecord(command, _of(e.get("directory", "."), str))
