"""Our error codes, made known to mypy."""

from __future__ import annotations

from mypy.errorcodes import ErrorCode
from mypy.errors import HIDE_LINK_CODES, SHOW_NOTE_CODES

from mypy_torch_shapes import messages

CODES = {name: ErrorCode(name, description, "Tensors") for name, description in messages.CODES.items()}
# Every line of ours carries its code, so that it can be told from mypy's; mypy shows those of the notes it knows.
SHOW_NOTE_CODES.update(CODES)
HIDE_LINK_CODES.update(CODES.values())
