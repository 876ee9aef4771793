"""A proven mistake: the operation fails for these arguments."""

from __future__ import annotations

SHAPE = "tensor-shape"
DTYPE = "tensor-dtype"
DEVICE = "tensor-device"
ANNOTATION = "tensor-annotation"


class Mismatch(Exception):
    """The operation fails; `message` says what it got and what it needs, `code` which kind of mistake it is.

    `operation` is filled in once, by the rule that was called from outside.
    """

    def __init__(self, message: str, code: str = SHAPE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.operation: str | None = None
        self.layer = ""  # which of a Sequential's it was in
