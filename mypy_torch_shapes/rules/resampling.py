"""Padding, resizing and rearranging of pixels (torch docs: torch.nn.functional, Vision functions)."""

from __future__ import annotations
