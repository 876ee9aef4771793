"""Every case of the string language: what jaxtyping's run-time checker says is what we say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mypy_torch_shapes.evaluation.session import Options, Session
from mypy_torch_shapes.seeds.model import Profile
from tests.annotations.authority import HEADER, Call, Spec, mapped, our_outcome, real_outcome
from tests.annotations.cases import ALL


@pytest.mark.parametrize("call", ALL, ids=repr)
def test_a_case_is_judged_as_at_run_time(call: Call) -> None:
    assert our_outcome(call) == real_outcome(call)


def reported(directory: Path, calls: list[Call]) -> list[str]:
    """What is said of a file that has all these functions and calls, by case."""
    lines = ["from __future__ import annotations", *HEADER.strip().splitlines()]
    places: dict[int, int] = {}
    for number, call in enumerate(calls):
        parameters = ", ".join(f"x{i}: {annotation}" for i, (annotation, _) in enumerate(call))
        arguments = ", ".join(repr(mapped(value, lambda spec: spec)) for _, value in call)
        lines += [f"def f{number}({parameters}):", "    return 1", f"f{number}({arguments})"]
        places |= {len(lines): number, len(lines) - 2: -1 - number}
    path = directory / "program.py"
    path.write_text("\n".join(lines) + "\n")
    report = Session(directory, Profile(), Options()).report(path)
    assert not report.faults
    outcomes = ["accepts"] * len(calls)
    for finding in report.findings:
        assert finding.code == "tensor-annotation", finding
        place = places[finding.span.line]
        outcomes[place if place >= 0 else -1 - place] = "rejects" if place >= 0 else "malformed"
    return outcomes


def test_programs_with_all_cases_are_judged_as_at_run_time(tmp_path: Path) -> None:
    wrong = [
        (call, ours, real)
        for call, ours in zip(ALL, reported(tmp_path, ALL), strict=True)
        if ours != (real := real_outcome(call))
    ]
    assert wrong == []


NAMES = st.sampled_from(["a", "b", "c"])
EXPRESSIONS = st.sampled_from(
    ["a+1", "a-1", "2*a", "a*b", "a//2", "a%2", "b**2", "a/2", "max(a,b)", "min(a,2)", "(a+b)", "{x0}", "{x0}+a", "-a"]
)
AXES = st.one_of(
    NAMES,
    NAMES,
    NAMES,
    st.integers(0, 3).map(str),
    st.sampled_from(["_", "_a", "...", "*a", "*b", "*#a", "*#b", "#a", "#b", "#2", "n=2", "n=a", "*_"]),
    EXPRESSIONS,
    EXPRESSIONS.map("#{}".format),
    st.sampled_from(["a", "_", *["b", "2"] * 8, "a,b", "a#", "##a", "*2", "_2", "#_", "a..."]),
)
SHAPES = st.lists(AXES, max_size=4).map(" ".join)
SIZES = st.lists(st.integers(0, 4), max_size=4)
DTYPES = st.sampled_from(["float32", "float32", "float32", "int64", "bool", "uint8", "float16", "complex64"])
SPECS = st.builds(lambda sizes, dtype: Spec(*sizes, dtype=dtype), SIZES, DTYPES)
KINDS = st.sampled_from(["Float", "Float", "Float32", "Shaped", "Shaped", "Int", "Num", "Bool", "Real"])


@st.composite
def fitting(draw: st.DrawFn) -> tuple[str, Spec]:
    """A shape as written, and one that has as many axes."""
    words = draw(st.lists(AXES, max_size=4))
    several = any("*" in word[:2] or word == "..." for word in words)
    rank = max(0, len(words) + (draw(st.integers(-1, 1)) if several else 0))
    sizes = [int(w) if w.isdigit() and draw(st.booleans()) else draw(st.integers(1, 3)) for w in [*words, "a"][:rank]]
    return " ".join(words), Spec(*sizes)


@st.composite
def parameters(draw: st.DrawFn) -> tuple[str, object]:
    text, spec = draw(st.one_of(fitting(), st.tuples(SHAPES, SPECS)))
    plain = f"{draw(KINDS)}[Tensor, {text!r}]"
    wrapped = draw(st.sampled_from(["{}", "{}", "{}", "Optional[{}]", "list[{}]", "tuple[{}, int]", "dict[str, {}]"]))
    value: object = draw(st.sampled_from([None, spec])) if wrapped.startswith("Optional") else spec
    value = {"l": [spec], "t": (spec, 1), "d": {"k": spec}}.get(wrapped[0], value)
    return wrapped.format(plain), value


def calls() -> st.SearchStrategy[Call]:
    """An integer, often a tensor that binds all names, and others."""
    first = st.builds(lambda *sizes: [("Float[Tensor, 'a b c']", Spec(*sizes))], *[st.integers(1, 3)] * 3)
    drawn = st.lists(parameters(), min_size=1, max_size=3)
    return st.builds(lambda bound, rest: [("int", 2), *bound, *rest], st.one_of(first, first, st.just([])), drawn)


@settings(max_examples=1000, deadline=None)
@given(calls())
def test_a_drawn_call_is_judged_as_at_run_time(call: Call) -> None:
    assert our_outcome(call) == real_outcome(call)


@settings(max_examples=300, deadline=None)
@given(calls(), parameters())
def test_a_drawn_result_is_judged_as_at_run_time(call: Call, result: tuple[str, object]) -> None:
    assert our_outcome(call, result) == real_outcome(call, result)


UNIONS = st.lists(parameters().filter(lambda each: "[Tensor" in each[0][:14]), min_size=2, max_size=3)


@settings(max_examples=300, deadline=None)
@given(UNIONS, calls())
def test_a_drawn_union_is_never_rejected_where_run_time_accepts(options: list[tuple[str, object]], rest: Call) -> None:
    """Checkers try the options in an order of their own, so that what a union binds may be left open."""
    call = [("int", 2), (f"Union[{', '.join(text for text, _ in options)}]", options[0][1]), *rest[1:]]
    real, ours = real_outcome(call), our_outcome(call)
    assert ours in (real, "perhaps") or (ours, real) == ("rejects", "malformed")
