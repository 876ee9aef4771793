"""`model(x, y)` as a call of `forward`: what mypy says of it with the option `module_calls`."""

from __future__ import annotations

from typing import cast

from mypy.checker import TypeChecker
from mypy.errors import ErrorInfo, Errors, ErrorWatcher
from mypy.nodes import TypeInfo
from mypy.plugin import MethodSigContext
from mypy.server.trigger import make_trigger
from mypy.types import FunctionLike, Instance, get_proper_type

MODULE = "torch.nn.modules.module.Module"
CALL = ".__call__"
ASIDE = '"__call__" is considered instance variable, to make it class variable use ClassVar[...]'


def signature(context: MethodSigContext) -> FunctionLike:
    """The signature of an object's `forward` in the place of nn.Module's `__call__`, which takes and gives anything.

    An object keeps its own where a class of the program or of a library has a `__call__` besides.
    """
    receiver = get_proper_type(context.type)
    if not isinstance(receiver, Instance) or not _calls_forward(receiver.type):
        return context.default_signature
    checker = cast(TypeChecker, context.api)
    _leave_out_aside(checker.errors)
    _depend_on_forward(checker, receiver.type)
    forward = checker.expr_checker.analyze_external_member_access("forward", receiver, context.context)
    found = get_proper_type(forward)
    return found if isinstance(found, FunctionLike) else context.default_signature


def _calls_forward(info: TypeInfo) -> bool:
    """Whether `forward` is said between a class and nn.Module, and `__call__` by nn.Module only."""
    classes = [each.fullname for each in info.mro]
    if MODULE not in classes:
        return False
    before = info.mro[: classes.index(MODULE)]
    return any("forward" in each.names for each in before) and not any("__call__" in each.names for each in before)


def _depend_on_forward(checker: TypeChecker, info: TypeInfo) -> None:
    """A daemon checks the call again when `forward` is another one: of itself it only watches `__call__`."""
    targets = checker.tree.plugin_deps.setdefault(make_trigger(f"{info.fullname}.forward"), set())
    targets.add(checker.tscope.current_target())


def _leave_out_aside(errors: Errors) -> None:
    """Not to be said: what mypy adds to an error about a call, because torch has `__call__` as a variable.

    A watcher below all of mypy's own sees every message, also those of a daemon, which tells us of edited modules only.
    """
    if not any(isinstance(each._filter, _IsAside) for each in errors._watchers):
        errors._watchers.insert(0, ErrorWatcher(errors, filter_errors=_IsAside()))


class _IsAside:
    def __call__(self, file: str, info: ErrorInfo) -> bool:
        return info.message == ASIDE
