"""transformer layers (torch docs: torch.nn)."""

from __future__ import annotations
