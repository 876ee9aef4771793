"""What looks like a secret is not kept: passwords and keys say nothing of shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mypy_torch_shapes.seeds.model import (
    IterableSeed,
    MappingSeed,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    Seed,
    SequenceSeed,
)

NOT_KEPT = "<not kept>"  # in the place of a word of a command line

_NAMES = re.compile(
    r"(^|[^a-z])(pass(words?|wd|phrase)?|pwd|secrets?|credentials?|(api|access|private|secret|auth)[_-]?keys?)([^a-z]|$)"
)
_TOKEN = re.compile(r"(^|[^a-z])token$")  # also what models of language are made of: those are short
_SHORT = 16
# Keys of well-known services, bare hexadecimal keys, tokens of the web, a password within an address.
_VALUES = re.compile(
    r"\b(sk|pk|rk|hf|gh[a-z]|glpat|github_pat|xox[a-z])[-_][A-Za-z0-9_-]{16,}|\bA[KS]IA[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|^[0-9a-f]{32,}$|\beyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY|://[^/\s:@]+:[^/\s@]+@"
)

def without_secrets(profile: Profile) -> Profile:
    """The profile with everything that looks like a secret replaced by its class, or by NOT_KEPT in command lines."""
    modules = {
        id: replace(record, init=None if record.init is None else _pairs(record.init), attrs=_pairs(record.attrs))
        for id, record in profile.modules.items()
    }
    calls = [
        replace(call, arguments=_pairs(call.arguments), returned=cleared(call.returned)) for call in profile.calls
    ]
    scopes = {
        key: replace(
            scope,
            command_lines=tuple(dict.fromkeys(tuple(cleared_words(line)) for line in scope.command_lines)),
            sightings=tuple(
                replace(each, seeds=tuple(cleared(seed, each.name) for seed in each.seeds)) for each in scope.sightings
            ),
        )
        for key, scope in profile.scopes.items()
    }
    runs = [replace(run, command=tuple(cleared_words(run.command))) for run in profile.runs]
    return replace(profile, modules=modules, calls=calls, scopes=scopes, runs=runs)


def cleared(seed: Seed, name: str = "") -> Seed:
    """A seed that goes by a name, without the secrets in it."""
    match seed:
        case str() | bytes():
            text = seed if isinstance(seed, str) else seed.decode("latin-1")
            return OpaqueSeed(f"builtins:{type(seed).__name__}") if _is_secret(name, text) else seed
        case SequenceSeed():
            return replace(seed, items=tuple(cleared(item, name) for item in seed.items))
        case MappingSeed():
            items = ((cleared(key), cleared(value, key if isinstance(key, str) else name)) for key, value in seed.items)
            return replace(seed, items=tuple(items))
        case ObjectSeed():
            return replace(seed, attrs=_pairs(seed.attrs))
        case IterableSeed():
            return replace(seed, element=cleared(seed.element, name))
        case _:
            return seed


def _pairs(pairs: tuple[tuple[str, Seed], ...]) -> tuple[tuple[str, Seed], ...]:
    return tuple((name, cleared(seed, name)) for name, seed in pairs)


def cleared_words(words: tuple[str, ...]) -> Iterator[str]:
    """A command line: the value of an option follows it, or an equals sign in it."""
    option = ""
    for word in words:
        name, equals, value = word.partition("=")
        if equals and _is_secret(name, value):
            yield f"{name}={NOT_KEPT}"
        elif not word.startswith("-") and _is_secret(option, word):
            yield NOT_KEPT
        else:
            yield word
        option = word if word.startswith("-") and not equals else ""


def _is_secret(name: str, value: str) -> bool:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()  # apiKey
    if _NAMES.search(name) or (_TOKEN.search(name) and len(value) >= _SHORT):
        return bool(value)
    return _VALUES.search(value) is not None
