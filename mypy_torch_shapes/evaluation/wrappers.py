"""torch's modules that hold another one and hand their calls on to it: parallel, averaged and compiled models."""

from __future__ import annotations

import ast

from . import calls, iteration
from .run import Frame, Run
from .specials import call_value, special
from .standard_library import deep_copy
from .values import Instance, Value

# By the name of the class: under what name it keeps the module (torch docs: DataParallel, AveragedModel).
HELD = {
    "torch.nn.DataParallel": "module",
    "torch.nn.parallel.DistributedDataParallel": "module",
    "torch.optim.swa_utils.AveragedModel": "module",
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
}


def construct(run: Run, wrapper: Instance, path: str, args: list[Value], kwargs: dict[str, Value]) -> None:
    """Keep the module; an averaged model's is a copy, of the same shapes."""
    held = args[0] if args else kwargs.get("module", kwargs.get("model"))
    run.set_attribute(wrapper, HELD[path], deep_copy(held, {}) if path.endswith("AveragedModel") else held)


def forward(
    run: Run, wrapper: Instance, path: str, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """The held module's result: what several devices compute is gathered into the same shapes."""
    return calls.call(run, wrapper.attrs.get(HELD[path]), args, kwargs, node, frame)


@special("torch.func.functional_call", "torch.nn.utils.stateless.functional_call")
def _functional_call(run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame) -> Value:
    """The module's result with other values for its parameters, of the same shapes (torch docs: functional_call)."""
    given = args[2] if len(args) > 2 else kwargs.get("args", kwargs.get("args_and_kwargs"))
    options = args[3] if len(args) > 3 else kwargs.get("kwargs")
    positional = list(given) if isinstance(given, tuple) else [] if given is None else [given]
    return call_value(run, args[0], positional, node, frame, options if isinstance(options, dict) else {})


@special("torch.utils.checkpoint.checkpoint_sequential")
def _checkpoint_sequential(
    run: Run, args: list[Value], kwargs: dict[str, Value], node: ast.AST, frame: Frame
) -> Value:
    """`functions[-1](…functions[0](input))` (torch docs: checkpoint_sequential)."""
    functions = iteration.items(run, args[0])
    value = args[2] if len(args) > 2 else kwargs.get("input")
    if not isinstance(functions, list):
        return functions
    for function in functions:
        value = call_value(run, function, [value], node, frame)
    return value
