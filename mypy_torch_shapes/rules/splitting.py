"""Parts of a tensor along an axis: chunk, split, unbind, narrow (torch docs: torch, Indexing, Slicing)."""

from __future__ import annotations
