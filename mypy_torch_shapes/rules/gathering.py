"""Reading and writing by index tensors (torch docs: torch, Indexing, Slicing, Joining, Mutating Ops)."""

from __future__ import annotations
