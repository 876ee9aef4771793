"""The store: what is written is read again, runs merge, and no damage loses anything."""

from __future__ import annotations

import json
import math
import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mypy_torch_shapes.seeds.merging import MAX_CALLS, merge_profiles
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
    Profile,
    ScopeRecord,
    SequenceSeed,
    Sighting,
    TensorSeed,
    Variation,
)
from mypy_torch_shapes.seeds.store import StoreError, dumps, load, loads, merge, profile_path

names = st.text(min_size=1, max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=5)
    | st.complex_numbers(allow_nan=False, allow_infinity=False)
)
tensors = st.builds(
    TensorSeed,
    st.sampled_from(["float32", "int64"]),
    st.lists(st.integers(0, 99), max_size=4).map(tuple),
    st.sampled_from(["cpu", "cuda"]),
    st.booleans(),
    st.none(),
    st.none() | st.integers(0, 99),
)
leaves = scalars | tensors | st.builds(OpaqueSeed, names) | st.builds(NameSeed, names, names)
seeds = st.recursive(
    leaves,
    lambda inner: (
        st.builds(
            SequenceSeed,
            st.sampled_from(["list", "tuple", "m:C"]),
            st.lists(inner, max_size=3).map(tuple),
            st.booleans(),
        )
        | st.builds(MappingSeed, names, st.lists(st.tuples(inner, inner), max_size=3).map(tuple), st.booleans())
        | st.builds(ObjectSeed, names, st.dictionaries(names, inner, max_size=3).map(lambda d: tuple(d.items())))
        | st.builds(IterableSeed, names, inner, st.none() | st.integers(0, 9))
    ),
    max_leaves=8,
)


def module(id: int, path: str = "", root: int = 0, **more: Any) -> ModuleRecord:
    usual: dict[str, Any] = {"init": (), "attrs": (), "children": (), "training": True, "builders": ()}
    return ModuleRecord(**{"id": id, "cls": "net:Net", "root": root, "path": path, **usual, **more})


def function(name: str, digest: str = "d") -> dict[str, FunctionRecord]:
    return {f"net:{name}": FunctionRecord("net", name, "net.py", 1, digest)}


def call(x: Any, name: str = "f", **more: Any) -> CallRecord:
    return CallRecord(f"net:{name}", (("x", x),), **more)


def sample() -> Profile:
    """A profile with some of everything."""
    return Profile(
        function("f") | function("Net.forward"),
        {0: module(0, children=(("a", 1),)), 1: module(1, "a", attrs=(("up", ModuleSeed(0)),), init=None)},
        [
            call(1, "Net.forward", receiver=0, root=True),
            call(TensorSeed("float32", (2, 3)), caller="net:Net.forward", returned=ModuleSeed(1)),
            call(2, raised="ValueError"),
            call(TensorSeed("float32", (5, 3)), probe=0),
        ],
        [Variation(0, (("x", 0),), 5, True), Variation(0, (("x", 1),), 5, False)],
        "2.13.0",
    )


@given(seeds)
def test_every_seed_is_read_as_it_was_written(seed: Any) -> None:
    profile = Profile(function("f"), {}, [call(seed, returned=seed)])
    assert loads(dumps(profile).encode(), Path("x")) == profile


def test_numbers_that_json_has_not() -> None:
    (read,) = loads(dumps(Profile({}, {}, [call(math.nan, returned=-math.inf)])).encode(), Path("x")).calls
    assert math.isnan(dict(read.arguments)["x"])  # type: ignore[arg-type]
    assert read.returned == -math.inf


def test_nothing_recorded_is_an_empty_profile(tmp_path: Path) -> None:
    assert load(tmp_path) == Profile()


def test_an_equal_run_changes_nothing(tmp_path: Path) -> None:
    merge(tmp_path, sample())
    text = profile_path(tmp_path).read_bytes()
    before = profile_path(tmp_path).stat().st_mtime_ns
    merge(tmp_path, sample())
    assert profile_path(tmp_path).read_bytes() == text
    assert profile_path(tmp_path).stat().st_mtime_ns == before
    assert len(load(tmp_path).calls) == 4


def test_the_file_is_for_people_too(tmp_path: Path) -> None:
    merge(tmp_path, sample())
    text = profile_path(tmp_path).read_text()
    assert text.count('{"function": ') == 4
    assert "float32[2, 3]" in text
    assert max(map(len, text.splitlines())) < 200


def test_variations_follow_their_calls(tmp_path: Path) -> None:
    first = Profile(function("a"), {}, [call(9, "a")])
    merge(tmp_path, first)
    merged = merge(tmp_path, sample()).profile
    assert merged == load(tmp_path)
    assert [merged.calls[v.call].function for v in merged.variations] == ["net:Net.forward"] * 2
    (probed,) = (c for c in merged.calls if c.probe is not None)
    assert merged.variations[probed.probe or 0] == merged.variations[0]


def test_equal_modules_are_one_even_in_circles() -> None:
    twice = Profile(
        {},
        {
            0: module(0, attrs=(("me", ModuleSeed(0)),)),
            1: module(1, root=1, attrs=(("me", ModuleSeed(1)),)),
            2: module(2, root=2, attrs=(("me", ModuleSeed(0)),)),
            3: module(3, root=3, attrs=(("me", ModuleSeed(3)), ("n", 1))),
        },
        [call(ModuleSeed(i)) for i in range(4)],
    )
    merged = merge_profiles(Profile(), twice).profile
    assert len(merged.modules) == 2
    assert len(merged.calls) == 2


def test_what_nothing_mentions_is_left_out() -> None:
    profile = replace(sample(), modules={**sample().modules, 7: module(7, "lost", root=7)})
    assert set(merge_profiles(Profile(), profile).profile.modules) == {0, 1}


def test_changed_code_makes_old_observations_go() -> None:
    old = Profile(
        function("f") | function("g") | function("build"),
        {0: module(0, builders=("net:build",))},
        [call(1), call(2, "g", caller="net:f"), call(3, "g"), call(ModuleSeed(0), "g")],
        [Variation(0, (), 1, True), Variation(2, (), 1, True)],
    )
    merged = merge_profiles(old, Profile(function("f", "new"), {}, [call(7)])).profile
    assert [dict(c.arguments)["x"] for c in merged.calls] == [7, 3, ModuleSeed(0)]
    assert [merged.calls[v.call] for v in merged.variations] == [call(3, "g")]
    merged = merge_profiles(old, Profile(function("build", "new"), {}, [call(4, "g")])).profile
    assert [dict(c.arguments)["x"] for c in merged.calls] == [1, 2, 3, 4]
    assert not merged.modules


def test_calls_are_bounded_for_each_function_and_receiver() -> None:
    many = Profile({}, {}, [call(i) for i in range(MAX_CALLS + 5)] + [call(1, "g")])
    merged = merge_profiles(Profile(), many)
    assert len(merged.profile.calls) == MAX_CALLS + 1
    assert merged.capped == ("net:f",)


def _damages() -> list[bytes]:
    whole = dumps(sample())
    return [
        b"",
        b"\xff\xfe\x00",
        whole[:300].encode(),
        whole[:-30].encode(),
        b"[]",
        b"{}",
        b"null",
        b'{"schema": "1"}',
        b"[" * 100_000,
        whole.replace('"float32[2, 3]"', "7").encode(),
        whole.replace("float32[2, 3]", "float32[2; 3]").encode(),
        whole.replace('"module": 1', '"module": 77').encode(),
        whole.replace('"probe": 0', '"probe": 40').encode(),
        whole.replace('"call": 0', '"call": -1').encode(),
        whole.replace('"axes": [["x", 0]]', '"axes": [["x"]]').encode(),
        whole.replace('"training": true', '"training": "yes"').encode(),
        whole.replace('"functions": {', '"functions": [').encode(),
        b"\x80\x04\x95 not a pickle either",
    ]


@pytest.mark.parametrize("data", _damages())
def test_damage_is_said_in_one_sentence_and_kept_aside(tmp_path: Path, data: bytes) -> None:
    path = profile_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"^.*profile\.json is not a readable profile \(.*\); record .*$"):
        load(tmp_path)
    merge(tmp_path, sample())
    assert load(tmp_path).torch_version == "2.13.0"
    assert path.with_name("profile.json.damaged").read_bytes() == data
    path.write_bytes(data)
    merge(tmp_path, sample())
    assert path.with_name("profile.json.damaged1").read_bytes() == data


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    path = profile_path(tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps({"schema": 99, "something": "else"}))
    with pytest.raises(StoreError, match=r"written by a newer mypy-torch-shapes \(format 99, this one reads 1\)"):
        load(tmp_path)
    merge(tmp_path, sample())
    assert json.loads(path.with_name("profile.json.newer").read_text())["schema"] == 99


def test_where_nothing_can_be_written_one_sentence_says_so(tmp_path: Path) -> None:
    profile_path(tmp_path).parent.write_text("a file")
    with pytest.raises(StoreError, match=r"cannot write .*; nothing of this run was kept"):
        merge(tmp_path, sample())
    with pytest.raises(StoreError, match="cannot read "):
        load(tmp_path)


def _write(root: Path, number: int) -> None:
    for i in range(5):
        merge(root, Profile(function(f"f{number}"), {}, [call(i, f"f{number}")]))


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(load(tmp_path).calls) == 15
    assert sorted(path.name for path in profile_path(tmp_path).parent.iterdir()) == ["lock", "profile.json"]


def test_of_a_scope_runs_are_kept_side_by_side_and_what_other_code_made_makes_way(tmp_path: Path) -> None:
    def run(line: str, digest: str, seed: int) -> Profile:
        return Profile(scopes={"m:<module>": ScopeRecord(((line,),), (Sighting("n", digest, (seed,)),))})

    merge(tmp_path, run("-a", "1", 3))
    merge(tmp_path, run("-b", "1", 5))
    assert load(tmp_path).scopes["m:<module>"] == ScopeRecord((("-a",), ("-b",)), (Sighting("n", "1", (3, 5)),))
    merge(tmp_path, run("-b", "2", 7))
    assert load(tmp_path).scopes["m:<module>"].sightings == (Sighting("n", "2", (7,)),)
