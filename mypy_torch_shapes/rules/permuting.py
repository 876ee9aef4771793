"""Axes in another order (torch docs: Tensor views)."""

from __future__ import annotations
