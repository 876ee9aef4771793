"""Tensors made larger by repeating: expand, repeat, tile, meshgrid (torch docs: torch.Tensor)."""

from __future__ import annotations
