"""A measurement as JSON, and as a table a person reads."""

from __future__ import annotations

from typing import Any

from tests.harness.claims import Span
from tests.harness.compare import Result, Wrong


def place(span: Span) -> str:
    return f"{span[0]}:{span[1]}:{span[2]}"


def as_json(result: Result, nets: tuple[str, ...] = ("",)) -> dict[str, Any]:
    within = {key for key in result.executed if key[1].startswith(nets)}
    uncovered = sorted(result.executed - result.covered, key=str)
    return {
        "executed": len(result.executed),
        "covered": len(result.covered),
        "coverage": round(result.coverage, 4),
        "named": len(result.named - result.covered),  # of the others: those whole as people read them
        "nets": [len(within & result.covered), len(within)],  # of the functions that are the network itself
        "checked": result.checked,
        "wrong": [wrong_row(each) for each in sorted(result.wrong.values(), key=lambda each: each.span)],
        "misfits": result.misfits,
        "findings": result.findings,
        "faults": result.faults,
        "evaluation": round(result.evaluation, 1),
        "without_context": [
            {"function": function, "instance": instance, "invocations": count}
            for (function, instance), count in result.without.items()
        ],
        "uncovered": [
            {
                "at": place(span),
                "text": result.texts[span],
                "function": function,
                "instance": instance,
                "varies": (span, function, instance) in result.varying,
            }
            for span, function, instance in uncovered
        ],
    }


def wrong_row(wrong: Wrong) -> dict[str, Any]:
    return {
        "at": place(wrong.span),
        "text": wrong.text,
        "function": wrong.function,
        "instance": wrong.instance,
        "claimed": wrong.claimed,
        "real": wrong.real,
        "symbols": wrong.symbols,
        "sizes": wrong.sizes,
        "fits": wrong.fits,
    }


def table(report: dict[str, Any], *, details: bool) -> str:
    lines = [
        f"{'program':28}{'executed':>9}{'covered':>9}{'':>8}{'+named':>8}{'nets':>8}{'varying':>9}{'checked':>9}{'wrong':>7}{'misfit':>8}"
        f"{'found':>7}{'s eval':>8}{'s':>7}"
    ]
    for name, row in report.items():
        if "failed" in row:
            lines.append(f"{name:28}FAILED")
            continue
        net_covered, net_executed = row["nets"]
        share = net_covered / max(net_executed, 1)
        with_names = (row["covered"] + row["named"]) / max(row["executed"], 1)
        lines.append(
            f"{name:28}{row['executed']:>9}{row['covered']:>9}{row['coverage']:>8.1%}{with_names:>8.1%}{share:>8.1%}"
            f"{sum(each['varies'] for each in row['uncovered']):>9}{row['checked']:>9}"
            f"{len(row['wrong']):>7}{len(row['misfits']):>8}"
            f"{len(row['findings']):>7}{row['evaluation']:>8}{row['seconds']:>7}"
        )
    measured = [row for row in report.values() if "failed" not in row]
    executed, covered, named = (sum(row[key] for row in measured) for key in ("executed", "covered", "named"))
    if executed:
        net_covered, net_executed = (sum(row["nets"][i] for row in measured) for i in (0, 1))
        share = net_covered / max(net_executed, 1)
        of_all, with_names = covered / executed, (covered + named) / executed
        lines.append(f"{'all':28}{executed:>9}{covered:>9}{of_all:>8.1%}{with_names:>8.1%}{share:>8.1%}")
    if details:
        for name, row in report.items():
            lines += ["", f"== {name}", *detail_lines(row)]
    return "\n".join(lines)


def detail_lines(row: dict[str, Any]) -> list[str]:
    if "failed" in row:
        return [row["failed"]]
    lines = [f"FALSE FINDING  {each}" for each in row["findings"]] + [f"FAULT  {each}" for each in row["faults"]]
    for each in row["wrong"]:
        lines.append(
            f"WRONG  {each['at']}: `{each['text']}` in {each['function']} [{each['instance']}]: claimed"
            f" {each['claimed']}, was {each['real']} with {each['symbols'] or 'no symbols'} at {each['sizes']}"
            + ("" if each["fits"] else " (no context fits)")
        )
    for each in row["without_context"]:
        lines.append(f"NO CONTEXT  {each['function']} [{each['instance']}], {each['invocations']} invocation(s)")
    for each in row["uncovered"]:
        why = " (several types in one call)" if each["varies"] else ""
        lines.append(f"UNCOVERED  {each['at']}: `{each['text']}` in {each['function']} [{each['instance']}]{why}")
    return lines
