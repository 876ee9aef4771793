"""Reductions over axes (torch docs: torch, Reduction Ops)."""
