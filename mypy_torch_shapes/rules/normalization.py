"""Normalizations (torch docs: torch.nn.functional, Normalization functions)."""

from __future__ import annotations
