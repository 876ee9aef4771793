"""The one file a profile is kept in: read whole, merged under a lock, replaced at once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mypy_torch_shapes.seeds import encode
from mypy_torch_shapes.seeds.encode import Json, Malformed
from mypy_torch_shapes.seeds.merging import Merged, merge_profiles
from mypy_torch_shapes.seeds.model import Profile
from mypy_torch_shapes.seeds.references import module_references, modules_of
from mypy_torch_shapes.seeds.runs import records_of
from mypy_torch_shapes.seeds.secrets import without_secrets

SCHEMA = 1
DIRECTORY = ".mypy_torch_shapes"

_DAMAGED = "{path} is not a readable profile ({why}); record the program again, or delete the file"
_NEWER = "{path} was written by a newer mypy-torch-shapes (format {schema}, this one reads {ours}); upgrade it"
_UNREADABLE = "cannot read {path}: {why}"
_UNWRITABLE = "cannot write {path}: {why}; nothing of this run was kept"


class StoreError(Exception):
    """The store cannot be read or written; the text is one sentence for the user."""


class DamagedError(StoreError):
    """The file is there, but it is no profile that this version can read."""

    def __init__(self, sentence: str, suffix: str) -> None:
        super().__init__(sentence)
        self.suffix = suffix  # what the file is renamed with when a new run is recorded


def profile_path(root: Path) -> Path:
    """Where the profile of the project at `root` is."""
    return root / DIRECTORY / "profile.json"


def load(root: Path) -> Profile:
    """The profile of the project at `root`, empty if nothing was recorded yet. Raises `StoreError`."""
    path = profile_path(root)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Profile()
    except OSError as error:
        raise StoreError(_UNREADABLE.format(path=path, why=error.strerror)) from error
    return loads(data, path)


def loads(data: bytes, path: Path) -> Profile:
    """The profile that `data`, read from `path`, holds."""
    try:
        whole = json.loads(data)
        schema = whole["schema"]
        if type(schema) is not int:
            raise Malformed("no format number")
        if schema > SCHEMA:
            raise DamagedError(_NEWER.format(path=path, schema=schema, ours=SCHEMA), ".newer")
        profile = _decode(whole)
        _check_references(profile)
    except json.JSONDecodeError as error:
        why = f"broken off or damaged in line {error.lineno}"
        raise DamagedError(_DAMAGED.format(path=path, why=why), ".damaged") from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = str(error) if isinstance(error, Malformed) else "parts of it are missing or not as expected"
        raise DamagedError(_DAMAGED.format(path=path, why=why), ".damaged") from None
    return profile


def merge(root: Path, profile: Profile) -> Merged:
    """Add `profile` to what is stored at `root`; two writers wait for each other. Raises `StoreError`.

    A file that cannot be read is kept aside under another name, not lost.
    """
    path = profile_path(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent / "lock"):
            try:
                stored = load(root)
            except DamagedError as error:
                stored = Profile()
                os.replace(path, _free_name(path, error.suffix))
            merged = merge_profiles(stored, without_secrets(profile))
            text = dumps(merged.profile).encode()
            if not (path.exists() and path.read_bytes() == text):
                _replace(path, text)
    except OSError as error:
        raise StoreError(_UNWRITABLE.format(path=path, why=error.strerror)) from error
    return merged


def dumps(profile: Profile) -> str:
    """The text of the file: one record a line, so that people and diffs can read it."""
    functions = [f"{_line(key)}: {_line(encode.encode_function(f))}" for key, f in profile.functions.items()]
    sections = [
        f'"schema": {SCHEMA}',
        f'"torch": {_line(profile.torch_version)}',
        f'"distributed": {_line(profile.distributed)}',
        _section("runs", "[]", (_line(encode.encode_run(run)) for run in profile.runs)),
        _section("functions", "{}", functions),
        _section("modules", "[]", (_line(encode.encode_module(record)) for record in profile.modules.values())),
        _section("calls", "[]", (_line(encode.encode_call(call)) for call in profile.calls)),
        _section("variations", "[]", (_line(encode.encode_variation(v)) for v in profile.variations)),
    ]
    if profile.scopes:
        scopes = [f"{_line(key)}: {_line(encode.encode_scope(scope))}" for key, scope in profile.scopes.items()]
        sections.append(_section("scopes", "{}", scopes))
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _line(value: Json) -> str:
    return json.dumps(value, allow_nan=False)


def _section(name: str, brackets: str, lines: Iterable[str]) -> str:
    body = ",\n".join(f" {line}" for line in lines)
    return f'"{name}": {brackets[0]}\n{body}\n{brackets[1]}' if body else f'"{name}": {brackets}'


def _decode(whole: Json) -> Profile:
    modules = [encode.decode_module(record) for record in whole["modules"]]
    return Profile(
        functions={key: encode.decode_function(key, record) for key, record in whole["functions"].items()},
        modules={record.id: record for record in modules},
        calls=[encode.decode_call(call) for call in whole["calls"]],
        variations=[encode.decode_variation(variation) for variation in whole["variations"]],
        torch_version=whole["torch"],
        distributed=whole.get("distributed"),
        scopes={key: encode.decode_scope(scope) for key, scope in whole.get("scopes", {}).items()},
        runs=[encode.decode_run(run) for run in whole.get("runs", [])],
    )


def _check_references(profile: Profile) -> None:
    mentioned = {id for record in profile.modules.values() for id in module_references(record)}
    mentioned.update(id for call in profile.calls for id in modules_of(call))
    if not mentioned <= profile.modules.keys():
        raise Malformed("a module that it mentions is missing")
    places = range(len(profile.variations))
    if not all(variation.call in range(len(profile.calls)) for variation in profile.variations):
        raise Malformed("a call that it mentions is missing")
    if not all(call.probe is None or call.probe in places for call in profile.calls):
        raise Malformed("a variation that it mentions is missing")
    runs = range(len(profile.runs))
    if not all(run in runs for record in records_of(profile) for run in record.runs):
        raise Malformed("a run that it mentions is missing")


def _free_name(path: Path, suffix: str) -> Path:
    names = (path.with_name(f"{path.name}{suffix}{number}") for number in ("", *range(1, 100)))
    return next((name for name in names if not name.exists()), path.with_name(path.name + suffix))


def _replace(path: Path, text: bytes) -> None:
    temporary = path.with_name(path.name + ".new")  # only the holder of the lock writes it
    try:
        with open(temporary, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "a+b") as file:
        _lock(file)
        try:
            yield
        finally:
            _unlock(file)


try:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)

except ImportError:  # Windows
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
