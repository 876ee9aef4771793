"""Evaluates sources in a project of their own, and holds the evaluator's values against Python's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mypy_torch_shapes.evaluation import statements
from mypy_torch_shapes.evaluation.modules import Loader
from mypy_torch_shapes.evaluation.recording import Recording
from mypy_torch_shapes.evaluation.run import Run
from mypy_torch_shapes.evaluation.values import Instance, ListValue
from mypy_torch_shapes.shapes.unknown import Unknown

PLAIN = (bool, int, float, str, bytes, type(None))
DATA = (*PLAIN, list, tuple, dict)


def evaluated(directory: Path, source: str) -> tuple[dict[str, Any], Run]:
    """The variables of a module after the evaluator has run it."""
    path = directory / "program.py"
    path.write_text(source)
    loader = Loader(directory, {})
    module = loader.read("program", path)
    assert module is not None
    run = Run(loader, Recording(lambda module: True), general=False)
    statements.run_module(run, module, run.recording.context("", None, module, (), False), module.tree.body)
    return module.env.variables, run


def contradictions(ours: Any, real: Any, where: str) -> Iterator[str]:
    """Where the evaluator's value says something else than Python's; what is not known contradicts nothing."""
    if isinstance(ours, PLAIN) and isinstance(real, PLAIN):
        if type(ours) is not type(real) or (ours != real and ours == ours):
            yield f"{where}: {ours!r}, not {real!r}"
    elif isinstance(ours, ListValue) and ours.length is not None:
        if isinstance(ours.length, int) and ours.length != len(real):
            yield f"{where}: {ours.length} items, not {len(real)}"
        for number, item in enumerate(real):
            yield from contradictions(ours[0] if ours else None, item, f"{where}[{number}]")
    elif isinstance(ours, list | tuple) and isinstance(real, list | tuple):
        if isinstance(ours, list) != isinstance(real, list) or len(ours) != len(real):
            yield f"{where}: {ours!r}, not {real!r}"
            return
        for number, (left, right) in enumerate(zip(ours, real, strict=True)):
            yield from contradictions(left, right, f"{where}[{number}]")
    elif isinstance(ours, dict) and isinstance(real, dict):
        certain = [key for key, value in ours.items() if not isinstance(value, Unknown)]
        if not set(certain) <= set(real) <= set(ours):
            yield f"{where}: the keys {list(ours)}, not {list(real)}"
            return
        for key in real:
            yield from contradictions(ours[key], real[key], f"{where}[{key!r}]")
    elif isinstance(ours, Instance) and hasattr(real, "__dict__"):
        for name, value in ours.attrs.items():
            if name not in vars(real):
                if not isinstance(value, Unknown):
                    yield f"{where}.{name}: {value!r}, but there is no such attribute"
            else:
                yield from contradictions(value, vars(real)[name], f"{where}.{name}")
    elif isinstance(ours, DATA) != isinstance(real, DATA) and isinstance(ours, DATA):
        yield f"{where}: {ours!r}, not {real!r}"


def is_known(value: Any) -> bool:
    """Whether a value is Python's own through and through."""
    if isinstance(value, ListValue) and value.length is not None:
        return False
    if isinstance(value, list | tuple):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return not isinstance(value, Unknown)
