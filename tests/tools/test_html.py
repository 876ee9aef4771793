"""`reveal --html`: what the pages say, and that they need nothing but themselves. In a browser: tests/editors."""

from __future__ import annotations

import ast
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mypy_torch_shapes.evaluation.facts import Context, Fact, FileReport, Finding, Gap, Span
from mypy_torch_shapes.reveal.as_html import page_names, write_pages
from mypy_torch_shapes.reveal.marking import Mark, marked_lines, nesting
from mypy_torch_shapes.reveal.summary import compact, lines_of
from tests.tools.support import Project

SOURCE = '''\
class Net:
    def forward(self, x, mode):  # </script> & <b>
        a, b = self.split(
            x)
        return self.join(a, mystery(b), f"{a!r} \\u2028 <i>")
'''
SPLIT, X, A, B = Span(3, 15, 4, 14), Span(4, 12, 4, 13), Span(3, 8, 3, 9), Span(3, 11, 3, 12)
JOIN, MYSTERY = Span(5, 15, 5, 61), Span(5, 28, 5, 38)
REPORT = FileReport(
    contexts=[
        Context(0, "net.Net.forward", "", (("N", "x.shape[0]"),)),
        Context(1, "net.Net.forward", "left.0", (("N", "x.shape[0]"),)),
    ],
    facts=[
        Fact(0, X, "float32", ("N", 64), "Tensor[float32, N, 64]"),
        Fact(1, X, "float32", ("N", 32), "Tensor[float32, N, 32]"),
    ],
    bindings=[
        Fact(0, Span(2, 22, 2, 23), "float32", ("N", 64), "Tensor[float32, N, 64]"),
        Fact(0, A, "float32", ("N", 3), "Tensor[float32, N, 3]"),
        Fact(0, B, "float32", ("N", 3), "Tensor[float32, N, 3]"),
    ],
    gaps=[Gap(0, MYSTERY, "mystery is <not> followed")],
    findings=[Finding(JOIN, "tensor-shape", "join: 3 < 4 & more", ("a note",))],
)


class Checker(HTMLParser):
    """Collects text and attributes; every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: dict[str, str] = {}
        self.links: list[str] = []
        self.row = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "link"):
            self.open.append(tag)
        if tag == "div" and found.get("class") == "l":
            self.row = found["id"] or ""
        elif tag == "code":
            self.rows[self.row] = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.rows[self.row] += data


@pytest.fixture
def page(tmp_path: Path) -> str:
    index = write_pages(tmp_path / "out", {"net.py": REPORT}, {"net.py": SOURCE})
    assert index == tmp_path / "out" / "index.html"
    return (tmp_path / "out" / "net.py.html").read_text()


def beside(page: str, number: int) -> str:
    found = re.search(rf'id="L{number}".*?<span class="t">(.*?)</span></div>', page)
    assert found
    return re.sub(r"\s+", " ", unescape(re.sub(r"<select.*?</select>|<[^>]+>", "", found[1]))).strip()


def test_the_source_is_all_there_and_well_formed(page: str) -> None:
    assert list(Checker(page).rows.values()) == SOURCE.splitlines()


def test_nothing_is_loaded_from_anywhere(page: str, tmp_path: Path) -> None:
    for each in (tmp_path / "out").iterdir():
        text = each.read_text()
        assert not re.search(r"https?:|@import|url\(|<link|<img|fetch\(|XMLHttpRequest", text)
        assert all(link.startswith("#") or (each.parent / link).exists() for link in Checker(text).links)
        assert "prefers-color-scheme: dark" in text


def test_types_stand_beside_the_lines(page: str) -> None:
    assert beside(page, 1) == ""
    assert beside(page, 2) == "x float32[N, 64]"
    assert beside(page, 3) == "a, b float32[N, 3]"
    assert beside(page, 4) == "float32[N, 64|32]"
    assert beside(page, 5) == "unknown: mystery is <not> followed"


def test_what_is_wrong_or_unknown_is_marked(page: str) -> None:
    assert re.search(r'<span class="e un" data-x="\d+">mystery\(b\)</span>', page)
    assert '<p>join: 3 &lt; 4 &amp; more <em>[tensor-shape]</em></p><small>a note</small>' in page
    assert "1 unknown</button>" in page
    assert "1 error</button>" in page


def test_contexts_can_be_chosen(page: str) -> None:
    (options,) = re.findall(r'<select data-function="net.Net.forward".*?</select>', page)
    assert re.findall(r">([^<]+)</option>", options) == ["all 2 contexts", "the root module", "left.0"]
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page)
    assert found
    data = json.loads(found[1])
    assert data["contexts"]["1"] == ["left.0", "net.Net.forward", {"N": "x.shape[0]"}]
    (x,) = (each for each in data["expressions"] if each["p"] == "4:12:4:13")
    assert [(context, data["texts"][text]) for context, text, _ in x["k"]] == [
        (0, "Tensor[float32, N, 64]"), (1, "Tensor[float32, N, 32]"),
    ]  # fmt: skip


def test_marks_nest_and_go_on_over_lines() -> None:
    marks = {SPLIT: Mark(0, "ok"), X: Mark(1, "un"), Span(3, 20, 5, 14): Mark(2, "ok")}  # the last crosses the first
    rows = marked_lines(SOURCE, marks)
    assert '<span class="e ok" data-x="0">self.split(</span>' in rows[2]
    assert rows[3] == '            <span class="e ok" data-x="0"><span class="e un" data-x="1">x</span>)</span>'
    assert list(nesting(marks)) == [SPLIT, X]


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("*/*.py")), ids=lambda path: path.name)
def test_any_source_survives_being_marked(path: Path) -> None:
    source = path.read_text()
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr)]
    spans = {Span(n.lineno, n.col_offset, n.end_lineno or 0, n.end_col_offset or 0) for n in nodes}
    rows = marked_lines(source, {span: Mark(number, "ok") for number, span in enumerate(spans)})
    assert [unescape(re.sub(r"<[^>]+>", "", row)) for row in rows] == lines_of(source)
    assert all(row.count("<span") == row.count("</span>") for row in rows)


def test_pages_have_names_of_their_own(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("a/b.py", "a_b.py", "a_/b.py", "a/_b.py", "index.py")]
    names = set(page_names(files).values())
    assert len(names) == len(files)
    assert "index.html" not in names


def fact(dtype: str | None, *dims: int | str | None) -> Fact:
    return Fact(0, X, dtype, dims, f"{dtype}{dims}")


def test_types_of_several_contexts_are_put_into_one() -> None:
    assert compact([fact("float32", "N", 64), fact("float32", "N", None)]) == "float32[N, 64|_]"
    assert compact([fact("float32", "N"), fact("float16", "M")]) == "float32|float16[N|M]"
    assert compact([fact("float32", size) for size in range(9)]) == "float32[0|1|2|…]"
    assert compact([fact("float32", "N"), fact("float32", "N", 3)]) == "float32[N] (+1 context)"
    assert compact([fact("float32"), Fact(0, X, None, None, "Tensor[_, ...]")]) == "float32[]|[...]"


def test_the_command_writes_a_page_for_each_file(project: Project) -> None:
    printed = project.ours("reveal", "--html", "out", "model.py", "train.py")
    assert printed == ["out/index.html"]
    index = (project.root / "out" / "index.html").read_text()
    assert '<a href="model.py.html">model.py</a>' in index
    assert "float32[N, 32]" in (project.root / "out" / "model.py.html").read_text()
    (project.root / "file").write_text("")
    project.ours("reveal", "--html", "file", "model.py", status=1)
