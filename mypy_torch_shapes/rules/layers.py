"""Linear, embedding, dropout and distance functions (torch docs: torch.nn.functional)."""

from __future__ import annotations
