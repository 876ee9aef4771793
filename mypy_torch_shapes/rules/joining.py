"""Tensors put together (torch docs: torch, Joining)."""

from __future__ import annotations
