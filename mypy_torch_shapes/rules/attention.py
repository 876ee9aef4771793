"""Attention (torch docs: torch.nn.functional, Attention Mechanisms)."""

from __future__ import annotations
