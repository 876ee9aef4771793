"""Error codes and every sentence the plugin and `reveal` say themselves."""

from __future__ import annotations

import sys
from typing import Final

# Code -> what mypy shows for it under "--help"-like listings. docs/errors.md has an entry for each.
CODES: Final = {
    "tensor-shape": "Check that tensor operations get the shapes they need",
    "tensor-dtype": "Check that tensor operations get the dtypes they need",
    "tensor-device": "Check that tensor operations get tensors of one device",
    "tensor-annotation": "Check that tensors are what jaxtyping annotations say, and the annotations themselves",
    "tensor-suspicious": "Say what runs, but hardly does what was meant (with the option suspicious)",
    "tensor-reveal": "The symbolic type of the argument of reveal_type()",
    "tensor-internal": "A file mypy_torch_shapes had to give up on",
}

NAME: Final = "mypy_torch_shapes"
REPORT_TO: Final = "the issue tracker of mypy_torch_shapes"


_said: set[str] = set()


def say(sentence: str) -> None:
    """A warning on stderr, once per run: mypy's workers are children of a process that says the same."""
    if sentence not in _said and "mypy.build_worker.worker" not in sys.modules:
        _said.add(sentence)
        print(f"{NAME}: {sentence}", file=sys.stderr)


def revealed(text: str) -> str:
    return f'Revealed tensor type is "{text}"'


NO_PYGLS: Final = 'lsp needs pygls: pip install "mypy_torch_shapes[lsp]"'
NO_LIBCST: Final = 'annotate needs libcst: pip install "mypy_torch_shapes[annotate]"'


def not_annotated(file: str, function: str) -> str:
    return f"{file}: {function} is left as it is: with annotations, mypy would look into it and find errors there."


def untried(reason: object) -> str:
    return f"mypy cannot check the files as they are ({reason}), so what it says of the annotations is not known."


# Annotations that jaxtyping refuses.
SEVERAL_VARIADIC: Final = 'an annotation may have only one "*name" or "..."'
ARRAY_AND_SHAPE: Final = 'an annotation needs a tensor type and a shape, as in Float[Tensor, "batch 3"]'
SHAPE_IS_STRING: Final = "a shape is written as one string, its axes separated by spaces"
NO_COMMON_DTYPE: Final = "the inner and the outer annotation have no dtype in common"
DTYPE_AND_SHAPE: Final = 'an annotation needs a dtype and a shape, as in Tensor[float32, "N 3 H W"]'


def commas(word: str) -> str:
    return f'"{word}": axes are separated by spaces, not by commas'


def trailing_hash(word: str) -> str:
    return f'"{word}": a "#" stands in front of its axis, not behind it'


def ellipsis_alone(word: str) -> str:
    return f'"{word}": "..." is an axis of its own (any number of axes with a name is "*name")'


def twice(word: str, modifier: str) -> str:
    return f'"{word}": "{modifier}" may stand there once only'


def tree_path(word: str) -> str:
    return f'"{word}": "?" means something within a PyTree only'


def not_with(word: str, what: str, modifier: str) -> str:
    return f'"{word}": {what} cannot have "{modifier}"'


def no_expression(word: str) -> str:
    return f'"{word}" is no axis: neither a name, nor a number, nor an expression'


def unbound(expression: str, name: str) -> str:
    return f'"{expression}" uses the axis "{name}", which no annotation before it names'


# What an annotation says, and what is there.
def contradicts(what: str, shown: str, annotation: str, reason: str) -> str:
    return f"{what} is {shown}, annotated as {annotation}{f': {reason}' if reason else ''}"


VALUE: Final = "the value"
RESULT: Final = "the result"


def argument(name: str) -> str:
    return f'argument "{name}"'


def is_no(wanted: str, kind: str) -> str:
    return f"it is a {kind}, not a {wanted}" if kind != "NoneType" else f"it is None, not a {wanted}"


def has_dtype(dtype: str) -> str:
    return f"its dtype is {dtype}"


def has_rank(rank: int, wanted: int) -> str:
    return f"it has {axes(rank)}, not {wanted}"


def has_low_rank(rank: int, least: int) -> str:
    return f"it has {axes(rank)}, and needs {least} at least"


def axes(count: int) -> str:
    return f"{count} {'axis' if count == 1 else 'axes'}"


def at_axis(number: int, reason: str) -> str:
    return f"axis {number} {reason}"


def is_not(size: str, wanted: str) -> str:
    return f"is {size}, not {wanted}"


def run_is_not(sizes: str, wanted: str) -> str:
    return f"the axes {sizes} do not agree with {wanted}"


def item_count(count: int, wanted: int) -> str:
    return f"it has {count} item{'' if count == 1 else 's'}, not {wanted}"


def at_item(place: object, reason: str) -> str:
    return f"item {place!r}: {reason}" if reason else f"item {place!r} is something else"


def abandoned(fault: BaseException, debug: bool) -> tuple[str, ...]:
    """One note, and with `debug` one for each line of the traceback."""
    hint = "" if debug else f' (with its traceback: "debug = true" in [{NAME}])'
    sentence = (
        f"{NAME} gave up on this file because of a fault of its own ({type(fault).__name__}: {fault}); "
        f"please report it at {REPORT_TO}{hint}"
    )
    if not debug:
        return (sentence,)
    import traceback

    return (sentence, *"".join(traceback.format_exception(fault)).splitlines())


def mypy_out_of_range(version: str, tested: str) -> str:
    return f"mypy {version} is outside the tested range ({tested}), so tensor shapes are not checked."


def torch_out_of_range(version: str, tested: str) -> str:
    return f"torch {version} is outside the tested range ({tested}); shapes are inferred as torch {tested} would."


def section(where: str) -> str:
    """Our section, as it is written in this file."""
    return f"[tool.{NAME}]" if where.endswith(".toml") else f"[{NAME}]"


def unknown_option(name: str, where: str, known: list[str]) -> str:
    return f'{where}: unknown option "{name}" in {section(where)}, ignored (known: {", ".join(known)}).'


def bad_value(name: str, value: str, where: str, wanted: str) -> str:
    return f'{where}: "{name} = {value}" in {section(where)} is not {wanted}, ignored.'


def unreadable_config(where: str, reason: object) -> str:
    return f"{where}: cannot be read ({reason}), so every option of {section(where)} has its default."


def no_such_root(root: object) -> str:
    return f'the root "{root}" is not a directory, ignored.'


def cannot_keep(directory: object, reason: object) -> str:
    return f"cannot write {directory} ({reason}), so the next run will evaluate everything again."


def cannot_reveal(file: object, reason: object) -> str:
    return f"{file}: {reason}"


def cannot_write(place: object, reason: object) -> str:
    return f"cannot write {place}: {reason}"


def no_profile(root: object) -> str:
    return f'no profile below {root}; only module-level code is evaluated ("mypy-torch-shapes profile" records a run).'


def more_contexts(count: int) -> str:
    return f"(+{counted(count, 'context')})"


def and_more(count: int) -> str:
    return f"and {count} more"


def error(message: str) -> str:
    return f"error: {message}"


def unknown(reason: str) -> str:
    return f"unknown: {reason}"


UP_TO_DATE: Final = "everything is as it was recorded"
MODULE_CODE_CHANGED: Final = "module-level code has changed: recorded calls are used where the script still makes them"
RECORD_AGAIN: Final = "to record it again:"
RECORD_AGAIN_ANYHOW: Final = "to record it again: mypy-torch-shapes profile SCRIPT (the command was not kept)"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def recorded(functions: int, calls: int, runs: int, torch: str | None) -> str:
    by = f" by {counted(runs, 'command')}" if runs else ""
    with_torch = f", with torch {torch}" if torch else ""
    return f"recorded{by}{with_torch}: {counted(functions, 'function')} in {counted(calls, 'call')}"


def has_changed(name: str) -> str:
    return f"{name} has changed: it is checked as it is now"


def is_gone(name: str, place: str | None) -> str:
    renamed = f"; {place} has the same source" if place else ""
    return f"{name} is gone{renamed}: what was recorded of it is not used"


def file_gone(count: int) -> str:
    return f"the file is gone: what was recorded of its {counted(count, 'function')} is not used"


def variable_stale(scope: str, name: str) -> str:
    return f"{scope}: the code that makes {name} has changed: what it was in the run is not used"


def rebuilt(count: int, classes: str) -> str:
    kept = "what only the run knew is used where its own code is unchanged"
    return f"{counted(count, 'object')} built by changed code: {kept} ({classes})"


def calls_unused(count: int, functions: str) -> str:
    return f"{counted(count, 'recorded call')} made by changed code: entered as today's source does ({functions})"


WHICH_FILE: Final = "which file? Say reveal FILE, or reveal --explain FILE:LINE"
NO_TENSOR_HERE: Final = "no tensor is known here, and none is missed"
NOT_KNOWN: Final = "not known, and the first reason:"
STALE: Final = "recorded, and not used any more:"
EVALUATED: Final = "from evaluating the source"


def context(where: str, led: list[str]) -> str:
    return f"in {where}{', ' if led else ''}{'; '.join(led)}:"


def from_script(module: str) -> str:
    return f"as the module-level code of {module} runs it"


def from_call(function: str, commands: list[str]) -> str:
    recorded = f" in the run `{'` and `'.join(commands)}`" if commands else ""
    return f"led to by the call of {function} that was recorded{recorded}"


def by_rule(name: str) -> str:
    return f"rule: {name}"


def by_oracle(name: str) -> str:
    return f"oracle: torch was asked for {name}"


def from_seed(kind: str, name: str) -> str:
    """`kind` is one of those in evaluation/origins.py."""
    if kind == "parameter":
        return f"constructor: {name}, as the source calls it today"
    if kind == "attribute":
        return f"live attribute: {name}, as it was recorded"
    return f"seed: the {kind} {name}, as it was recorded"


WHAT_NEXT: Final = "next: mypy-torch-shapes profile SCRIPT, then mypy"
RUN_INIT: Final = "run: mypy-torch-shapes init"
RUN_PROFILE: Final = "run: mypy-torch-shapes profile SCRIPT"
RUN_STATUS: Final = "run: mypy-torch-shapes status"
NO_CONFIGURATION: Final = "mypy has no configuration file here, so it does not know of the plugin"
NO_MYPY: Final = "mypy is not installed for this Python"
NO_TORCH: Final = "torch is not installed for this Python: what has no rule is unknown, and nothing can be recorded"
SOME_STALE: Final = "some of it is of code that has changed since"


def written(name: str) -> str:
    return f"{name}: written"


def edited(name: str) -> str:
    return f"{name}: a line added"


def already(name: str) -> str:
    return f"{name}: as it should be"


def configure_by_hand(path: object, reason: object) -> str:
    return f"{path}: left alone, because {reason}; add {NAME} to its plugins by hand."


def needs_python(oldest: tuple[int, int]) -> str:
    return f"Python {oldest[0]}.{oldest[1]} or newer is needed"


def install(requirement: str) -> str:
    return f"run: {sys.executable} -m pip install '{requirement}'"


def plugin_named(path: object) -> str:
    return f"{path} names the plugin"


def plugin_not_named(path: object) -> str:
    return f"{path} does not name the plugin: plugins = {NAME}"


def nothing_recorded(root: object) -> str:
    return f"nothing is recorded below {root}"


def other_torch(then: str, now: str) -> str:
    return f"it was recorded with torch {then}, and torch {now} is installed"
