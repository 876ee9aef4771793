"""Matrix decompositions, inverses and norms (torch docs: torch.linalg)."""

from __future__ import annotations
