"""Everything a repeated call could change is set aside while it runs, and put back."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

# What a repeated call must not do: Python tells of each before it happens.
_FORBIDDEN = (
    "os.", "shutil.", "subprocess.", "socket.", "pty.", "ftplib.", "smtplib.", "urllib.", "sqlite3.", "tempfile.",
)  # fmt: skip
_HARMLESS = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "os.listxattr"})


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """All of it."""
    with silence(), kept_random_state(), kept_torch_state(), no_side_effects():
        yield


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing is printed: neither by Python, nor below it, nor as a warning."""
    out, err = sys.stdout, sys.stderr
    with contextlib.ExitStack() as stack:
        for stream in (out, err):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        null = stack.enter_context(open(os.devnull, "w"))
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):  # closed by the program
                kept = os.dup(descriptor)
                stack.callback(_restore, kept, descriptor)
                os.dup2(null.fileno(), descriptor)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(sys.maxsize)
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            yield
        finally:
            sys.stdout, sys.stderr = out, err
            for stream in (out, err):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()  # what the probe left in them goes the same way


def _restore(kept: int, descriptor: int) -> None:
    os.dup2(kept, descriptor)
    os.close(kept)


@contextlib.contextmanager
def kept_random_state() -> Iterator[None]:
    """The random numbers of the program go on as if nothing had been drawn."""
    import torch

    python, numbers = random.getstate(), torch.get_rng_state()
    numpy = sys.modules.get("numpy")
    arrays = None if numpy is None else numpy.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        torch.set_rng_state(numbers)
        if numpy is not None:
            numpy.random.set_state(arrays)


@contextlib.contextmanager
def kept_torch_state() -> Iterator[None]:
    """torch's global settings are put back."""
    import torch

    dtype, anomaly = torch.get_default_dtype(), torch.is_anomaly_enabled()
    flags = {name: getattr(torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic")}
    collecting = gc.isenabled()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.autograd.set_detect_anomaly(anomaly)
        for name, value in flags.items():
            if getattr(torch.backends.cudnn, name) != value:  # what did not change may not be settable at all
                setattr(torch.backends.cudnn, name, value)
        (gc.enable if collecting else gc.disable)()


class _SideEffects:
    """An audit hook cannot be taken away again, so there is one, which is on or off."""

    installed = False
    forbidden_in: int | None = None  # the thread

    @classmethod
    def hook(cls, event: str, args: tuple[Any, ...]) -> None:
        if cls.forbidden_in is None or cls.forbidden_in != threading.get_ident():
            return
        if event == "open":
            mode, flags = args[1], args[2]
            writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else flags & 0o3
            if writes and args[0] != os.devnull:
                raise PermissionError("not while the probe repeats a call")
        elif event.startswith(_FORBIDDEN) and event not in _HARMLESS:
            raise PermissionError("not while the probe repeats a call")


@contextlib.contextmanager
def no_side_effects() -> Iterator[None]:
    """What would change files, processes or the network is refused."""
    if not _SideEffects.installed:
        sys.addaudithook(_SideEffects.hook)
        _SideEffects.installed = True
    # What torch imports on the way is imported now: half of it, refused something, would be no good to anyone.
    import torch._dynamo
    import torch._subclasses.fake_tensor  # noqa: F401

    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _SideEffects.forbidden_in = threading.get_ident()
    try:
        yield
    finally:
        _SideEffects.forbidden_in = None
        sys.dont_write_bytecode = bytecode
