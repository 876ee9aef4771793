"""Diagonals and triangles of matrices (torch docs: torch, Other operations)."""

from __future__ import annotations
