"""Initialisers, which return their tensor (torch docs: torch.nn.init)."""

from __future__ import annotations
