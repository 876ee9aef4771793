"""What a tensor says of itself: sizes, rank, dtype (torch docs: torch.Tensor)."""

from __future__ import annotations
