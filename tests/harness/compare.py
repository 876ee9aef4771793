"""Compares what is claimed with what instrumented runs saw."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.claims import Claim, Context, Span

Place = tuple[str, str | None]  # function, instance
Key = tuple[Span, str, str | None]  # an expression in a function of an instance


@dataclass
class Invocation:
    """A logged entry of a function: its parameters, and each expression's distinct values."""

    place: Place
    parameters: dict[str, Any]
    values: dict[Span, list[tuple[str, tuple[int, ...]]]]


@dataclass(frozen=True)
class Wrong:
    """A claim that a real run contradicts."""

    span: Span
    text: str
    function: str
    instance: str | None
    claimed: str
    real: str
    symbols: str
    sizes: str
    fits: bool  # whether the context's parameters are those of the invocation


@dataclass
class Result:
    """The measure of one program."""

    executed: set[Key] = field(default_factory=set)
    covered: set[Key] = field(default_factory=set)
    named: set[Key] = field(default_factory=set)  # not covered, but whole as people read it, and true
    varying: set[Key] = field(default_factory=set)  # had several types within one invocation, as in a loop
    checked: int = 0  # claims compared with real values, over all sizes
    wrong: dict[tuple[Span, str | None, str, str], Wrong] = field(default_factory=dict)
    misfits: list[str] = field(default_factory=list)  # invocations whose function has contexts, but none that fits
    without: dict[Place, int] = field(default_factory=lambda: defaultdict(int))  # invocations with no context at all
    texts: dict[Span, str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)  # reported of a program that runs
    faults: list[str] = field(default_factory=list)  # the evaluator's own
    evaluation: float = 0.0  # seconds of processor, with the imports it needs

    @property
    def coverage(self) -> float:
        return len(self.covered) / len(self.executed) if self.executed else 0.0


def read_log(log: dict[str, Any]) -> tuple[list[Invocation], dict[Span, str]]:
    spans, texts = [], {}
    for site in log["sites"]:
        span = (site["file"], site["line"], site["column"], site["end_line"], site["end_column"])
        spans.append(span)
        texts[span] = site["text"]
    invocations = []
    for row in log["invocations"]:
        values: dict[Span, list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
        for site, dtype, shape in row["seen"]:
            values[spans[site]].append((dtype, tuple(shape)))
        invocations.append(Invocation((row["function"], row["instance"]), row["parameters"], dict(values)))
    return invocations, texts


@dataclass
class Match:
    """A context read at one invocation."""

    context: Context
    symbols: dict[str, int]
    refuted: list[Claim]
    of_parameters: int  # how many refuted claims are about a parameter as it came in

    @property
    def fits(self) -> bool:
        return self.of_parameters == 0


def match(context: Context, invocation: Invocation, entry: set[Span]) -> Match | None:
    symbols = context.values(invocation.parameters)
    if symbols is None:
        return None
    refuted = [
        claim
        for span, claim in context.claims.items()
        if any(claim.refuted(dtype, shape, symbols) for dtype, shape in invocation.values.get(span, ()))
    ]
    return Match(context, symbols, refuted, sum(claim.span in entry for claim in refuted))


def matches(contexts: Iterable[Context], invocation: Invocation, entry: set[Span]) -> list[Match]:
    """The contexts that can be this call.

    Contexts whose parameters differ are other calls. Of those whose parameters agree the ones that agree best are
    taken: plain values such as flags, which the claims do not tell, may set the others apart (`orphans` finds contexts
    that hide behind this). When no context fits, the nearest stands for the call, so its wrong claims show.
    """
    found = [each for context in contexts if (each := match(context, invocation, entry)) is not None]
    fitting = [each for each in found if each.fits]
    if fitting:
        fewest = min(len(each.refuted) for each in fitting)
        return [each for each in fitting if len(each.refuted) == fewest]
    return sorted(found, key=lambda each: (each.of_parameters, len(each.refuted)))[:1]


def compare(contexts: list[Context], runs: list[tuple[str, dict[str, Any]]], files: dict[str, str]) -> Result:
    """Measure `contexts` against the logs of `runs`, of which the first is at the profiled size."""
    result = Result()
    by_place: dict[Place, list[Context]] = defaultdict(list)
    for context in contexts:
        by_place[context.function, context.instance].append(context)
    entry = {span for file, source in files.items() for span in entry_loads(file, source)}
    for number, (sizes, log) in enumerate(runs):
        invocations, texts = read_log(log)
        result.texts.update(texts)
        agreed: set[int] = set()
        rejected: dict[int, tuple[Match, Invocation]] = {}
        for invocation in invocations:
            candidates = by_place.get(invocation.place, [])
            chosen = matches(candidates, invocation, entry)
            if not any(each.fits for each in chosen):
                other_names = [each for place in aliases(invocation.place) for each in by_place.get(place, [])]
                chosen = matches([*candidates, *other_names], invocation, entry)
            judge(result, invocation, chosen, sizes, first=number == 0)
            agreed |= {each.context.id for each in chosen}
            for context in candidates:
                other = match(context, invocation, entry)
                if other is not None and other.fits and other.refuted:
                    rejected.setdefault(context.id, (other, invocation))
        if number == 0:
            for id_, (other, invocation) in rejected.items():
                if id_ not in agreed:  # an orphan: it fits a call, and agrees with none
                    note_wrong(result, other, invocation, sizes, other.refuted)
    return result


def aliases(place: Place) -> list[Place]:
    """The same module as seen from a module inside its root, which is a root of its own where it is called directly."""
    function, instance = place
    parts = instance.split(".") if instance else []
    return [(function, ".".join(parts[start:])) for start in range(1, len(parts) + 1)]


def judge(result: Result, invocation: Invocation, chosen: list[Match], sizes: str, *, first: bool) -> None:
    function, instance = invocation.place
    tensors = {
        span for span, values in invocation.values.items() if any(not dtype.startswith("!") for dtype, _ in values)
    }
    if first:
        result.executed |= {(span, function, instance) for span in tensors}
        result.varying |= {(span, function, instance) for span in tensors if len(invocation.values[span]) > 1}
    if not chosen and tensors:
        result.without[invocation.place] += 1
    if chosen and not chosen[0].fits:
        result.misfits.append(f"{function} [{instance}] at {sizes}")
    for each in chosen:
        true, false = by_name(each, invocation)
        result.checked += sum(span in invocation.values for span in each.context.claims)
        note_wrong(result, each, invocation, sizes, [*each.refuted, *false])
        if first:
            result.named |= {(span, function, instance) for span in tensors & true}
            complete = {span for span, claim in each.context.claims.items() if claim.complete}
            result.covered |= {(span, function, instance) for span in tensors & complete}


def by_name(found: Match, invocation: Invocation) -> tuple[set[Span], list[Claim]]:
    """Of claims with names that only variables define: where they are true in this call, and the others.

    A name's sizes are those of the first axis that is called so; as in a loop, there may be several.
    """
    named: dict[str, set[int]] = {}
    open_ = [claim for span, claim in found.context.claims.items() if claim.named and span in invocation.values]
    claims = sorted(open_, key=lambda claim: claim.span)
    for claim in claims:
        shapes = [shape for _, shape in invocation.values[claim.span]]
        for axis, dim in enumerate(claim.said or ()):
            if isinstance(dim, str) and dim.isidentifier() and dim not in found.symbols and claim not in found.refuted:
                named.setdefault(dim, {shape[axis] for shape in shapes})
    false = [
        claim
        for claim in claims
        if any(claim.misnamed(shape, found.symbols, named) for _, shape in invocation.values[claim.span])
    ]
    return {claim.span for claim in claims} - {claim.span for claim in false}, false


def note_wrong(result: Result, found: Match, invocation: Invocation, sizes: str, claims: Iterable[Claim]) -> None:
    function, instance = invocation.place
    symbols = ", ".join(f"{name} = {value}" for name, value in found.symbols.items())
    for claim in claims:
        real = " or ".join(f"{dtype}{list(shape)}" for dtype, shape in invocation.values[claim.span])
        wrong = Wrong(
            claim.span, result.texts[claim.span], function, instance, claim.text, real, symbols, sizes, found.fits
        )
        result.wrong.setdefault((claim.span, instance, claim.text, sizes), wrong)


def entry_loads(file: str, source: str) -> set[Span]:
    """Where a parameter is read before anything in its function could have rebound it."""
    found: set[Span] = set()
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= parameter_loads(file, function)
    return found


def parameter_loads(file: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[Span]:
    arguments = function.args
    names = {each.arg for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    used = [node for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)]
    rebound: dict[str, int] = {}
    for node in used:
        if not isinstance(node.ctx, ast.Load):
            rebound[node.id] = min(rebound.get(node.id, node.lineno), node.lineno)
    # On the rebinding line itself, `x = f(x)`, the load comes first. A loop runs its body again, so a name rebound
    # inside one is trusted nowhere in the loop; methods that change a tensor in place end the trust as well.
    for loop in ast.walk(function):
        if isinstance(loop, ast.For | ast.While | ast.AsyncFor):
            for node in ast.walk(loop):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    rebound[node.id] = min(rebound[node.id], loop.lineno - 1)
    return {
        (file, node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        for node in used
        if isinstance(node.ctx, ast.Load) and node.id in names and node.lineno <= rebound.get(node.id, node.lineno)
    }
