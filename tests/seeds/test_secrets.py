"""Passwords and keys do not get into the store, and what merely looks a little like them does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mypy_torch_shapes.seeds.model import (
    CallRecord,
    MappingSeed,
    ModuleRecord,
    ObjectSeed,
    OpaqueSeed,
    Profile,
    RunRecord,
    ScopeRecord,
    Seed,
    SequenceSeed,
    Sighting,
)
from mypy_torch_shapes.seeds.secrets import NOT_KEPT, cleared, cleared_words
from mypy_torch_shapes.seeds.store import merge, profile_path

KEY = "hunter2-hunter2-hunter2"
TEXT = OpaqueSeed("builtins:str")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("--password", "x", "train"), ("--password", NOT_KEPT, "train")),
        (("--hf-token", KEY, "--n", "4"), ("--hf-token", NOT_KEPT, "--n", "4")),
        (("--api_key=x", "wandb.apiKey=x"), (f"--api_key={NOT_KEPT}", f"wandb.apiKey={NOT_KEPT}")),
        (("--db", "postgres://me:pw@host/x"), ("--db", NOT_KEPT)),
        (("sk-" + 20 * "a",), (NOT_KEPT,)),
        (("--pad-token", "[PAD]", "--max-tokens", "512"), ("--pad-token", "[PAD]", "--max-tokens", "512")),
        (("--password", "--n", "4"), ("--password", "--n", "4")),
        (("--author", "me", "--url", "https://host/a:b@c"), ("--author", "me", "--url", "https://host/a:b@c")),
    ],
)
def test_command_lines(words: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert tuple(cleared_words(words)) == kept


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("password", "x", TEXT),
        ("passwords", SequenceSeed("list", ("x",)), SequenceSeed("list", (TEXT,))),
        ("token", KEY, TEXT),
        ("sep_token", "</s>", "</s>"),
        ("access_token", b"x" * 20, OpaqueSeed("builtins:bytes")),
        ("password_length", 8, 8),
        ("bypass", "conv", "conv"),
        ("name", "vit_base_patch16_224_in21k", "vit_base_patch16_224_in21k"),
        ("name", "0123456789abcdef" * 2, TEXT),
        ("config", MappingSeed("dict", (("api_key", "x"),)), MappingSeed("dict", (("api_key", TEXT),))),
        ("config", ObjectSeed("m:C", (("secret", "x"),)), ObjectSeed("m:C", (("secret", TEXT),))),
    ],
)
def test_values(name: str, value: Seed, kept: Seed) -> None:
    assert cleared(value, name) == kept


def test_none_of_it_is_written(tmp_path: Path) -> None:
    module = ModuleRecord(0, "m:Net", 0, "", (("api_key", KEY),), (("token", KEY),), (), True, ())
    call = CallRecord("m:f", (("auth_token", KEY),), MappingSeed("dict", (("password", KEY),)), receiver=0)
    scope = ScopeRecord((("--token", KEY),), (Sighting("secret", "digest", (KEY,)),))
    merge(tmp_path, Profile({}, {0: module}, [call], scopes={"m:f": scope}, runs=[RunRecord(("p", "--token", KEY))]))
    assert KEY not in profile_path(tmp_path).read_text()
