"""Forward hooks of torch.nn modules: registering them, and what they make of arguments and results."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..seeds.model import HOOKS
from ..shapes.unknown import Unknown
from . import calls
from .run import Frame, Run
from .values import Instance, Library, Value


@dataclass(frozen=True, eq=False)
class Hook:
    """A registered hook, as `torch.nn.Module.register_forward_hook` describes it."""

    function: Value
    before: bool
    with_kwargs: bool


def register(
    run: Run, instance: Instance, function: Value, *, before: bool, prepend: Value = False, with_kwargs: Value = False,
    **_: Value,
) -> Value:  # fmt: skip
    """`register_forward_hook` and `register_forward_pre_hook`: the handle that removes it again."""
    hook = Hook(function, before, with_kwargs is True)
    run.journal.touch(instance)
    kept = instance.attrs.get(HOOKS, ())
    instance.attrs[HOOKS] = (hook, *kept) if prepend is True else (*kept, hook)
    return Instance(Library("torch.utils.hooks.RemovableHandle"), {"<module>": instance, "<hook>": hook})


def recorded(instance: Instance) -> None:
    """Hooks that the recorded module had, and that its constructor did not register."""
    if HOOKS not in instance.attrs:
        instance.attrs[HOOKS] = (Hook(Unknown("a hook of the recorded run"), before=False, with_kwargs=False),)


def remove(run: Run, handle: Instance) -> None:
    """`handle.remove()`."""
    instance = handle.attrs["<module>"]
    run.journal.touch(instance)
    instance.attrs[HOOKS] = tuple(h for h in instance.attrs.get(HOOKS, ()) if h is not handle.attrs["<hook>"])


def is_handle(instance: Instance) -> bool:
    """Whether an object is what registering a hook returned."""
    return "<hook>" in instance.attrs


def before(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> tuple[list[Value], dict[str, Value]]:
    """A call's arguments after the hooks that see them first."""
    for hook in _hooks(instance, before=True):
        given = [instance, tuple(args), *([kwargs] if hook.with_kwargs else [])]
        made = calls.call(run, hook.function, given, {}, node, frame)
        if made is None:
            continue
        if hook.with_kwargs and isinstance(made, tuple) and len(made) == 2 and isinstance(made[1], dict):
            args, kwargs = _as_arguments(made[0], len(args)), made[1]
        else:
            args = _as_arguments(made, len(args))
    return args, kwargs


def _as_arguments(made: Value, count: int) -> list[Value]:
    if isinstance(made, Unknown):
        return [made] * count
    return list(made) if isinstance(made, tuple) else [made]


def after(
    run: Run, instance: Instance, args: list[Value], kwargs: dict[str, Value], result: Value, node: ast.AST,
    frame: Frame,
) -> Value:  # fmt: skip
    """A call's result after the hooks that see it."""
    for hook in _hooks(instance, before=False):
        given = [instance, tuple(args), *([kwargs] if hook.with_kwargs else []), result]
        made = calls.call(run, hook.function, given, {}, node, frame)
        result = result if made is None else made
    return result


def _hooks(instance: Instance, before: bool) -> list[Hook]:
    return [hook for hook in instance.attrs.get(HOOKS, ()) if hook.before is before]
