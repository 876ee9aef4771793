"""Files whose own code can meet no tensor, told from their text alone: most files, and parsing them would take long.

What is not understood of the text counts as meeting one; then the file is evaluated, and nothing is lost but time.
Decorators and default values are left out: what they compute with tensors is nothing that could be reported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..shapes.dtypes import BY_NAME
from .modules import BY_REFERENCE

# Libraries that hand out no tensors.
_HARMLESS = BY_REFERENCE - {"torch", "einops", "mypy_torch_shapes"} | {
    "PIL", "cv2", "datasets", "filelock", "httpx", "huggingface_hub", "mpmath", "pandas", "pytest", "requests",
    "sentencepiece", "sympy", "tokenizers", "typing_extensions", "yaml", "mypy_extensions",
}  # fmt: skip
_TENSORS = frozenset({"torch", "einops", "reveal_type"})
# Names of torch that hand out no tensors, nor does what is below them.
_NO_TENSORS = frozenset(BY_NAME) | {
    "__config__", "__version__", "Generator", "Size", "autograd.Function", "autograd.profiler", "backends", "compile",
    "compiler", "device", "distributed", "dtype", "enable_grad", "finfo", "fx", "get_autocast_dtype",
    "get_default_dtype", "get_num_threads", "iinfo", "inference_mode", "is_autocast_enabled", "is_complex",
    "is_floating_point", "is_grad_enabled", "is_inference_mode_enabled", "is_tensor", "jit", "layout", "manual_seed",
    "memory_format", "multiprocessing", "nn.Module", "no_grad", "onnx", "optim", "profiler", "save", "serialization",
    "set_default_dtype", "set_float32_matmul_precision", "set_grad_enabled", "set_num_threads", "strided",
    "use_deterministic_algorithms", "utils.checkpoint", "utils.data", "version",
}  # fmt: skip
_ACCELERATORS = ("cpu", "cuda", "hpu", "mlu", "mps", "mtia", "musa", "npu", "xpu")
_MOST_NAMES = 4000  # looked at for one file

_STRINGS = re.compile(  # and comments; runs of plain characters are taken at once
    r'"""[^"\\]*(?:(?:\\.|""?(?!"))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|''?(?!'))[^'\\]*)*'''"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|#[^\n]*",
    re.DOTALL,
)
_STATEMENT = re.compile(r"^(?=[A-Za-z_@(\[{*])", re.MULTILINE)
_DEFINITION = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")
_ASSIGNED = re.compile(r"^\s*(\w+)\s*(?::[^=\n]*)?=(?!=)(?!.*,$)", re.MULTILINE)
_IMPORT = re.compile(
    r"^([ \t]*)(?:from\s+(\.*[\w.]*)\s+import\s+(\([^)]*\)|(?:[^\n\\]|\\\n)*)|import\s+([^\n]*))", re.MULTILINE
)
_WORD = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\.\w+)*)(?![\w.]|\s*=(?!=))(\(?)")  # no keyword, no target
_TYPE_ONLY = re.compile(r"if\s+(?:typing\.)?TYPE_CHECKING\s*:")
_ASKED = re.compile(r"\bhasattr\(\s*torch\b(?!\.)")
_LOGGER = re.compile(r"\w+\s*=\s*(?:\w+\.)*(?:getLogger|get_logger)\([^()]*\)\s*$")
_INNER = re.compile(r"\s*(?:async\s|def\s|class\s|@|\))")
_ANNOTATIONS = ("jaxtyping", "mypy_torch_shapes", "Tensor[")
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
    modules: dict[str, Path | None] = field(default_factory=dict)  # what it names, once looked for


Meaning = tuple[Text, str]  # a name, and the file that defines it


class Quiet:
    """Answers for the files below one root; each is read once."""

    def __init__(self, root: Path, search: Sequence[Path]) -> None:
        self._root = root
        self._search = search  # where modules are that can be entered
        self._texts: dict[Path, Text | None] = {}
        self._known: dict[Path | None, Path | None] = {}  # one object for each path: comparing paths takes long
        self._installed: dict[str, bool] = {}
        self._mentions: dict[tuple[Text, str | None], list[Meaning | None]] = {}
        self._meant: dict[tuple[Text, str, tuple[str, ...], bool], list[Meaning | None]] = {}
        self._listed: dict[Path, frozenset[str]] = {}  # directories
        self._parts: dict[tuple[Path, str], Path | None] = {}  # of packages
        self._plain: set[Path] = set()  # files that can name no annotation of tensors
        self._written: set[Path] = set()  # files that can

    def may_be_annotated(self, path: Path) -> bool:
        """Whether a file, or one that it imports from, mentions what tensors are annotated with."""
        seen: dict[Path, Path | None] = {path: None}  # and what imports it
        waiting = [path] if path not in self._plain else []
        while waiting:
            last = waiting.pop()
            text = self._text(last)
            if last in self._written or text is None or text.annotated:
                importer: Path | None = last
                while importer is not None:
                    self._written.add(importer)
                    importer = seen[importer]
                return True
            for module, member in {*text.imported.values(), *((star, None) for star in text.stars)}:
                base = None if module.partition(".")[0] in _HARMLESS else self._module(text, module)
                found = [] if base is None else [base, *filter(None, [self._below(base, member)] if member else [])]
                new = [each for each in found if each not in seen and each not in self._plain]
                seen.update(dict.fromkeys(new, last))
                waiting += new
        self._plain.update(seen)
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
        waiting = [*self._mentioned(text, None)]
        seen: set[Meaning] = set()
        while waiting:
            meaning = waiting.pop()
            if meaning is None or len(seen) > _MOST_NAMES:
                return None
            if meaning not in seen:
                seen.add(meaning)
                looked[meaning[0].path] = None
                waiting += self._mentioned(*meaning)
        return list(looked)

    def _mentioned(self, where: Text, name: str | None) -> list[Meaning | None]:
        """What is mentioned where a name is defined, or in what the file itself runs; None for what may be a tensor."""
        found = self._mentions.get((where, name))
        if found is None:
            found = self._mentions[where, name] = []
            for piece in where.code if name is None else where.defined.get(name, ()):
                for word, attributes, called in _words(piece):
                    if word in _TENSORS and _may_make_tensors(word, attributes, called):
                        found.append(None)
                    else:
                        found += self._meaning(where, word, attributes, called)
                if None in found:
                    found[:] = [None]
                    break
        return found

    def _meaning(self, where: Text, name: str, attributes: list[str], called: bool) -> list[Meaning | None]:
        """`_meanings`, remembered: a file says the same words many times."""
        key = (where, name, tuple(attributes), called)
        if key not in self._meant:
            self._meant[key] = list(self._meanings(where, name, attributes, called))
        return self._meant[key]

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

    def _meanings(
        self, where: Text, name: str, attributes: list[str], called: bool, hands: int = _MOST_HANDS
    ) -> Iterator[Meaning | None]:
        """Where in the project a name stands for something; None for what is not known."""
        if name in where.defined:
            yield where, name
        if name in where.imported:  # perhaps as well: a module that may be missing
            module, member = where.imported[name]
            yield from self._member(where, module, [*filter(None, [member]), *attributes], called, hands)
        elif name not in where.defined:
            for star in where.stars:
                yield from self._member(where, star, [name, *attributes], called, hands)

    def _member(
        self, where: Text, module: str, names: list[str], called: bool, hands: int
    ) -> Iterator[Meaning | None]:
        package, *inside = module.split(".")
        if package in _HARMLESS:
            return
        if package in _TENSORS:
            if _may_make_tensors(package, [*inside, *names], called):
                yield None
            return
        base = self._module(where, module)
        while base is not None and names:
            text = self._text(base)
            below = self._below(base, names[0])
            if below is None or (text is not None and (names[0] in text.defined or names[0] in text.imported)):
                break
            base, names = below, names[1:]
        found = None if base is None else self._text(base)
        if found is None:
            if base is not None or not package or self._is_installed(package):
                yield None
        elif names:
            yield found, names[0]
            if hands:
                yield from self._meanings(found, names[0], names[1:], called, hands - 1)
            elif names[0] in found.imported or found.stars:
                yield None

    def _is_installed(self, package: str) -> bool:
        """Whether there is anything that could be entered: what is not there hands out nothing that is known."""
        if package not in self._installed:
            places = [each / package for each in self._search]
            self._installed[package] = any(each.is_dir() or each.with_suffix(".py").is_file() for each in places)
        return self._installed[package]

    def _module(self, where: Text, name: str) -> Path | None:
        if name not in where.modules:
            found = self._find(where, name)
            where.modules[name] = self._known.setdefault(found, found)
        return where.modules[name]

    def _find(self, where: Text, name: str) -> Path | None:
        level = len(name) - len(name.lstrip("."))
        parts = [each for each in name[level:].split(".") if each]
        if level:
            base = where.path.parent
            for _ in range(level - 1):
                base = base.parent
            return self._source(base.joinpath(*parts))
        bases = (self._root, self._root / "src", where.path.parent)
        return next((found for base in bases if (found := self._source(base.joinpath(*parts))) is not None), None)

    def _below(self, base: Path, name: str) -> Path | None:
        if base.name != "__init__.py":
            return None
        if (base, name) not in self._parts:
            self._parts[base, name] = self._source(base.parent / name)
        return self._parts[base, name]

    def _source(self, place: Path) -> Path | None:
        """The file of a module; directories are listed once, which is quicker than to ask for each name."""
        listed = self._listed.get(place.parent)
        if listed is None:
            listed = self._listed[place.parent] = _names_in(place.parent)
        if place.name + ".py" in listed:
            return place.with_name(place.name + ".py")
        inner = place / "__init__.py"
        return inner if place.name in listed and inner.is_file() else None

    def _text(self, path: Path) -> Text | None:
        if path not in self._texts:
            try:
                self._texts[path] = _taken_apart(path, path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError):
                self._texts[path] = None  # whoever asks takes it as not known
        return self._texts[path]


def _names_in(directory: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(directory))
    except OSError:
        return frozenset()  # nothing that could be imported


def _taken_apart(path: Path, text: str) -> Text:
    annotated = any(each in text for each in _ANNOTATIONS) and _ANNOTATED.search(_STRINGS.sub(_kept, text)) is not None
    found = Text(path, annotated=annotated)
    text = _STRINGS.sub("0", text)
    if "hasattr" in text:
        text = _ASKED.sub("hasattr(0", text)
    text = _IMPORT.sub(partial(_note_import, found), text)
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


def _kept(match: re.Match[str]) -> str:
    """A string as it is, but for docstrings and comments."""
    return "" if match.group().startswith(('#', '"""', "'''")) else match.group()


def _note_import(found: Text, match: re.Match[str]) -> str:
    """Note what is imported; what stands in the import's place."""
    indent, module, names, plain = match.groups()
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
    return f"{indent}pass"


def _class_level(piece: str) -> Iterator[str]:
    """The statements of a class's body that call something."""
    lines = piece.splitlines()[1:]
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    first = min((indent for indent in indents if indent), default=0)
    for line in lines:
        if len(line) - len(line.lstrip()) == first and "(" in line and _INNER.match(line) is None:
            yield line


def _words(piece: str) -> Iterator[tuple[str, list[str], bool]]:
    """The names a text mentions, each with the attributes asked of it, and whether that is called."""
    for name, attributes, opening in set(_WORD.findall(piece)):
        yield name, attributes.split(".")[1:], bool(opening)


def _may_make_tensors(package: str, names: list[str], called: bool) -> bool:
    """Whether a name of torch may hand out tensors; the types of tensors do so where they are called."""
    if package != "torch" or not names:
        return True
    if names[-1].endswith(("Tensor", "Parameter")) and not called:
        return False
    if names[0] in _ACCELERATORS and not names[-1].endswith("Tensor"):
        return False
    return names[0] not in _NO_TENSORS and ".".join(names[:2]) not in _NO_TENSORS
