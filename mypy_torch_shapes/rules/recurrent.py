"""Recurrent layers and cells (torch docs: torch.nn, Recurrent Layers)."""

from __future__ import annotations
