"""The samples of torch.nn's classes as calls: construct a module, run its forward."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch.testing._internal.common_modules import module_db

from mypy_torch_shapes.rules import modules

from .op_calls import Call
from .outcomes import Asked

__all__ = ["asked_of_module", "module_calls", "module_db"]


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

        short = cls.__name__
        path = f"torch.nn.{short}" if getattr(torch.nn, short, None) is cls else f"{cls.__module__}.{short}"
        args = (tuple(made.args), options, tuple(run.args), dict(run.kwargs))
        yield Call.of(path, args, {}, function)


def asked_of_module(path: str, training: bool) -> Asked:
    """The rule of a class as a function of the constructor's and forward's arguments."""

    def asked(args: Any, kwargs: Any, run_args: Any, run_kwargs: Any) -> Any:
        return modules.forward(path, modules.construct(path, args, kwargs), training, run_args, run_kwargs)

    return asked
