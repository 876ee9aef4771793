"""Pooling (torch docs: torch.nn.functional, Pooling functions)."""

from __future__ import annotations
