"""Files whose own code can meet no tensor, told from their text alone: most files, and parsing them would take long.

What is not understood of the text counts as meeting one; then the file is evaluated, and nothing is lost but time.
Decorators and default values are left out: what they compute with tensors is nothing that could be reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .modules import BY_REFERENCE

# Libraries that hand out no tensors.
_HARMLESS = BY_REFERENCE - {"torch", "einops", "mypy_torch_shapes"} | {
    "PIL", "cv2", "datasets", "filelock", "httpx", "huggingface_hub", "mpmath", "pandas", "pytest", "requests",
    "sentencepiece", "sympy", "tokenizers", "typing_extensions", "yaml", "mypy_extensions",
}  # fmt: skip
_TENSORS = frozenset({"torch", "einops", "reveal_type"})
_MOST_NAMES = 4000  # looked at for one file

_STRINGS = re.compile(r'("""|\'\'\')(?:\\.|.)*?\1|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*', re.DOTALL)
_STATEMENT = re.compile(r"^(?=[A-Za-z_@(\[{*])", re.MULTILINE)
_DEFINITION = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")
_ASSIGNED = re.compile(r"^\s*(\w+)\s*(?::[^=\n]*)?=(?!=)(?!.*,$)", re.MULTILINE)
_IMPORT = re.compile(
    r"^[ \t]*(?:from\s+(\.*[\w.]*)\s+import\s+(\([^)]*\)|(?:[^\n\\]|\\\n)*)|import\s+([^\n]*))", re.MULTILINE
)
_WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\.\w+)*)(?![\w.]|\s*=(?!=))")  # no keyword, no target
_TYPE_ONLY = re.compile(r"if\s+(?:typing\.)?TYPE_CHECKING\s*:")
_LOGGER = re.compile(r"\w+\s*=\s*(?:\w+\.)*(?:getLogger|get_logger)\([^()]*\)\s*$")
_INNER = re.compile(r"\s*(?:async\s|def\s|class\s|@|\))")
_ANNOTATED = re.compile(r"jaxtyping|mypy_torch_shapes|\bTensor\[")
_MOST_HANDS = 4  # through which a name for an annotation is handed on


@dataclass(eq=False)
class Text:
    """A file in pieces: what it runs, what it defines, what it imports."""

    path: Path
    code: list[str] = field(default_factory=list)
    defined: dict[str, list[str]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # (module, name in it)
    stars: list[str] = field(default_factory=list)
    annotated: bool = False


class Quiet:
    """Answers for the files below one root; each is read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[Path, Text | None] = {}
        self._modules: dict[tuple[Path, str], Path | None] = {}
        self._plain: set[Path] = set()  # files that can name no annotation of tensors

    def may_be_annotated(self, path: Path) -> bool:
        """Whether a file, or one that it imports from, mentions what tensors are annotated with."""
        if path in self._plain:
            return False
        seen, waiting = {path}, [path]
        while waiting:
            text = self._text(waiting.pop())
            if text is None or text.annotated:
                return True
            for module, member in {*text.imported.values(), *((star, None) for star in text.stars)}:
                base = None if module.partition(".")[0] in _HARMLESS else self._module(text, module)
                found = [] if base is None else [base, *filter(None, [self._below(base, member)] if member else [])]
                new = [each for each in found if each not in seen and each not in self._plain]
                seen.update(new)
                waiting += new
        self._plain |= seen
        return False

    def depends_on(self, path: Path) -> list[Path] | None:
        """The files that show that this one's own code meets no tensor; None where it may."""
        text = self._text(path)
        if text is None or self.may_be_annotated(path):
            return None
        looked: dict[Path, None] = {path: None}
        for source, member in text.imported.values():
            if self._is_annotated(text, source, member, looked):
                return None
        waiting = [(text, piece) for piece in text.code]
        seen: set[tuple[Path, str]] = set()
        while waiting:
            where, piece = waiting.pop()
            for name, attributes in _words(piece):
                if name in _TENSORS:
                    return None
                for module, wanted in self._meanings(where, name, attributes):
                    if module is None or len(seen) > _MOST_NAMES:
                        return None
                    if (module.path, wanted) not in seen:
                        seen.add((module.path, wanted))
                        looked[module.path] = None
                        waiting += [(module, each) for each in module.defined.get(wanted, ())]
        return list(looked)

    def _is_annotated(
        self, where: Text, module: str, member: str | None, looked: dict[Path, None], hands: int = _MOST_HANDS
    ) -> bool:
        """Whether what is imported may be the name of an annotation."""
        if not module.startswith(".") and module.partition(".")[0] in _HARMLESS | _TENSORS:
            return False
        base = self._module(where, module)
        found = None if base is None else self._text(base)
        if base is None or found is None or not hands:
            return False
        looked[base] = None
        if found.annotated:
            return True
        further = found.imported.get(member or "")
        return further is not None and self._is_annotated(found, *further, looked, hands - 1)

    def _meanings(self, where: Text, name: str, attributes: list[str]) -> Iterator[tuple[Text | None, str]]:
        """Where in the project a name stands for something; None for what is not known."""
        if name in where.defined:
            yield where, name
        elif name in where.imported:
            module, member = where.imported[name]
            yield from self._member(where, module, member, attributes)
        else:
            for star in where.stars:
                yield from self._member(where, star, name, attributes)

    def _member(
        self, where: Text, module: str, member: str | None, attributes: list[str]
    ) -> Iterator[tuple[Text | None, str]]:
        if not module.startswith(".") and module.partition(".")[0] in _HARMLESS:
            return
        names = [*([member] if member else []), *attributes]
        base = self._module(where, module)
        for place, each in enumerate(names):
            text = None if base is None else self._text(base)
            if base is None or (text is not None and (each in text.defined or each in text.imported)):
                break
            below = self._below(base, each)
            if below is None:
                break
            base, member = below, None
            names[: place + 1] = [""] * (place + 1)
        rest = [each for each in names if each]
        found = None if base is None else self._text(base)
        if found is None:
            yield None, ""
        elif rest and rest[0] in found.imported and (found.path, rest[0]) != (where.path, member):
            module, inner = found.imported[rest[0]]
            yield found, rest[0]
            yield from self._member(found, module, inner, rest[1:])
        elif rest:
            yield found, rest[0]

    def _module(self, where: Text, name: str) -> Path | None:
        key = (where.path.parent, name)
        if key not in self._modules:
            self._modules[key] = self._find(where, name)
        return self._modules[key]

    def _find(self, where: Text, name: str) -> Path | None:
        level = len(name) - len(name.lstrip("."))
        parts = [each for each in name[level:].split(".") if each]
        if level:
            base = where.path.parent
            for _ in range(level - 1):
                base = base.parent
            return _source(base.joinpath(*parts))
        bases = (self._root, self._root / "src", where.path.parent)
        return next((found for base in bases if (found := _source(base.joinpath(*parts))) is not None), None)

    def _below(self, base: Path, name: str) -> Path | None:
        return _source(base.parent / name) if base.name == "__init__.py" else None

    def _text(self, path: Path) -> Text | None:
        if path not in self._texts:
            try:
                self._texts[path] = _taken_apart(path, path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError):
                self._texts[path] = None  # whoever asks takes it as not known
        return self._texts[path]


def _source(place: Path) -> Path | None:
    for each in (place.with_name(place.name + ".py"), place / "__init__.py"):
        if each.is_file():
            return each
    return None


def _taken_apart(path: Path, text: str) -> Text:
    found = Text(path, annotated=_ANNOTATED.search(text) is not None)
    text = _STRINGS.sub("0", text)
    for match in _IMPORT.finditer(text):
        _note_import(found, match)
    text = _IMPORT.sub("pass", text)
    for piece in _STATEMENT.split(text):
        definition = _DEFINITION.match(piece)
        if definition is not None:
            found.defined.setdefault(definition.group(1), []).append(piece)
            if piece.startswith("class"):
                found.code += _class_level(piece)
        elif piece and not piece.startswith("@") and _TYPE_ONLY.match(piece) is None:
            if ("(" in piece or "[" in piece or "@" in piece) and _LOGGER.match(piece) is None:
                found.code.append(piece)
            for assigned in _ASSIGNED.findall(piece):
                found.defined.setdefault(assigned, []).append(piece)
    return found


def _note_import(found: Text, match: re.Match[str]) -> None:
    module, names, plain = match.groups()
    for each in re.sub(r"[()\\\n]", " ", names or plain or "").split(","):
        words = each.split()
        if not words:
            continue
        alias = words[-1] if len(words) == 3 else None
        if plain is not None:
            whole = words[0] if alias else words[0].partition(".")[0]
            found.imported.setdefault(alias or whole, (whole, None))
        elif words[0] == "*":
            found.stars.append(module)
        else:
            found.imported.setdefault(alias or words[0], (module, words[0]))


def _class_level(piece: str) -> Iterator[str]:
    """The statements of a class's body that call something."""
    lines = piece.splitlines()[1:]
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    first = min((indent for indent in indents if indent), default=0)
    for line in lines:
        if len(line) - len(line.lstrip()) == first and "(" in line and _INNER.match(line) is None:
            yield line


def _words(piece: str) -> Iterator[tuple[str, list[str]]]:
    """The names a text mentions, each with the attributes asked of it."""
    for name, attributes in set(_WORD.findall(piece)):
        yield name, [each for each in attributes.split(".") if each]
