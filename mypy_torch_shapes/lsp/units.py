"""Columns: `ast` counts bytes of UTF-8, editors count what was agreed on, mostly units of UTF-16."""

from __future__ import annotations

from typing import Final

WIDTH: Final = {"utf-8": 1, "utf-16": 2, "utf-32": 4}  # bytes in a unit
CODEC: Final = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def to_units(line: str, column: int, encoding: str) -> int:
    """A column in bytes of UTF-8 as the editor counts it."""
    return len(line.encode()[:column].decode(errors="ignore").encode(CODEC[encoding])) // WIDTH[encoding]


def to_bytes(line: str, column: int, encoding: str) -> int:
    """The inverse; a column behind the line's end is its end."""
    before = line.encode(CODEC[encoding])[: column * WIDTH[encoding]]
    return len(before.decode(CODEC[encoding], errors="ignore").encode())
