"""Seeds as a person writes them."""

from __future__ import annotations

from dataclasses import replace

from mypy_torch_shapes.seeds.encode import encode_tensor
from mypy_torch_shapes.seeds.model import (
    LENGTH,
    NUMBER,
    IterableSeed,
    MappingSeed,
    ModuleSeed,
    NameSeed,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    Seed,
    SequenceSeed,
    TensorSeed,
)

_BRACKETS = {"tuple": "()", "list": "[]", "set": "{}", "torch:Size": "()"}
_MAX_TEXT = 60
_MAX_ITEMS = 8


def describe(seed: Seed, profile: Profile) -> str:
    """One value on one line, shortened where it is long."""
    match seed:
        case TensorSeed():
            return ("Parameter " if seed.parameter else "") + encode_tensor(replace(seed, order=None))
        case SequenceSeed(cls, items, complete):
            brackets = _BRACKETS.get(cls, "()")
            inside = _joined([describe(item, profile) for item in items], complete)
            return ("" if cls in _BRACKETS else _short(cls)) + brackets[0] + inside + brackets[1]
        case MappingSeed(cls, pairs, complete):
            parts = [f"{describe(key, profile)}: {describe(value, profile)}" for key, value in pairs]
            return ("" if cls == "dict" else _short(cls)) + "{" + _joined(parts, complete) + "}"
        case ObjectSeed(cls, attrs, complete):
            parts = [f"{name}={describe(value, profile)}" for name, value in attrs]
            return f"{_short(cls)}({_joined(parts, complete)})"
        case ModuleSeed(id):
            record = profile.modules[id]
            return _short(record.cls) + (f" {record.path}" if record.path else "")
        case IterableSeed(cls, element, _):
            return f"{_short(cls)} of {describe(element, profile)}"
        case NameSeed(_, name):
            return _short(name)
        case OpaqueSeed(cls):
            return f"<{_short(cls)}>"
        case _:
            text = repr(seed)
            return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def describe_named(pairs: tuple[tuple[str, Seed], ...], profile: Profile) -> str:
    """`name=value, …`; a tensor after a colon, since it is a type rather than a value."""
    return ", ".join(
        f"{name}: {describe(value, profile)}" if isinstance(value, TensorSeed) else f"{name}={describe(value, profile)}"
        for name, value in pairs
    )


def axes_text(axes: tuple[tuple[str, int], ...]) -> str:
    """Sizes that change together, as a person would look them up."""
    special = {LENGTH: "len({})", NUMBER: "{}"}
    return ", ".join(special.get(axis, f"{{}}.shape[{axis}]").format(path) for path, axis in axes)


def _short(name: str) -> str:
    return name.rpartition(":")[2]


def _joined(parts: list[str], complete: bool) -> str:
    shown = parts[:_MAX_ITEMS]
    return ", ".join(shown if complete and len(shown) == len(parts) else [*shown, "…"])
