"""Tensor.__getitem__ and __setitem__ (torch docs: Tensor indexing, after NumPy's)."""

from __future__ import annotations
