"""Losses (torch docs: torch.nn.functional, Loss functions)."""

from __future__ import annotations
