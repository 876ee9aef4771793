"""The samples of torch.nn's classes as calls: construct a module, run its forward."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.testing._internal.common_modules import module_db

from mypy_torch_shapes.rules import modules

from .op_calls import Call
from .outcomes import Asked, asked_of
from .samples import OK, PARTIAL, WRONG, compare

__all__ = ["asked_of_module", "judge_attributes", "module_calls", "module_db", "refused_calls"]


def module_calls(info: Any, dtype: torch.dtype, training: bool) -> Iterator[Call]:
    """The samples of a class as calls with the arguments (training, constructor's, forward's)."""
    torch.default_generator.manual_seed(0)
    cls = info.module_cls
    inputs = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=False, training=training)
    for sample in inputs:
        made, run = sample.constructor_input, sample.forward_input
        if run is None:
            continue
        options = {**made.kwargs, "dtype": dtype}

        def function(args: Any, kwargs: Any, run_args: Any, run_kwargs: Any, cls: Any = cls) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = cls(*args, **kwargs)
            return module.train(training)(*run_args, **run_kwargs)

        path = _path(cls)
        args = (tuple(made.args), options, tuple(run.args), dict(run.kwargs))
        yield Call.of(path, args, {}, function)


def refused_calls(info: Any, dtype: torch.dtype, training: bool) -> Iterator[tuple[Call, Exception]]:
    """The error inputs of a class that the constructor or forward refuses, and the error."""
    if info.module_error_inputs_func is None:
        return
    cls = info.module_cls
    errors = info.module_error_inputs_func(info, device="cpu", dtype=dtype, requires_grad=False, training=training)
    for error in errors:
        made, run = error.module_error_input.constructor_input, error.module_error_input.forward_input
        run_args, run_kwargs = (tuple(run.args), dict(run.kwargs)) if run is not None else ((), {})
        args = (tuple(made.args), dict(made.kwargs), run_args, run_kwargs)
        try:
            module = cls(*args[0], **args[1])
            if run is not None:
                module.train(training)(*run_args, **run_kwargs)
        except Exception as raised:  # noqa: BLE001 - which is what it is for
            yield Call.of(_path(cls), args, {}, cls), raised


def judge_attributes(path: str, info: Any, call: Call) -> tuple[str, str]:
    """What the rule says a new instance holds, compared with a real one."""
    outcome, claim = asked_of(lambda *args, **kwargs: modules.construct(path, args, kwargs), call.given[0][:2])
    if outcome != OK:
        return outcome, claim
    args, kwargs = call.args[:2]
    return _compare_attributes(claim, info.module_cls(*args, **kwargs))


def _compare_attributes(claim: Mapping[str, Any], module: torch.nn.Module) -> tuple[str, str]:
    partial = ""
    for name, value in claim.items():
        real = getattr(module, name, None)
        if isinstance(value, modules.ModuleSpec):
            kind, detail = _compare_attributes(value.attrs, real) if isinstance(real, torch.nn.Module) else (WRONG, "")
        else:
            kind, detail = (OK, "") if torch.nn.parameter.is_lazy(real) else compare(value, real)
        if kind == WRONG:
            return WRONG, f"attribute {name}: {detail}"
        partial = partial or (f"attribute {name}: {detail}" if kind == PARTIAL else "")
    missing = {*dict(module.named_parameters(recurse=False)), *dict(module.named_children())} - claim.keys()
    if missing:
        return WRONG, f"attributes {missing} are missing"
    return (PARTIAL, partial) if partial else (OK, "")


def _path(cls: type) -> str:
    short = cls.__name__
    return f"torch.nn.{short}" if getattr(torch.nn, short, None) is cls else f"{cls.__module__}.{short}"


def asked_of_module(path: str, training: bool) -> Asked:
    """The rule of a class as a function of the constructor's and forward's arguments."""

    def asked(args: Any, kwargs: Any, run_args: Any, run_kwargs: Any) -> Any:
        return modules.forward(path, modules.construct(path, args, kwargs), training, run_args, run_kwargs)

    return asked
