"""Asking torch: in every observed world, and at sizes nobody observed; what its refusals mean."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from ...shapes.unknown import Undecided
from ..mismatch import Mismatch
from .answers import merged
from .errors import classify, cleaned
from .question import Point, Question
from .running import runner

Run = Callable[[Any, str], Any]  # (arguments without symbols, device) -> result

SECONDS = 0.5  # of the processor, for all the sizes nobody observed

# What they return depends on more than dtypes and sizes: on strides, devices, autograd.
_HIDDEN = """
_version data_ptr device get_device grad grad_fn is_contiguous is_cpu is_cuda is_inference is_leaf is_meta is_mps
is_pinned is_set_to is_shared is_xpu layout output_nr requires_grad storage storage_offset storage_type stride type
untyped_storage
"""
# Their meta kernels give something else than their CPU kernels (found by the conformance sweep).
_DISAGREEING = "native_batch_norm"
# Their CPU kernels trust the values of indices: with made-up data they would write outside their memory.
_TRUSTING = "lu_unpack lu_solve linalg_lu_solve ldl_solve ormqr orgqr householder_product segment_reduce as_strided"


def answer(question: Question) -> Any:
    """torch's answer. Raises Mismatch where torch refuses in every world, Undecided where it cannot be told."""
    name = question.path.rpartition(".")[2]
    if question.path.startswith("torch.Tensor.") and name in _HIDDEN.split():
        raise Undecided(f"{question.path} depends on more than dtypes and sizes")
    if name in _DISAGREEING.split():
        raise Undecided(f"{question.path}: torch's own kernels disagree")
    ask = runner(question)
    observed: list[Point] = list(question.worlds)
    if not observed:
        return _answer_unobserved(question, ask)
    results: dict[Point, Any] = {}
    failures: list[Exception] = []
    for point in observed:
        try:
            results[point] = ask(question.content_at(point), "meta")
        except Exception as error:  # noqa: BLE001 - whatever torch raises is what it answers
            failures.append(error)
    if failures:
        raise _refusal(question, failures, not results, ask)
    if question.symbols:
        _ask_further(question, ask, results)
    return merged(question, results)


def _answer_unobserved(question: Question, ask: Run) -> Any:
    """For sizes that were never seen nothing is refused: only what torch runs at is looked at."""
    results: dict[Point, Any] = {}
    _ask_further(question, ask, results)
    if len(results) < 4:
        raise Undecided("torch refuses most sizes, and none was observed")
    return merged(question, results)


def _ask_further(question: Question, ask: Run, results: dict[Point, Any]) -> None:
    """Also at sizes nobody observed; where torch refuses those, nothing is learned."""
    started = time.process_time()
    for point in question.further():
        if point in results:
            continue
        with contextlib.suppress(Exception):
            results[point] = ask(question.content_at(point), "meta")
        if time.process_time() - started > SECONDS:
            return


def _refusal(question: Question, failures: list[Exception], everywhere: bool, ask: Run) -> Exception:
    """What a failure means: a mismatch only where torch fails in every world, and with data too."""
    first = failures[0]
    if isinstance(first, Undecided):
        return first
    code = classify(first)
    if code is None:
        return Undecided(f"{question.path}: torch cannot say without data ({cleaned(first) or type(first).__name__})")
    if not everywhere or any(classify(failure) is None for failure in failures):
        return Undecided(f"{question.path}: torch refuses some sizes ({cleaned(first)})")
    if question.path.rpartition(".")[2] in _TRUSTING.split():
        return Mismatch(cleaned(first), code)
    try:
        ask(question.content_at(question.worlds[0]), "cpu")
    except Undecided as undecided:
        return undecided
    except Exception as error:  # noqa: BLE001 - whatever torch raises is what it answers
        code = classify(error)
        if code is not None:
            return Mismatch(cleaned(error), code)
        return Undecided(f"{question.path}: {cleaned(error)}")
    return Undecided(f"{question.path}: torch's own kernels disagree")
