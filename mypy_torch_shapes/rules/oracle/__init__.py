"""The oracle: operations and modules without a rule are asked of torch itself, and its answers are remembered.

`ask` is for functions and methods of tensors, `ask_module` for a library's modules, `construct_module` for what such
a module holds. Arguments and results are rule values. An answer is found by running torch on the meta device in every
observed world and at further sizes, and by recovering each size of the result as an expression; see `fitting`.
torch is imported only for a question that was never asked before.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...shapes.dims import Symbol
from ...shapes.unknown import Reference, Undecided
from ..mismatch import Mismatch
from ..modules.table import ModuleSpec
from .expressions import Construction, decode, encode
from .libraries import LIBRARIES, Unavailable, versions
from .memory import Memory, cache_directory
from .question import Question

__all__ = ["LIBRARIES", "Construction", "ModuleSpec", "Reference", "ask", "ask_module", "construct_module", "flush"]

_log = logging.getLogger(__name__)

# Reads and writes files, starts things, changes the state of torch or of the machine.
_EFFECTS = re.compile(
    r"torch\.((load|save|from_file|import_ir_module\w*|fork|wait|compile|seed|manual_seed|set_\w+|use_\w+|init_\w+)"
    r"|(hub|jit|onnx|distributed|multiprocessing|cuda|backends|utils|serialization|package|export|profiler)\..*)"
)


def has_effects(path: str) -> bool:
    """Whether calling a function does more than compute."""
    return _EFFECTS.fullmatch(path) is not None


def ask(path: str, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None) -> Any:
    """The result of a function or a method of Tensor. Raises Mismatch or Undecided."""
    if has_effects(path):
        raise Undecided(f"{path} is not called for an answer: it does more than compute")
    return _ask(Question.of("function", path, (tuple(args), dict(kwargs or {}))))


def ask_module(
    cls: str,
    init_args: tuple[Any, ...] = (),
    init_kwargs: Mapping[str, Any] | None = None,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    training: bool = True,
    method: str = "forward",
) -> Any:
    """The result of a method of a newly constructed module. Raises Mismatch or Undecided."""
    spec = Construction(cls, tuple(init_args), dict(init_kwargs or {}))
    return _ask(Question.of("module", cls, (spec, training, method, tuple(args), dict(kwargs or {}))))


def construct_module(
    cls: str, init_args: tuple[Any, ...] = (), init_kwargs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A module's parameters, buffers, configuration and submodules by name. Raises Mismatch or Undecided."""
    spec = Construction(cls, tuple(init_args), dict(init_kwargs or {}))
    found = _ask(Question.of("attributes", cls, (spec, True, "", (), {})))
    assert isinstance(found, ModuleSpec)
    return dict(found.attrs)


def flush() -> None:
    """Write what torch has answered; done at exit as well, where the process has an ordinary one."""
    if _memory.cache_info().currsize:
        _memory().flush()


def _ask(question: Question) -> Any:
    key = question.key(versions(question.path))
    remembered = _memory().get(key)
    if remembered is None:
        remembered = _answered(question)
        _memory().put(key, remembered)
    symbols = {name: symbol for symbol, name in question.names.items()}
    try:
        return _recalled(question.path, remembered, symbols)
    except (KeyError, TypeError, ValueError, SyntaxError, AttributeError) as error:
        _log.warning("a damaged answer of torch's is asked again: %s", error)
        _memory().put(key, remembered := _answered(question))
        return _recalled(question.path, remembered, symbols)


def _answered(question: Question) -> Any:
    """torch's answer as it is remembered."""
    from .asking import answer

    try:
        return {"result": encode(answer(question), question.names)}
    except Mismatch as mismatch:
        return {"mismatch": [mismatch.message, mismatch.code]}
    except Unavailable:
        raise
    except Undecided as undecided:
        return {"undecided": undecided.reason}


def _recalled(path: str, remembered: Any, symbols: Mapping[str, Symbol]) -> Any:
    ((kind, content),) = remembered.items()
    if kind == "mismatch":
        message, code = content
        mismatch = Mismatch(message, code)
        mismatch.operation = path.rpartition(".")[2]
        raise mismatch
    if kind == "undecided":
        raise Undecided(content)
    return decode(content, symbols)


@cache
def _memory() -> Memory:
    return Memory(cache_directory() / f"torch-{versions('torch').partition(' ')[2]}.json")
