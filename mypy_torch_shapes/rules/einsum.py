"""torch.einsum, in its string and sublist forms."""

from __future__ import annotations
