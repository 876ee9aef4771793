"""The same elements in another shape: view, reshape, flatten, squeeze (torch docs: Tensor views)."""

from __future__ import annotations
