"""The pages of `reveal --html` in headless Chromium: hover, keyboard, choosing a context, and how long they take."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from mypy_torch_shapes.config import Config
from mypy_torch_shapes.evaluation.facts import FileReport, Span
from mypy_torch_shapes.opening import session_for
from mypy_torch_shapes.reveal.as_html import write_pages
from tests.editors.conftest import MESSAGE, broken

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1366,768"),
]
MOST_SECONDS = 1.0
pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(CHROMIUM is None, reason="neither chromium nor chromium-browser nor google-chrome is installed"),
]


def seen(page: Path, script: str, tmp_path: Path) -> dict[str, Any]:
    """What a script that runs when the page is loaded puts into `seen`."""
    text = page.read_text()
    probe = page.with_name("probe.html")
    body = f"const seen = {{}}; {script}; document.title = JSON.stringify(seen);"
    run = f"addEventListener('load', () => {{ {body} }})"
    probe.write_text(text.replace("</body>", f"<script>{run}</script></body>"))
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'data'}", "--dump-dom", probe.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert found
    return dict(json.loads(unescape(found[1])))


@pytest.fixture
def page(network: Path) -> Path:
    return written(network)


@pytest.fixture
def broken_page(network: Path) -> Path:
    path = network / "resnet.py"
    path.write_text(broken(path.read_text()))
    return written(network)


def written(network: Path) -> Path:
    path = network / "resnet.py"
    report = session_for(Config(network)).report(path)
    write_pages(network / "out", {"resnet.py": report}, {"resnet.py": path.read_text()})
    return network / "out" / "resnet.py.html"


def test_hovering_tells_an_expression_in_each_context(page: Path, tmp_path: Path) -> None:
    script = """
        const mark = marks.find(each => each.textContent === "self.conv1(x)");
        mark.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
        seen.text = tip.textContent; seen.hidden = tip.hidden; seen.on = mark.classList.contains("on");
        mark.dispatchEvent(new MouseEvent("mouseout", {bubbles: true})); seen.left = tip.hidden"""
    found = seen(page, script, tmp_path)
    assert (found["hidden"], found["on"], found["left"]) == (False, True, True)
    assert "Tensor[float32, N, 8, " in found["text"]
    assert "in stages.0.0: resnet.Block.forward" in found["text"]
    assert "N = x.shape[0]" in found["text"]


def test_everything_is_reached_by_keyboard(broken_page: Path, tmp_path: Path) -> None:
    script = """
        const press = key => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", {key, bubbles: true}));
        seen.tabbable = main.querySelectorAll(".e[tabindex='0']").length;
        press("e"); seen.error = document.activeElement.textContent; seen.tip = tip.textContent;
        go(marks[0]); const walked = new Set();
        for (const _ of marks) { walked.add(document.activeElement); press("ArrowRight"); }
        seen.all = walked.size === marks.length;
        go(marks[0]); press("ArrowDown");
        seen.down = document.activeElement.closest(".l").id !== marks[0].closest(".l").id;
        press("ArrowUp"); seen.up = document.activeElement === marks[0];
        press("Enter"); document.activeElement.blur(); seen.pinned = !tip.hidden;
        press("Escape"); seen.closed = tip.hidden"""
    found = seen(broken_page, script, tmp_path)
    assert found["error"] == "self.conv2(out)"
    assert MESSAGE in found["tip"]
    assert found["tabbable"] == 1
    assert {name for name in ("all", "down", "up", "pinned", "closed") if not found[name]} == set()


def test_a_context_can_be_chosen(page: Path, tmp_path: Path) -> None:
    script = """
        const selects = [...document.querySelectorAll("select")];
        const select = selects.find(each => each.dataset.function.endsWith("Block.forward"));
        const beside = () => select.closest(".t").querySelector("b").textContent;
        seen.options = [...select.options].map(each => each.textContent); seen.all = beside(); seen.each = [];
        for (const option of select.options) {
            select.value = option.value;
            select.dispatchEvent(new Event("change", {bubbles: true}));
            seen.each.push(beside());
        }"""
    found = seen(page, script, tmp_path)
    assert len(found["options"]) > 2
    assert "|" in found["all"]
    assert found["each"][0] == found["all"]
    assert all(re.fullmatch(r"float32\[N, \d+, [^|]+\]", each) for each in found["each"][1:]), found
    assert len(set(found["each"])) > 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(page: Path, tmp_path: Path, scheme: str) -> None:
    """Contrast of at least 4.5 (WCAG AA) for all that is written in code, types, unknowns and errors."""
    if scheme == "dark":
        page.write_text(page.read_text().replace("(prefers-color-scheme: dark)", "(min-width: 1px)"))
    script = """
        const colour = name => {
            const at = document.createElement("i");
            at.style.color = `var(--${name})`;
            document.body.append(at);
            return getComputedStyle(at).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
        };
        const part = v => v / 255 <= .03928 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
        const bright = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
        const contrast = (a, b) => {
            const [x, y] = [bright(colour(a)), bright(colour(b))].sort((p, q) => q - p);
            return (x + .05) / (y + .05);
        };
        const words = ["muted", "accent", "type", "keyword", "string", "comment", "number", "unknown", "error", "text"];
        for (const name of words)
            for (const behind of ["page", "raised"]) seen[`${name} on ${behind}`] = contrast(name, behind);
        for (const name of ["unknown-page", "error-page", "current"]) seen[`text on ${name}`] = contrast("text", name);
        seen["error on error"] = contrast("error", "error-page");"""
    found = seen(page, script, tmp_path)
    assert {name: round(value, 2) for name, value in found.items() if value < 4.5} == {}


def test_a_long_module_opens_at_once(network: Path, tmp_path: Path) -> None:
    path = network / "resnet.py"
    text, report = path.read_text(), session_for(Config(network)).report(path)
    times = 1000 // text.count("\n") + 1
    long = FileReport()
    for number in range(times):
        _append(long, report, number * text.count("\n"))
    write_pages(tmp_path / "out", {"long.py": long}, {"long.py": text * times})
    script = """
        seen.height = document.documentElement.scrollHeight; seen.opened = performance.now();
        go(marks[marks.length - 1]); seen.walked = performance.now(); seen.marks = marks.length"""
    found = seen(tmp_path / "out" / "long.py.html", script, tmp_path)
    print(f"{text.count(chr(10)) * times} lines, {found['marks']} marks: opened in {found['opened']:.0f} ms")
    assert found["opened"] < MOST_SECONDS * 1000
    assert found["walked"] - found["opened"] < 200


def _append(long: FileReport, report: FileReport, lines: int) -> None:
    """The same again, further down, in contexts of its own."""
    first = len(long.contexts)
    long.contexts += [replace(each, id=each.id + first) for each in report.contexts]

    def moved(span: Span) -> Span:
        return span._replace(line=span.line + lines, end_line=span.end_line + lines)

    long.facts += [replace(each, span=moved(each.span), context=each.context + first) for each in report.facts]
    long.bindings += [replace(each, span=moved(each.span), context=each.context + first) for each in report.bindings]
    long.gaps += [replace(each, span=moved(each.span), context=each.context + first) for each in report.gaps]
